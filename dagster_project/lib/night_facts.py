"""What a run did, read from the warehouse and from the edition that readers have after it.

Belongs here: the figures of a report. Tables that a run did not get to make are read as nothing known, so that
a night that fails in its first step is told as well as a whole one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from dagster_project.lib.databases import attach, has_table
from dagster_project.lib.night_report import TableReport
from dagster_project.lib.sql import identifier


@dataclass(frozen=True)
class Suites:
    """Which suites a run judged, and which of them did not pass."""

    judged: int = 0
    failed: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()


@dataclass(frozen=True)
class Held:
    """KPIs that readers see with an older figure, or with older data; and why."""

    kpis_held: int = 0
    kpis_stale: int = 0
    causes: tuple[str, ...] = ()


def raw_tables(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    started_at: datetime,
    newest: Mapping[tuple[str, str], date],
) -> list[TableReport]:
    """What the run brought to each raw table, and how it stands."""
    if not has_table(connection, "audit", "files") or not has_table(connection, "audit", "raw_tables"):
        return []
    refused = {(system, table) for system, table, *_ in _refused_rows(connection, run_id)}
    rows = connection.execute(
        """
        with tables as (
            select source_system, table_name, row_count, data_as_of, loaded_at from audit.raw_tables
        ),

        moved as (
            select
                source_system,
                table_name,
                count(*) filter (where run_id = $run and rows_read > 0) as files_new,
                sum(rows_read) filter (where run_id = $run) as rows_read,
                sum(rows_loaded) filter (where run_id = $run) as rows_loaded,
                sum(rows_rejected) filter (where run_id = $run) as rows_rejected,
                sum(rows_loaded) filter (where status = 'superseded' and superseded_at >= $start) as rows_superseded
            from audit.files
            group by source_system, table_name
        )

        select
            source_system, table_name, coalesce(files_new, 0), coalesce(rows_read, 0), coalesce(rows_loaded, 0),
            coalesce(rows_rejected, 0), coalesce(rows_superseded, 0), row_count, data_as_of, loaded_at
        from tables left join moved using (source_system, table_name)
        order by source_system, table_name
        """,
        {"run": run_id, "start": started_at},
    ).fetchall()
    return [
        TableReport(
            *row[:7], (row[0], row[1]) in refused, row[7], row[8], newest.get((row[0], row[1])), row[9]
        )
        for row in rows
    ]


def refused_extracts(connection: duckdb.DuckDBPyConnection, run_id: str) -> tuple[str, ...] | None:
    """The extracts that the run refused, each as table, file and line; None where nobody keeps them."""
    if not has_table(connection, "audit", "refused_extracts"):
        return None
    # what was found stands in the run's log: it may quote a line of the file
    return tuple(
        f"{system}.{table}{f' ({path}' + (f', line {line}' if line else '') + ')' if path else ''}"
        for system, table, path, line in _refused_rows(connection, run_id)
    )


def _refused_rows(connection: duckdb.DuckDBPyConnection, run_id: str) -> list[tuple]:
    if not has_table(connection, "audit", "refused_extracts"):
        return []
    return connection.execute(
        "select source_system, table_name, path, line from audit.refused_extracts where run_id = ? order by all",
        [run_id],
    ).fetchall()


def suites(connection: duckdb.DuckDBPyConnection, judged: Collection[tuple[str, str]]) -> Suites:
    """The verdicts of the (schema, table) pairs that the run judged, or found judged already."""
    if not judged or not has_table(connection, "audit", "check_results"):
        return Suites()
    rows = connection.execute(
        """
        select
            suite,
            case when suite like 'raw/%' then 'raw' else 'scorecard' end as schema_name,
            case when suite like 'raw/%' then source_system || '__' || table_name else table_name end as judged_table,
            bool_or(severity = 'critical' and success is not true) as failed,
            bool_or(severity = 'warning' and success is not true) as warned
        from audit.check_results
        group by all
        order by suite
        """
    ).fetchall()
    ours = [row for row in rows if (row[1], row[2]) in judged]
    return Suites(
        len(judged),
        tuple(row[0] for row in ours if row[3]),
        tuple(row[0] for row in ours if row[4] and not row[3]),
    )


def held(connection: duckdb.DuckDBPyConnection | None, edition: Path | None) -> Held:
    """The held and stale KPIs of the edition that readers have, and the causes that the run wrote down."""
    counts: dict[str, int] = {}
    ids: set[str] = set()
    if edition is not None:
        with duckdb.connect() as reader:
            attach(reader, edition, "edition")
            rows = reader.execute(
                "select quality_status, kpi_id from edition.scorecard.kpi_scorecard"
                " where quality_status in ('held', 'stale') group by all"
            ).fetchall()
        ids = {kpi for status, kpi in rows if status == "held"}
        counts["stale"] = len({kpi for status, kpi in rows if status == "stale"})
    causes: Sequence[tuple] = ()
    if connection is not None and has_table(connection, "audit", "holds"):
        causes = connection.execute(
            """
            select cause, check_name, source_system, table_name, count(distinct kpi_id), min(held_since)
            from audit.holds group by all order by 5 desc, 1, 2, 3, 4
            """
        ).fetchall()
        ids |= {kpi for (kpi,) in connection.execute("select distinct kpi_id from audit.holds").fetchall()}
    return Held(len(ids), counts.get("stale", 0), tuple(_cause(*row) for row in causes))


def _cause(
    cause: str, check: str, system: str | None, table: str | None, kpis: int, since: date | None
) -> str:
    where = ".".join(part for part in (system, table) if part)
    return (
        f"{kpis} KPI{'s' * (kpis != 1)} held by {cause} {check or ''}".rstrip()
        + (f" on {where}" if where else "")
        + (f", since {since}" if since else "")
    )


def published_rows(edition: Path) -> tuple[int, int]:
    """The tables and rows of an edition, as it says itself."""
    with duckdb.connect() as reader:
        attach(reader, edition, "edition")
        table = identifier("edition", "scorecard", "publication")
        return reader.execute(f"select table_count, row_count from {table}").fetchone()
