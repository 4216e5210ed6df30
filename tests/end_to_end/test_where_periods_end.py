"""The outlook of the demo company one day before the year ends, against how it ended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from dagster_project.lib.gate import find_suites
from dagster_project.lib.outlook import Goal, status
from dagster_project.lib.outlook_tables import BACKTEST, SCOPES, TABLE
from dagster_project.lib.publication import PUBLISHED_TABLES
from dagster_project.lib.settings import EXPECTATIONS, STAGING
from tests.planted_faults import Warehouse, assert_met_and_broken, night_in_memory

SUITES = [s for s in find_suites(EXPECTATIONS, [], PUBLISHED_TABLES, STAGING) if s.table in (TABLE, BACKTEST)]
KEY = "kpi_id, period_grain, period_start_date, scope_type, scope_id"


@pytest.fixture(scope="module")
def open_home(shared_run, demo_home) -> Path:
    """The night of which another test corrects the data too."""
    return shared_run("demo_30_december", after=demo_home, SCORECARD_AS_OF="2025-12-30")


@pytest.fixture(scope="module")
def both(open_home, demo_home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The night before the end, and beside it the end."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{open_home / 'warehouse.duckdb'}' as before (read_only)")
        connection.execute(f"attach '{demo_home / 'warehouse.duckdb'}' as ended (read_only)")
        yield connection


def test_the_run_says_how_much_it_looked_ahead(open_home):
    assert "Outlook: " in (open_home / "stderr.txt").read_text()


def test_every_open_period_of_the_company_has_an_outlook_or_a_reason(both):
    [(periods,)] = both.execute(
        "select count(*) from before.scorecard.kpi_scorecard where period_status = 'open'"
        " and scope_type = 'company' and period_grain in ('month', 'quarter', 'year')"
    ).fetchall()
    told = both.execute(
        f"select count(*), count(outlook_value) from (select {KEY}, max(outlook_value) as outlook_value"
        f" from before.scorecard.{TABLE} where scope_type = 'company' group by all)"
    ).fetchone()
    assert told[0] == periods > 200 and told[1] > 100


def test_four_fifths_of_the_intervals_held_in_the_past_and_when_the_periods_ended(both):
    published = both.execute(
        f"select period_grain, avg(case when is_covered then 1 else 0 end) from before.scorecard.{BACKTEST}"
        " where is_covered is not null group by 1 order by 1"
    ).fetchall()
    assert [grain for grain, _ in published] == ["month", "quarter", "year"]
    assert all(0.75 <= coverage <= 0.92 for _, coverage in published), published
    # what nobody knew on the thirtieth
    [(held, count)] = both.execute(
        f"""
        select avg(case when ended.actual_value between lower_value and upper_value then 1 else 0 end), count(*)
        from before.scorecard.{TABLE} as outlook
        inner join ended.scorecard.kpi_scorecard as ended using ({KEY})
        where is_chosen and lower_value is not null and ended.actual_value is not null
        """
    ).fetchall()
    assert held >= 0.75 and count > 400


def test_nothing_is_told_of_people_or_of_what_is_withheld(both):
    scopes = both.execute(f"select distinct scope_type from before.scorecard.{TABLE}").fetchall()
    assert {scope for (scope,) in scopes} <= set(SCOPES) and len(scopes) > 4
    told = both.execute(
        f"""
        select count(*) from before.scorecard.{TABLE} inner join before.scorecard.kpi_scorecard as shown using ({KEY})
        where shown.no_value_reason = 'withheld' and (outlook_value is not null or no_outlook_reason <> 'withheld')
        """
    ).fetchone()
    assert told == (0,)


def test_the_status_of_an_outlook_is_the_scorecards_for_every_settled_value(both):
    """One rule in two languages: Python must say what SQL said of each row of the year that has ended."""
    rows = both.execute(
        """
        select kpis.direction, target_value, target_lower, target_upper, actual_value, status,
            coalesce(own.on_track_tolerance, usual.on_track_tolerance),
            coalesce(own.at_risk_tolerance, usual.at_risk_tolerance)
        from ended.scorecard.kpi_scorecard as shown
        inner join ended.scorecard.kpi_catalogue as kpis using (kpi_id)
        inner join ended.reference.tolerances as usual on usual.kpi_id = 'default'
        left join ended.reference.tolerances as own on own.kpi_id = shown.kpi_id
        where period_grain in ('month', 'quarter', 'year') and target_id is not null and status in (
            'achieved', 'on_track', 'at_risk', 'off_track', 'no_target'
        )
        """
    ).fetchall()
    assert len(rows) > 5000 and len({row[5] for row in rows}) >= 4
    wrong = []
    for direction, target, lower, upper, actual, expected, *tolerances in rows:
        numbers = (None if value is None else float(value) for value in (target, lower, upper))
        found = status(Goal(direction, *numbers), float(actual), *map(float, tolerances))
        if found != expected:
            wrong.append((direction, target, lower, upper, actual, expected, found))
    assert not wrong


@pytest.fixture(scope="module")
def warehouse(open_home) -> Iterator[Warehouse]:
    """The tables of an open night in memory, to be changed."""
    tables = ("audit.run_settings", f"scorecard.{TABLE}", f"scorecard.{BACKTEST}", "scorecard.kpi_scorecard")
    with night_in_memory(open_home, *tables) as night:
        yield night


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_the_suites_hold_on_an_open_night_and_are_broken_by_each_planted_fault(suite, warehouse):
    """On the shared night everything has ended and both tables are empty."""
    assert warehouse.count(suite) > 500
    for entry in json.loads(suite.path.read_text())["expectations"]:
        assert_met_and_broken(warehouse, suite, entry, may_fail=False)
