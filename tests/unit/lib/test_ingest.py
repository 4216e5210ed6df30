"""Loading: nothing lost, nothing twice, nothing half, whatever the order of delivery."""

import csv
import io
import itertools
import json
import os
import tempfile
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.lib import ingest as ingest_module
from dagster_project.lib import sources as sources_module
from dagster_project.lib.ingest import ConservationBroken, ExtractRefused, ingest_table
from dagster_project.lib.sources import Column, RawTable, load_system

KIOSK = Path(__file__).resolve().parents[2] / "sources" / "kiosk"


def make_table(columns=None, **settings):
    columns = columns or {"id": "integer", "day": "date", "amount": "decimal(18, 4)", "note": "varchar"}
    settings = {
        "domain": "sales",
        "files": "f*.csv",
        "load": "by_file",
        "key": [next(iter(columns))],
    } | settings
    made = [c if isinstance(c, Column) else Column(name=n, data_type=c) for n, c in columns.items()]
    return RawTable(system="till", name="sales", columns=made, **settings)


def write(landing, name, *lines, header="id,day,amount,note"):
    path = landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(f"{line}\n" for line in (header, *lines)).encode())
    return path


@pytest.fixture
def landing(tmp_path):
    folder = tmp_path / "landing"
    folder.mkdir()
    return folder


@pytest.fixture
def connection():
    with duckdb.connect() as opened:
        yield opened


def rows(connection, columns="id, day, amount, note"):
    return connection.execute(f"select {columns} from raw.till__sales order by all").fetchall()


def rejects(connection, columns="path, line, column_name, value, reason"):
    return connection.execute(f"select {columns} from audit.rejects order by path, line").fetchall()


def state(connection):
    """Table and rejects without file numbers: what must not depend on the order of delivery."""
    held = connection.execute(
        "select path, sha256, sales.* exclude (_file_id) from raw.till__sales as sales "
        "inner join audit.files on file_id = _file_id order by all"
    ).fetchall()
    counts = connection.execute(
        "select path, sha256, rows_read, rows_loaded, rows_rejected from audit.files where status = 'loaded' order by all"
    ).fetchall()
    return held, rejects(connection), counts


def everything(connection):
    names = connection.execute(
        "select schema_name, table_name from duckdb_tables() where not temporary order by all"
    ).fetchall()
    return {
        name: connection.execute(f'select * from "{name[0]}"."{name[1]}" order by all').fetchall()
        for name in names
    }


# Values


