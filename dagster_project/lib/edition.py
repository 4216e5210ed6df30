"""Which edition a run builds: a name that follows from what goes into it and from what came before.

Like a commit, an edition is named by its content and its parent, the edition readers had before. The same night run
again is the same edition, so a rerun converges; a correction that is undone is a new one, since it has another past.
Publishing is the work of ``publication.py``.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib import flips
from dagster_project.lib.databases import transaction
from dagster_project.lib.dbt_runner import hash_files, project_fingerprint
from dagster_project.lib.edition_page import has_page
from dagster_project.lib.holds import holds_fingerprint
from dagster_project.lib.kept_editions import current_folder, is_whole, known_flips
from dagster_project.lib.plan import plan_hash
from dagster_project.lib.settings import CHECKOUT, EXPECTATIONS, Settings
from dagster_project.lib.withheld import content, last_to_add

# also what the page is made of: another template makes another edition
CODE = (".py", ".html", ".css", ".js", ".mjs")


@dataclass(frozen=True)
class EditionName:
    """What a run builds, and what it follows from."""

    edition_id: str
    parent_edition_id: str | None
    """What readers have when the run begins; of an edition that is there already, what they had then."""
    inputs_hash: str
    inputs: Mapping[str, str]
    """A hash for each kind of input: which of them differ between two editions is a cause of what differs."""


def name_edition(
    connection: duckdb.DuckDBPyConnection, settings: Settings, tables: Collection[tuple[str, str]]
) -> EditionName:
    """``<as-of date>-<10 hex digits>``; the digits are a hash of all inputs and of the edition that comes before.

    ``tables`` are the (source system, table) pairs of this run: the warehouse may hold others, from earlier
    settings, which nothing reads. The same inputs as those of the newest edition are that edition. The caller holds the
    writer's lock.

    What earlier editions withheld is a part of the name, and none of the inputs: it follows from those editions. An
    edition adds to it itself before readers see it, so it is named by what was there before, and a run that was killed
    in between gives the same name again.
    """
    published = settings.home / "published"
    inputs = _inputs(connection, settings, tables)
    inputs_hash = _hash(inputs)
    newest = flips.newest(known_flips(published))
    if newest and newest.inputs_hash == inputs_hash:
        return EditionName(newest.edition_id, newest.parent_edition_id, inputs_hash, inputs)
    parent = flips.linked(published)

    def name(withheld: str) -> str:
        return f"{settings.as_of}-{_hash([inputs_hash, parent, withheld])[:10]}"

    last = last_to_add(connection)
    edition_id = name(content(connection))
    if last and name(content(connection, but_for=last)) == last:
        edition_id = last
    return EditionName(edition_id, parent, inputs_hash, inputs)


def _inputs(
    connection: duckdb.DuckDBPyConnection, settings: Settings, tables: Collection[tuple[str, str]]
) -> dict[str, str]:
    """A hash of each kind of input; together they are everything but the past that the numbers follow from."""
    raw_tables = connection.execute(
        "select source_system, table_name, content_hash from audit.raw_tables order by all"
    ).fetchall()
    facts = {
        "data": [row for row in raw_tables if row[:2] in tables],
        "project": project_fingerprint(settings),
        "suites": [
            hash_files(folder, (".json",))
            for folder in (EXPECTATIONS, *(s.folder for s in settings.external))
        ],
        "plan": plan_hash(connection),
        "code": hash_files(CHECKOUT / "dagster_project", CODE),
        "settings": {
            "feeds": settings.feeds,
            "domain_feeds": settings.domain_feeds,
            "company": [settings.company, settings.company_name, settings.reporting_currency],
            "history_from": str(settings.history_from),
            "time_zone": settings.time_zone,
            "calendar": [settings.fiscal_year_start_month, settings.days_shown],
            "employee_scope": settings.is_employee_scope_allowed,
        },
        # what failed tonight, or was refused: its KPIs show other figures, or say that theirs are old
        "holds": holds_fingerprint(connection),
        "time_passed": str(settings.as_of),
    }
    return {name: _hash(fact) for name, fact in facts.items()}


def _hash(facts: Any) -> str:  # noqa: ANN401
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def is_published(connection: duckdb.DuckDBPyConnection, home: Path) -> bool:
    """Whether the edition of the run's settings is the newest one, unharmed, and readers have it or an older one.

    An older one they have if somebody rolled back to it, and then they keep it: only new inputs make a new edition. One
    whose page could not be made, or is not as it was made, is not done yet.
    """
    row = connection.execute("select edition_id from audit.run_settings").fetchone()
    published = home / "published"
    newest = flips.newest(known_flips(published))
    if row is None or newest is None or newest.edition_id != row[0] or current_folder(published) is None:
        return False
    return is_whole(home, newest.edition_id) and has_page(published / "editions" / newest.edition_id)


def nothing_new(home: Path) -> str:
    """What a night without new inputs has to say: which edition stands, and what readers have instead."""
    published = home / "published"
    known = flips.read(published)
    newest, last = flips.newest(known), flips.shown_last(known)
    if newest is None or last is None:
        return "Nothing new."
    told = f"Nothing new since edition {newest.edition_id}."
    if last.edition_id == newest.edition_id:
        return told
    return (
        f"{told} Readers have {last.edition_id} since {last.at[:16].replace('T', ' ')} UTC (rolled back); "
        f"`rollback {newest.edition_id}` goes forward."
    )


def git_commit() -> str | None:
    """The commit that the code runs from, marked if files were changed since; None outside a git checkout."""
    run = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout.strip() or None


def write_lineage(
    connection: duckdb.DuckDBPyConnection,
    inputs: Iterable[tuple[str, str, str]],
    definitions: Iterable[tuple[str, str]],
) -> None:
    """Replace audit.kpi_inputs and audit.kpi_definitions in one transaction."""
    with transaction(connection):
        for table, rows in (("kpi_inputs", list(inputs)), ("kpi_definitions", list(definitions))):
            connection.execute(f"delete from audit.{table}")
            if rows:
                marks = ", ".join("?" for _ in rows[0])
                connection.executemany(f"insert into audit.{table} values ({marks})", rows)
