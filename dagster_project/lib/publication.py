"""Publication: the audited scorecard as a new edition file, and the one flip that shows it to readers.

Belongs here: checking the audit of exactly what is published, building and verifying an edition, flipping.
Does not belong here: judging tables (gate.py), reading editions that lie there (kept_editions.py), the history of
values (value_history.py) or of flips (flips.py), or taking the writer's lock (lock.py) that every caller must hold,
since left-over building folders are removed on sight.

    <home>/published/current           -> editions/<edition_id>      flipped by one atomic rename
    <home>/published/current.duckdb    -> current/scorecard.duckdb   never changes
    <home>/published/editions/<edition_id>/scorecard.duckdb          -> edition.duckdb, see EDITION_FILE
    <home>/published/editions/<edition_id>/parquet/<table>.parquet
    <home>/published/editions/<edition_id>/scorecard.html            the page, see edition_page.py
"""

from __future__ import annotations

import errno
import json
import re
import shutil
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib import flips, value_history
from dagster_project.lib.control_sums import control_sum
from dagster_project.lib.databases import attach, has_table
from dagster_project.lib.durable import sync
from dagster_project.lib.edition_page import Page, Render, has_page, write_page
from dagster_project.lib.flips import Flip, FlipsDamaged, linked
from dagster_project.lib.gate import Suite, current_hashes
from dagster_project.lib.holds import audit_problems
from dagster_project.lib.kept_editions import (
    EDITION_FILE,
    PUBLIC_FILE,
    SCHEMA,
    Built,
    PublicationError,
    PublicationFailed,
    PublicationRefused,
    TableFacts,
    current_edition,
    current_folder,
    known_flips,
    list_editions,
    publication_row,
    read_edition,
    still_current,
    verify,
    whole_current,
)
from dagster_project.lib.lock import holder_of, is_lock_conflict
from dagster_project.lib.sql import identifier, literal
from dagster_project.lib.value_history import Moment

__all__ = [
    "OWN_TABLES",
    "PUBLISHED_TABLES",
    "PUBLISHED_VIEWS",
    "SCHEMA",
    "STEPS",
    "Edition",
    "Input",
    "Publication",
    "PublicationError",
    "PublicationFailed",
    "PublicationRefused",
    "current_edition",
    "list_editions",
    "publish",
]

# What readers see: everything else that dbt makes is a step on the way.
PUBLISHED_TABLES = (
    "kpi_scorecard",
    "kpi_status_events",
    "kpi_signals",
    "kpi_drivers",
    "kpi_tree",
    "scope_comparisons",
    "kpi_outlook",
    "kpi_outlook_backtest",
    "kpi_catalogue",
    "kpi_targets",
    "target_reconciliation",
    "balanced_scorecard",
    "balanced_scorecard_kpis",
    "balanced_scorecard_rollup",
    "strategy_map",
    "objectives",
    "key_results",
    "initiatives",
    "scorecard_warnings",
    "periods",
    "scopes",
    "statuses",
)
PUBLISHED_VIEWS = ("kpi_latest",)
# ... and what a publication adds about itself
OWN_TABLES = (
    "data_quality",
    "kpi_value_history",
    "kpi_value_changes",
    "publication",
    "publication_history",
    "publication_inputs",
    "publication_tables",
)
# The oldest format that today's readers share: a newer DuckDB would otherwise write files they can't open.
STORAGE_VERSION = "v1.2.0"
STEPS = (
    "audited",
    "building",
    "copied",
    "written",
    "closed",
    "verified",
    "paged",
    "renamed",
    "flipped",
    "recorded",
)
_BUILDING = ".building-"
_SET_ASIDE = ".damaged-"
_EDITION_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
_NO_SPACE = ("no space left", "disk full", "file too large", "quota exceeded")