@pytest.mark.parametrize(
    ("data_type", "text", "value"),
    [
        ("integer", "3.00", 3),
        ("integer", "3.5", "not_an_integer"),
        ("integer", "1e3", "not_an_integer"),
        ("integer", "1_000", "not_an_integer"),
        ("integer", "2147483648", "out_of_range"),
        ("bigint", "2147483648", 2147483648),
        ("bigint", "-007", -7),
        ("decimal(18, 4)", "22080.0", Decimal("22080")),
        ("decimal(18, 4)", "22080.12340000", Decimal("22080.1234")),
        ("decimal(18, 4)", "22080.12345", "too_many_decimals"),
        ("decimal(18, 4)", ".5", Decimal("0.5")),
        ("decimal(18, 4)", "+5.", Decimal("5")),
        ("decimal(18, 4)", "123456789012345.0", "out_of_range"),
        ("decimal(18, 4)", "1,5", "not_a_number"),
        ("decimal(18, 4)", "1.5e3", "not_a_number"),
        ("decimal(18, 4)", " 1.5", "not_a_number"),
        ("decimal(18, 4)", "NaN", "not_a_number"),
        ("decimal(18, 0)", "7.0", Decimal("7")),
        ("double", "1.5e3", 1500.0),
        ("double", "NaN", "not_a_number"),
        ("double", "inf", "not_a_number"),
        ("double", "1e999", "out_of_range"),
        ("date", "2024-02-29", date(2024, 2, 29)),
        ("date", "2024-02-29 00:00:00", date(2024, 2, 29)),
        ("date", "2024-02-29 10:00:00", "not_a_date"),
        ("date", "2023-02-29", "not_a_date"),
        ("date", "2024-2-9", "not_a_date"),
        ("date", "2024/02/09", "not_a_date"),
        ("date", "infinity", "not_a_date"),
        ("timestamp", "2024-01-05 10:00:00.123", datetime(2024, 1, 5, 10, 0, 0, 123000)),
        ("timestamp", "2024-01-05T10:00:00+02:00", datetime(2024, 1, 5, 8)),
        ("timestamp", "2024-01-05T10:00:00Z", datetime(2024, 1, 5, 10)),
        ("timestamp", "2024-01-05 10:00:00.1234567", "not_a_timestamp"),
        ("timestamp", "2024-01-05 25:00:00", "not_a_timestamp"),
        ("boolean", "Yes", True),
        ("boolean", "0", False),
        ("boolean", "ja", "not_a_boolean"),
        ("varchar", " as it is ", " as it is "),
    ],
)
def test_value_is_read_exactly_or_rejected(connection, landing, data_type, text, value):
    table = make_table({"id": "integer", "value": data_type})
    write(
        landing,
        "f.csv",
        f"1,{text if ',' not in text else chr(34) + text + chr(34)}",
        "2,",
        header="id,value",
    )
    ingest_table(connection, table, landing, "run")
    if isinstance(value, str) and data_type != "varchar":
        assert rejects(connection) == [("f.csv", 2, "value", text, value)]
        assert rows(connection, "id, value") == [(2, None)]
    else:
        assert rows(connection, "id, value") == [(1, value), (2, None)]


@pytest.mark.parametrize(
    ("data_type", "form", "text", "value"),
    [
        ("date", "%d/%m/%Y", "03/01/2026", date(2026, 1, 3)),
        ("date", "%d/%m/%Y", "3/1/2026", date(2026, 1, 3)),
        ("date", "%d/%m/%Y", "03/13/2026", "not_a_date"),
        ("date", "%d/%m/%Y", "03/01/26", "not_a_date"),
        ("date", "%d/%m/%Y", "2026-01-03", "not_a_date"),
        ("date", "%Y%m%d", "20260103", date(2026, 1, 3)),
        ("date", "%Y%m%d", "2026103", "not_a_date"),
        ("timestamp", "%d.%m.%Y %H:%M", "03.01.2026 07:30", datetime(2026, 1, 3, 7, 30)),
        ("timestamp", "%Y-%m-%d %H:%M:%S %z", "2026-01-03 07:30:00 +0200", datetime(2026, 1, 3, 5, 30)),
    ],
)
def test_declared_format_is_the_only_one(connection, landing, data_type, form, text, value):
    table = make_table({"id": "integer", "value": Column(name="value", data_type=data_type, format=form)})
    write(landing, "f.csv", f"1,{text}", "2,", header="id,value")
    connection.execute("set timezone = 'America/New_York'")
    ingest_table(connection, table, landing, "run")
    if isinstance(value, str):
        assert rejects(connection, "value, reason") == [(text, value)]
    else:
        assert rows(connection, "id, value") == [(1, value), (2, None)]


def test_decimal_comma_is_read_where_it_is_declared(connection, landing):
    table = make_table({"id": "integer", "amount": "decimal(18, 4)"}, delimiter=";", decimal_separator=",")
    write(landing, "f.csv", "1;1234,50", "2;1234.50", header="id;amount")
    ingest_table(connection, table, landing, "run")
    assert rows(connection, "id, amount") == [(1, Decimal("1234.5"))]
    assert rejects(connection, "value, reason") == [("1234.50", "not_a_number")]


# Rows and rejects


