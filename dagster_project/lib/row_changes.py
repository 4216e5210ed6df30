"""What became of a raw table's rows since an edition: added, corrected, removed, by the declared key.

Belongs here: SQL over two states of one raw table. Where the earlier state lies is ``before.py``'s, what follows for
the figures ``why.py``'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date

import duckdb

from dagster_project.lib.sources import RawTable
from dagster_project.lib.sql import identifier, literal

# where a row lies in its file, which a delivery anew changes without changing what it says
_PLACE = ("_file_id", "_line")


@dataclass(frozen=True)
class RowChanges:
    """How many rows came, went and changed between two states of a table."""

    added_late: int = 0
    """Of a day that the edition already knew about."""
    added_new: int = 0
    """Of a later day."""
    added_undated: int = 0
    """Nobody can tell: the table declares no date column, or the row has none."""
    corrected: int = 0
    removed: int = 0

    @property
    def are_any(self) -> bool:
        """Whether the two states differ at all."""
        return any(astuple(self))

    @property
    def has_corrections(self) -> bool:
        """Whether rows that were there are gone or say something else."""
        return bool(self.corrected or self.removed)

    @property
    def may_be_late(self) -> bool:
        """Whether a row came that the edition should have had; in doubt yes."""
        return bool(self.added_late or self.added_undated)


def reshaped(connection: duckdb.DuckDBPyConnection, earlier: str, now: str) -> str:
    """SQL for the earlier rows in the columns and types that the table has now.

    They differ where the declaration was changed in between: a new column is NULL in the earlier rows.
    """
    had = {name for name, _ in _columns(connection, earlier)}
    values = ", ".join(
        f"{f'try_cast({identifier(name)} as {kind})' if name in had else f'cast(null as {kind})'} as {identifier(name)}"
        for name, kind in _columns(connection, now)
    )
    return f"select {values} from {earlier}"


def emptied(now: str) -> str:
    """SQL for a table that was not there, in the columns that it has now."""
    return f"select * from {now} limit 0"


def known_before(earlier: str, now: str, key: Sequence[str]) -> str:
    """SQL for the rows as they are now whose key was there before: corrections and removals, nothing added."""
    return f"select * from {now} as present where exists (select 1 from {earlier} as past where {_same(key)})"


def count_changes(
    connection: duckdb.DuckDBPyConnection, table: RawTable, earlier: str, now: str, as_of: date
) -> RowChanges:
    """Count the changes between two relations of the same columns; ``as_of`` is the edition's last day."""
    compared = [name for name, _ in _columns(connection, now) if name not in _PLACE]
    differs = " or ".join(
        f"present.{identifier(name)} is distinct from past.{identifier(name)}" for name in compared
    )
    day = (
        f"cast(present.{identifier(table.date_column)} as date)"
        if table.date_column
        else "cast(null as date)"
    )
    is_added = "past._is_there is null"
    is_late = f"{day} <= cast({literal(str(as_of))} as date)"
    counts = connection.execute(
        f"""
        select
            count(*) filter (where {is_added} and {is_late}),
            count(*) filter (where {is_added} and not ({is_late})),
            count(*) filter (where {is_added} and {day} is null),
            count(*) filter (where past._is_there and present._is_there and ({differs})),
            count(*) filter (where present._is_there is null)
        from (select *, true as _is_there from {now}) as present
        full join (select *, true as _is_there from {earlier}) as past on {_same(table.key)}
        """
    ).fetchone()
    return RowChanges(*counts)


def _same(key: Sequence[str]) -> str:
    return " and ".join(
        f"present.{identifier(name)} is not distinct from past.{identifier(name)}" for name in key
    )


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in connection.execute(f"describe select * from {relation}").fetchall()]
