"""Where the reports of the nights lie: Parquet files that are always there, a table, a text for each run.

Belongs here: writing them whole or not at all, the mark of a run that is under way, and pruning. The Parquet
files are what counts: they can be written, and read, while another program has the warehouse open or after it
is gone. ``audit.night_reports`` and its two companions are brought into line with them whenever the warehouse
is open anyway.

    <home>/reports/nights.parquet  steps.parquet  tables.parquet     one row a run / a step / a raw table
    <home>/reports/<as_of>-<run>.txt
    <home>/reports/running.json                                     only while a run is under way
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from filelock import FileLock

from dagster_project.lib import night_report
from dagster_project.lib.audit_tables import columns_of, ensure_audit_tables
from dagster_project.lib.databases import transaction
from dagster_project.lib.durable import part_of, put, write_whole
from dagster_project.lib.night_report import KILLED, Details, NightReport, TableReport
from dagster_project.lib.sql import literal

# Parquet file -> table of the warehouse
KEPT = {"nights": "night_reports", "steps": "night_report_steps", "tables": "night_report_tables"}


def folder(home: Path) -> Path:
    """The folder of the reports."""
    return home / "reports"


def locked(home: Path) -> FileLock:
    """Held for a moment by whoever writes a report: a run, the watch, the daemon's sensor."""
    folder(home).mkdir(mode=0o750, parents=True, exist_ok=True)
    return FileLock(folder(home) / "reports.lock")


def utc_now() -> datetime:
    """The time as it stands in the reports: UTC, to the second."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def begin(home: Path, run_id: str, as_of: date, started_at: datetime) -> None:
    """Leave the mark of a run that is under way. The caller holds the writer's lock."""
    folder(home).mkdir(mode=0o750, parents=True, exist_ok=True)
    said = {
        "run_id": run_id,
        "as_of": as_of.isoformat(),
        "started_at": started_at.isoformat(),
        "pid": os.getpid(),
    }
    write_whole(_mark(home), json.dumps(said).encode())


def end(home: Path, run_id: str) -> None:
    """Take a run's mark away; it has its report."""
    if marked_run(home) == run_id:
        _mark(home).unlink(missing_ok=True)


