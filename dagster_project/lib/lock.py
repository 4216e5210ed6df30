"""One writer at a time: the lock that a run holds on the state folder.

Belongs here: taking and releasing the lock, and the message for whoever comes second. The database
has a lock of its own, but its error names a file, not a run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

_HELD: set[Path] = set()


class WriterBusy(RuntimeError):
    """Another run holds the state folder; the message names it."""


@contextmanager
def only_writer(home: Path, run_id: str, wait_seconds: float) -> Iterator[None]:
    """Hold ``home`` for one run; wait up to ``wait_seconds`` for another one to finish.

    The operating system releases the lock when its holder dies, so a killed run never blocks the next.

    Raises:
        WriterBusy: another run still holds it after the wait.
    """
    if home in _HELD:
        # the command line holds it around the whole run, and the run's own steps ask again
        yield
        return
    home.mkdir(parents=True, exist_ok=True)
    owner = home / "writer.json"
    lock = FileLock(home / "writer.lock")
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout:
        raise WriterBusy(_busy_message(home, owner, wait_seconds)) from None
    try:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        _HELD.add(home)
        owner.write_text(json.dumps({"pid": os.getpid(), "run_id": run_id, "since": since}))
        yield
    finally:
        _HELD.discard(home)
        owner.unlink(missing_ok=True)
        lock.release()


def _busy_message(home: Path, owner: Path, wait_seconds: float) -> str:
    try:
        holder = json.loads(owner.read_text())
        who = f"run {holder['run_id']} (process {holder['pid']}, since {holder['since']})"
    except (OSError, ValueError, KeyError):
        who = "another run"
    return (
        f"Only one run may write to {home} at a time, and {who} is writing. Waited {wait_seconds:g} s. "
        "Nothing was changed. Start this run again when the other one is done, or set SCORECARD_WAIT_FOR_WRITER "
        "to more seconds."
    )
