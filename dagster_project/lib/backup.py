"""A copy of the state folder that can be put back: whole, or not there.

Belongs here: copying and looking at the copy. The writer's lock is the caller's to hold: a warehouse that is
copied while it is written may not open.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from dagster_project.lib.kept_editions import current_edition, whole_current

# what is made again by the next run, or belongs to one that is under way
LEFT_OUT = ("dbt", "writer.*", "running.json", "*.lock", ".*.part", ".building-*")


class BackupFailed(Exception):
    """There is no backup; the text says why and what to do."""


def back_up(home: Path, to: Path) -> int:
    """Copy the state folder to ``to``, which must not be there; the number of bytes copied."""
    if to.exists():
        raise BackupFailed(
            f"{to} is already there. What to do: name a folder that is not, one for each backup."
        )
    if to.resolve().is_relative_to(home.resolve()):
        raise BackupFailed(
            f"{to} lies in {home}, which it is to be a copy of. What to do: name another place."
        )
    part = to.with_name(f"{to.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        shutil.copytree(home, part, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
        _look_at(home, part)
        part.rename(to)
    except (OSError, shutil.Error, duckdb.Error) as error:
        shutil.rmtree(part, ignore_errors=True)
        raise BackupFailed(
            f"{home} could not be copied to {to}: {error}. What to do: make room there or give this user the right "
            "to write, then run it again."
        ) from error
    return sum(path.stat().st_size for path in to.rglob("*") if path.is_file() and not path.is_symlink())


def _look_at(home: Path, part: Path) -> None:
    """Raise unless the copy opens and readers of it would see the same edition, whole."""
    warehouse = part / "warehouse.duckdb"
    if warehouse.exists():
        duckdb.connect(str(warehouse), read_only=True).close()
    if current_edition(home) and whole_current(part) is None:
        raise OSError("the copy of the current edition is not whole")