def test_reject_holds_file_line_column_value_reason_and_row(connection, landing):
    table = make_table({
        "id": "integer",
        "name": Column(name="name", data_type="varchar", load=False),
        "amount": "decimal(18, 4)",
        "kind": Column(name="kind", data_type="varchar", required=True),
    })  # fmt: skip
    header = "id,name,amount,kind"
    write(landing, "f.csv", "1,Ann,1.5,a", "2,Bo,x,a", ",Cy,1.5,a", "4,Di,1.5,", "1,Ed,9,b", header=header)
    result = ingest_table(connection, table, landing, "run")
    assert rejects(connection) == [
        ("f.csv", 3, "amount", "x", "not_a_number"),
        ("f.csv", 4, "id", None, "empty_required"),
        ("f.csv", 5, "kind", None, "empty_required"),
        ("f.csv", 6, "id", "1", "duplicate_key"),
    ]
    assert (result.rows_read, result.rows_loaded, result.rows_rejected) == (5, 1, 4)
    # A column that is not to be loaded does not get in by way of the rejects either.
    kept = [json.loads(row) for (row,) in rejects(connection, "row_json")]
    assert kept[0] == {"id": "2", "amount": "x", "kind": "a"}
    assert "Bo" not in str(connection.execute("select * from audit.rejects").fetchall())
    assert result.rejects[0] == "f.csv line 3: amount is not a plain number with `.` as decimal separator"
    columns = connection.execute("select * from raw.till__sales limit 0").description
    assert [column[0] for column in columns] == ["id", "amount", "kind", "_file_id", "_line"]


def test_lines_are_right_after_quoted_line_breaks_and_blank_lines(connection, landing):
    write(
        landing, "f.csv", '1,2024-01-01,1,"two', 'lines"', "2,2024-01-01,x,", "", '3,2024-01-01,1,"a', "", 'b"',
        "4,2024-01-01,y,", "5,2024-01-01,1,",
    )  # fmt: skip
    ingest_table(connection, make_table(), landing, "run")
    assert rejects(connection, "line, value") == [(4, "x"), (9, "y")]
    assert rows(connection, "id, _line") == [(1, 2), (3, 6), (5, 10)]


def test_lines_are_right_in_a_file_that_is_read_in_parallel(connection, landing):
    lines = [f"{n},{'x' if n % 50_000 == 0 else '2024-01-01'},{n}.5,{'y' * 60}" for n in range(2, 300_002)]
    write(landing, "f.csv", *lines)
    connection.execute("set threads = 4")
    ingest_table(connection, make_table(), landing, "run")
    assert connection.execute("select count(*) from raw.till__sales where id <> _line").fetchone() == (0,)
    assert rejects(connection, "line") == [(n,) for n in range(50_000, 300_001, 50_000)]


def test_reordered_header_is_matched_by_name(connection, landing):
    write(landing, "f.csv", "7,1,n,2024-01-01", header="amount,id,note,day")
    ingest_table(connection, make_table(), landing, "run")
    assert rows(connection) == [(1, date(2024, 1, 1), Decimal(7), "n")]


@pytest.mark.parametrize(
    "name", ["f it's.csv", 'f "q".csv', "f[1].csv", "f*.csv", "f?{a,b};--.csv", "f å\\x.csv"]
)
def test_odd_file_names_are_taken_literally(connection, landing, name):
    write(landing, name, "1,2024-01-01,1,n")
    write(landing, "f1.csv.other", "2,2024-01-01,1,n")
    ingest_table(connection, make_table(files="f*.csv"), landing, "run")
    assert connection.execute("select path from audit.files").fetchall() == [(name,)]


def test_odd_column_names_are_taken_literally(connection, landing):
    odd = "a'b\"c; drop table x"
    write(landing, "f.csv", "1,x", "1,y", header='id,"a\'b""c; drop table x"')
    ingest_table(connection, make_table({"id": "integer", odd: "varchar"}), landing, "run")
    assert connection.execute("select * exclude (_file_id, _line) from raw.till__sales").fetchall() == [
        (1, "x")
    ]
    assert json.loads(rejects(connection, "row_json")[0][0]) == {"id": "1", odd: "y"}


# Deliveries


