"""The editions that lie in the publication folder: what each says of itself, and whether it is whole.

Belongs here: reading and judging what is there. Does not belong here: making an edition (publication.py), or
choosing which one readers have (publication.py, rollback.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib import flips
from dagster_project.lib.control_sums import control_sum
from dagster_project.lib.databases import attach, has_table
from dagster_project.lib.sql import identifier, literal

SCHEMA = "scorecard"
PUBLIC_FILE = "scorecard.duckdb"
# DuckDB follows links and names the database after the real file. A database `scorecard` with a schema
# `scorecard` makes every `scorecard.kpi_latest` ambiguous, so the real file has another name.
EDITION_FILE = "edition.duckdb"


class PublicationError(Exception):
    """Nothing was published; the text says why, what readers have now, and what to do."""


class PublicationRefused(PublicationError):
    """The audit does not allow this edition."""


class PublicationFailed(PublicationError):
    """The edition could not be written or verified."""


@dataclass(frozen=True)
class TableFacts:
    """Row count and control sum of one published table or view."""

    row_count: int
    control_sum: str


@dataclass(frozen=True)
class Built:
    """What is known of an edition that has been built and is whole."""

    published_at: datetime
    tables: dict[str, TableFacts]
    quality_status: str
    checks_evaluated: int
    checks_failed: int


def current_edition(home: Path) -> dict[str, Any] | None:
    """Return the `publication` row of the edition that readers have now, with its path.

    None where there is none, and where it can't be read: publishing then repairs it.
    """
    folder = current_folder(home / "published")
    if folder is None:
        return None
    try:
        return publication_row(folder)
    except duckdb.Error:
        return None


def is_whole(home: Path, edition_id: str) -> bool:
    """Whether an edition is, file by file, what was published: nobody has written into it since."""
    return read_edition(home / "published" / "editions" / edition_id) is not None


def whole_current(home: Path) -> Path | None:
    """The file of the edition that readers have now, None unless it is as it was published."""
    folder = current_folder(home / "published")
    return folder / EDITION_FILE if folder is not None and read_edition(folder) is not None else None


def list_editions(home: Path) -> list[dict[str, Any]]:
    """Return the `publication` rows of all kept editions, oldest first; an unreadable one has an `error`."""
    current = current_folder(home / "published")
    editions = []
    for folder in edition_folders(home / "published"):
        try:
            row = publication_row(folder)
        except duckdb.Error as error:
            row = {
                "edition_id": folder.name,
                "path": folder / PUBLIC_FILE,
                "error": str(error).splitlines()[0],
            }
        editions.append({**row, "is_current": current is not None and folder.name == current.name})
    return sorted(editions, key=lambda row: (str(row.get("published_at", "")), row["edition_id"]))


def edition_folders(published: Path) -> list[Path]:
    """The folders of kept editions, shown or not."""
    return sorted(folder for folder in (published / "editions").glob("[!.]*") if folder.is_dir())


def known_flips(published: Path) -> list[flips.Flip]:
    """The log of flips, mended if a run was killed right after its flip. The caller holds the writer's lock."""

    def kept() -> dict[str, dict[str, Any]]:
        rows = {}
        for folder in edition_folders(published):
            try:
                rows[folder.name] = publication_row(folder)
                if folder.name == flips.linked(published):
                    rows[folder.name]["history"] = flips_told_by(folder)
            except duckdb.Error:
                continue
        return rows

    return flips.reconcile(published, kept)


def flips_told_by(folder: Path) -> list[flips.Flip]:
    """The flips that an edition knows, its own publication the last; none of one from before they were written."""
    with duckdb.connect() as connection:
        attach(connection, folder / EDITION_FILE, "edition")
        if not has_table(connection, SCHEMA, "publication_history", "edition"):
            return []
        cursor = connection.execute(
            f"""
            select
                strftime(happened_at, '%Y-%m-%dT%H:%M:%SZ') as flipped_at, action, edition_id,
                previous_edition_id as previous, made_by,
                parent_edition_id, sequence, inputs_hash, control_sum
            from edition.{SCHEMA}.publication_history order by number
            """
        )
        lines = [flips.Flip(*row) for row in cursor.fetchall()]
    own = publication_row(folder)["control_sum"]
    return [*lines[:-1], replace(lines[-1], control_sum=own)]


def verify(folder: Path, facts: dict[str, TableFacts]) -> None:
    """Raise unless the closed file and its Parquet twins hold exactly what the warehouse held."""
    with duckdb.connect() as connection:
        attach(connection, folder / EDITION_FILE, "edition")
        for name, fact in facts.items():
            parquet = folder / "parquet" / f"{name}.parquet"
            for relation in (identifier("edition", SCHEMA, name), f"read_parquet({literal(str(parquet))})"):
                if TableFacts(*control_sum(connection, relation)) != fact:
                    raise PublicationFailed(
                        f"The written copy of {SCHEMA}.{name} does not hold the rows of the warehouse "
                        f"({relation})."
                    )


def read_edition(folder: Path) -> Built | None:
    """Return what a published edition holds, or None where there is none that is whole."""
    if not (folder / PUBLIC_FILE).is_file() or list(folder.rglob("*.wal")):
        # a write-ahead file beside it would be read into it, by every reader
        return None
    try:
        row = publication_row(folder)
        with duckdb.connect() as connection:
            attach(connection, folder / EDITION_FILE, "edition")
            facts = {
                name: TableFacts(rows, digest)
                for name, rows, digest in connection.execute(
                    f"select table_name, row_count, control_sum from edition.{SCHEMA}.publication_tables"
                ).fetchall()
            }
            overall = control_sum(connection, f"edition.{SCHEMA}.publication_tables")[1]
        if row is None or row["edition_id"] != folder.name or row["control_sum"] != overall:
            return None
        verify(folder, facts)
    except (duckdb.Error, PublicationFailed):
        return None
    return Built(
        row["published_at"], facts, row["quality_status"], row["checks_evaluated"], row["checks_failed"]
    )


def publication_row(folder: Path) -> dict[str, Any]:
    """What an edition says about itself in its table `publication`, and its path."""
    with duckdb.connect() as connection:
        attach(connection, folder / EDITION_FILE, "edition")
        cursor = connection.execute(f"select * from edition.{SCHEMA}.publication")
        names = [column[0] for column in cursor.description]
        row = cursor.fetchone() or ()
    return {**dict(zip(names, row, strict=False)), "path": folder / PUBLIC_FILE}


def current_folder(published: Path) -> Path | None:
    """Return the folder of the current edition, resolved once, so that a flip in between can't mix two."""
    try:
        folder = (published / "current").resolve(strict=True)
    except OSError:
        return None
    return folder if (folder / EDITION_FILE).is_file() else None


def still_current(published: Path) -> str:
    """What readers have, for the end of a message."""
    folder = current_folder(published)
    if folder is None:
        return "No edition was published before."
    return f"Readers still have edition {folder.name}."
