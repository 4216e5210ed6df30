"""Opening an edition for the page: what it must hold, and which periods, KPIs and scopes the page speaks about.

Belongs here: the frame that every figure is put into. Does not belong here: the figures (``facts``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib.catalogue import SINGLE_PEOPLE
from dagster_project.lib.databases import attach, table_names

NEEDED = tuple(
    "balanced_scorecard balanced_scorecard_kpis initiatives key_results kpi_catalogue kpi_drivers kpi_outlook"
    " kpi_scorecard kpi_signals kpi_status_events kpi_tree objectives periods publication scopes statuses"
    " strategy_map".split()
)
# How many of a grain can be chosen on the page, and how many the company's curves go back.
CHOSEN = {"month": 13, "quarter": 9, "year": 4}
DRAWN = {"month": 60, "quarter": 24, "year": 10}
# Of the parts of the company the newest of these are put on the page first, the others where there is room.
NEWEST = {"month": 2, "quarter": 2, "year": 1}


class PageError(ValueError):
    """The page can't be made of this edition; the message says why and what to do."""


@contextmanager
def opened(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The edition, to be read only, with the page's frame: tables page_periods, page_kpis and page_scopes.

    Raises:
        PageError: the file is no edition, or one of an earlier version.
    """
    if not file.is_file():
        raise PageError(f"There is no edition {file}.")
    with duckdb.connect() as connection:
        try:
            attach(connection, file, "edition")
        except duckdb.Error as error:
            raise PageError(f"{file} can't be read as an edition: {error}") from error
        missing = sorted(set(NEEDED) - table_names(connection, "scorecard", "edition"))
        if missing:
            raise PageError(
                f"{file} is an edition of an earlier version: it has no table {', '.join(missing)}."
                " The page needs an edition that was published with them; run a night, or build the edition again."
            )
        connection.execute("set search_path = 'memory.main,edition.scorecard'")
        _frame(connection)
        yield connection


def _frame(connection: duckdb.DuckDBPyConnection) -> None:
    """The periods, KPIs and scopes of the page, each with the number that stands for it there."""
    grains = ", ".join(f"('{grain}', {CHOSEN[grain]}, {DRAWN[grain]}, {NEWEST[grain]})" for grain in DRAWN)
    connection.execute(
        f"""
        create table page_periods as
        with ranked as (
            select
                *,
                row_number() over (partition by period_grain order by period_start_date desc) as place,
                count(*) filter (where period_status = 'settled')
                    over (partition by period_grain order by period_start_date desc) as settled_place
            from edition.scorecard.periods
        )
        select
            (row_number() over (order by grains.grain, period_start_date) - 1)::integer as p,
            period_grain, period_start_date, period_end_date, period_status = 'open' as is_open, period_name,
            place <= grains.chosen as is_chosen,
            settled_place <= grains.newest as is_newest
        from ranked
        inner join (values {grains}) as grains (grain, chosen, drawn, newest) on period_grain = grains.grain
        where place <= grains.drawn
        """
    )
    if not connection.execute("select count(*) from page_periods").fetchone()[0]:
        raise PageError("The edition holds no month, quarter or year: there is nothing to show yet.")
    connection.execute(
        """
        create table page_kpis as
        select
            (row_number() over (order by kpi_id) - 1)::integer as k, kpi_id,
            display_format = 'amount' as is_amount,
            case when display_format = 'amount' then 2 when display_format = 'percent' then 7 else 4 end as decimals
        from edition.scorecard.kpi_catalogue
        """
    )
    connection.execute(
        f"""
        create table page_scopes as
        select
            (row_number() over (order by scope_type <> 'company', scope_type, scope_name, scope_id) - 1)::integer as s,
            scope_type, scope_id, coalesce(scope_name, scope_id) as scope_name
        from edition.scorecard.scopes
        where scope_type not in {SINGLE_PEOPLE}
            and scope_type in (select distinct scope_type from edition.scorecard.kpi_scorecard)
        """
    )


def default_period(connection: duckdb.DuckDBPyConnection) -> int:
    """The newest settled quarter; where there is none, the newest settled period, or the newest of all."""
    found: Any = connection.execute(
        "select p from page_periods order by is_open, period_grain <> 'quarter', period_start_date desc limit 1"
    ).fetchone()
    return found[0]