@dataclass(frozen=True)
class Edition:
    """What an edition says about itself."""

    edition_id: str
    as_of_date: date
    company: str
    company_name: str
    reporting_currency: str
    run_id: str
    git_commit: str | None = None
    parent_edition_id: str | None = None
    """What readers had when the run began; a part of the edition's name."""
    inputs_hash: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """A hash for each kind of input, so that two editions tell what differs between them."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """The settings it was made with, as the environment has them."""


@dataclass(frozen=True)
class Input:
    """A file, or a remembered table, that went into an edition."""

    kind: str  # file, plan or memory
    source_system: str | None
    table_name: str | None
    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Publication:
    """An edition that readers have now."""

    edition_id: str
    path: Path  # the edition's own file; readers open published/current.duckdb
    published_at: datetime
    tables: dict[str, TableFacts]
    quality_status: str
    checks_evaluated: int
    checks_failed: int
    unchanged: bool  # the edition was already there, whole
    flipped: bool  # readers had another edition, or none, before
    sequence: int
    instead: str | None = None  # what readers have, if somebody has rolled this edition back
    page: Page | None = None
    """How its page was made; None where it was there already, or nobody asked for one."""


@dataclass(frozen=True)
class _Place:
    """Where an edition stands among those published."""

    parent: str | None
    sequence: int
    newest: Flip | None  # the one published before it
    published_at: datetime
    flips: tuple[Flip, ...]  # those made before it
    rolled_back_to: str | None


def publish(
    warehouse: Path,
    home: Path,
    edition: Edition,
    tables: Sequence[str],
    views: Sequence[str],
    required_suites: Sequence[Suite],
    *,
    inputs: Sequence[Input] = (),
    on_step: Callable[[str], None] = lambda step: None,
    before_flip: Callable[[], object] = lambda: None,
    show: bool = True,
    render: Render | None = None,
) -> Publication:
    """Publish the scorecard tables and views of the warehouse as one edition, or leave everything as it is.

    Refuses unless every required suite has passed for exactly the rows that are published now. An edition
    that is already there and whole is not written again; if readers have none or lost it, they get it back, but not
    if somebody has rolled it back. `on_step` is told the name of each of STEPS once that step is done.
    `before_flip` is called when all is ready; if it fails, readers keep what they have. Without `show` the edition
    is built, verified and kept, and readers stay with the one that they have: it was never shown, so it has no place
    among those that were, and no later history goes on from it. `render` makes the page from the edition's file; an
    edition whose page can't be made is published without it, and gets it when the same edition is published again.
    """
    if not _EDITION_ID.fullmatch(edition.edition_id):
        raise PublicationRefused(
            f'"{edition.edition_id}" can\'t be the name of an edition: {_EDITION_ID.pattern}'
        )
    published = home / "published"
    with _explained(published, warehouse):
        with _attached(warehouse) as connection:
            _check_audit(connection, edition, tables, required_suites, lambda: whole_current(home))
            facts = {
                name: TableFacts(*control_sum(connection, identifier("warehouse", SCHEMA, name)))
                for name in [*tables, *views]
            }
            on_step("audited")
            _prepare(published)
            place = _place(published, edition)
            folder = published / "editions" / edition.edition_id
            built = read_edition(folder)
            unchanged, page = built is not None, None
            if built is None:
                built, page = _build(
                    connection,
                    published,
                    edition,
                    place,
                    tables,
                    views,
                    required_suites,
                    inputs,
                    facts,
                    on_step,
                    render,
                )
            elif differing := _differing(facts, built.tables):
                raise PublicationRefused(
                    f"Edition {edition.edition_id} is already published with other rows in "
                    f"{', '.join(differing)}, and an edition never changes.\n{still_current(published)}\n"
                    "What to do: find out why the same input gave other rows (a model that reads the clock?)."
                )
            elif render is not None and not has_page(folder):
                page = write_page(folder, edition.edition_id, render)
        flipped = False
        if place.rolled_back_to is None:
            before_flip()
        if place.rolled_back_to is None and show:
            previous = linked(published)
            flipped = flip(published, edition.edition_id)
            on_step("flipped")
    if not show:
        _record_kept(published, edition, is_new=not unchanged)
        on_step("recorded")
    elif place.rolled_back_to is None:
        _record(published, folder, previous, edition.run_id)
        on_step("recorded")
    return Publication(
        edition.edition_id,
        folder / PUBLIC_FILE,
        unchanged=unchanged,
        flipped=flipped,
        sequence=place.sequence,
        instead=place.rolled_back_to,
        page=page,
        **vars(built),
    )


def _place(published: Path, edition: Edition) -> _Place:
    """Where the edition stands, by the log of flips; raise where it can't stand anywhere."""
    known = known_flips(published)
    publications = flips.publications(known)
    newest = flips.newest(known)
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    current = linked(published)
    if newest is None or edition.edition_id not in publications:
        if edition.parent_edition_id != current:
            raise PublicationRefused(
                f"Edition {edition.edition_id} was to follow {edition.parent_edition_id or 'no other'}, and readers "
                f"have {current or 'none'}: somebody has flipped since the run began.\nNothing was published. "
                "What to do: run the nightly job again."
            )
        sequence = (newest.sequence or 0) + 1 if newest else 1
        return _Place(current, sequence, newest, now, tuple(known), None)
    if edition.edition_id != newest.edition_id:
        raise PublicationRefused(
            f"Edition {edition.edition_id} was published before, and {newest.edition_id} after it.\n"
            f"{still_current(published)}\nWhat to do: `rollback {edition.edition_id}` shows it again."
        )
    # built again, it must be what it was: the flips of then, its place and its time
    then = next(number for number, flip in enumerate(known) if flip == newest)
    before = [flip for flip in publications.values() if flip is not newest]
    last = flips.shown_last(known)
    is_elsewhere = last is not None and last.edition_id == current and current != newest.edition_id
    return _Place(
        newest.parent_edition_id,
        newest.sequence or 1,
        before[-1] if before else None,
        flips.as_time(newest.at),
        tuple(known[:then]),
        current if is_elsewhere and current_folder(published) else None,
    )