def test_same_content_again_adds_nothing(connection, landing):
    path = write(landing, "f1.csv", "1,2024-01-01,1,n")
    first = ingest_table(connection, make_table(), landing, "one")
    before = everything(connection)
    os.utime(path, (0, 0))
    second = ingest_table(connection, make_table(), landing, "two")
    assert (first.unchanged, second.unchanged) == (False, True)
    assert everything(connection) == before
    assert second.content_hash == first.content_hash


def test_same_content_under_another_name_adds_nothing_and_is_recorded(connection, landing):
    write(landing, "f1.csv", "1,2024-01-01,1,n")
    first = ingest_table(connection, make_table(), landing, "one")
    write(landing, "f2.csv", "1,2024-01-01,1,n")
    second = ingest_table(connection, make_table(), landing, "two")
    assert (second.row_count, second.rejected_count, second.content_hash) == (1, 0, first.content_hash)
    assert second.notes == ("f2.csv has the same content as f1.csv and adds nothing",)
    ledger = "select path, status, rows_read, superseded_by from audit.files order by file_id"
    assert connection.execute(ledger).fetchall() == [
        ("f1.csv", "loaded", 1, None),
        ("f2.csv", "superseded", 0, 1),
    ]
    assert ingest_table(connection, make_table(), landing, "three").unchanged


def test_corrected_file_replaces_its_own_rows_only(connection, landing):
    write(landing, "f1.csv", "1,2024-01-01,1,n", "2,2024-01-01,x,n")
    write(landing, "f2.csv", "3,2024-01-01,3,n")
    ingest_table(connection, make_table(), landing, "one")
    write(landing, "f1.csv", "1,2024-01-01,10,n", "2,2024-01-01,20,n")
    result = ingest_table(connection, make_table(), landing, "two")
    assert rows(connection, "id, amount") == [(1, 10), (2, 20), (3, 3)]
    assert rejects(connection) == []
    assert (result.files_loaded, result.files_retired) == (("f1.csv",), ("f1.csv",))
    ledger = "select path, status, rows_read, rows_loaded, rows_rejected, superseded_by from audit.files order by file_id"
    assert connection.execute(ledger).fetchall() == [
        ("f1.csv", "superseded", 2, 1, 1, 3),
        ("f2.csv", "loaded", 1, 1, 0, None),
        ("f1.csv", "loaded", 2, 2, 0, None),
    ]


def test_late_file_is_picked_up(connection, landing):
    write(landing, "f2.csv", "2,2024-01-02,1,n")
    ingest_table(connection, make_table(date_column="day"), landing, "one")
    write(landing, "f1.csv", "1,2024-01-01,1,n")
    result = ingest_table(connection, make_table(date_column="day"), landing, "two")
    assert result.files_loaded == ("f1.csv",)
    assert rows(connection, "id") == [(1,), (2,)]
    assert result.data_as_of == date(2024, 1, 2)


def test_vanished_file_keeps_its_rows(connection, landing):
    write(landing, "f1.csv", "1,2024-01-01,1,n")
    write(landing, "f2.csv", "2,2024-01-01,1,n")
    ingest_table(connection, make_table(), landing, "one")
    (landing / "f1.csv").unlink()
    result = ingest_table(connection, make_table(), landing, "two")
    assert rows(connection, "id") == [(1,), (2,)]
    assert result.unchanged
    assert "f1.csv" in result.notes[0]


def test_file_that_no_longer_fits_the_pattern_gives_its_rows_up(connection, landing):
    write(landing, "f1.csv", "1,2024-01-01,1,n")
    write(landing, "f2.csv", "2,2024-01-01,1,n")
    ingest_table(connection, make_table(), landing, "one")
    ingest_table(connection, make_table(files="f2*.csv"), landing, "two")
    assert rows(connection, "id") == [(2,)]


