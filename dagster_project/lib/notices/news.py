"""What is new in an edition: KPIs that turned, are held or released, went stale, or whose latest period is a signal.

Belongs here: reading two editions and comparing them. Every figure is a published one; what is withheld has none, and
results of single people are not asked for. Does not belong here: how it is told (words.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib.catalogue import SINGLE_PEOPLE
from dagster_project.lib.databases import has_table
from dagster_project.lib.kept_editions import SCHEMA

# single days and weeks turn too often to be worth a message; the finest comes first
GRAINS = ("month", "quarter", "year")
# the steady statuses that say good or bad; the others say that nothing can be said
RANKS = {"on_track": 0, "at_risk": 1, "off_track": 2}
RUNS = ("run_above", "run_below")


@dataclass(frozen=True)
class Choice:
    """What the readers of the notices want to hear of."""

    level: str = "strategic"
    """`strategic` (with all that is on the balanced scorecard) or `all`."""
    scopes: tuple[str, ...] = ("company",)
    """A type of scope, or one scope as `region:Skåne`."""


Series = tuple[str, str, str, str]  # KPI, grain, type of scope, scope


@dataclass(frozen=True)
class Kpi:
    """What a KPI is called, how its figures are written, and how much it counts."""

    titles: Mapping[str, str]
    display_format: str
    level: str
    weight: Decimal


@dataclass(frozen=True)
class Latest:
    """A series at its latest settled period."""

    scope_type: str
    scope_name: str
    period: str
    status: str
    quality: str
    actual: Decimal | None
    target: Decimal | None
    lower: Decimal | None
    upper: Decimal | None
    held_check: str | None
    held_since: date | None
    data_as_of: date | None


@dataclass(frozen=True)
class Signal:
    """The latest settled period of a series, where it is news and no noise."""

    period: str
    rule: str
    centre: Decimal | None
    lower: Decimal | None
    upper: Decimal | None
    run_length: int | None
    is_favourable: bool | None


@dataclass(frozen=True)
class Steady:
    """The last steady status of a series that says good or bad."""

    status: str
    since: str
    is_current: bool


@dataclass(frozen=True)
class State:
    """An edition, as far as a notice tells of it."""

    edition_id: str
    as_of: date
    company: str
    company_name: str
    currency: str
    kpis: Mapping[str, Kpi]
    labels: Mapping[str, Mapping[str, str]]
    latest: Mapping[Series, Latest]
    steady: Mapping[Series, Steady]
    signals: Mapping[Series, Signal] | None
    """None where the edition is of a version that knew no signals."""


@dataclass(frozen=True)
class Turn:
    """A KPI whose steady status got worse or better."""

    kpi: Kpi
    figures: Latest
    before: str | None
    now: Steady
    grains: tuple[str, ...]
    """The longer periods by which it has turned the same way."""
    signal: Signal | None = None


@dataclass(frozen=True)
class Sign:
    """A KPI whose latest settled period is a signal."""

    kpi: Kpi
    figures: Latest
    signal: Signal
    grains: tuple[str, ...]


@dataclass(frozen=True)
class Together:
    """KPIs to which the same has happened for the same reason."""

    kpis: tuple[Kpi, ...]
    reason: str | None = None
    since: date | None = None


@dataclass(frozen=True)
class News:
    """What is new; without any of the lists there is nothing to tell."""

    now: State
    then: State
    worse: list[Turn] = field(default_factory=list)
    better: list[Turn] = field(default_factory=list)
    signals: list[Sign] = field(default_factory=list)
    held: list[Together] = field(default_factory=list)
    released: list[Together] = field(default_factory=list)
    stale: list[Together] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not any((self.worse, self.better, self.signals, self.held, self.released, self.stale))


def read_state(edition: Path, choice: Choice) -> State:
    """What an edition file holds of the chosen scopes."""
    with duckdb.connect(str(edition), read_only=True) as connection:
        head = connection.execute(
            f"select edition_id, as_of_date, company, company_name, reporting_currency from {SCHEMA}.publication"
        ).fetchone()
        return State(
            *head,
            kpis=_kpis(connection),
            labels={
                status: {"en": english, "sv": swedish}
                for status, english, swedish in connection.execute(
                    f"select status, label_en, label_sv from {SCHEMA}.statuses"
                ).fetchall()
            },
            latest=_by_series(connection, _LATEST, choice, Latest),
            steady=_by_series(connection, _STEADY, choice, Steady),
            signals=(
                _by_series(connection, _SIGNALS, choice, Signal)
                if has_table(connection, SCHEMA, "kpi_signals")
                else None
            ),
        )


_CHOSEN = """
list_contains($grains, {row}.period_grain)
and not list_contains($people, {row}.scope_type)
and (list_contains($scopes, {row}.scope_type) or list_contains($scopes, {row}.scope_type || ':' || {row}.scope_id))
"""
_SERIES = "{row}.kpi_id, {row}.period_grain, {row}.scope_type, {row}.scope_id"
_LATEST = f"""
select
    {_SERIES.format(row="latest")},
    latest.scope_type, latest.scope_name, periods.period_name, latest.status, latest.quality_status,
    latest.actual_value, latest.target_value, latest.target_lower, latest.target_upper,
    latest.held_check, latest.held_since, latest.data_as_of
