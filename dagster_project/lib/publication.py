"""Publication: the audited scorecard as a new edition file, and the one flip that shows it to readers.

Belongs here: checking the audit of exactly what is published, building and verifying an edition, flipping,
listing. Does not belong here: judging tables (gate.py), or taking the writer's lock (lock.py) that every
caller must hold, since left-over building folders are removed on sight.

    <home>/published/current           -> editions/<edition_id>      flipped by one atomic rename
    <home>/published/current.duckdb    -> current/scorecard.duckdb   never changes
    <home>/published/editions/<edition_id>/scorecard.duckdb          -> edition.duckdb, see EDITION_FILE
    <home>/published/editions/<edition_id>/parquet/<table>.parquet
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib.control_sums import control_sum
from dagster_project.lib.gate import Suite, current_hashes
from dagster_project.lib.holds import audit_problems
from dagster_project.lib.sql import identifier, literal

SCHEMA = "scorecard"

# What readers see: everything else that dbt makes is a step on the way.
PUBLISHED_TABLES = (
    "kpi_scorecard",
    "kpi_status_events",
    "scope_comparisons",
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
OWN_TABLES = ("data_quality", "publication", "publication_tables")
PUBLIC_FILE = "scorecard.duckdb"
# DuckDB follows links and names the database after the real file. A database `scorecard` with a schema
# `scorecard` makes every `scorecard.kpi_latest` ambiguous, so the real file has another name.
EDITION_FILE = "edition.duckdb"
# The oldest format that today's readers share: a newer DuckDB would otherwise write files they can't open.
STORAGE_VERSION = "v1.2.0"
STEPS = ("audited", "building", "copied", "written", "closed", "verified", "renamed", "flipped")
_BUILDING = ".building-"
_SET_ASIDE = ".damaged-"
_EDITION_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
_NO_SPACE = ("no space left", "disk full", "file too large", "quota exceeded")


class PublicationError(Exception):
    """Nothing was published; the text says why, what readers have now, and what to do."""


class PublicationRefused(PublicationError):
    """The audit does not allow this edition."""


class PublicationFailed(PublicationError):
    """The edition could not be written or verified."""


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


@dataclass(frozen=True)
class TableFacts:
    """Row count and control sum of one published table or view."""

    row_count: int
    control_sum: str


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


@dataclass(frozen=True)
class _Built:
    published_at: datetime
    tables: dict[str, TableFacts]
    quality_status: str
    checks_evaluated: int
    checks_failed: int


def publish(
    warehouse: Path,
    home: Path,
    edition: Edition,
    tables: Sequence[str],
    views: Sequence[str],
    required_suites: Sequence[Suite],
    *,
    on_step: Callable[[str], None] = lambda step: None,
    before_flip: Callable[[], object] = lambda: None,
    show: bool = True,
) -> Publication:
    """Publish the scorecard tables and views of the warehouse as one edition, or leave everything as it is.

    Refuses unless every required suite has passed for exactly the rows that are published now. An edition
    that is already there and whole is not written again; if it is not the current one, readers get it back.
    `on_step` is told the name of each of STEPS once that step is done. `before_flip` is called when all is
    ready; if it fails, readers keep what they have. Without `show` the edition is built, verified and kept,
    and readers stay with the one that they have.
    """
    if not _EDITION_ID.fullmatch(edition.edition_id):
        raise PublicationRefused(
            f'"{edition.edition_id}" can\'t be the name of an edition: {_EDITION_ID.pattern}'
        )
    published = home / "published"
    with _explained(published, warehouse):
        with _attached(warehouse) as connection:
            _check_audit(connection, edition, tables, required_suites, _whole_current(published))
            facts = {
                name: TableFacts(*control_sum(connection, identifier("warehouse", SCHEMA, name)))
                for name in [*tables, *views]
            }
            on_step("audited")
            _prepare(published)
            folder = published / "editions" / edition.edition_id
            built = _read_edition(folder)
            unchanged = built is not None
            if built is None:
                built = _build(connection, published, edition, tables, views, required_suites, facts, on_step)
            elif differing := _differing(facts, built.tables):
                raise PublicationRefused(
                    f"Edition {edition.edition_id} is already published with other rows in "
                    f"{', '.join(differing)}, and an edition never changes.\n{_still_current(published)}\n"
                    "What to do: find out why the same input gave other rows (a model that reads the clock?)."
                )
        before_flip()
        flipped = show and _flip(published, edition.edition_id)
        on_step("flipped")
    return Publication(
        edition.edition_id, folder / PUBLIC_FILE, unchanged=unchanged, flipped=flipped, **vars(built)
    )


def current_edition(home: Path) -> dict[str, Any] | None:
    """Return the `publication` row of the edition that readers have now, with its path.

    None where there is none, and where it can't be read: publishing then repairs it.
    """
    folder = _current_folder(home / "published")
    if folder is None:
        return None
    try:
        return _publication_row(folder)
    except duckdb.Error:
        return None


def current_is_whole(home: Path) -> bool:
    """Whether what readers have now is, file by file, what was published: nobody has written into it since."""
    folder = _current_folder(home / "published")
    return folder is not None and _read_edition(folder) is not None


def _whole_current(published: Path) -> Path | None:
    """The file of the edition that readers have now, None unless it is as it was published."""
    folder = _current_folder(published)
    return folder / EDITION_FILE if folder is not None and _read_edition(folder) is not None else None


def whole_current(home: Path) -> Path | None:
    """The file of the edition that readers have now, None unless it is as it was published."""
    return _whole_current(home / "published")


def list_editions(home: Path) -> list[dict[str, Any]]:
    """Return the `publication` rows of all kept editions, oldest first; an unreadable one has an `error`."""
    current = _current_folder(home / "published")
    editions = []
    for folder in sorted((home / "published" / "editions").glob("[!.]*")):
        try:
            row = _publication_row(folder)
        except duckdb.Error as error:
            row = {
                "edition_id": folder.name,
                "path": folder / PUBLIC_FILE,
                "error": str(error).splitlines()[0],
            }
        editions.append({**row, "is_current": current is not None and folder.name == current.name})
    return sorted(editions, key=lambda row: (str(row.get("published_at", "")), row["edition_id"]))


def _check_audit(
    connection: duckdb.DuckDBPyConnection,
    edition: Edition,
    tables: Sequence[str],
    suites: Sequence[Suite],
    last_edition: Path | None,
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
    tables: Sequence[str],
    views: Sequence[str],
    suites: Sequence[Suite],
    facts: dict[str, TableFacts],
    on_step: Callable[[str], None],
) -> _Built:
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
    facts["data_quality"] = TableFacts(*control_sum(connection, f"edition.{SCHEMA}.data_quality"))
    built = _write_publication(connection, edition, facts)
    connection.execute("commit")
    on_step("copied")
    every = [*tables, *views, "data_quality", "publication", "publication_tables"]
    for name in every:
        target = building / "parquet" / f"{name}.parquet"
        relation = identifier("edition", SCHEMA, name)
        connection.execute(f"copy (select * from {relation}) to {literal(str(target))} (format parquet)")
    on_step("written")
    connection.execute("use memory")
    connection.execute("checkpoint edition")
    connection.execute("detach edition")
    if left := sorted(path.name for path in building.rglob("*.wal")):
        raise PublicationFailed(f"DuckDB left {', '.join(left)} beside the new edition: it is not complete.")
    for path in [*building.rglob("*.parquet"), database]:
        path.chmod(0o640)
        _sync(path)
    _sync(building / "parquet")
    _sync(building)
    on_step("closed")
    _verify(building, facts)
    on_step("verified")
    _put_in_place(building, editions / edition.edition_id)
    on_step("renamed")
    return built


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


def _write_publication(
    connection: duckdb.DuckDBPyConnection, edition: Edition, facts: dict[str, TableFacts]
) -> _Built:
    evaluated, failed, warned, held = connection.execute(
        f"""
        select count(*), count(*) filter (where not success),
            count(*) filter (where not success and severity = 'warning'),
            count(*) filter (where success is not true and severity = 'critical')
        from edition.{SCHEMA}.data_quality
        """
    ).fetchone()
    status = "held" if held else "warning" if warned else "passed"
    published_at = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
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
            quality_status varchar, checks_evaluated bigint, checks_failed bigint
        )
        """
    )
    total_rows = sum(fact.row_count for fact in facts.values())
    _, overall = control_sum(connection, f"edition.{SCHEMA}.publication_tables")
    connection.execute(
        f"insert into edition.{SCHEMA}.publication values ({', '.join('?' * 14)})",
        [
            edition.edition_id,
            published_at,
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
        ],
    )
    return _Built(published_at, facts, status, evaluated, failed)