def test_full_load_is_the_newest_file_by_name(connection, landing):
    table = make_table(load="full")
    write(landing, "f2024.csv", "1,2024-01-01,1,old", "2,2024-01-01,1,old")
    ingest_table(connection, table, landing, "one")
    write(landing, "f2025.csv", "1,2025-01-01,1,new")
    ingest_table(connection, table, landing, "two")
    assert rows(connection, "id, note") == [(1, "new")]
    write(landing, "f2023.csv", "9,2023-01-01,1,older")
    assert ingest_table(connection, table, landing, "three").unchanged
    (landing / "f2025.csv").unlink()
    ingest_table(connection, table, landing, "four")
    assert rows(connection, "id, note") == [(1, "new")]


OVERLAPPING = {
    "f1.csv": ["1,2024-01-01,1.5,one", "2,2024-01-01,1,one", "2,2024-01-01,2,one again"],
    "f2.csv": ["1,2024-01-02,2.25,two", "3,2024-01-01,3,two", "x,2024-01-01,3,two"],
    "f3.csv": ["1,2024-01-03,3,three", "3,2024-01-03,3,three", "4,2024-01-03,4,three"],
    "f4.csv": ["1,2024-01-03,3,three", "3,2024-01-03,3,three", "4,2024-01-03,4,three"],
}


def test_result_does_not_depend_on_the_order_of_delivery(tmp_path):
    states = []
    for number, order in enumerate(itertools.permutations(OVERLAPPING)):
        landing = tmp_path / str(number)
        landing.mkdir()
        with duckdb.connect() as connection:
            for name in order:
                write(landing, name, *OVERLAPPING[name])
                ingest_table(connection, make_table(), landing, "run")
            states.append(state(connection))
    held = [(row[0], row[2]) for row in states[0][0]]
    assert held == [("f1.csv", 1), ("f1.csv", 2), ("f2.csv", 3), ("f3.csv", 4)]
    assert all(other == states[0] for other in states)


def test_correction_hands_a_key_on_and_back(connection, landing, tmp_path):
    write(landing, "f1.csv", "1,2024-01-01,1.50,one", "5,2024-01-01,1,one")
    write(landing, "f2.csv", "1,2024-01-02,2.50,two", "6,2024-01-02,1,two")
    write(landing, "f3.csv", "1,2024-01-03,3.50,three")
    ingest_table(connection, make_table(), landing, "one")
    assert rows(connection, "id, note") == [(1, "one"), (5, "one"), (6, "two")]
    write(landing, "f1.csv", "5,2024-01-01,1,one")
    ingest_table(connection, make_table(), landing, "two")
    assert rows(connection, "id, note, amount") == [(1, "two", Decimal("2.5")), (5, "one", 1), (6, "two", 1)]
    assert rejects(connection, "path, value, reason") == [("f3.csv", "1", "duplicate_key")]
    write(landing, "f1.csv", "1,2024-01-01,1.75,one", "5,2024-01-01,1,one")
    ingest_table(connection, make_table(), landing, "three")
    with duckdb.connect() as fresh:
        ingest_table(fresh, make_table(), landing, "fresh")
        assert state(connection) == state(fresh)


def test_row_taken_over_can_be_read_again_from_its_reject(connection, landing):
    """A row that loses its key is written as text in the declared formats, and must come back unchanged."""
    columns = {
        "id": "integer", "d": Column(name="d", data_type="date", format="%d/%m/%Y"), "t": "timestamp",
        "z": Column(name="z", data_type="timestamp", format="%Y-%m-%d %H:%M:%S %z"), "n": "decimal(18, 4)",
        "b": "boolean", "x": "double", "s": "varchar",
    }  # fmt: skip
    table = make_table(columns, delimiter=";", decimal_separator=",")
    header = ";".join(columns)
    line = '1;03/01/2026;2026-01-03 10:00:00.5;2026-01-03 10:00:00 +0200;-12,5;yes;0,1;"a ""b"""'
    connection.execute("set timezone = 'Europe/Stockholm'")
    write(landing, "f2.csv", line, header=header)
    ingest_table(connection, table, landing, "one")
    before = connection.execute("select * exclude (_file_id) from raw.till__sales").fetchall()
    write(landing, "f1.csv", "1;;;;;;;first", header=header)
    ingest_table(connection, table, landing, "two")
    assert rows(connection, "s") == [("first",)]
    write(landing, "f1.csv", "2;;;;;;;first", header=header)
    ingest_table(connection, table, landing, "three")
    assert (
        connection.execute("select * exclude (_file_id) from raw.till__sales where id = 1").fetchall()
        == before
    )


