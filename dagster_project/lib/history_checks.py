"""Expectations that look beyond a table's own rows: its earlier sizes, and the day of the run.

Belongs here: the types of expectation that Great Expectations does not have, their arguments, and the memory of
good row counts (`audit.row_counts`). Does not belong here: severities, verdicts and messages (gate.py).

Two types, written into a suite's list like any other expectation:

- `row_count_fits_history`: `max_drop_ratio` and/or `max_growth_ratio`, the share of rows that may go or come
  against the median of the last `compared_with` good contents; `accepted_row_count` is the size that a person
  has confirmed: it passes, and history begins anew with it.
- `newest_date_is_recent`: the newest date of `column` up to the run's as-of day is at most `max_age_days` old.

They are judged anew every time, since history and as-of day move without any row moving.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from statistics import median
from typing import Any

import duckdb

from dagster_project.lib.sql import identifier

ROW_COUNT = "row_count_fits_history"
NEWEST_DATE = "newest_date_is_recent"
DEFAULT_COMPARED_WITH = 5
_DO = {
    ROW_COUNT: (
        "Look whether the extract is whole; if not, land it again. If the table is right as it is, confirm it: "
        "write its row count as `accepted_row_count` into this expectation."
    ),
    NEWEST_DATE: (
        "Ask whoever delivers the extract for the missing days and land them; the figures end where the data do. "
        "If nothing happens that often here, raise `max_age_days`."
    ),
}


@dataclass(frozen=True)
class RawState:
    """The raw table that is judged, as the ingest left it."""

    source_system: str
    table_name: str
    relation: str
    columns: tuple[str, ...]
    content_hash: str
    row_count: int


@dataclass(frozen=True)
class Finding:
    """What one expectation found; with an `error` it could not be judged."""

    success: bool
    observed: str | None = None
    error: str | None = None


def is_history_check(entry: Mapping[str, Any]) -> bool:
    """Whether a suite's entry is judged here and not by the library."""
    return isinstance(entry.get("type"), str) and entry["type"] in _JUDGES


def is_history_result(expectation: str) -> bool:
    """Whether a recorded result, known by its expectation's name, was found here."""
    return expectation.partition("(")[0] in _JUDGES


def what_to_do(entry: Mapping[str, Any]) -> str:
    """What a person does about a failure, where the suite says nothing of its own."""
    return _DO[entry["type"]]


def examine_history(
    connection: duckdb.DuckDBPyConnection, entry: Mapping[str, Any], state: RawState, as_of: date | None
) -> Finding:
    """Judge one entry of a suite; whatever raises is a finding with an error."""
    try:
        arguments = dict(entry.get("kwargs") or {})
        return _JUDGES[entry["type"]](connection, arguments, state, as_of)
    except Exception as error:
        text = str(error) if isinstance(error, _CannotJudge) else f"{type(error).__name__}: {error}"
        return Finding(False, error=" ".join(text.split())[:400])


def remember_row_count(connection: duckdb.DuckDBPyConnection, state: RawState, run_id: str) -> None:
    """Take the table's content into the history of good ones, once; the caller's transaction decides.

    Only for a content that passed: a load that was held must never become what the next one is compared with.
    """
    connection.execute(
        """
        insert into audit.row_counts
            (source_system, table_name, content_hash, row_count, newest_date, loaded_at, run_id)
        select source_system, table_name, content_hash, row_count, data_as_of, coalesce(loaded_at, ?), ?
        from audit.raw_tables
        where
            source_system = ? and table_name = ? and content_hash = ?
            and not exists (
                select 1 from audit.row_counts as known
                where
                    known.source_system = raw_tables.source_system
                    and known.table_name = raw_tables.table_name
                    and known.content_hash = raw_tables.content_hash
            )
        """,
        [
            datetime.now(UTC).replace(tzinfo=None),
            run_id,
            state.source_system,
            state.table_name,
            state.content_hash,
        ],
    )


class _CannotJudge(Exception):
    """The text says what is missing or wrong."""


