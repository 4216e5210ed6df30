"""The memory of what was withheld: audit.withheld_days, which every edition adds to and every run obeys.

Without it a group that late data makes large enough, or hides with another one, would be shown for a
period for which an earlier edition withheld it, and two editions together would tell what neither does
(docs/decisions/small-groups.md). Deciding what is withheld is dbt's; here it is only kept.
"""

from __future__ import annotations

import duckdb

from dagster_project.lib.control_sums import control_sum
from dagster_project.lib.databases import transaction
from dagster_project.lib.sql import literal

_KEY = "subject, scope_type, scope_id, withheld_date"


def remember(connection: duckdb.DuckDBPyConnection, edition_id: str) -> int:
    """Add what the tables of the warehouse withhold and no edition before did; return how many rows that are.

    To be called before readers see the edition: a run that is killed in between has remembered too much,
    which only hides more, and never too little.
    """
    with transaction(connection):
        (number,) = connection.execute(
            "select coalesce(max(edition_number), 0) + 1 from audit.withheld_days"
        ).fetchone()
        (added,) = connection.execute(
            f"""
            insert into audit.withheld_days ({_KEY}, first_edition_id, edition_number)
            select {_KEY}, ?, ?
            from (
                select {_KEY} from scorecard.withheld_days except select {_KEY} from audit.withheld_days
            )
            """,
            [edition_id, number],
        ).fetchone()
    return added


def last_to_add(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The edition that added the latest rows; None where there are none."""
    row = connection.execute(
        "select first_edition_id from audit.withheld_days order by edition_number desc limit 1"
    ).fetchone()
    return row[0] if row else None


def content(connection: duckdb.DuckDBPyConnection, but_for: str | None = None) -> str:
    """Control sum of the memory, with or without what one edition added."""
    added_by_others = f"where first_edition_id <> {literal(but_for)}" if but_for else ""
    return control_sum(connection, f"(select {_KEY} from audit.withheld_days {added_by_others})")[1]