# Transactions and changes


def test_failure_in_the_middle_changes_nothing(connection, landing, monkeypatch):
    write(landing, "f1.csv", "1,2024-01-01,1,n", "1,2024-01-01,1,n")
    ingest_table(connection, make_table(), landing, "one")
    before = everything(connection)
    write(landing, "f1.csv", "1,2024-01-01,2,n")
    write(landing, "f2.csv", "2,2024-01-01,2,n")

    def crash(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ingest_module, "settle", crash)
        with pytest.raises(KeyboardInterrupt):
            ingest_table(connection, make_table(), landing, "two")
    assert everything(connection) == before
    ingest_table(connection, make_table(), landing, "three")
    assert rows(connection, "id, amount") == [(1, 2), (2, 2)]


def test_one_bad_file_keeps_the_others_of_the_table_out_too(connection, landing):
    write(landing, "f1.csv", "1,2024-01-01,1,n")
    ingest_table(connection, make_table(), landing, "one")
    before = everything(connection)
    write(landing, "f2.csv", "2,2024-01-01,1,n")
    write(landing, "f3.csv", "3,2024-01-01,1,n,too many")
    with pytest.raises(ExtractRefused, match=r"f3.csv, line 2"):
        ingest_table(connection, make_table(), landing, "two")
    assert everything(connection) == before


def test_changed_declaration_builds_the_table_again(connection, landing):
    write(landing, "f1.csv", "1,2024-01-01,1,7")
    write(landing, "f2.csv", "2,2024-01-01,1,x")
    ingest_table(connection, make_table(), landing, "one")
    columns = {"id": "integer", "day": "date", "amount": "decimal(18, 4)", "note": "integer"}
    (landing / "f2.csv").unlink()
    with pytest.raises(ExtractRefused, match=r"no longer lie in the landing folder: f2.csv"):
        ingest_table(connection, make_table(columns), landing, "two")
    assert rows(connection, "note") == [("7",), ("x",)]
    write(landing, "f2.csv", "2,2024-01-01,1,8")
    result = ingest_table(connection, make_table(columns), landing, "three")
    assert rows(connection, "note") == [(7,), (8,)]
    assert "built again" in result.notes[0]
    assert not result.unchanged


def test_edited_warehouse_is_noticed(connection, landing):
    write(landing, "f1.csv", "1,2024-01-01,1,n")
    ingest_table(connection, make_table(), landing, "one")
    connection.execute("delete from raw.till__sales")
    write(landing, "f2.csv", "2,2024-01-01,1,n")
    with pytest.raises(ConservationBroken, match=r"1 rows were read from f1\.csv, but 0 are loaded"):
        ingest_table(connection, make_table(), landing, "two")


@pytest.mark.parametrize("times", [1, 2])
def test_file_replaced_while_it_is_read(connection, landing, monkeypatch, times):
    write(landing, "f1.csv", "1,2024-01-01,1,n")
    real, calls = ingest_module._Loader._read, []

    def replace_then_read(self, *arguments):
        calls.append(1)
        if len(calls) <= times:
            write(landing, "f1.csv", f"1,2024-01-01,{len(calls) + 1},n")
        return real(self, *arguments)

    monkeypatch.setattr(ingest_module._Loader, "_read", replace_then_read)
    if times == 1:
        ingest_table(connection, make_table(), landing, "run")
        assert rows(connection, "amount") == [(2,)]
    else:
        with pytest.raises(ExtractRefused, match="changed or removed, twice"):
            ingest_table(connection, make_table(), landing, "run")
        assert connection.execute("select count(*) from audit.files").fetchone() == (0,)