def _verify(folder: Path, facts: dict[str, TableFacts]) -> None:
    """Raise unless the closed file and its Parquet twins hold exactly what the warehouse held."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(str(folder / EDITION_FILE))} as edition (read_only)")
        for name, fact in facts.items():
            parquet = folder / "parquet" / f"{name}.parquet"
            for relation in (identifier("edition", SCHEMA, name), f"read_parquet({literal(str(parquet))})"):
                if TableFacts(*control_sum(connection, relation)) != fact:
                    raise PublicationFailed(
                        f"The written copy of {SCHEMA}.{name} does not hold the rows of the warehouse "
                        f"({relation})."
                    )


def _read_edition(folder: Path) -> _Built | None:
    """Return what a published edition holds, or None where there is none that is whole."""
    if not (folder / PUBLIC_FILE).is_file():
        return None
    try:
        row = _publication_row(folder)
        with duckdb.connect() as connection:
            connection.execute(f"attach {literal(str(folder / EDITION_FILE))} as edition (read_only)")
            facts = {
                name: TableFacts(rows, digest)
                for name, rows, digest in connection.execute(
                    f"select table_name, row_count, control_sum from edition.{SCHEMA}.publication_tables"
                ).fetchall()
            }
            overall = control_sum(connection, f"edition.{SCHEMA}.publication_tables")[1]
        if row is None or row["edition_id"] != folder.name or row["control_sum"] != overall:
            return None
        _verify(folder, facts)
    except (duckdb.Error, PublicationFailed):
        return None
    return _Built(
        row["published_at"], facts, row["quality_status"], row["checks_evaluated"], row["checks_failed"]
    )


def _publication_row(folder: Path) -> dict[str, Any]:
    database = folder / EDITION_FILE
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(str(database))} as edition (read_only)")
        cursor = connection.execute(f"select * from edition.{SCHEMA}.publication")
        names = [column[0] for column in cursor.description]
        row = cursor.fetchone() or ()
    return {**dict(zip(names, row, strict=False)), "path": folder / PUBLIC_FILE}


def _differing(now: dict[str, TableFacts], then: dict[str, TableFacts]) -> list[str]:
    return sorted(name for name, fact in now.items() if then.get(name) != fact)


def _current_folder(published: Path) -> Path | None:
    """Return the folder of the current edition, resolved once, so that a flip in between can't mix two."""
    try:
        folder = (published / "current").resolve(strict=True)
    except OSError:
        return None
    return folder if (folder / EDITION_FILE).is_file() else None


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
    _sync(folder.parent)
    shutil.rmtree(folder.with_name(f"{_SET_ASIDE}{folder.name}"), ignore_errors=True)


