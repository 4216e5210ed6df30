"""Which edition a run builds: a name that follows from what goes into it.

Two runs over the same content, code, suites and settings build the same edition, so a rerun converges
and "nothing new" is a comparison of two names. Publishing is the work of ``publication.py``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib.dbt_runner import hash_files, project_fingerprint
from dagster_project.lib.holds import holds_fingerprint
from dagster_project.lib.plan import plan_hash
from dagster_project.lib.publication import current_edition, current_is_whole
from dagster_project.lib.settings import CHECKOUT, EXPECTATIONS, Settings
from dagster_project.lib.withheld import content, last_to_add


def edition_id(
    connection: duckdb.DuckDBPyConnection, settings: Settings, tables: Collection[tuple[str, str]]
) -> str:
    """``<as-of date>-<10 hex digits>``; the digits are a hash of everything the numbers follow from.

    ``tables`` are the (source system, table) pairs of this run: the warehouse may hold others, from
    earlier settings, which nothing reads. What earlier editions withheld is a part of it. An edition adds to
    that itself, so it is named by what was there before: the same night run again gives the same name.
    """
    raw_tables = connection.execute(
        "select source_system, table_name, content_hash from audit.raw_tables order by all"
    ).fetchall()
    suites = [
        hash_files(folder, (".json",)) for folder in (EXPECTATIONS, *(s.folder for s in settings.external))
    ]
    facts = {
        "raw": [row for row in raw_tables if row[:2] in tables],
        "project": project_fingerprint(settings),
        "suites": suites,
        "plan": plan_hash(connection),
        "code": hash_files(CHECKOUT / "dagster_project", (".py",)),
        "feeds": settings.feeds,
        "domain_feeds": settings.domain_feeds,
        "company": [settings.company, settings.company_name, settings.reporting_currency],
        "history_from": str(settings.history_from),
        "time_zone": settings.time_zone,
        "calendar": [settings.fiscal_year_start_month, settings.days_shown],
        "employee_scope": settings.is_employee_scope_allowed,
        "holds": holds_fingerprint(connection),
    }
    last = last_to_add(connection)
    if last and _name(settings, {**facts, "withheld": content(connection, but_for=last)}) == last:
        return last
    return _name(settings, {**facts, "withheld": content(connection)})


def _name(settings: Settings, facts: dict[str, Any]) -> str:
    fingerprint = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:10]
    return f"{settings.as_of}-{fingerprint}"


def is_published(connection: duckdb.DuckDBPyConnection, home: Path) -> bool:
    """Whether the edition of the run's settings is the one that readers have now, and unharmed."""
    current = current_edition(home)
    row = connection.execute("select edition_id from audit.run_settings").fetchone()
    if current is None or row is None or current["edition_id"] != row[0]:
        return False
    return current_is_whole(home)


def write_lineage(
    connection: duckdb.DuckDBPyConnection,
    inputs: Iterable[tuple[str, str, str]],
    definitions: Iterable[tuple[str, str]],
) -> None:
    """Replace audit.kpi_inputs and audit.kpi_definitions in one transaction."""
    connection.begin()
    for table, rows in (("kpi_inputs", list(inputs)), ("kpi_definitions", list(definitions))):
        connection.execute(f"delete from audit.{table}")
        if rows:
            marks = ", ".join("?" for _ in rows[0])
            connection.executemany(f"insert into audit.{table} values ({marks})", rows)
    connection.commit()
