"""What the raw tables held when an edition was made: the copies that "why changed" compares with.

Belongs here: keeping a copy of a raw table before ingest changes it, recording what goes into an edition, telling
which state of a table belongs to an edition, and dropping copies. Comparing two states is ``row_changes.py``'s,
what follows for the figures ``why.py``'s.

A copy is known by the content hash of the table, not by an edition: ingest can't know whether a run that was
killed had already shown its edition. Whoever reads a copy asks what the edition that readers have was made of
(``audit.edition_inputs``) and takes the copy of that content. So a copy can be superfluous, and never wrong.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import duckdb

from dagster_project.lib.databases import transaction
from dagster_project.lib.sql import identifier

SCHEMA = "before"
# What of the run's settings can move a value. Names and the plan can not, the as-of day is a cause of its own.
_SETTINGS = (
    "history_from",
    "reporting_currency",
    "time_zone",
    "fiscal_year_start_month",
    "days_shown",
    "is_employee_scope_allowed",
)

Table = tuple[str, str]
"""Source system and name of a raw table."""


@dataclass(frozen=True)
class EditionFacts:
    """What an edition was made of, beside the raw tables."""

    as_of: date
    code_hash: str
    """Of the code that all KPIs share; each KPI's own stands in the edition, as its definition_hash."""
    run_settings: Mapping[str, Any]
    coverage: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class State:
    """Where a raw table's rows as of an edition are.

    ``unchanged``: the raw table itself; ``copy``: the table ``relation``; ``empty``: the edition had no such
    table; ``unknown``: nobody kept them.
    """

    kind: str
    relation: str = ""


def keep(connection: duckdb.DuckDBPyConnection, system: str, table: str) -> bool:
    """Copy a raw table that is about to change, if an edition was made of it as it stands; return whether.

    To be called inside the transaction that changes it: then a copy is there exactly when the change is.
    """
    found = connection.execute(
        """
        select tables.content_hash, max_by(inputs.edition_id, inputs.recorded_at)
        from audit.raw_tables as tables
        inner join audit.edition_inputs as inputs using (source_system, table_name, content_hash)
        where tables.source_system = ? and tables.table_name = ?
            and not exists (
                select 1 from audit.before_tables as kept
                where kept.source_system = tables.source_system and kept.table_name = tables.table_name
                    and kept.content_hash = tables.content_hash
            )
            and exists (
                select 1 from duckdb_tables()
                where database_name = current_database() and schema_name = 'raw' and table_name = ?
            )
        group by tables.content_hash
        """,
        [system, table, f"{system}__{table}"],
    ).fetchone()
    if found is None:
        return False
    content_hash, edition_id = found
    connection.execute(f"create schema if not exists {SCHEMA}")
    copy = copy_name(system, table, content_hash)
    connection.execute(
        f"create or replace table {copy} as select * from {identifier('raw', f'{system}__{table}')}"
    )
    connection.execute(
        "insert into audit.before_tables values (?, ?, ?, ?)", [system, table, content_hash, edition_id]
    )
    return True


def copy_name(system: str, table: str, content_hash: str) -> str:
    """The quoted name of the copy of a raw table with this content."""
    return identifier(SCHEMA, f"{system}__{table}__{content_hash[:12]}")


def record_inputs(connection: duckdb.DuckDBPyConnection, edition_id: str, code_hash: str) -> None:
    """Write down what an edition is made of, in one transaction; to be called before readers see it."""
    now = current_facts(connection, code_hash)
    with transaction(connection):
        connection.execute("delete from audit.edition_inputs where edition_id = ?", [edition_id])
        connection.execute(
            """
            insert into audit.edition_inputs
            select ?, source_system, table_name, content_hash, declaration_hash, ?
            from audit.raw_tables
            """,
            [edition_id, datetime.now(UTC).replace(tzinfo=None)],
        )
        connection.execute("delete from audit.edition_facts where edition_id = ?", [edition_id])
        connection.execute(
            "insert into audit.edition_facts values (?, ?, ?, ?, ?)",
            [
                edition_id,
                now.as_of,
                code_hash,
                json.dumps(now.run_settings, sort_keys=True),
                json.dumps(now.coverage),
            ],
        )


def current_facts(connection: duckdb.DuckDBPyConnection, code_hash: str, database: str = "") -> EditionFacts:
    """What the run in the warehouse is made of; ``database`` is the warehouse's name where it is attached."""
    prefix = f"{identifier(database)}." if database else ""
    as_of, *values = connection.execute(
        f"select as_of_date, {', '.join(_SETTINGS)} from {prefix}audit.run_settings"
    ).fetchone()
    coverage = connection.execute(
        f"select columns(*)::varchar from {prefix}audit.domain_coverage order by all"
    ).fetchall()
    run_settings = {
        name: str(value) if isinstance(value, date) else value
        for name, value in zip(_SETTINGS, values, strict=True)
    }
    return EditionFacts(as_of, code_hash, run_settings, tuple(coverage))


def recorded_facts(
    connection: duckdb.DuckDBPyConnection, edition_id: str, database: str = ""
) -> EditionFacts | None:
    """What an edition was made of; None if nobody wrote it down."""
    prefix = f"{identifier(database)}." if database else ""
    row = connection.execute(
        f"select as_of_date, code_hash, run_settings, domain_coverage from {prefix}audit.edition_facts "
        "where edition_id = ?",
        [edition_id],
    ).fetchone()
    if row is None:
        return None
    return EditionFacts(row[0], row[1], json.loads(row[2]), tuple(map(tuple, json.loads(row[3]))))


def states(connection: duckdb.DuckDBPyConnection, edition_id: str, database: str = "") -> dict[Table, State]:
    """Where the rows of every raw table as of an edition are. Only one with recorded inputs can be asked for."""
    prefix = f"{identifier(database)}." if database else ""
    rows = connection.execute(
        f"""
        select
            tables.source_system, tables.table_name, tables.content_hash, inputs.content_hash,
            kept.content_hash is not null
        from {prefix}audit.raw_tables as tables
        left join {prefix}audit.edition_inputs as inputs
            on inputs.edition_id = ? and inputs.source_system = tables.source_system
            and inputs.table_name = tables.table_name
        left join {prefix}audit.before_tables as kept
            on kept.source_system = tables.source_system and kept.table_name = tables.table_name
            and kept.content_hash = inputs.content_hash
        """,
        [edition_id],
    ).fetchall()
    found = {}
    for system, table, now, then, is_kept in rows:
        if then is None:
            state = State("empty")
        elif then == now:
            state = State("unchanged")
        elif is_kept:
            state = State("copy", prefix + copy_name(system, table, then))
        else:
            state = State("unknown")
        found[system, table] = state
    return found


def forget_copies(connection: duckdb.DuckDBPyConnection, shown_edition_id: str) -> int:
    """Drop the copies that the edition which readers have does not need; return how many there were."""
    with transaction(connection):
        dropped = connection.execute(
            """
            delete from audit.before_tables as kept
            where not exists (
                select 1 from audit.edition_inputs as inputs
                inner join audit.raw_tables as tables using (source_system, table_name)
                where inputs.edition_id = ? and inputs.source_system = kept.source_system
                    and inputs.table_name = kept.table_name and inputs.content_hash = kept.content_hash
                    and tables.content_hash <> kept.content_hash
            )
            returning source_system, table_name, content_hash
            """,
            [shown_edition_id],
        ).fetchall()
        for system, table, content_hash in dropped:
            connection.execute(f"drop table if exists {copy_name(system, table, content_hash)}")
    return len(dropped)