def _flip(published: Path, edition_id: str) -> bool:
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
    _sync(link.parent)
    return True


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _attached(warehouse: Path) -> Generator[duckdb.DuckDBPyConnection, None, None]:
    if not warehouse.is_file():
        raise PublicationRefused(f"There is no warehouse at {warehouse}: run the nightly job first.")
    connection = duckdb.connect()
    try:
        connection.execute(f"attach {literal(str(warehouse))} as warehouse (read_only)")
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
    except (OSError, duckdb.Error, PublicationFailed) as error:
        for left in (published / "editions").glob(f"{_BUILDING}*"):
            shutil.rmtree(left, ignore_errors=True)
        raise PublicationFailed(
            f"Nothing was published: {_cause(error, published, warehouse)}\n{_still_current(published)}"
        ) from error


def _cause(error: Exception, published: Path, warehouse: Path) -> str:
    text = str(error)
    code = error.errno if isinstance(error, OSError) else None
    if code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or any(word in text.lower() for word in _NO_SPACE):
        return (
            f"the disk of {published} is full ({text}). What to do: free space, or remove old editions from "
            f"{published / 'editions'}; then run again."
        )
    if code in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"{published} can't be written ({text}). What to do: give this user the right to write there."
    if isinstance(error, duckdb.IOException) and "lock" in text.lower():
        return f"another program has {warehouse} open ({text}). What to do: end it, then run again."
    return text


def _still_current(published: Path) -> str:
    folder = _current_folder(published)
    if folder is None:
        return "No edition was published before."
    return f"Readers still have edition {folder.name}."