def _record(published: Path, folder: Path, previous: str | None, run_id: str) -> None:
    """Write the flip down, if that has not been done."""
    known = flips.read(published)
    last = flips.shown_last(known)
    if last and last.edition_id == folder.name:
        return
    if folder.name in flips.publications(known):
        line = Flip(flips.now(), flips.FORWARD, folder.name, previous, f"run {run_id}")
    else:
        line = flips.publish_line(publication_row(folder), previous, f"run {run_id}")
    _append(published, line, f"Edition {folder.name} is published, and readers have it")


def _record_kept(published: Path, edition: Edition, *, is_new: bool) -> None:
    """Write down that the edition is kept: each time it was built, also again after it was pruned."""
    known = flips.read(published)
    name = edition.edition_id
    if name in flips.publications(known) or (name in flips.kept_unshown(known) and not is_new):
        return
    line = Flip(flips.now(), flips.KEEP, name, by=f"run {edition.run_id}")
    _append(published, line, f"Edition {name} is built, and readers stay with the one that they have")


def _append(published: Path, line: Flip, done: str) -> None:
    try:
        flips.append(published, line)
    except OSError as error:
        raise PublicationFailed(
            f"{done}, but that could not be written down in {published / flips.LOG} ({error}). What to do: make room "
            "or give the right to write there, then run again; the next run writes the line."
        ) from error


def _check_audit(
    connection: duckdb.DuckDBPyConnection,
    edition: Edition,
    tables: Sequence[str],
    suites: Sequence[Suite],
    last_edition: Callable[[], Path | None],
) -> None:
    """Raise unless the audit in the warehouse is one of exactly these rows by these suites, and allows them.

    A raw table may have failed: then every KPI built from it must be held, and show what readers have now.
    """
    connection.execute("use warehouse")
    problems = []
    judged = {suite.table for suite in suites if suite.schema == SCHEMA}
    problems += [
        f"{SCHEMA}.{name} has no suite, so nobody judged it" for name in tables if name not in judged
    ]
    results: dict[str, list[tuple[Any, ...]]] = {}
    for name, *row in connection.execute(
        """
        select suite, expectation, severity, success, observed, content_hash, suite_hash
        from audit.check_results
        """
    ).fetchall():
        results.setdefault(name, []).append(tuple(row))
    hashes = current_hashes(connection, suites)
    failed: dict[tuple[str, str], str] = {}
    for suite in suites:
        rows = results.get(suite.name, [])
        problems += _audit_problems(suite, rows, *hashes[suite.name])
        if suite.schema != SCHEMA and suite.source_system and (text := _failure(suite, rows)):
            failed[suite.source_system, suite.table_name] = text
    problems += audit_problems(connection, failed, last_edition)
    for name in tables:
        problems += _edition_problems(connection, name, edition.edition_id)
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        raise PublicationRefused(
            f"Edition {edition.edition_id} is not published, its audit does not allow it:\n{listed}\n"
            "What to do: run the nightly job again; it judges what has changed. What a failed check found "
            "stands in the run's log and in audit.check_results."
        )


