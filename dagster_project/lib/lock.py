"""One writer at a time: the lock that a run holds on the state folder.

Belongs here: taking and releasing the lock, and the message for whoever comes second. The database
has a lock of its own, but its error names a file, not a run; who trips over that one is told here too.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    import duckdb

_HELD: set[Path] = set()


class WriterBusy(RuntimeError):
    """Another run holds the state folder; the message names it."""


class WarehouseInUse(WriterBusy):
    """Another program has the warehouse open; the message names it."""


class WarehouseUnreadable(RuntimeError):
    """What lies in the warehouse's place can't be opened; the message says what it is and what to do."""


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
    give_up = time.monotonic() + wait_seconds
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout:
        raise WriterBusy(_busy_message(home, owner, wait_seconds)) from None
    try:
        # whoever only looks into the warehouse holds no lock of ours, and DuckDB lets no writer in beside them
        connect_to_write(home / "warehouse.duckdb", give_up - time.monotonic(), only_if_there=True)
        since = datetime.now(UTC).isoformat(timespec="seconds")
        _HELD.add(home)
        owner.write_text(json.dumps({"pid": os.getpid(), "run_id": run_id, "since": since}))
        yield
    finally:
        _HELD.discard(home)
        owner.unlink(missing_ok=True)
        lock.release()


def connect_to_write(
    warehouse: Path,
    wait_seconds: float = 0,
    *,
    only_if_there: bool = False,
    connect: Callable[[Path], duckdb.DuckDBPyConnection] | None = None,
) -> duckdb.DuckDBPyConnection | None:
    """A read-write connection to the warehouse; with ``only_if_there`` it is tried and closed again.

    ``connect`` opens it in another way than plainly.

    Raises:
        WarehouseInUse: another program still has it open after the wait.
        WarehouseUnreadable: it is no database, is damaged, or a write-ahead file of another one lies beside it.
    """
    import duckdb

    if only_if_there and not warehouse.exists():
        return None
    give_up = time.monotonic() + wait_seconds
    while True:
        try:
            connection = connect(warehouse) if connect else duckdb.connect(str(warehouse))
        except duckdb.Error as error:
            if not is_lock_conflict(error):
                if only_if_there:
                    # damaged or unreadable: the step that needs it says so
                    return None
                raise WarehouseUnreadable(_unreadable_message(warehouse, str(error))) from error
            if time.monotonic() >= give_up:
                raise WarehouseInUse(_in_use_message(warehouse, str(error), wait_seconds)) from None
            time.sleep(0.2)
            continue
        if only_if_there:
            connection.close()
            return None
        return connection


def is_lock_conflict(error: Exception) -> bool:
    """Whether DuckDB could not open a file because another program has it open."""
    return "could not set lock" in str(error).lower()


def holder_of(error: str) -> str:
    """The program that DuckDB's error says has the file open."""
    holder = re.search(r"held in (.+?)\s*\(PID (\d+)\)", error)
    return f"process {holder[2]} ({Path(holder[1]).name})" if holder else "another program"


def _unreadable_message(warehouse: Path, error: str) -> str:
    write_ahead = Path(f"{warehouse}.wal")
    restore = (
        f"put {warehouse} back from a backup. Without one, move it away and run again: it is built anew from the "
        "extracts that still lie in the landing folders, and older ones are in the archive"
    )
    if write_ahead.exists() and "wal" in error.lower():
        name, expected = write_ahead, "changes to this warehouse that a killed run had not written into it"
        to_do = (
            f"if {write_ahead.name} came from another database, move it away and run again; else {restore}. "
            "Don't delete it: it may hold rows that are nowhere else"
        )
    else:
        name, expected = warehouse, "a DuckDB database that this version can open"
        to_do = restore
    return (
        f"{name} can't be used.\n  expected: {expected}\n  found:    {error.splitlines()[0]}\n  to do:    {to_do}.\n"
        "Nothing was changed, and readers keep the edition they have."
    )


def _in_use_message(warehouse: Path, error: str, wait_seconds: float) -> str:
    who = f"{holder_of(error)} has"
    return (
        f"A run must be alone with {warehouse}, and {who} it open. Waited {max(wait_seconds, 0):.0f} s. Nothing was "
        "changed. What to do: close that program (a notebook, a BI tool, a `duckdb` shell), then run again. Readers "
        "want published/current.duckdb, which any number may have open at any time."
    )


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
