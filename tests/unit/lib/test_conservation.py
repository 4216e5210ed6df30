"""Every row and every cent that came in is loaded, rejected or superseded, and a row taken away is noticed."""

import csv
import io
import random
from decimal import Decimal, InvalidOperation

import duckdb
import pytest
from rich.console import Console

from dagster_project.lib.conservation import conservation_report
from dagster_project.lib.ingest import ConservationBroken, ingest_table
from dagster_project.lib.sources import Column, RawTable
from dagster_project.lib.terminal import conservation_table

COLUMNS = {"id": "integer", "net": "decimal(18, 4)", "tax": "decimal(18, 2)", "note": "varchar"}


def make_table(columns=COLUMNS, load="by_file", **settings):
    return RawTable(
        system="till", name="sales", domain="sales", files="f*", load=load, key=["id"],
        columns=[Column(name=name, data_type=kind) for name, kind in columns.items()], **settings,
    )  # fmt: skip


def write(landing, name, rows, header=COLUMNS):
    with (landing / name).open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerows([list(header), *rows])


@pytest.fixture
def connection():
    with duckdb.connect() as opened:
        yield opened


def by_column(connection):
    return {line.column_name: line for line in conservation_report(connection)}


def test_rows_and_amounts_are_followed_to_where_they_are(connection, tmp_path):
    write(
        tmp_path,
        "f1",
        [
            (1, "10.5000", "1.05", "a"),
            (2, "x", "2.00", "b"),
            (1, "7.0000", "0.70", "twice"),
            (3, "", "", "c"),
        ],
    )
    write(
        tmp_path, "f2", [(1, "5.2500", "0.50", "in f1 too"), (4, "1", "y", "d"), (5, "-3.1234", "-0.31", "e")]
    )
    ingest_table(connection, make_table(), tmp_path, "run")
    net, tax = by_column(connection)["net"], by_column(connection)["tax"]
    assert (net.files, net.rows_read, net.rows_loaded, net.rows_rejected, net.rows_superseded) == (
        2,
        7,
        3,
        4,
        0,
    )
    # read: every readable amount, also of rows that are rejected for another column or for their key
    assert (net.amount_read, net.amount_loaded, net.amount_rejected) == (
        Decimal("20.6266"), Decimal("7.3766"), Decimal("13.25"),
    )  # fmt: skip
    assert (net.unreadable_count, tax.unreadable_count) == (1, 1)
    assert (tax.amount_read, tax.amount_loaded, tax.amount_rejected) == (
        Decimal("3.94"), Decimal("0.74"), Decimal("3.2"),
    )  # fmt: skip
    assert net.is_conserved and tax.is_conserved


def test_superseded_amounts_are_followed(connection, tmp_path):
    write(tmp_path, "f1", [(1, "10.5", "1", "a"), (2, "2", "2", "b")])
    write(tmp_path, "f2", [(1, "11.5", "1", "a")])
    ingest_table(connection, make_table(load="incremental"), tmp_path, "run")
    net = by_column(connection)["net"]
    assert (net.amount_read, net.amount_loaded, net.amount_superseded) == (
        24,
        Decimal("13.5"),
        Decimal("10.5"),
    )
    connection.execute("delete from superseded.till__sales")
    with pytest.raises(
        ConservationBroken, match=r"2 rows were read from f1, but 1 are loaded, 0 rejected and 0"
    ):
        ingest_table(connection, make_table(load="incremental"), tmp_path, "again")


def test_a_table_without_amounts_is_followed_by_its_rows(connection, tmp_path):
    columns = {"id": "integer", "note": "varchar"}
    write(tmp_path, "f1", [(1, "a"), (2, "b")], columns)
    ingest_table(connection, make_table(columns), tmp_path, "run")
    line = by_column(connection)[None]
    assert (line.rows_read, line.rows_loaded, line.amount_read, line.is_conserved) == (2, 2, None, True)