def _audit_problems(
    suite: Suite, rows: Sequence[tuple[Any, ...]], content_now: str | None, suite_now: str | None
) -> list[str]:
    if not rows:
        return [f"suite {suite.name} was never judged"]
    failure = _failure(suite, rows)
    if failure and suite.schema == SCHEMA:
        return [failure]
    if failure and {row[4:] for row in rows} == {(content_now, suite_now)}:
        # also where neither can be told, as of a suite or table that is missing: it failed for that
        return []
    if content_now is None or {row[4] for row in rows} != {content_now}:
        return [f"{suite.schema}.{suite.table} has changed since suite {suite.name} judged it"]
    if suite_now is None or {row[5] for row in rows} != {suite_now}:
        return [f"suite {suite.name}, or another table it reads, has changed since it judged {suite.table}"]
    return []


def _failure(suite: Suite, rows: Sequence[tuple[Any, ...]]) -> str | None:
    failed = [row for row in rows if row[1] == "critical" and row[2] is not True]
    if not failed:
        return None
    name, _, _, observed, *_ = failed[0]
    more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
    return f"suite {suite.name} failed: {name}: {observed}{more}"


def _edition_problems(connection: duckdb.DuckDBPyConnection, table: str, edition_id: str) -> list[str]:
    columns = [row[0] for row in connection.execute(f"describe {identifier(SCHEMA, table)}").fetchall()]
    if "edition_id" not in columns:
        return []
    found = connection.execute(
        f"select distinct edition_id from {identifier(SCHEMA, table)} where edition_id is distinct from ?",
        [edition_id],
    ).fetchall()
    return [f"{SCHEMA}.{table} in the warehouse belongs to edition {row[0]}" for row in found]


def _build(
    connection: duckdb.DuckDBPyConnection,
    published: Path,
    edition: Edition,
    place: _Place,
    tables: Sequence[str],
    views: Sequence[str],
    suites: Sequence[Suite],
    inputs: Sequence[Input],
    facts: dict[str, TableFacts],
    on_step: Callable[[str], None],
    render: Render | None,
) -> tuple[Built, Page | None]:
    editions = published / "editions"
    building = editions / f"{_BUILDING}{edition.edition_id}"
    building.mkdir(mode=0o750)
    (building / "parquet").mkdir(mode=0o750)
    on_step("building")
    database = building / EDITION_FILE
    (building / PUBLIC_FILE).symlink_to(EDITION_FILE)
    connection.execute(
        f"attach {literal(str(database))} as edition (storage_version {literal(STORAGE_VERSION)})"
    )
    before = _before(connection, published, edition, place.newest, place.parent) if place.newest else None
    connection.execute("begin")
    connection.execute(f"create schema edition.{SCHEMA}")
    for name in tables:
        connection.execute(
            f"create table {identifier('edition', SCHEMA, name)} as "
            f"select * from {identifier('warehouse', SCHEMA, name)} order by all"
        )
    _copy_views(connection, views)
    facts = dict(facts)
    _write_data_quality(connection, edition, suites)
    _write_flips(connection, edition, place)
    _write_inputs(connection, edition, inputs)
    _write_values(connection, edition, place, before)
    for name in OWN_TABLES:
        if name not in ("publication", "publication_tables"):
            facts[name] = TableFacts(*control_sum(connection, f"edition.{SCHEMA}.{name}"))
    built = _write_publication(connection, edition, place, facts)
    connection.execute("commit")
    on_step("copied")
    for name in [*tables, *views, *OWN_TABLES]:
        target = building / "parquet" / f"{name}.parquet"
        relation = identifier("edition", SCHEMA, name)
        connection.execute(f"copy (select * from {relation}) to {literal(str(target))} (format parquet)")
    on_step("written")
    connection.execute("use memory")
    connection.execute("checkpoint edition")
    connection.execute("detach edition")
    connection.execute("detach database if exists before")
    if left := sorted(path.name for path in building.rglob("*.wal")):
        raise PublicationFailed(f"DuckDB left {', '.join(left)} beside the new edition: it is not complete.")
    for path in [*building.rglob("*.parquet"), database]:
        path.chmod(0o640)
        sync(path)
    sync(building / "parquet")
    sync(building)
    on_step("closed")
    verify(building, facts)
    on_step("verified")
    page = write_page(building, edition.edition_id, render) if render is not None else None
    on_step("paged")
    _put_in_place(building, editions / edition.edition_id)
    on_step("renamed")
    return built, page


