"""The inputs of kept editions, by content: `<home>/archive/<first two digits>/<sha256>`.

Belongs here: keeping a file, finding it again, naming what went into an edition, dropping what no kept edition needs.
Does not belong here: deciding which editions are kept (pruning.py), or building one again (reproduce.py).

Landed files hold people's data, so the archive is as private as the warehouse: 0640 in folders of 0750.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

import duckdb

from dagster_project.lib.databases import has_table
from dagster_project.lib.publication import Input
from dagster_project.lib.settings import Settings
from dagster_project.lib.sql import literal

_CHUNK = 1 << 20
# What earlier nights left behind and this one reads; all else follows from files and settings. In SQL, as it was before
# the night added to it, and without the clock: the same night gives the same bytes.
MEMORY = {
    ("audit", "withheld_days"): "select * from audit.withheld_days where first_edition_id <> {edition}",
    ("audit", "held_values"): "select * from audit.held_values",
    ("plan", "targets_seen"): "select * from plan.targets_seen",
    # the dates that stand in for what failed tonight; those of the others the night finds itself
    ("audit", "event_spans"): """
        select * from audit.event_spans where entity in (select model_name from audit.tainted_models)""",
    # tonight's content may be among them: it is judged by what came before it
    ("audit", "row_counts"): """
        select * replace (
            timestamp '2000-01-01' + to_seconds(row_number() over (
                partition by source_system, table_name order by loaded_at, content_hash)) as loaded_at,
            'an earlier run' as run_id
        )
        from audit.row_counts""",
}


def archived(home: Path, sha256: str) -> Path:
    """Where a content lies, if it is there."""
    return home / "archive" / sha256[:2] / sha256


def keep(home: Path, source: Path, sha256: str | None = None) -> str | None:
    """Keep a copy of a file; return the hash of what was kept, None where it isn't the content that was asked for.

    A copy, not a link: who overwrites the landed file in its place must not change what was read.
    """
    if sha256 and archived(home, sha256).exists():
        return sha256
    _make(home / "archive")
    digest = hashlib.sha256()
    descriptor, part = tempfile.mkstemp(prefix=".part-", dir=home / "archive")
    try:
        with source.open("rb") as content, os.fdopen(descriptor, "wb") as copy:
            while chunk := content.read(_CHUNK):
                digest.update(chunk)
                copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
        found = digest.hexdigest()
        if sha256 and found != sha256:
            return None
        target = archived(home, found)
        _make(target.parent)
        Path(part).chmod(0o640)
        Path(part).replace(target)
        return found
    finally:
        Path(part).unlink(missing_ok=True)


def keep_landed(
    connection: duckdb.DuckDBPyConnection,
    source_system: str,
    table_name: str,
    landing: Path,
    settings: Settings,
) -> int:
    """Keep the files whose rows are in a raw table; return how many were not kept before."""
    if not settings.keep_inputs:
        return 0
    kept = 0
    for path, sha256 in connection.execute(
        "select path, sha256 from audit.files where source_system = ? and table_name = ? and status = 'loaded'",
        [source_system, table_name],
    ).fetchall():
        # a file that has been tidied away or replaced since it was loaded was kept when it was loaded
        if not archived(settings.home, sha256).exists() and (landing / path).is_file():
            kept += keep(settings.home, landing / path, sha256) is not None
    return kept


def inputs_of(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    tables: Collection[tuple[str, str]],
    edition_id: str,
) -> list[Input]:
    """What goes into the edition that a run builds: landed files, the plan, and what earlier editions left behind.

    To be called before the edition adds to the memory.
    """
    files = connection.execute(
        "select source_system, table_name, path, sha256, bytes from audit.files where status = 'loaded' order by all"
    ).fetchall()
    return [
        *(Input("file", *row) for row in files if row[:2] in tables),
        *_plan(settings),
        *_memory(connection, settings, edition_id),
    ]


def _plan(settings: Settings) -> Iterator[Input]:
    root = settings.plan if settings.plan.is_dir() else settings.plan.parent
    paths = (
        sorted(path for path in root.rglob("*") if path.is_file())
        if settings.plan.is_dir()
        else [settings.plan]
    )
    for path in paths:
        yield Input(
            "plan", None, None, str(path.relative_to(root)), _kept(path, settings), path.stat().st_size
        )


def _memory(connection: duckdb.DuckDBPyConnection, settings: Settings, edition_id: str) -> Iterator[Input]:
    for (schema, table), rows in MEMORY.items():
        if not has_table(connection, schema, table):
            continue
        with tempfile.TemporaryDirectory(prefix="memory-", dir=settings.home) as folder:
            path = Path(folder) / "table.parquet"
            connection.execute(
                f"copy (from ({rows.format(edition=literal(edition_id))}) order by all) to {literal(str(path))}"
                " (format parquet)"
            )
            size = path.stat().st_size
            sha256 = _kept(path, settings)
        yield Input("memory", schema, table, f"{schema}.{table}.parquet", sha256, size)


def _kept(path: Path, settings: Settings) -> str:
    if settings.keep_inputs:
        return keep(settings.home, path) or ""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def drop_all_but(home: Path, needed: Collection[str]) -> int:
    """Remove every content that nobody needs any more; return how many those were."""
    dropped = 0
    for path in (home / "archive").glob("*/*"):
        if path.name not in needed:
            path.unlink()
            dropped += 1
    for part in (home / "archive").glob(".part-*"):
        part.unlink()
    return dropped


def _make(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        folder.chmod(0o750)