from {SCHEMA}.kpi_latest as latest
inner join {SCHEMA}.periods as periods
    on latest.period_grain = periods.period_grain and latest.period_start_date = periods.period_start_date
where {_CHOSEN.format(row="latest")}
"""
# what can not be judged forgets nothing: before a gap counts what was last said
_STEADY = f"""
select {_SERIES.format(row="events")}, events.to_status, periods.period_name, events.is_current
from {SCHEMA}.kpi_status_events as events
inner join {SCHEMA}.periods as periods
    on events.period_grain = periods.period_grain and events.period_start_date = periods.period_start_date
where events.to_status in ('on_track', 'at_risk', 'off_track') and {_CHOSEN.format(row="events")}
qualify row_number() over (
    partition by {_SERIES.format(row="events")} order by events.period_start_date desc
) = 1
"""
_SIGNALS = f"""
select
    {_SERIES.format(row="signals")},
    periods.period_name, signals.signal_rule, signals.centre_line, signals.lower_limit, signals.upper_limit,
    signals.run_length, signals.is_favourable
from {SCHEMA}.kpi_signals as signals
inner join {SCHEMA}.kpi_latest as latest
    on signals.kpi_id = latest.kpi_id
    and signals.period_grain = latest.period_grain
    and signals.period_start_date = latest.period_start_date
    and signals.scope_type = latest.scope_type
    and signals.scope_id = latest.scope_id
inner join {SCHEMA}.periods as periods
    on signals.period_grain = periods.period_grain and signals.period_start_date = periods.period_start_date