def test_raw_tables_holds_the_state(connection, landing):
    write(landing, "f1.csv", "1,2024-01-05,1,n", "2,2024-01-04,1,n", "2,2024-01-09,1,n")
    result = ingest_table(connection, make_table(date_column="day"), landing, "one")
    found = connection.execute(
        "select source_system, domain, table_name, row_count, rejected_count, data_as_of, content_hash from audit.raw_tables"
    ).fetchall()
    assert found == [("till", "sales", "sales", 2, 1, date(2024, 1, 5), result.content_hash)]


# An independent oracle: Python's csv and Decimal against the whole way through DuckDB.

CLEAN = {
    "id": st.integers(0, 12).map(str),
    "day": st.dates(date(1990, 1, 1), date(2030, 1, 1)).map(str),
    "amount": st.decimals(-99999, 99999, places=4).map(str),
    "note": st.text(
        st.characters(codec="utf-8", exclude_characters="\0\r\x1a", exclude_categories=("Cs",)), max_size=8
    ),
}
DIRT = st.sampled_from(
    ["", "x", "2024-02-30", "1,5", "12.34567", "1e5", "NaN", " 7", "7.0000000", "99999999999999999999"]
)
RECORD = st.fixed_dictionaries({name: st.one_of(value, value, value, DIRT) for name, value in CLEAN.items()})


def oracle_value(name, text):
    if text == "":
        return None
    if name == "note":
        return text
    if name == "day":
        return date.fromisoformat(text) if len(text) == 10 else _fail()
    if "e" in text.lower() or text != text.strip() or "_" in text:
        _fail()
    number = Decimal(text)
    if not number.is_finite():
        _fail()
    places = 0 if name == "id" else 4
    if number != round(number, places) or abs(number) >= (2**31 if name == "id" else Decimal(10) ** 14):
        _fail()
    return int(number) if name == "id" else number


def _fail():
    raise ValueError


def oracle(files):
    loaded, rejected, seen = [], 0, set()
    for _, text in sorted(files.items()):
        for record in csv.DictReader(io.StringIO(text, newline="")):
            try:
                row = tuple(oracle_value(name, record[name]) for name in CLEAN)
            except (ValueError, InvalidOperation):
                rejected += 1
                continue
            if row[0] is None or row[0] in seen:
                rejected += 1
                continue
            seen.add(row[0])
            loaded.append(row)
    return sorted(loaded, key=lambda row: row[0]), rejected


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.lists(RECORD, min_size=1, max_size=8), min_size=1, max_size=3),
    st.randoms(use_true_random=False),
)
def test_loaded_and_rejected_rows_are_those_of_an_independent_reader(tables, random):
    files = {}
    for number, records in enumerate(tables):
        # Enough good rows that no file counts as foreign for its dirt.
        padding = [
            {"id": str(100 + 20 * number + n), "day": "2024-01-01", "amount": "1", "note": "p"}
            for n in range(9)
        ]
        names = random.sample(list(CLEAN), len(CLEAN))
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(records + padding)
        files[f"f{number}.csv"] = text.getvalue()
    loaded, rejected = oracle(files)
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        for name in random.sample(sorted(files), len(files)):
            (Path(folder) / name).write_bytes(files[name].encode())
            ingest_table(connection, make_table(), Path(folder), "run")
        assert rows(connection) == loaded
        assert len(rejects(connection)) == rejected
        read, total = connection.execute(
            "select sum(rows_read), sum(rows_loaded + rows_rejected) from audit.files where status = 'loaded'"
        ).fetchone()
        assert read == total


# A whole source system