def _copy_views(connection: duckdb.DuckDBPyConnection, views: Sequence[str]) -> None:
    # The text of a view names tables as `schema.table`: with the edition in use it means the edition's own.
    connection.execute("use edition")
    for name in views:
        row = connection.execute(
            """
            select sql from duckdb_views()
            where database_name = 'warehouse' and schema_name = ? and view_name = ?
            """,
            [SCHEMA, name],
        ).fetchone()
        if row is None:
            raise PublicationFailed(f"There is no view {SCHEMA}.{name} in the warehouse.")
        if re.search(r'(?<![\w.])"?warehouse"?\."?' + SCHEMA, row[0]):
            raise PublicationFailed(
                f"The view {SCHEMA}.{name} names the database `warehouse`, which readers don't have. "
                f"What to do: let its model name tables as {SCHEMA}.<table>."
            )
        connection.execute(row[0])


def _write_data_quality(
    connection: duckdb.DuckDBPyConnection, edition: Edition, suites: Sequence[Suite]
) -> None:
    rows = connection.execute(
        """
        select suite, table_name, expectation, severity, success, observed, unexpected_count, reason, details
        from warehouse.audit.check_results
        where list_contains(?, suite)
        order by all
        """,
        [[suite.name for suite in suites]],
    ).fetchall()
    connection.execute(
        f"""
        create table edition.{SCHEMA}.data_quality (
            edition_id varchar, suite varchar, table_name varchar, expectation varchar, severity varchar,
            success boolean, observed varchar, unexpected_count bigint, reason varchar, details varchar
        )
        """
    )
    published = [[edition.edition_id, *row[:5], *_without_values(row)] for row in rows]
    connection.executemany(
        f"insert into edition.{SCHEMA}.data_quality values ({', '.join('?' * 10)})", published
    )


def _without_values(row: tuple[Any, ...]) -> list[Any]:
    """Return observed, count, reason and details as readers may see them.

    Raw tables hold people's data and an edition holds none: of a raw row only its file and line are
    published, and of what was observed only counts. The values stay in the warehouse.
    """
    suite, expectation, observed, count, reason, details = row[0], row[2], row[5], row[6], row[7], row[8]
    if suite.startswith("raw/"):
        counted = re.match(r"[\d,]+( of [\d,]+)? rows$", observed or "") or expectation.startswith(
            "expect_table_"
        )
        observed = observed if counted else None
        places = [
            {name: value for name, value in entry.items() if name in ("file", "line")}
            for entry in json.loads(details or "[]")
        ]
        details = json.dumps(places, ensure_ascii=False) if any(places) else None
    return [observed, count, reason, details]


def _write_flips(connection: duckdb.DuckDBPyConnection, edition: Edition, place: _Place) -> None:
    """What readers were shown before, and this edition's own publication, the last row."""
    own = Flip(
        "", flips.PUBLISH, edition.edition_id, place.parent, f"run {edition.run_id}", place.parent,
        place.sequence, edition.inputs_hash,
    )  # fmt: skip
    connection.execute(
        f"""
        create table edition.{SCHEMA}.publication_history (
            number bigint, happened_at timestamp, action varchar, edition_id varchar,
            previous_edition_id varchar, made_by varchar, parent_edition_id varchar, sequence integer,
            inputs_hash varchar, control_sum varchar
        )
        """
    )
    rows = [
        [
            number,
            flips.as_time(flip.at) if flip.at else place.published_at,
            flip.action,
            flip.edition_id,
            flip.previous,
            # who it was is in the log, which is not published
            "a person" if flip.by.startswith("user ") else flip.by,
            flip.parent_edition_id,
            flip.sequence,
            flip.inputs_hash,
            flip.control_sum,
        ]
        for number, flip in enumerate([*place.flips, own], start=1)
    ]
    connection.executemany(
        f"insert into edition.{SCHEMA}.publication_history values ({', '.join('?' * 10)})", rows
    )


def _write_inputs(connection: duckdb.DuckDBPyConnection, edition: Edition, inputs: Sequence[Input]) -> None:
    connection.execute(
        f"""
        create table edition.{SCHEMA}.publication_inputs (
            edition_id varchar, kind varchar, source_system varchar, table_name varchar, path varchar, sha256 varchar,
            bytes bigint
        )
        """
    )
    if inputs:
        rows = sorted(inputs, key=lambda i: (i.kind, i.source_system or "", i.table_name or "", i.path))
        connection.executemany(
            f"insert into edition.{SCHEMA}.publication_inputs values (?, ?, ?, ?, ?, ?, ?)",
            [
                [edition.edition_id, i.kind, i.source_system, i.table_name, i.path, i.sha256, i.bytes]
                for i in rows
            ],
        )


