"""What readers were shown, and when: one line for every flip, in `published/flips.jsonl`.

Belongs here: the log, mending it after a kill, and what follows from it: which editions were ever shown, which one
is the newest, and when it was published. Does not belong here: flipping (publication.py, rollback.py).

The link is the truth about now, the log about before. A flip is made first and written down then, so that a run killed
in between leaves a link that the log does not know: `reconcile` adds the line, before anything else is done.
Whoever appends or reconciles holds the writer's lock.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dagster_project.lib.durable import sync

LOG = "flips.jsonl"
PUBLISH, ROLLBACK, FORWARD, PRUNE = "publish", "rollback", "forward", "prune"
# an edition of a past night, which readers were not shown
KEEP = "keep"


class FlipsDamaged(Exception):
    """The log can't be read; the text says where, and what to do."""


@dataclass(frozen=True)
class Flip:
    """One line. What an edition is known by stands on its `publish` line, and outlives its folder."""

    at: str
    action: str
    edition_id: str
    previous: str | None = None
    by: str = ""
    parent_edition_id: str | None = None
    sequence: int | None = None
    inputs_hash: str | None = None
    control_sum: str | None = None


def now() -> str:
    """The moment, as a line writes it."""
    return _text(datetime.now(UTC))


def as_time(text: str) -> datetime:
    """A line's moment as a timestamp of the tables: UTC without a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=None)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def linked(published: Path) -> str | None:
    """The edition that the link names, whether its folder is there and whole or not."""
    link = published / "current"
    return link.readlink().name if link.is_symlink() else None


def read(published: Path) -> list[Flip]:
    """Every line, oldest first. A last line that a kill has torn is none."""
    try:
        lines = (published / LOG).read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    known = {field.name for field in fields(Flip)}
    flips = []
    for number, line in enumerate(lines[:-1], start=1):
        try:
            found = json.loads(line)
            flips.append(Flip(**{name: value for name, value in found.items() if name in known}))
        except (ValueError, TypeError, AttributeError) as error:
            raise FlipsDamaged(
                f"{published / LOG}, line {number}: expected one JSON object a line, as the publication writes them; "
                f"found {line[:60].decode(errors='replace')!r}. Nothing was changed. What to do: put the file back "
                "from a backup, or take the line out if it is no line of the publication."
            ) from error
    return flips


def append(published: Path, flip: Flip) -> None:
    """Write one line through to the disk; what a kill left of a torn one before it goes."""
    said = {name: value for name, value in asdict(flip).items() if value is not None}
    log = published / LOG
    is_new = not log.exists()
    descriptor = os.open(log, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        if is_new:
            # also where the process may create files for everyone
            os.fchmod(descriptor, 0o640)
        content = log.read_bytes()
        end = content.rfind(b"\n") + 1
        os.ftruncate(descriptor, end)
        os.pwrite(descriptor, json.dumps(said, ensure_ascii=False).encode() + b"\n", end)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if is_new:
        sync(published)


def publications(flips: Sequence[Flip]) -> dict[str, Flip]:
    """The line that published it, for every edition that was ever shown, in order of publication."""
    lines = {flip.edition_id: flip for flip in flips if flip.action == PUBLISH}
    return dict(sorted(lines.items(), key=lambda item: item[1].sequence or 0))


def newest(flips: Sequence[Flip]) -> Flip | None:
    """The edition published last, whatever readers have now."""
    return next(reversed(publications(flips).values()), None)


def shown_last(flips: Sequence[Flip]) -> Flip | None:
    """The line of the last flip; keeping and pruning flip nothing."""
    return next((flip for flip in reversed(flips) if flip.action not in (KEEP, PRUNE)), None)


def kept_unshown(flips: Sequence[Flip]) -> dict[str, Flip]:
    """The line that kept it, for every edition of a past night that was never shown, in order."""
    shown = publications(flips)
    return {flip.edition_id: flip for flip in flips if flip.action == KEEP and flip.edition_id not in shown}


def action_to(flips: Sequence[Flip], current: str | None, target: str) -> str:
    """What a flip from one published edition to another is called."""
    known = publications(flips)
    before = known[current].sequence or 0 if current in known else 0
    return FORWARD if (known[target].sequence or 0) > before else ROLLBACK


def reconcile(published: Path, kept: Callable[[], Mapping[str, Mapping[str, Any]]]) -> list[Flip]:
    """The log, with the line that a run killed after its flip has not written; the first call writes the first lines.

    `kept` gives the publication rows of the editions that lie there and can be read, by edition; it is asked only
    where the log does not know enough.
    """
    flips = read(published)
    current = linked(published)
    if not flips and current:
        flips = list(_from_editions(kept(), current))
        for flip in flips:
            append(published, flip)
    last = shown_last(flips)
    if current is None or (last is not None and last.edition_id == current):
        return flips
    rows = {} if current in publications(flips) else kept()
    if current not in publications(flips) and current not in rows:
        # a link to what is not there: nobody can have been shown it
        return flips
    at = _text(datetime.fromtimestamp((published / "current").lstat().st_mtime, UTC))
    previous = last.edition_id if last else None
    if current in publications(flips):
        missing = Flip(at, action_to(flips, previous, current), current, previous, "found after a kill")
    else:
        missing = publish_line(rows[current], previous, "found after a kill")
    append(published, missing)
    return [*flips, missing]


def publish_line(row: Mapping[str, Any], previous: str | None, by: str) -> Flip:
    """The line of a publication, by its `publication` row; its moment is the edition's own."""
    return Flip(
        _text(row["published_at"].replace(tzinfo=UTC)),
        PUBLISH,
        row["edition_id"],
        previous,
        by,
        row.get("parent_edition_id"),
        row.get("sequence"),
        row.get("inputs_hash"),
        row.get("control_sum"),
    )


def _from_editions(kept: Mapping[str, Mapping[str, Any]], current: str | None) -> Iterator[Flip]:
    """Lines where there is no log yet: what the current edition knows, or editions from before there was one."""
    if current in kept and kept[current].get("history"):
        told = kept[current]["history"]
        yield from told
        # what it can't know of: kept later, or shown later and rolled back; they are not what a killed run left
        for name in sorted(set(kept) - {flip.edition_id for flip in told}):
            at = _text(kept[name]["published_at"].replace(tzinfo=UTC))
            yield Flip(at, KEEP, name, by="found without a log")
        return
    old = [row for row in kept.values() if row.get("sequence") is None and row.get("published_at")]
    previous = None
    for number, row in enumerate(sorted(old, key=lambda row: row["published_at"]), start=1):
        yield publish_line({**row, "sequence": number}, previous, "found without a log")
        previous = row["edition_id"]
