"""What a delivery changes: which files must be loaded, which give their rows up, and by what a table is known.

Only decisions belong here, made from the files that lie in the landing folder and those the ledger holds; carrying
them out is the work of `ingest.py`.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from dagster_project.lib.refusal import LandedFile
from dagster_project.lib.sources import RawTable


@dataclass(frozen=True)
class LedgerFile:
    """A file whose rows are in the table."""

    file_id: int
    path: str
    sha256: str


@dataclass(frozen=True)
class Plan:
    """What must happen for a table to hold what its files hold."""

    load: tuple[LandedFile, ...] = ()
    retire: tuple[LedgerFile, ...] = ()
    copies: tuple[tuple[LandedFile, str], ...] = ()
    gone: tuple[LedgerFile, ...] = ()
    """Files in the table that no longer lie in the landing folder."""


def plan_changes(
    landed: Sequence[LandedFile],
    active: Sequence[LedgerFile],
    *,
    load: str,
    unfitting: Collection[str] = (),
    rebuild: bool = False,
) -> Plan:
    """Decide what to load and what to retire.

    `unfitting` are the active paths that still lie there but no longer fit the table's pattern. In an incremental
    table the same content under two names is two deliveries: the later one may put back what came between.
    """
    full, by_name = load == "full", load == "incremental"
    if full:
        newest = max(landed, key=lambda file: file.relative)
        standing = max((file.path for file in active if file.path not in unfitting), default="")
        # A newer file that has disappeared is still the table.
        landed = [newest] if newest.relative >= standing else []
    owners: dict[str, LandedFile] = {}
    copies = []
    for file in sorted(landed, key=lambda file: file.relative):
        if by_name:
            owners[file.relative] = file
        elif file.sha256 in owners:
            copies.append((file, owners[file.sha256].relative))
        else:
            owners[file.sha256] = file
    wanted = {file.relative: file for file in owners.values()}
    here = {file.relative for file in landed}
    retire, keep, gone = [], set(), []
    for old in active:
        new = wanted.get(old.path)
        if new is not None and new.sha256 == old.sha256 and not rebuild:
            keep.add(old.path)
        elif old.path in here or old.path in unfitting or old.sha256 in owners or (full and landed):
            retire.append(old)
        else:
            gone.append(old)
    coming = tuple(file for path, file in wanted.items() if path not in keep)
    return Plan(coming, tuple(retire), tuple(copies), tuple(gone))


def declaration_hash(table: RawTable) -> str:
    """A hash of everything in a declaration that decides what the raw table looks like."""
    said = {
        "columns": [
            # a lookup's values count too: a KPI that gets its catalogue row comes back out of the rejects
            (c.name, c.data_type, c.format, table.is_required(c), *([c.known_values] if c.lookup else []))
            for c in table.columns
            if c.load
        ],
        "key": table.key,
        "load": table.load,
        "read": (table.delimiter, table.encoding, table.decimal_separator),
        # only what differs from the default, so that a table declared before there was a choice stays as it is
        **{
            key: value
            for key, default in (("format", "csv"), ("sheet", None), ("deleted_flag", None))
            if (value := getattr(table, key)) != default
        },
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def content_hash(files: Iterable[LedgerFile], declaration: str) -> str:
    """A hash of what a raw table holds: of its files, in the order of their names, and of how they are read.

    The names themselves do not count, but their order does: it decides between rows with the same key.
    """
    contents = [file.sha256 for file in sorted(files, key=lambda file: file.path)]
    return hashlib.sha256("\n".join([*contents, declaration]).encode()).hexdigest()
