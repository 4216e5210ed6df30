"""The memory of what was withheld, and what it makes of an edition's name."""

from datetime import date

import duckdb
import pytest

from dagster_project.lib.audit_tables import ensure_audit_tables
from dagster_project.lib.edition import name_edition
from dagster_project.lib.plan import SHEETS, write_plan
from dagster_project.lib.settings import Settings
from dagster_project.lib.withheld import content, last_to_add, remember

TABLES = {("demo", "employees")}


@pytest.fixture
def warehouse():
    with duckdb.connect() as connection:
        ensure_audit_tables(connection)
        write_plan(connection, {sheet.name: [] for sheet in SHEETS}, date(2026, 3, 10))
        connection.execute(
            "create schema scorecard; create table scorecard.withheld_days"
            " (subject varchar, scope_type varchar, scope_id varchar, withheld_date date)"
        )
        yield connection


@pytest.fixture
def settings(tmp_path):
    return Settings.from_environment({"SCORECARD_HOME": str(tmp_path)}, today=date(2026, 3, 10))


def edition_id(warehouse, settings, tables):
    return name_edition(warehouse, settings, tables).edition_id


def withholds(warehouse, *days, scope="Legal"):
    """Stand in for dbt: what the tables of this run withhold."""
    warehouse.execute("delete from scorecard.withheld_days")
    for day in days:
        warehouse.execute(
            "insert into scorecard.withheld_days values ('people', 'department', ?, ?)", [scope, day]
        )


def delivers(warehouse, content_hash):
    """Stand in for ingest: other rows have another hash."""
    warehouse.execute("delete from audit.raw_tables")
    warehouse.execute(
        "insert into audit.raw_tables (source_system, table_name, content_hash) values ('demo', 'employees', ?)",
        [content_hash],
    )


def test_each_day_is_remembered_once_with_the_edition_that_first_withheld_it(warehouse):
    withholds(warehouse, "2024-03-04", "2024-03-05")
    assert remember(warehouse, "first") == 2
    withholds(warehouse, "2024-03-05", "2024-03-06")
    assert remember(warehouse, "second") == 1
    assert remember(warehouse, "second") == 0
    rows = "select withheld_date, first_edition_id, edition_number from audit.withheld_days order by 1"
    assert warehouse.execute(rows).fetchall() == [
        (date(2024, 3, 4), "first", 1),
        (date(2024, 3, 5), "first", 1),
        (date(2024, 3, 6), "second", 2),
    ]
    assert last_to_add(warehouse) == "second"


def test_nothing_is_forgotten_and_nothing_half_remembered(warehouse):
    withholds(warehouse, "2024-03-04")
    remember(warehouse, "first")
    withholds(warehouse)
    assert remember(warehouse, "second") == 0
    assert warehouse.execute("select count(*) from audit.withheld_days").fetchone() == (1,)
    warehouse.execute("drop table scorecard.withheld_days")
    with pytest.raises(duckdb.Error):
        remember(warehouse, "third")
    assert last_to_add(warehouse) == "first"


def test_content_is_that_of_the_days_not_of_who_added_them(warehouse):
    empty = content(warehouse)
    withholds(warehouse, "2024-03-04")
    remember(warehouse, "first")
    one = content(warehouse)
    assert one != empty and content(warehouse, but_for="first") == empty
    withholds(warehouse, "2024-03-05")
    remember(warehouse, "second")
    assert content(warehouse, but_for="second") == one


def test_the_same_night_again_is_the_same_edition(warehouse, settings):
    delivers(warehouse, "a")
    first = edition_id(warehouse, settings, TABLES)
    withholds(warehouse, "2024-03-04")
    remember(warehouse, first)
    assert edition_id(warehouse, settings, TABLES) == first


def test_another_night_is_named_by_what_was_withheld_before_it(warehouse, settings):
    delivers(warehouse, "b")
    unremembering = edition_id(warehouse, settings, TABLES)
    delivers(warehouse, "a")
    withholds(warehouse, "2024-03-04")
    remember(warehouse, edition_id(warehouse, settings, TABLES))
    delivers(warehouse, "b")
    second = edition_id(warehouse, settings, TABLES)
    assert second != unremembering, "it may show less than it would have shown alone"
    withholds(warehouse, "2024-03-04")
    remember(warehouse, second)
    assert edition_id(warehouse, settings, TABLES) == second, "also where it withholds nothing new"


def test_an_older_content_is_its_old_edition_only_if_nothing_was_withheld_since(warehouse, settings):
    delivers(warehouse, "a")
    first = edition_id(warehouse, settings, TABLES)
    withholds(warehouse, "2024-03-04")
    remember(warehouse, first)
    delivers(warehouse, "b")
    second = edition_id(warehouse, settings, TABLES)
    remember(warehouse, second)
    delivers(warehouse, "a")
    assert edition_id(warehouse, settings, TABLES) == first
    delivers(warehouse, "b")
    withholds(warehouse, "2024-03-05")
    remember(warehouse, second)
    delivers(warehouse, "a")
    assert edition_id(warehouse, settings, TABLES) not in (first, second)
