"""Files that outlive a crash: on the disk when it is said that they are, and in their place whole or not at all.

Belongs here: the order of writing, syncing and renaming. Does not belong here: what stands in a file.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

MODE = 0o640
"""Its owner writes, its group reads, and nobody else."""


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's names, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def part_of(target: Path) -> Path:
    """Where a file is written before it is whole: beside its place, so that putting it there is a rename."""
    return target.with_name(f".{target.name}.part")


def put(part: Path, target: Path) -> None:
    """Put a written file in its place, also after a crash."""
    part.chmod(MODE)
    sync(part)
    part.replace(target)
    sync(target.parent)


def write_whole(target: Path, content: bytes) -> None:
    """Write a file, or replace it; what goes wrong leaves what was there and nothing beside it."""
    part = part_of(target)
    try:
        # never open to others, also not while it is written
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE), "wb") as stream:
            stream.write(content)
        put(part, target)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