where signals.is_signal and latest.status <> 'held' and {_CHOSEN.format(row="signals")}
"""


def _by_series(
    connection: duckdb.DuckDBPyConnection, query: str, choice: Choice, kind: Callable[..., Any]
) -> dict[Series, Any]:
    rows = connection.execute(
        query, {"grains": list(GRAINS), "people": list(SINGLE_PEOPLE), "scopes": list(choice.scopes)}
    ).fetchall()
    return {tuple(row[:4]): kind(*row[4:]) for row in rows}


def _kpis(connection: duckdb.DuckDBPyConnection) -> dict[str, Kpi]:
    rows = connection.execute(
        f"""
        with weights as (
            select kpi_id, weight
            from {SCHEMA}.balanced_scorecard_kpis
            where scope_type = 'company'
            qualify row_number() over (partition by kpi_id order by period_start_date desc, weight desc) = 1
        )

        select catalogue.kpi_id, title_en, title_sv, display_format, level, coalesce(weights.weight, 0)
        from {SCHEMA}.kpi_catalogue as catalogue
        left join weights on catalogue.kpi_id = weights.kpi_id
        """
    ).fetchall()
    return {
        kpi_id: Kpi({"en": english, "sv": swedish}, display_format, level, weight)
        for kpi_id, english, swedish, display_format, level, weight in rows
    }


def compared(now: State, then: State, choice: Choice) -> News:
    """What is in `now` and was not in `then`, each list with what counts most first."""
    watched = {
        kpi_id
        for kpi_id, kpi in now.kpis.items()
        if choice.level == "all" or kpi.level == "strategic" or kpi.weight > 0
    }
    turns = {
        series: (then.steady.get(series), steady)
        for series, steady in now.steady.items()
        if series[0] in watched and series in now.latest and steady.is_current
    }
    worse = [series for series, (before, after) in turns.items() if _rank(after) > _rank(before)]
    better = [series for series, (before, after) in turns.items() if _rank(after) < _rank(before)]
    told = {_part(series) for series in (*worse, *better)}
    signs = [
        series
        for series in _new_signals(now, then)
        if series[0] in watched and series in now.latest and _part(series) not in told
    ]
    held, held_then = _marked(now, "held"), _marked(then, "held")
    stale, stale_then = _marked(now, "stale"), _marked(then, "stale")
    return News(
        now,
        then,
        worse=_turned(now, then, worse, lambda turn: -_rank(turn.now)),
        better=_turned(now, then, better, lambda turn: _rank(turn.now)),
        signals=_sorted(
            [
                Sign(now.kpis[first[0]], now.latest[first], now.signals[first], tuple(s[1] for s in more))
                for first, *more in _by_part(signs)
            ]
        ),
        held=_together(now, {kpi: held[kpi] for kpi in (held.keys() - held_then.keys()) & watched}),
        released=_together(now, dict.fromkeys((held_then.keys() - held.keys()) & watched, (None, None))),
        stale=_together(now, {kpi: stale[kpi] for kpi in (stale.keys() - stale_then.keys()) & watched}),
    )


def _rank(steady: Steady | None) -> int:
    """How bad it is. What was never judged was not bad: that it is red from the start is news, that it is green not."""
    return RANKS[steady.status] if steady else 0


def _new_signals(now: State, then: State) -> Iterator[Series]:
    """Signals that the readers of `then` do not know; a run that goes on is one signal."""
    if then.signals is None:
        # the first edition that knows signals: they would all be told at once, and are old
        return
    for series, signal in (now.signals or {}).items():
        before = then.signals.get(series)
        goes_on = before is not None and before.rule == signal.rule
        if not (goes_on and (signal.rule in RUNS or before.period == signal.period)):
            yield series


def _marked(state: State, quality: str) -> dict[str, tuple[str | None, date | None]]:
    """KPIs with a mark on their data, with what failed and since when, or how old the data is."""
    found: dict[str, tuple[str | None, date | None]] = {}
    for series, latest in sorted(state.latest.items()):
        if latest.quality == quality:
            reason = (
                (latest.held_check, latest.held_since) if quality == "held" else (None, latest.data_as_of)
            )
            found.setdefault(series[0], reason)
    return found


def _part(series: Series) -> tuple[str, str, str]:
    """The KPI and the scope: what turns by month and by quarter is told once."""
    return series[0], series[2], series[3]


def _by_part(found: Iterable[Series]) -> list[list[Series]]:
    parts: dict[tuple[str, str, str], list[Series]] = {}
    for series in sorted(found, key=lambda one: GRAINS.index(one[1])):
        parts.setdefault(_part(series), []).append(series)
    return list(parts.values())


def _turned(now: State, then: State, found: Iterable[Series], worst: Callable[[Turn], int]) -> list[Turn]:
    turns = [
        Turn(
            now.kpis[first[0]],
            now.latest[first],
            then.steady[first].status if first in then.steady else None,
            now.steady[first],
            tuple(series[1] for series in more),
            (now.signals or {}).get(first),
        )
        for first, *more in _by_part(found)
    ]
    return sorted(_sorted(turns), key=worst)


def _sorted(found: list[Any]) -> list[Any]:
    """By weight, strategic ones first, then by name: the same editions give the same text."""
    return sorted(
        found,
        key=lambda one: (
            -one.kpi.weight,
            one.kpi.level != "strategic",
            one.kpi.titles["en"],
            one.figures.scope_name,
        ),
    )


def _together(now: State, found: Mapping[str, tuple[str | None, date | None]]) -> list[Together]:
    groups: dict[tuple[str | None, date | None], list[Kpi]] = {}
    for kpi_id, reason in found.items():
        groups.setdefault(reason, []).append(now.kpis[kpi_id])
    lists = [
        Together(
            tuple(sorted(kpis, key=lambda kpi: (-kpi.weight, kpi.level != "strategic", kpi.titles["en"]))),
            *reason,
        )
        for reason, kpis in groups.items()
    ]
    return sorted(lists, key=lambda one: (-len(one.kpis), one.reason or "", str(one.since)))