def test_kiosk_is_loaded_as_declared(connection):
    system = load_system(KIOSK)
    results = {
        table.name: ingest_table(connection, table, KIOSK / "landing", "run") for table in system.tables
    }
    assert {name: result.row_count for name, result in results.items()} == {
        "customers": 4, "products": 4, "orders": 7, "order_lines": 11,
    }  # fmt: skip
    assert all(result.rejected_count == 0 for result in results.values())
    assert results["orders"].data_as_of == date(2025, 3, 28)
    # 03/01/2025 is the third of January here, and a semicolon in quotes belongs to the name.
    first = connection.execute("select datum from raw.kiosk__orders where ordernr = '1001'").fetchone()
    paper = connection.execute(
        "select benamning, inkopspris from raw.kiosk__products where artikelnr = 301"
    ).fetchone()
    assert (first, paper) == ((date(2025, 1, 3),), ("Tidning; lördag", Decimal("18.75")))
    total = connection.execute(
        "select sum(antal * pris - coalesce(rabatt, 0)) from raw.kiosk__order_lines "
        "inner join raw.kiosk__orders using (ordernr) where not makulerad"
    ).fetchone()
    assert total == (Decimal("80") + 850 + 45 + 108 + 1350 + 0,)
    assert all(
        ingest_table(connection, table, KIOSK / "landing", "again").unchanged for table in system.tables
    )


# Lookups: figures of KPIs that are measured elsewhere


def observations(connection, landing):
    columns = {"kpi": Column(name="kpi", data_type="varchar", lookup="observed_kpis"), "value": "integer"}
    return ingest_table(connection, make_table(columns, key=["kpi"]), landing, "run")


def test_a_kpi_that_is_not_in_the_catalogue_is_rejected_by_name(connection, landing):
    write(
        landing,
        "f.csv",
        "downloads_count,1",
        "brand_awarenes_ratio,2",
        "revenue_amount,3",
        header="kpi,value",
    )
    result = observations(connection, landing)
    assert rows(connection, "kpi, value") == [("downloads_count", 1)]
    # revenue is computed here: whoever delivers it as a figure would publish a second truth
    assert rejects(connection) == [
        ("f.csv", 3, "kpi", "brand_awarenes_ratio", "unknown_kpi"),
        ("f.csv", 4, "kpi", "revenue_amount", "unknown_kpi"),
    ]
    assert "did you mean `brand_awareness_ratio`?" in result.rejects[0]
    assert result.rejects[1].endswith("is no observed KPI of the catalogue (seeds/reference/kpis.csv)")


def test_a_rejected_figure_comes_back_when_its_kpi_gets_a_catalogue_row(connection, landing, monkeypatch):
    write(landing, "f.csv", "downloads_count,1", "our_own_score,2", header="kpi,value")
    observations(connection, landing)
    known = sources_module.observed_kpi_ids()
    monkeypatch.setattr(sources_module, "observed_kpi_ids", lambda: (*known, "our_own_score"))
    observations(connection, landing)
    assert rows(connection, "kpi, value") == [("downloads_count", 1), ("our_own_score", 2)]
    assert not rejects(connection)


def test_a_table_that_was_never_loaded_is_there_empty_and_typed_and_loads_as_if_it_were_not(
    connection, landing
):
    table = make_table()
    assert ingest_module.ensure_raw_table(connection, table) is False
    types = (
        "select column_name, data_type from information_schema.columns where table_schema = 'raw' order by 1"
    )
    empty = connection.execute(types).fetchall()
    assert ("day", "DATE") in empty and ("amount", "DECIMAL(18,4)") in empty and ("_line", "BIGINT") in empty
    known = "select row_count, data_as_of, content_hash is not null from audit.raw_tables"
    assert rows(connection) == [] and connection.execute(known).fetchall() == [(0, None, True)]
    assert ingest_module.ensure_raw_table(connection, table) is False, "asked again, the same"
    write(landing, "f1.csv", "1,2025-01-02,3.5,x")
    ingest_table(connection, table, landing, "run")
    assert len(rows(connection)) == 1 and connection.execute(types).fetchall() == empty


def test_the_good_rows_of_a_refused_table_stay(connection, landing):
    write(landing, "f1.csv", "1,2025-01-02,3.5,x")
    ingest_table(connection, make_table(), landing, "run")
    before = state(connection)
    write(landing, "f1.csv", header="")
    with pytest.raises(ExtractRefused):
        ingest_table(connection, make_table(), landing, "run")
    assert ingest_module.ensure_raw_table(connection, make_table()) is True
    assert state(connection) == before
