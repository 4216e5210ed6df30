"""The figures of a report, also where tables are missing: a night can fail before it has made any."""

from datetime import date, datetime

import duckdb
import pytest

from dagster_project.lib import night_facts
from dagster_project.lib.audit_tables import ensure_audit_tables
from dagster_project.lib.databases import has_table

START = datetime(2026, 1, 2, 2, 0)


@pytest.fixture
def warehouse():
    with duckdb.connect() as connection:
        ensure_audit_tables(connection)
        connection.execute(
            """
            insert into audit.raw_tables by name
            select 'demo' as source_system, 'sales' as domain, unnest(['orders', 'leads']) as table_name,
                100 as row_count, date '2026-01-01' as data_as_of;
            insert into audit.files
                (file_id, source_system, table_name, path, rows_read, rows_loaded, rows_rejected, status, superseded_at, run_id)
            values
                (1, 'demo', 'orders', 'a', 50, 50, 0, 'superseded', '2025-12-01', 'run-0'),
                (2, 'demo', 'orders', 'b', 60, 60, 0, 'superseded', '2026-01-02 02:00:05', 'run-0'),
                (3, 'demo', 'orders', 'b', 70, 65, 5, 'loaded', null, 'run-1'),
                (4, 'demo', 'orders', 'copy of b', 0, 0, 0, 'duplicate', null, 'run-1');
            insert into audit.check_results (suite, source_system, table_name, severity, success) values
                ('raw/demo/sales/orders', 'demo', 'orders', 'critical', true),
                ('raw/demo/sales/orders', 'demo', 'orders', 'warning', false),
                ('raw/demo/sales/leads', 'demo', 'leads', 'critical', false),
                ('raw/demo/sales/leads', 'demo', 'leads', 'warning', false),
                ('scorecard/scopes', null, 'scopes', 'critical', null);
            """
        )
        yield connection


def test_what_came_in_by_table(warehouse):
    newest = {("demo", "orders"): date(2025, 12, 30)}
    leads, orders = night_facts.raw_tables(warehouse, "run-1", START, newest)
    assert (orders.files_new, orders.rows_read, orders.rows_loaded, orders.rows_rejected) == (1, 70, 65, 5)
    assert orders.rows_superseded == 60, "what this run superseded, not what earlier runs did"
    assert orders.newest_date == date(2025, 12, 30) and orders.row_count == 100
    assert (leads.table_name, leads.files_new, leads.rows_read, leads.newest_date) == ("leads", 0, 0, None)


def test_of_the_suites_those_count_that_this_run_judged(warehouse):
    both = {("raw", "demo__orders"), ("raw", "demo__leads")}
    assert night_facts.suites(warehouse, both) == night_facts.Suites(
        2, ("raw/demo/sales/leads",), ("raw/demo/sales/orders",)
    )
    assert night_facts.suites(warehouse, {("raw", "demo__orders")}).failed == ()
    assert night_facts.suites(warehouse, {("scorecard", "scopes")}).failed == ("scorecard/scopes",), (
        "unknown is failed"
    )
    assert night_facts.suites(warehouse, set()) == night_facts.Suites()


def test_refused_extracts_are_named_without_what_was_found_in_them(warehouse):
    if not has_table(warehouse, "audit", "refused_extracts"):
        assert night_facts.refused_extracts(warehouse, "run-1") is None
        warehouse.execute(
            "create table audit.refused_extracts (source_system varchar, table_name varchar, domain varchar,"
            " path varchar, line bigint, expected varchar, found varchar, action varchar, has_good_data boolean,"
            " refused_at timestamp, run_id varchar)"
        )
    warehouse.execute(
        "insert into audit.refused_extracts (source_system, table_name, path, line, found, run_id) values"
        " ('demo', 'leads', 'sales/leads.csv', 3, 'Testperson,1970-01-01', 'run-1'),"
        " ('demo', 'orders', null, null, 'nothing', 'run-1'), ('demo', 'other', 'x', 1, 'x', 'run-0')"
    )
    assert night_facts.refused_extracts(warehouse, "run-1") == (
        "demo.leads (sales/leads.csv, line 3)",
        "demo.orders",
    )
    leads, orders = night_facts.raw_tables(warehouse, "run-1", START, {})
    assert leads.is_refused and orders.is_refused


def test_held_and_stale_kpis_of_the_edition_and_of_the_run(warehouse, tmp_path):
    edition = tmp_path / "edition.duckdb"
    with duckdb.connect(str(edition)) as connection:
        connection.execute(
            """
            create schema scorecard;
            create table scorecard.kpi_scorecard as
            select * from (values ('a', 'held'), ('a', 'held'), ('b', 'stale'), ('c', 'passed'), ('d', 'stale'))
                as t (kpi_id, quality_status);
            create table scorecard.publication as select 20 as table_count, 5 as row_count;
            """
        )
    assert night_facts.held(None, None) == night_facts.Held()
    assert night_facts.held(None, edition) == night_facts.Held(1, 2)
    assert night_facts.published_rows(edition) == (20, 5)
    if not has_table(warehouse, "audit", "holds"):
        warehouse.execute(
            "create table audit.holds (kpi_id varchar, cause varchar, check_name varchar, source_system varchar,"
            " table_name varchar, message varchar, held_since date, run_id varchar)"
        )
    warehouse.execute(
        "insert into audit.holds by name select unnest(['a', 'e']) as kpi_id, 'suite' as cause, 'keys' as check_name,"
        " 'demo' as source_system, 'orders' as table_name, date '2026-01-01' as held_since"
    )
    found = night_facts.held(warehouse, edition)
    assert (found.kpis_held, found.kpis_stale) == (2, 2)
    assert found.causes == ("2 KPIs held by suite keys on demo.orders, since 2026-01-01",)


def test_an_empty_warehouse_is_nothing_known():
    with duckdb.connect() as connection:
        assert night_facts.raw_tables(connection, "run-1", START, {}) == []
        assert night_facts.refused_extracts(connection, "run-1") is None
        assert night_facts.suites(connection, {("raw", "x")}) == night_facts.Suites()
        assert night_facts.held(connection, None) == night_facts.Held()
