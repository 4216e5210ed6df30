"""Removing old editions, by the settings; what they showed stays in the history of values.

Belongs here: which editions go, and going safely. Does not belong here: what readers have (publication.py,
rollback.py). The caller holds the writer's lock.

A folder is renamed first, so that nobody can mistake half of one for an edition, then written down, then removed. A
reader who has it open keeps what he reads until he closes it: the file has no name any more, and is still there.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from dagster_project.lib import archive, flips
from dagster_project.lib.databases import attach, has_table
from dagster_project.lib.flips import Flip
from dagster_project.lib.kept_editions import EDITION_FILE, SCHEMA, edition_folders, known_flips

_PRUNED = ".pruned-"


def to_prune(
    known: Sequence[Flip], kept: Sequence[str], current: str | None, number: int, days: int, now: datetime
) -> list[str]:
    """Names of the editions that may go, oldest first.

    One goes if it is not among the newest `number` and older than `days`; 0 is a rule that keeps nothing, and with both
    0 all are kept. The current and the newest edition stay, and the one before each. Editions of past nights, which
    were kept and never shown, are counted among themselves. What a run that was killed left goes at once.
    """
    publications = flips.publications(known)
    past_nights = flips.kept_unshown(known)
    order = [name for name in publications if name in kept]
    unshown = [name for name in past_nights if name in kept and name != current]
    left = [name for name in kept if name not in publications and name not in past_nights and name != current]
    if not number and not days:
        return left
    stay = {*order[-number:], *unshown[-number:]} if number else set()
    for name in (current, order[-1] if order else None):
        if name in order:
            place = order.index(name)
            stay |= set(order[max(place - 1, 0) : place + 1])
    if days:
        limit = now.replace(tzinfo=None) - timedelta(days=days)
        lines = {**publications, **past_nights}
        stay |= {name for name in [*order, *unshown] if flips.as_time(lines[name].at) >= limit}
    return [*left, *(name for name in [*unshown, *order] if name not in stay)]


def prune(
    home: Path,
    number: int,
    days: int,
    *,
    now: datetime | None = None,
    on_step: Callable[[str], None] = lambda step: None,
) -> list[str]:
    """Remove old editions, and the inputs that no kept edition was made from; return the editions' names."""
    published = home / "published"
    known = known_flips(published)
    finish_pruning(published)
    kept = [folder.name for folder in edition_folders(published)]
    gone = to_prune(known, kept, flips.linked(published), number, days, now or datetime.now(UTC))
    for name in gone:
        folder = published / "editions" / name
        folder.rename(folder.with_name(f"{_PRUNED}{name}"))
        on_step("renamed")
    if gone:
        finish_pruning(published, on_step)
        _prune_archive(home)
    return gone


def finish_pruning(published: Path, on_step: Callable[[str], None] = lambda step: None) -> None:
    """Write down and remove what is on its way out, also what a killed run left there."""
    pruned = {flip.edition_id for flip in flips.read(published) if flip.action == flips.PRUNE}
    for folder in sorted((published / "editions").glob(f"{_PRUNED}*")):
        name = folder.name.removeprefix(_PRUNED)
        if name not in pruned:
            flips.append(published, Flip(flips.now(), flips.PRUNE, name, by="pruning"))
        on_step("recorded")
        shutil.rmtree(folder)
        on_step("removed")


def _prune_archive(home: Path) -> None:
    """Drop inputs that neither a kept edition nor the warehouse was made from; where one can't be asked, drop none."""
    needed: set[str] = set()
    try:
        for folder in edition_folders(home / "published"):
            with duckdb.connect() as connection:
                attach(connection, folder / EDITION_FILE, "edition")
                if has_table(connection, SCHEMA, "publication_inputs", "edition"):
                    needed |= _column(connection, f"select sha256 from edition.{SCHEMA}.publication_inputs")
        with duckdb.connect() as connection:
            attach(connection, home / "warehouse.duckdb", "warehouse")
            # no longer landed perhaps, and the next edition is made from it all the same
            needed |= _column(connection, "select sha256 from warehouse.audit.files where status = 'loaded'")
    except duckdb.Error:
        return
    archive.drop_all_but(home, needed)


def _column(connection: duckdb.DuckDBPyConnection, query: str) -> set[str]:
    return {value for (value,) in connection.execute(query).fetchall()}