def _write_values(
    connection: duckdb.DuckDBPyConnection,
    edition: Edition,
    place: _Place,
    before: value_history.Before | None,
) -> None:
    """The history of values, from the newest edition's; proven before anybody sees it."""
    target, scorecard = f"edition.{SCHEMA}.{value_history.TABLE}", f"edition.{SCHEMA}.kpi_scorecard"
    moment = Moment(edition.edition_id, place.sequence, place.published_at)
    known = has_table(connection, "audit", "value_effects", "warehouse")
    value_history.write_history(
        connection, target, scorecard, moment, before, "warehouse.audit.value_effects" if known else None
    )
    value_history.write_changes(connection, SCHEMA)
    try:
        value_history.check_history(connection, target, scorecard, moment, before)
    except value_history.HistoryBroken as broken:
        raise PublicationFailed(
            f"{broken} What to do: nothing in the data is to blame; report it with the edition "
            f"{edition.edition_id}."
        ) from broken


def _before(
    connection: duckdb.DuckDBPyConnection, published: Path, edition: Edition, newest: Flip, parent: str | None
) -> value_history.Before:
    """The newest edition's tables, from its file or else from their Parquet twins, if they are what was published."""
    folder = published / "editions" / newest.edition_id
    for relation in _relations(connection, folder):
        with suppress(duckdb.Error):
            if control_sum(connection, relation("publication_tables"))[1] != newest.control_sum:
                continue
            sums = dict(
                connection.execute(
                    f"select table_name, control_sum from {relation('publication_tables')}"
                ).fetchall()
            )
            wanted = [name for name in ("kpi_scorecard", value_history.TABLE) if name in sums]
            if any(control_sum(connection, relation(name))[1] != sums[name] for name in wanted):
                continue
            [row] = connection.execute(f"from {relation('publication')}").fetchall()
            names = [column[0] for column in connection.description]
            inputs = json.loads(dict(zip(names, row, strict=True)).get("inputs") or "{}")
            return value_history.Before(
                newest.edition_id,
                parent or newest.edition_id,
                newest.sequence or 1,
                flips.as_time(newest.at),
                relation("kpi_scorecard"),
                relation(value_history.TABLE) if value_history.TABLE in sums else None,
                value_history.differing_inputs(inputs, edition.inputs),
            )
    raise PublicationFailed(
        f"edition {newest.edition_id}, the last one published, is not in {folder} as it was published, and the "
        "history of values goes on from it. What to do: put the folder back from a backup. If there is none: "
        "`rollback` to an edition that is whole, then move published/flips.jsonl away, and run again; the history then "
        "goes on from that edition, without what later ones showed."
    )


