"""What became of a table's rows: added late or new, corrected, removed."""

from datetime import date

import duckdb
import pytest

from dagster_project.lib.row_changes import RowChanges, count_changes, emptied, known_before, reshaped
from dagster_project.lib.sources import Column, RawTable

AS_OF = date(2026, 3, 10)
COLUMNS = {"shop": "varchar", "number": "integer", "day": "date", "amount": "decimal(18, 2)"}


def make_table(**settings):
    columns = [Column(name=name, data_type=kind) for name, kind in COLUMNS.items()]
    settings = {"domain": "sales", "files": "f*.csv", "load": "by_file", "key": ["shop", "number"]} | settings
    return RawTable(system="till", name="sales", columns=columns, **settings)


DATED = make_table(date_column="day")


@pytest.fixture
def connection():
    with duckdb.connect() as opened:
        for name in ("earlier", "present"):
            columns = ", ".join(f"{column} {kind}" for column, kind in COLUMNS.items())
            opened.execute(f"create table {name} ({columns}, _file_id bigint, _line bigint)")
        yield opened


def fill(connection, name, *rows):
    for row in rows:
        connection.execute(f"insert into {name} values (?, ?, ?, ?, ?, ?)", row)


def row(shop="A", number=1, day="2026-03-01", amount=5, file_id=1, line=2):
    return shop, number, day, amount, file_id, line


def test_each_kind_is_counted(connection):
    fill(connection, "earlier", row(), row(number=2), row(number=3), row("B"))
    fill(
        connection,
        "present",
        row(),
        row(number=2, amount=6),
        row(number=4),
        row(number=5, day="2026-03-10"),
        row(number=6, day="2026-03-11"),
        row(number=7, day=None),
        row("B", day=None),
    )
    found = count_changes(connection, DATED, "earlier", "present", AS_OF)
    assert found == RowChanges(added_late=2, added_new=1, added_undated=1, corrected=2, removed=1)
    assert found.are_any
    assert found.has_corrections
    assert found.may_be_late


def test_the_same_rows_delivered_anew_are_no_change(connection):
    fill(connection, "earlier", row(), row(number=2, amount=None))
    fill(connection, "present", row(number=2, amount=None, file_id=7, line=3), row(file_id=7, line=9))
    found = count_changes(connection, DATED, "earlier", "present", AS_OF)
    assert found == RowChanges()
    assert not (found.are_any or found.has_corrections or found.may_be_late)


@pytest.mark.parametrize("now", [None, 0, 5.01])
def test_a_value_that_goes_or_changes_is_a_correction(connection, now):
    fill(connection, "earlier", row())
    fill(connection, "present", row(amount=now))
    assert count_changes(connection, DATED, "earlier", "present", AS_OF) == RowChanges(corrected=1)


def test_without_a_date_column_nobody_can_tell_late_from_new(connection):
    fill(connection, "present", row())
    found = count_changes(connection, make_table(), "earlier", "present", AS_OF)
    assert found == RowChanges(added_undated=1)
    assert found.may_be_late


def test_rows_of_later_days_alone_are_not_late(connection):
    fill(connection, "present", row(day="2026-03-11"))
    assert not count_changes(connection, DATED, "earlier", "present", AS_OF).may_be_late


def test_known_before_keeps_corrections_and_leaves_out_removed_and_added_rows(connection):
    fill(connection, "earlier", row(), row(number=2), row(number=3))
    fill(connection, "present", row(), row(number=2, amount=6), row(number=4))
    rows = connection.execute(
        f"select number, amount from ({known_before('earlier', 'present', DATED.key)}) order by all"
    ).fetchall()
    assert rows == [(1, 5), (2, 6)]


def test_earlier_rows_take_the_columns_of_today(connection):
    connection.execute("create table old (shop varchar, number varchar, gone varchar)")
    connection.execute("insert into old values ('A', '1', 'x'), ('A', 'not a number', 'y')")
    found = connection.execute(f"{reshaped(connection, 'old', 'present')} order by all")
    assert [column[0] for column in found.description] == [*COLUMNS, "_file_id", "_line"]
    assert found.fetchall() == [("A", 1, *[None] * 4), ("A", None, *[None] * 4)]
    assert connection.execute(emptied("present")).fetchall() == []