def _row_count_fits_history(
    connection: duckdb.DuckDBPyConnection, arguments: dict[str, Any], state: RawState, _: date | None
) -> Finding:
    _only(arguments, "max_drop_ratio", "max_growth_ratio", "compared_with", "accepted_row_count")
    drop = _number(arguments, "max_drop_ratio", whole=False)
    growth = _number(arguments, "max_growth_ratio", whole=False)
    accepted = _number(arguments, "accepted_row_count", whole=True)
    compared_with = _number(arguments, "compared_with", whole=True) or DEFAULT_COMPARED_WITH
    if drop is None and growth is None:
        raise _CannotJudge(
            f"{ROW_COUNT} has neither `max_drop_ratio` nor `max_growth_ratio`, so it expects nothing"
        )
    rows = f"{state.row_count:,} rows"
    if accepted is not None and state.row_count == accepted:
        return Finding(True, f"{rows}, as a person has accepted")
    good = _good_counts(connection, state, accepted)[-int(compared_with) :]
    if not good:
        return Finding(True, f"{rows}, no history yet")
    base = median(good)
    loads = "the last good load" if len(good) == 1 else f"the median of the last {len(good)} good loads"
    observed = f"{rows}; {loads} is {base:,.0f}"
    if base:
        observed += f", a change of {100 * (state.row_count - base) / base:+.1f} %"
    is_short = drop is not None and state.row_count < base * (1 - drop)
    is_long = growth is not None and base > 0 and state.row_count > base * (1 + growth)
    return Finding(not (is_short or is_long), observed)


def _good_counts(connection: duckdb.DuckDBPyConnection, state: RawState, accepted: float | None) -> list[int]:
    """Row counts of the good contents before this one, the oldest first; since the accepted one, if there is one."""
    try:
        known = connection.execute(
            """
            select content_hash, row_count, loaded_at from audit.row_counts
            where source_system = ? and table_name = ?
            order by loaded_at
            """,
            [state.source_system, state.table_name],
        ).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise _CannotJudge(
            "audit.row_counts, the memory of earlier row counts, is gone or has other columns; drop it and "
            "ingest again to begin a new one, or restore the warehouse"
        ) from error
    unreadable = [row for row in known if None in row or row[1] < 0]
    if unreadable:
        raise _CannotJudge(
            f"audit.row_counts holds {len(unreadable):,} rows of {state.source_system}.{state.table_name} that "
            "nobody can read (no hash, no time, or no count); something else wrote them: delete them"
        )
    # A content that was good before is judged by what came before it: the same content, the same verdict.
    contents = [content for content, *_ in known]
    counts = [count for _, count, _ in known]
    if state.content_hash in contents:
        counts = counts[: contents.index(state.content_hash)]
    if accepted in counts:
        # the newest of that size, since the table may have passed it on its way up
        counts = counts[len(counts) - 1 - counts[::-1].index(accepted) :]
    return counts


def _newest_date_is_recent(
    connection: duckdb.DuckDBPyConnection, arguments: dict[str, Any], state: RawState, as_of: date | None
) -> Finding:
    _only(arguments, "column", "max_age_days")
    column, days = arguments.get("column"), _number(arguments, "max_age_days", whole=True)
    if column is None or days is None:
        raise _CannotJudge(f"{NEWEST_DATE} needs `column` and `max_age_days`")
    if column not in state.columns:
        raise _CannotJudge(f"{state.relation} has no column {column}; it has {', '.join(state.columns)}")
    if as_of is None:
        raise _CannotJudge("the run's as-of day is not known, so no date can be called old or recent")
    # Dates to come prove nothing: a plan reaches into next year, and a typing error into the next century.
    newest, rows = connection.execute(
        f"""
        select max(day) filter (where day <= $as_of), count(*)
        from (select cast({identifier(column)} as date) as day from {state.relation}) as days
        """,
        {"as_of": as_of},
    ).fetchone()
    if newest is None:
        return Finding(False, f"no {column} up to {as_of} in {rows:,} rows")
    age = (as_of - newest).days
    observed = f"newest {column} is {newest}, {age} days before {as_of}; {days:.0f} are allowed"
    return Finding(age <= days, observed)


def _only(arguments: Mapping[str, Any], *known: str) -> None:
    if unknown := sorted(set(arguments) - set(known)):
        raise _CannotJudge(f"unknown argument {', '.join(unknown)}; known are {', '.join(known)}")


def _number(arguments: Mapping[str, Any], name: str, *, whole: bool) -> float | None:
    value = arguments.get(name)
    if value is None:
        return None
    kinds = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not 0 <= value < float("inf"):
        raise _CannotJudge(f"`{name}` is {value!r}; use a {'whole ' if whole else ''}number from 0")
    return value


_JUDGES: dict[str, Callable[..., Finding]] = {
    ROW_COUNT: _row_count_fits_history,
    NEWEST_DATE: _newest_date_is_recent,
}