def test_lines_follow_the_files_that_are_in_the_table(connection, tmp_path):
    write(tmp_path, "f1", [(1, "10", "1", "a")])
    write(tmp_path, "f2", [(2, "1", "1", "a")])
    ingest_table(connection, make_table(), tmp_path, "one")
    write(tmp_path, "f1", [(1, "20", "1", "a")])
    ingest_table(connection, make_table(), tmp_path, "two")
    found = connection.execute(
        "select path, amount_loaded from audit.conservation where column_name = 'net' order by path"
    ).fetchall()
    assert found == [("f1", 20), ("f2", 1)]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("update raw.till__sales set net = net + 0.0001 where id = 1", "net of f1 adds up to 12.5 with 1 unreadable"),
        ("update raw.till__sales set tax = null where id = 1", "tax of f1 adds up to"),
        ("delete from raw.till__sales where id = 1", "3 rows were read from f1, but 1 are loaded, 1 rejected"),
        ("insert into raw.till__sales select * replace (9 as _file_id) from raw.till__sales limit 1", "1 rows belong to no file"),
        ("delete from audit.rejects", "3 rows were read from f1, but 2 are loaded, 0 rejected"),
        ("update audit.rejects set row_json = replace(row_json, 'x', '7')", "with 1 unreadable values, but"),
        ("update audit.rejects set row_json = replace(row_json, '\"3\"', '\"4\"')", "tax of f1 adds up to"),
    ],
)  # fmt: skip
def test_what_another_hand_changed_is_noticed_on_the_next_run(connection, tmp_path, statement, words):
    write(tmp_path, "f1", [(1, "10.5", "1", "a"), (2, "2", "2", "b"), (3, "x", "3", "c")])
    ingest_table(connection, make_table(), tmp_path, "one")
    assert ingest_table(connection, make_table(), tmp_path, "two").unchanged
    connection.execute(statement)
    with pytest.raises(ConservationBroken, match=words):
        ingest_table(connection, make_table(), tmp_path, "three")


def test_a_warehouse_that_knew_no_amounts_is_followed_from_now_on(connection, tmp_path):
    write(tmp_path, "f1", [(1, "10.5", "1", "a"), (2, "x", "2", "b"), (3, "1", "1", "c")])
    ingest_table(connection, make_table(), tmp_path, "one")
    before = conservation_report(connection)
    connection.execute("delete from audit.conservation")
    connection.execute("update audit.files set rows_superseded = null")
    ingest_table(connection, make_table(), tmp_path, "two")
    assert conservation_report(connection) == before


@pytest.mark.parametrize("load", ["by_file", "full", "incremental"])
def test_planted_dirt_adds_up_as_an_independent_reader_adds_it(connection, tmp_path, load):
    chance = random.Random(7)
    dirt = ["x", "1,5", "1e3", "NaN", "9" * 30, "0.00001"]
    for number in range(4):
        rows = []
        for _ in range(200):
            amount = (
                chance.choice(dirt)
                if chance.random() < 0.05
                else f"{chance.randrange(-(10**9), 10**9)}.{chance.randrange(10**4):04}"
            )
            key = "" if chance.random() < 0.02 else str(chance.randrange(300))
            rows.append((key, amount, chance.choice(["", "1.25", "3.30"]), "n"))
        write(tmp_path, f"f{number}", rows)
    ingest_table(connection, make_table(load=load), tmp_path, "run")
    net = by_column(connection)["net"]
    read = unreadable = rows_read = 0
    for path in [tmp_path / "f3"] if load == "full" else sorted(tmp_path.iterdir()):
        with path.open(newline="") as stream:
            for row in csv.DictReader(stream):
                rows_read += 1
                try:
                    value = Decimal(row["net"])
                    exact = value == round(value, 4) and abs(value) < 10**14 and "e" not in row["net"]
                except InvalidOperation:
                    exact = False
                read += value if exact else 0
                unreadable += not exact
    assert (net.rows_read, net.amount_read, net.unreadable_count) == (rows_read, read, unreadable)
    assert net.rows_read == net.rows_loaded + net.rows_rejected + net.rows_superseded
    assert net.amount_read == net.amount_loaded + net.amount_rejected + net.amount_superseded
    assert (net.rows_superseded > 100) == (load == "incremental")
    assert net.rows_rejected > 30 and net.is_conserved


def printed(connection):
    console = Console(record=True, width=130, file=io.StringIO())
    console.print(conservation_table(conservation_report(connection)))
    return [line.split() for line in console.export_text().splitlines()]


def test_the_report_is_a_table_with_a_total_line(connection, tmp_path):
    write(tmp_path, "f1", [(1, "1234.5000", "1.05", "a"), (2, "x", "2.00", "b")])
    ingest_table(connection, make_table(), tmp_path, "run")
    lines = printed(connection)
    assert ["till.sales", "1", "2", "1", "1", "0", "ok"] in lines
    assert ["net", "1,234.5", "1,234.5", "0", "0", "1", "ok"] in lines
    assert ["tax", "3.05", "1.05", "2", "0", "0", "ok"] in lines
    assert ["all", "rows,", "2", "amounts", "1", "2", "1", "1", "0", "ok"] in lines
    connection.execute("update audit.conservation set amount_loaded = 1 where column_name = 'tax'")
    assert [line[0] for line in printed(connection) if "BROKEN" in line] == ["tax", "all"]
