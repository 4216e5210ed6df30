"""Incremental tables: the last file by name counts, whatever came when, and nothing is lost for it."""

import random
from decimal import Decimal

import duckdb
import pytest

from dagster_project.lib.ingest import ingest_table
from dagster_project.lib.sources import Column, RawTable

HEADER = "id,amount,gone"


def make_table(deleted_flag="gone", **settings):
    columns = {"id": "integer", "amount": "decimal(18, 2)", "gone": "boolean"}
    settings = {"domain": "sales", "files": "f*", "load": "incremental", "key": ["id"]} | settings
    return RawTable(
        system="till", name="sales", deleted_flag=deleted_flag,
        columns=[Column(name=name, data_type=kind) for name, kind in columns.items()], **settings,
    )  # fmt: skip


def write(landing, name, *lines):
    (landing / name).write_text("".join(f"{line}\n" for line in (HEADER, *lines)))


@pytest.fixture
def connection():
    with duckdb.connect() as opened:
        yield opened


def rows(connection, place="raw"):
    return connection.execute(f"select id, amount from {place}.till__sales order by all").fetchall()


def ledger(connection):
    return connection.execute(
        "select path, rows_read, rows_loaded, rows_rejected, rows_superseded from audit.files "
        "where status = 'loaded' order by path"
    ).fetchall()


def test_the_last_file_by_name_counts_and_the_earlier_row_is_kept(connection, tmp_path):
    write(tmp_path, "f1", "1,1.00,", "2,2.00,")
    first = ingest_table(connection, make_table(), tmp_path, "one")
    write(tmp_path, "f2", "2,2.50,", "3,3.00,")
    second = ingest_table(connection, make_table(), tmp_path, "two")
    assert rows(connection) == [(1, 1), (2, Decimal("2.5")), (3, 3)]
    assert rows(connection, "superseded") == [(2, 2)]
    assert ledger(connection) == [("f1", 2, 1, 0, 1), ("f2", 2, 2, 0, 0)]
    assert (first.rows_superseded, second.rows_superseded, second.rejected_count) == (0, 0, 0)
    assert first.content_hash != second.content_hash
    assert ingest_table(connection, make_table(), tmp_path, "three").unchanged


def test_a_late_file_with_an_earlier_name_is_superseded_at_once(connection, tmp_path):
    write(tmp_path, "f2", "1,2.00,")
    ingest_table(connection, make_table(), tmp_path, "one")
    write(tmp_path, "f1", "1,1.00,", "2,1.00,")
    result = ingest_table(connection, make_table(), tmp_path, "two")
    assert rows(connection) == [(1, 2), (2, 1)]
    assert (result.rows_read, result.rows_loaded, result.rows_superseded) == (2, 1, 1)


def test_an_earlier_row_comes_back_when_the_later_file_is_corrected(connection, tmp_path):
    write(tmp_path, "f1", "1,1.00,")
    write(tmp_path, "f2", "1,2.00,", "2,2.00,")
    ingest_table(connection, make_table(), tmp_path, "one")
    write(tmp_path, "f2", "2,2.00,")
    ingest_table(connection, make_table(), tmp_path, "two")
    assert (rows(connection), rows(connection, "superseded")) == ([(1, 1), (2, 2)], [])


def test_a_deleted_row_is_gone_until_a_later_file_brings_it_again(connection, tmp_path):
    write(tmp_path, "f1", "1,1.00,", "2,2.00,false")
    write(tmp_path, "f2", "1,1.00,true", "9,9.00,true")
    ingest_table(connection, make_table(), tmp_path, "one")
    assert rows(connection) == [(2, 2)]
    assert ledger(connection) == [("f1", 2, 1, 0, 1), ("f2", 2, 0, 0, 2)]
    write(tmp_path, "f3", "1,3.00,")
    ingest_table(connection, make_table(), tmp_path, "two")
    assert rows(connection) == [(1, 3), (2, 2)]


def test_the_same_content_under_a_later_name_is_a_delivery_of_its_own(connection, tmp_path):
    """A revert: the third file says again what the first one said, and it is the last."""
    write(tmp_path, "f1", "1,1.00,")
    write(tmp_path, "f2", "1,2.00,")
    write(tmp_path, "f3", "1,1.00,")
    ingest_table(connection, make_table(), tmp_path, "one")
    assert rows(connection) == [(1, 1)]