def marked_run(home: Path) -> str | None:
    """The run that is under way, or was when it was killed."""
    try:
        return str(json.loads(_mark(home).read_text())["run_id"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def killed_run(home: Path, current_id: str | None) -> NightReport | None:
    """The report of a run that left its mark and no report; None where there is none.

    Only for a caller that holds the writer's lock: nobody else is under way then.
    """
    if not _mark(home).exists():
        return None
    try:
        said = json.loads(_mark(home).read_text())
        started = datetime.fromisoformat(said["started_at"])
        as_of = date.fromisoformat(said["as_of"])
        # when it ended is not known; the mark is all that there is
        seen = NightReport(said["run_id"], started, started, 0.0, as_of, KILLED, 1)
    except (OSError, ValueError, KeyError, TypeError):
        # a mark that was cut short says that a run was there, and no more
        now = utc_now()
        seen = NightReport(f"unknown-{now:%Y%m%d%H%M%S}", now, now, 0.0, now.date(), KILLED, 1)
    return night_report.with_outcome(seen, night_report.outcome(KILLED, current_id=current_id))


def store(home: Path, report: NightReport, details: Details, keep_days: int) -> str:
    """Write a report everywhere but into the warehouse; return its text. A run's report replaces its earlier one."""
    place = text_path(home, report)
    said = night_report.text(report, details, _short(place))
    rows: dict[str, list[tuple[Any, ...]]] = {
        "nights": [tuple(asdict(report).values())],
        "steps": [(report.run_id, n, *asdict(step).values()) for n, step in enumerate(details.steps, 1)],
        "tables": [(report.run_id, *asdict(table).values()) for table in details.tables],
    }
    oldest = report.started_at - timedelta(days=keep_days)
    with locked(home), duckdb.connect() as connection:
        for name, new in rows.items():
            _add(connection, home, name, report.run_id, new)
        # the nights last: who finds a night there finds its steps and tables
        for name in ("steps", "tables", "nights"):
            connection.execute(
                f"delete from {name} where run_id in (select run_id from nights where started_at < ?)",
                [oldest],
            )
            write_parquet(connection, f"select * from {name}", parquet(home, name))
    write_whole(place, said.encode())
    _prune_texts(home, oldest)
    return said


def _add(
    connection: duckdb.DuckDBPyConnection, home: Path, name: str, run_id: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """A table of this connection: what was kept so far, without the run's earlier report, and the new rows."""
    connection.execute(f"create table {name} ({columns_of(KEPT[name])})")
    kept = parquet(home, name)
    if kept.exists():
        try:
            connection.execute(
                f"insert into {name} by name select * from read_parquet({literal(str(kept))}) where run_id <> ?",
                [run_id],
            )
        except duckdb.Error:
            # not one of ours: set aside, never written over
            kept.rename(kept.with_suffix(f".unreadable-{utc_now():%Y%m%d%H%M%S}"))
    if rows:
        connection.executemany(f"insert into {name} values ({', '.join('?' * len(rows[0]))})", rows)


def into_warehouse(connection: duckdb.DuckDBPyConnection, home: Path) -> None:
    """Make the tables of schema `audit` hold what the Parquet files hold."""
    ensure_audit_tables(connection)
    for name, table in KEPT.items():
        kept = parquet(home, name)
        if not kept.exists():
            continue
        with transaction(connection):
            connection.execute(f"delete from audit.{table}")
            connection.execute(
                f"insert into audit.{table} by name select * from read_parquet({literal(str(kept))})"
            )


def read(home: Path, run_id: str) -> tuple[NightReport, str] | None:
    """A run's report and its text; None where it has none."""
    kept = parquet(home, "nights")
    if not kept.exists():
        return None
    with duckdb.connect() as connection:
        row = connection.execute(
            f"select {', '.join(night_report.columns(NightReport))} from read_parquet({literal(str(kept))})"
            " where run_id = ?",
            [run_id],
        ).fetchone()
    if row is None:
        return None
    report = NightReport(*row)
    try:
        return report, text_path(home, report).read_text()
    except OSError:
        return report, night_report.text(report, Details())


def latest_tables(home: Path) -> dict[tuple[str, str], TableReport]:
    """How each raw table stood after the last run that told; empty where no run has."""
    kept, nights = parquet(home, "tables"), parquet(home, "nights")
    if not kept.exists() or not nights.exists():
        return {}
    names = night_report.columns(TableReport)
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"""
            select {", ".join(f"tables.{name}" for name in names)}
            from read_parquet({literal(str(kept))}) as tables
            inner join read_parquet({literal(str(nights))}) as nights on tables.run_id = nights.run_id
            qualify row_number() over (
                partition by tables.source_system, tables.table_name order by nights.finished_at desc, nights.run_id
            ) = 1
            """
        ).fetchall()
    return {(row[0], row[1]): TableReport(*row) for row in rows}


def last_start(home: Path) -> datetime | None:
    """When the last night that looked at the landing folders began."""
    nights = parquet(home, "nights")
    if not nights.exists():
        return None
    with duckdb.connect() as connection:
        (start,) = connection.execute(
            f"select max(started_at) from read_parquet({literal(str(nights))}) where files_new is not null"
        ).fetchone()
    return start


def parquet(home: Path, name: str) -> Path:
    """Where one of the Parquet files lies."""
    return folder(home) / f"{name}.parquet"


def text_path(home: Path, report: NightReport) -> Path:
    """Where a run's text lies; an id from elsewhere can not lead out of the folder."""
    name = re.sub(r"[^A-Za-z0-9]", "_", night_report.short_id(report.run_id))
    return folder(home) / f"{report.as_of_date}-{name}.txt"


def write_parquet(connection: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    """Write a query's rows, and put the file in its place once it is whole."""
    part = part_of(target)
    connection.execute(f"copy ({query}) to {literal(str(part))} (format parquet)")
    put(part, target)


def _prune_texts(home: Path, oldest: datetime) -> None:
    limit = oldest.replace(tzinfo=UTC).timestamp()
    for path in _texts(home):
        if path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)


def _texts(home: Path) -> Iterable[Path]:
    return folder(home).glob("[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]-*.txt")


def _mark(home: Path) -> Path:
    return folder(home) / "running.json"


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