def _relations(connection: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[Callable[[str], str]]:
    if not list(folder.glob("*.wal")):
        with suppress(duckdb.Error):
            attach(connection, folder / EDITION_FILE, "before")
            yield lambda name: identifier("before", SCHEMA, name)
    yield lambda name: f"read_parquet({literal(str(folder / 'parquet' / f'{name}.parquet'))})"


def _write_publication(
    connection: duckdb.DuckDBPyConnection, edition: Edition, place: _Place, facts: dict[str, TableFacts]
) -> Built:
    evaluated, failed, warned, held = connection.execute(
        f"""
        select count(*), count(*) filter (where not success),
            count(*) filter (where not success and severity = 'warning'),
            count(*) filter (where success is not true and severity = 'critical')
        from edition.{SCHEMA}.data_quality
        """
    ).fetchone()
    status = "held" if held else "warning" if warned else "passed"
    connection.execute(
        f"""
        create table edition.{SCHEMA}.publication_tables (
            edition_id varchar, table_name varchar, row_count bigint, control_sum varchar
        )
        """
    )
    connection.executemany(
        f"insert into edition.{SCHEMA}.publication_tables values (?, ?, ?, ?)",
        [
            [edition.edition_id, name, fact.row_count, fact.control_sum]
            for name, fact in sorted(facts.items())
        ],
    )
    connection.execute(
        f"""
        create table edition.{SCHEMA}.publication (
            edition_id varchar, published_at timestamp, as_of_date date, company varchar, company_name varchar,
            reporting_currency varchar, run_id varchar, git_commit varchar,
            table_count bigint, row_count bigint, control_sum varchar,
            quality_status varchar, checks_evaluated bigint, checks_failed bigint,
            parent_edition_id varchar, sequence integer, inputs_hash varchar, inputs varchar, settings varchar
        )
        """
    )
    total_rows = sum(fact.row_count for fact in facts.values())
    _, overall = control_sum(connection, f"edition.{SCHEMA}.publication_tables")
    connection.execute(
        f"insert into edition.{SCHEMA}.publication values ({', '.join('?' * 19)})",
        [
            edition.edition_id,
            place.published_at,
            edition.as_of_date,
            edition.company,
            edition.company_name,
            edition.reporting_currency,
            edition.run_id,
            edition.git_commit,
            len(facts),
            total_rows,
            overall,
            status,
            evaluated,
            failed,
            place.parent,
            place.sequence,
            edition.inputs_hash,
            json.dumps(dict(edition.inputs), sort_keys=True),
            json.dumps(dict(edition.settings), sort_keys=True),
        ],
    )
    return Built(place.published_at, facts, status, evaluated, failed)


def _differing(now: dict[str, TableFacts], then: dict[str, TableFacts]) -> list[str]:
    return sorted(name for name, fact in now.items() if then.get(name) != fact)


def _prepare(published: Path) -> None:
    """Make the folders and remove what a killed run left behind."""
    editions = published / "editions"
    published.mkdir(mode=0o750, parents=True, exist_ok=True)
    editions.mkdir(mode=0o750, exist_ok=True)
    for left in [*editions.glob(f"{_BUILDING}*"), *editions.glob(f"{_SET_ASIDE}*")]:
        shutil.rmtree(left)
    for left in published.glob(".link-*"):
        left.unlink()


def _put_in_place(building: Path, folder: Path) -> None:
    if folder.exists():
        # A damaged edition of the same name: never write into it, somebody may have it open.
        folder.rename(folder.with_name(f"{_SET_ASIDE}{folder.name}"))
    building.rename(folder)
    sync(folder.parent)
    shutil.rmtree(folder.with_name(f"{_SET_ASIDE}{folder.name}"), ignore_errors=True)


def flip(published: Path, edition_id: str) -> bool:
    """Show the edition to readers by one atomic rename; return whether they had another one before."""
    _link(published / "current.duckdb", f"current/{PUBLIC_FILE}")
    return _link(published / "current", f"editions/{edition_id}")


def _link(link: Path, target: str) -> bool:
    if link.is_symlink() and str(link.readlink()) == target:
        return False
    if link.exists() and not link.is_symlink():
        raise PublicationFailed(
            f"{link} is a file or folder of its own, not the link that it must be. Move it away."
        )
    fresh = link.with_name(f".link-{link.name}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
    sync(link.parent)
    return True


@contextmanager
def _attached(warehouse: Path) -> Generator[duckdb.DuckDBPyConnection, None, None]:
    if not warehouse.is_file():
        raise PublicationRefused(f"There is no warehouse at {warehouse}: run the nightly job first.")
    connection = duckdb.connect()
    try:
        attach(connection, warehouse, "warehouse")
        yield connection
    finally:
        connection.close()


@contextmanager
def _explained(published: Path, warehouse: Path) -> Generator[None, None, None]:
    """Turn an error of the disk or the database into a message, and remove what was half written."""
    try:
        yield
    except PublicationRefused:
        raise
    except (OSError, duckdb.Error, PublicationFailed, FlipsDamaged) as error:
        for left in (published / "editions").glob(f"{_BUILDING}*"):
            shutil.rmtree(left, ignore_errors=True)
        raise PublicationFailed(
            f"Nothing was published: {_cause(error, published, warehouse)}\n{still_current(published)}"
        ) from error


def _cause(error: Exception, published: Path, warehouse: Path) -> str:
    text = str(error)
    code = error.errno if isinstance(error, OSError) else None
    if code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or any(word in text.lower() for word in _NO_SPACE):
        return (
            f"the disk of {published} is full ({text}). What to do: free space, or remove old editions, but "
            f"not the current and the newest one, from {published / 'editions'}; then run again."
        )
    if code in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"{published} can't be written ({text}). What to do: give this user the right to write there."
    if is_lock_conflict(error):
        return f"{holder_of(text)} has {warehouse} open. What to do: end it, then run again."
    return text
