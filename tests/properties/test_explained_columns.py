"""The dbt test that every empty comparison is explained, tried on rows of every kind, and on rows that are broken."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import pytest

from tests.properties.scorecard_models import declared, fill, rendered
from tests.properties.scoring import crossed
from tests.properties.test_scoring import made

ASSERTION = "assert_kpi_scorecard__every_empty_column_is_explained"
LAYER = "dbt_project/models/scorecard"


@pytest.fixture(scope="module")
def database() -> Iterable[duckdb.DuckDBPyConnection]:
    """Rows of one period each; and one KPI with a history, two regions, a benchmark and an open month."""
    with made(list(crossed())) as connection:
        connection.execute(
            "insert into kpi_catalogue (kpi_id, direction, period_basis, benchmark_value) values ('kpi', 'higher', 'flow', 5)"
        )
        connection.execute("insert into kpi_evidence (kpi_id, quality_status) values ('kpi', 'passed')")
        connection.execute(
            "insert into scopes (scope_type, scope_id, scope_name) values ('region', 'A', 'A'), ('region', 'B', 'B')"
        )
        for month, before, year_ago, status in (
            ("2024-02-01", "2024-01-01", "2023-02-01", "settled"),
            ("2024-03-01", "2024-02-01", "2023-03-01", "settled"),
            ("2025-02-01", "2025-01-01", "2024-02-01", "settled"),
            ("2025-03-01", "2025-02-01", "2024-03-01", "open"),
        ):
            for region in ("A", "B"):
                connection.execute(
                    "insert into kpi_values (kpi_id, period_grain, period_start_date, scope_type, scope_id, period_status,"
                    " previous_period_start_date, last_year_start_date, actual_value, last_year_to_date_value)"
                    " values ('kpi', 'month', ?, 'region', ?, ?, ?, ?, 7, ?)",
                    [month, region, status, before, year_ago, 3 if status == "open" else None],
                )
        connection.execute(f"create table kpi_scorecard as {rendered('kpi_scorecard')}")
        fill(
            connection,
            "kpi_results",
            {**declared(f"{LAYER}/kpi_values.yml", "kpi_values")},
            [
                {
                    "kpi_id": "kpi",
                    "period_grain": "month_to_date",
                    "period_start_date": "2024-03-01",
                    "scope_type": "region",
                    "scope_id": region,
                    "actual_value": 3,
                }
                for region in ("A", "B")
            ],
        )
        connection.execute(
            "create table periods as select distinct period_grain, period_start_date, previous_period_start_date,"
            " last_year_start_date from kpi_values"
        )
        yield connection


def unexplained(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The columns that the dbt test finds."""
    rows = connection.execute(f"select unexplained from ({rendered(ASSERTION, 'tests')}) as found").fetchall()
    return {row[0] for row in rows}


def test_every_kind_of_row_is_explained(database):
    assert unexplained(database) == set()


@pytest.mark.parametrize(
    "column",
    [
        "variance",
        "remaining_to_target",
        "favourable_variance",
        "is_met",
        "variance_ratio",
        "progress_ratio",
        "score",
        "previous_value",
        "previous_favourable_change",
        "last_year_value",
        "last_year_favourable_change",
        "comparison_basis",
        "benchmark_value",
        "benchmark_favourable_change",
        "scope_rank",
        "ranked_scopes_count",
        "held_since",
        "held_check",
        "value_edition_id",
        "value_as_of_date",
    ],
)
def test_an_empty_cell_without_a_reason_is_found(column, database):
    database.execute("begin")
    try:
        (row,) = database.execute(
            f"select rowid from kpi_scorecard where {column} is not null order by period_start_date desc limit 1"
        ).fetchone()
        database.execute(f"update kpi_scorecard set {column} = null where rowid = {row}")
        assert unexplained(database)
    finally:
        database.execute("rollback")


def test_a_last_year_to_the_same_day_that_got_lost_is_found(database):
    database.execute("begin")
    try:
        database.execute(
            "update kpi_scorecard set last_year_value = null, last_year_favourable_change = null"
            " where comparison_basis = 'to_date'"
        )
        assert unexplained(database) == {"last_year_value"}
    finally:
        database.execute("rollback")


def test_a_filled_cell_in_spite_of_a_reason_is_found(database):
    database.execute("begin")
    try:
        database.execute("update kpi_scorecard set score = 5 where status = 'no_target'")
        assert unexplained(database) == {"score"}
    finally:
        database.execute("rollback")


@pytest.mark.parametrize("column", ["variance", "is_met", "previous_value", "last_year_value"])
def test_a_comparison_of_a_held_figure_is_found(column, database):
    database.execute("begin")
    try:
        database.execute(f"update kpi_scorecard set {column} = 1 where status = 'held'")
        assert column in unexplained(database)
    finally:
        database.execute("rollback")