def test_a_key_twice_in_one_file_is_a_reject_and_an_unreadable_row_supersedes_nothing(connection, tmp_path):
    write(tmp_path, "f1", "1,1.00,", "2,2.00,")
    write(tmp_path, "f2", "1,1.50,", "1,1.75,", "2,x,", "3,3.00,")
    ingest_table(connection, make_table(), tmp_path, "one")
    assert rows(connection) == [(1, Decimal("1.5")), (2, 2), (3, 3)]
    found = connection.execute("select line, reason from audit.rejects order by line").fetchall()
    assert found == [(3, "duplicate_key"), (4, "not_a_number")]
    assert ledger(connection) == [("f1", 2, 1, 0, 1), ("f2", 4, 2, 2, 0)]


def test_another_way_of_loading_builds_the_table_again(connection, tmp_path):
    write(tmp_path, "f1", "1,1.00,")
    write(tmp_path, "f2", "1,2.00,", "2,2.00,", "3,3.00,")
    ingest_table(connection, make_table(), tmp_path, "one")
    ingest_table(connection, make_table(None, load="by_file"), tmp_path, "two")
    assert rows(connection) == [(1, 1), (2, 2), (3, 3)]
    assert not connection.execute("select 1 from duckdb_tables() where schema_name = 'superseded'").fetchall()
    ingest_table(connection, make_table(), tmp_path, "three")
    assert rows(connection) == [(1, 2), (2, 2), (3, 3)]


# Histories


def expected(files):
    """The simplest model there is: go through the files by name and let each row replace the one before it."""
    table, counts = {}, {name: [len(lines), 0, 0] for name, lines in files.items()}
    for name in sorted(files):
        seen = set()
        for key, amount, gone in files[name]:
            if not (amount.isdigit() and key not in seen):
                counts[name][2] += 1
                continue
            seen.add(key)
            table[key] = (name, Decimal(amount), gone == "true")
    held = {key: (name, amount) for key, (name, amount, gone) in table.items() if not gone}
    for name, _ in held.values():
        counts[name][1] += 1
    ledger = [
        (n, read, loaded, bad, read - loaded - bad) for n, (read, loaded, bad) in sorted(counts.items())
    ]
    return sorted((key, amount) for key, (_, amount) in held.items()), ledger


def some_file(chance):
    # enough good rows of their own that a file is never refused for its dirt
    own = [(key, "1", "") for key in range(100, 103)]
    odd = [
        (chance.randrange(6), chance.choice(["1", "2", "3", "x"]), chance.choice(["", "", "true", "false"]))
        for _ in range(chance.randrange(4))
    ]
    return own + odd


@pytest.mark.parametrize("seed", range(8))
def test_any_history_ends_where_the_model_ends(tmp_path, seed):
    """25 histories of each seed: new, corrected, late, redelivered and removed files, over three to five nights."""
    for history in range(25):
        chance = random.Random(1000 * seed + history)
        landing = tmp_path / str(history)
        landing.mkdir()
        there, held = {}, {}
        with duckdb.connect() as connection:
            for _ in range(chance.randrange(3, 6)):
                for _ in range(chance.randrange(1, 4)):
                    name = f"f{chance.randrange(5)}"
                    if name in there and chance.random() < 0.2:
                        (landing / name).unlink()
                        del there[name]
                        continue
                    again = there and chance.random() < 0.2
                    there[name] = there[chance.choice(sorted(there))] if again else some_file(chance)
                    write(landing, name, *(",".join(map(str, row)) for row in there[name]))
                if there:
                    held |= there  # what is removed from the folder keeps its rows
                    ingest_table(connection, make_table(), landing, "night")
            table, counts = expected(held)
            assert rows(connection) == table
            assert ledger(connection) == counts
            conserved = connection.execute(
                "select bool_and(is_conserved), bool_and(amount_read = amount_loaded + amount_rejected + "
                "amount_superseded) from audit.conservation"
            ).fetchone()
            assert conserved == (True, True)
