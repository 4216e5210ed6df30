"""The edition with many times the parts, and the table of what was measured."""

import duckdb
import pytest

from benchmarks.page import Measure, chromium, multiply_scopes, paint, table
from dagster_project.lib.page import render
from tests.page_edition import NO_CHROMIUM, made_up


@pytest.fixture
def edition(tmp_path):
    """A company with two regions and a team of a department."""
    path = tmp_path / "edition.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """
            create schema scorecard;
            create table scorecard.scopes (
                scope_type varchar, scope_id varchar, scope_name varchar, parent_scope_type varchar,
                parent_scope_id varchar
            );
            insert into scorecard.scopes values
            ('company', 'all', 'Demo AB', null, null), ('region', 'SK', 'Skåne', 'company', 'all'),
            ('department', 'sales', 'Sales', 'company', 'all'), ('team', 'field', 'Field', 'department', 'sales');
            create table scorecard.kpi_scorecard (
                kpi_id varchar, scope_type varchar, scope_id varchar, scope_name varchar, actual_value decimal(38, 10)
            );
            insert into scorecard.kpi_scorecard values
            ('revenue', 'company', 'all', 'Demo AB', 5), ('revenue', 'region', 'SK', 'Skåne', 3);
            create table scorecard.kpi_signals (scope_type varchar, scope_id varchar, is_signal boolean);
            insert into scorecard.kpi_signals values ('region', 'SK', true);
            create table scorecard.kpi_value_history (scope_type varchar, scope_id varchar);
            insert into scorecard.kpi_value_history values ('region', 'SK');
            create table scorecard.periods (period_name varchar);
            insert into scorecard.periods values ('2025');
            create view scorecard.kpi_latest as select * from scorecard.kpi_scorecard;
            """
        )
    return path


def rows(path, query):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_every_part_is_there_so_many_times_and_the_company_once(edition):
    multiply_scopes(edition, 3)
    assert rows(
        edition, "select scope_id, scope_name, actual_value from scorecard.kpi_scorecard order by 1"
    ) == [
        ("SK", "Skåne", 3),
        ("SK 2", "Skåne 2", 3),
        ("SK 3", "Skåne 3", 3),
        ("all", "Demo AB", 5),
    ]
    assert rows(edition, "select count(*) from scorecard.scopes") == [(1 + 3 * 3,)]
    assert rows(edition, "select scope_id from scorecard.kpi_signals order by 1") == [
        ("SK",),
        ("SK 2",),
        ("SK 3",),
    ]
    assert rows(edition, "select count(*) from scorecard.kpi_latest") == [(4,)], "a view follows its table"
    others = (
        "select (select count(*) from scorecard.kpi_value_history), (select count(*) from scorecard.periods)"
    )
    assert rows(edition, others) == [(1, 1)]


def test_a_copy_belongs_to_the_copy_of_its_parent(edition):
    multiply_scopes(edition, 2)
    assert rows(
        edition, "select scope_id, parent_scope_id from scorecard.scopes where scope_type = 'team' order by 1"
    ) == [("field", "sales"), ("field 2", "sales 2")]
    assert rows(
        edition, "select distinct parent_scope_id from scorecard.scopes where scope_type = 'region'"
    ) == [("all",)]


def test_once_is_the_edition_itself(edition):
    before = rows(edition, "from scorecard.kpi_scorecard order by all")
    multiply_scopes(edition, 1)
    assert rows(edition, "from scorecard.kpi_scorecard order by all") == before


def test_the_table_sets_the_last_against_the_first():
    said = table(
        [
            Measure(1, 100, 1000, 30.0, 1.0, 2.0, 200.0, 300.0),
            Measure(20, 2000, 20_000, 600.0, 2.5, 8.0, 220.0, None),
        ]
    )
    head, first, last, ratio = said.splitlines()
    assert first.split() == ["1x", "100", "1,000", "30.0", "1.00", "2.00", "200", "300"]
    assert last.split() == ["20x", "2,000", "20,000", "600.0", "2.50", "8.00", "220", "-"]
    assert ratio.split() == ["ratio", "20.00", "20.00", "20.00", "2.50", "4.00", "1.10", "-"]
    assert len({len(line) for line in (head, first, last, ratio)}) == 1


@pytest.mark.skipif(not chromium(), reason=NO_CHROMIUM)
def test_the_browser_says_when_something_and_when_the_kpis_are_shown(tmp_path):
    page = tmp_path / "scorecard.html"
    page.write_text(render(made_up(tmp_path / "edition.duckdb")), encoding="utf-8")
    first, shown = paint(page, loads=2)
    assert first > 0 and shown > 0
