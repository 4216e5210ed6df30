"""What a workbook of the scorecard shows, read from a published file.

Belongs here: which period and scope are meant, and the rows of both. Every figure comes from the published tables.
Does not belong here: how it looks (the other modules).
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from dagster_project.lib.databases import has_table

GRAINS = ("day", "week", "month", "quarter", "year")
_LISTED = 8


class UnknownChoice(ValueError):
    """There is no such period or scope in the edition; the message lists what there is."""


@dataclass(frozen=True)
class Edition:
    """The edition that is shown."""

    edition_id: str
    company: str
    currency: str
    as_of: date
    published_at: datetime


@dataclass(frozen=True)
class Period:
    """The period that is shown."""

    grain: str
    start: date
    end: date
    name: str
    is_open: bool


@dataclass(frozen=True)
class Scope:
    """The part of the company that is shown."""

    type: str
    id: str
    name: str


@dataclass(frozen=True)
class KpiRow:
    """One KPI at the period; one that has no such periods stands at its latest before the period's end."""

    title: str
    perspective: str
    level: str
    unit: str
    display_format: str
    owner_role: str
    goal: str
    period_name: str
    is_open: bool
    actual: Decimal | None
    no_value_reason: str | None
    target: Decimal | None
    target_lower: Decimal | None
    target_upper: Decimal | None
    variance: Decimal | None
    variance_ratio: Decimal | None
    no_comparison_reason: str | None
    status: str
    previous: Decimal | None
    last_year: Decimal | None
    benchmark: Decimal | None
    quality: str


@dataclass(frozen=True)
class Status:
    """A status in the language of the workbook."""

    status: str
    label: str
    meaning: str


@dataclass(frozen=True)
class Score:
    """The balanced score of a perspective, or of `all`."""

    score: Decimal | None
    coverage: Decimal | None
    # of the KPIs that are on the balanced scorecard, those that the score is made of
    scored_kpis: int
    kpis: int


@dataclass(frozen=True)
class Objective:
    """An objective that runs in the period."""

    title: str
    scope_name: str
    owner_role: str
    start: date
    end: date
    score: Decimal | None
    expected: Decimal | None
    coverage: Decimal | None
    status: str


@dataclass(frozen=True)
class Scorecard:
    """All that a workbook shows."""

    edition: Edition
    period: Period
    scope: Scope
    rows: Sequence[KpiRow]
    statuses: Sequence[Status]
    scores: dict[str, Score]
    objectives: Sequence[Objective]
    goals: dict[str, str]
    notes: list[str]

    @property
    def labels(self) -> dict[str, str]:
        """Each status in words."""
        return {status.status: status.label for status in self.statuses}


ROWS = """
with chosen as (
    select
        scorecard.*,
        row_number() over (partition by scorecard.kpi_id order by scorecard.period_start_date desc) as choice
    from scorecard.kpi_scorecard as scorecard
    inner join scorecard.kpi_catalogue as catalogue on scorecard.kpi_id = catalogue.kpi_id
    where
        scorecard.scope_type = $scope_type
        and scorecard.scope_id = $scope_id
        and (
            (scorecard.period_grain = $grain and scorecard.period_start_date = $start)
            or (
                ',' || catalogue.grains || ',' not like '%,' || $grain || ',%'
                and scorecard.period_grain = split_part(catalogue.grains, ',', 1)
                and scorecard.period_end_date <= $end
            )
        )
)

select
    catalogue.title_{language},
    catalogue.perspective,
    catalogue.level,
    catalogue.unit,
    catalogue.display_format,
    catalogue.owner_role,
    catalogue.goal,
    periods.period_name,
    chosen.period_status = 'open',
    chosen.actual_value,
    chosen.no_value_reason,
    chosen.target_value,
    chosen.target_lower,
    chosen.target_upper,
    chosen.variance,
    chosen.variance_ratio,
    chosen.no_comparison_reason,
    chosen.status,
    chosen.previous_value,
    chosen.last_year_value,
    chosen.benchmark_value,
    chosen.quality_status
from chosen
inner join scorecard.kpi_catalogue as catalogue on chosen.kpi_id = catalogue.kpi_id
inner join scorecard.periods as periods
    on chosen.period_grain = periods.period_grain and chosen.period_start_date = periods.period_start_date
where chosen.choice = 1
"""
# Whose results a person is measured by is theirs: of a company only the objectives of its departments and teams.
OBJECTIVES = """
select
    objectives.title_{language},
    coalesce(scopes.scope_name, objectives.scope_id),
    objectives.owner_role,
    objectives.period_start_date,
    objectives.period_end_date,
    objectives.score,
    objectives.expected_progress,
    objectives.coverage,
    objectives.status
from scorecard.objectives as objectives
left join scorecard.scopes as scopes
    on objectives.scope_type = scopes.scope_type and objectives.scope_id = scopes.scope_id
where
    (
        (objectives.scope_type = $scope_type and objectives.scope_id = $scope_id)
        or ($scope_type = 'company' and objectives.scope_type in ('department', 'team'))
    )
    and objectives.period_start_date <= $end
    and objectives.period_end_date >= $start
order by
    case objectives.scope_type when $scope_type then 1 when 'department' then 2 else 3 end,
    objectives.scope_id,
    objectives.objective_id
"""


def read_scorecard(
    connection: duckdb.DuckDBPyConnection,
    period: str | None = None,
    grain: str | None = None,
    scope: str = "company",
    language: str = "en",
) -> Scorecard:
    """The scorecard of a period (``find_period``) and a scope (``find_scope``).

    Raises:
        UnknownChoice: the edition holds no such period or scope.
    """
    if language not in ("en", "sv"):
        raise ValueError(f"language is {language!r}; use en or sv")
    shown_period = find_period(connection, period, grain)
    shown_scope = find_scope(connection, scope)
    place: dict[str, Any] = {
        "scope_type": shown_scope.type,
        "scope_id": shown_scope.id,
        "start": shown_period.start,
        "end": shown_period.end,
    }
    rows = connection.execute(
        ROWS.replace("{language}", language), {**place, "grain": shown_period.grain}
    ).fetchall()
    edition = connection.execute(
        "select edition_id, company_name, reporting_currency, as_of_date, published_at from scorecard.publication"
    ).fetchone()
    statuses = connection.execute(
        f"select status, label_{language}, meaning_{language} from scorecard.statuses order by status_order"
    ).fetchall()
    notes = connection.execute(
        f"select distinct data_note_{language} from scorecard.kpi_catalogue where data_note_{language} <> ''"
    ).fetchall()
    return Scorecard(
        edition=Edition(*edition),
        period=shown_period,
        scope=shown_scope,
        rows=sorted((KpiRow(*row) for row in rows), key=_order),
        statuses=[Status(*row) for row in statuses],
        scores=_scores(connection, shown_period, shown_scope),
        objectives=_objectives(connection, language, place),
        goals=_goals(connection, language),
        notes=sorted({sentence for (note,) in notes for sentence in note.split("\n")}),
    )


def find_period(
    connection: duckdb.DuckDBPyConnection, text: str | None = None, grain: str | None = None
) -> Period:
    """The period by its name, or by its first day where the grain is given; else the latest settled one.

    Raises:
        UnknownChoice: there is none; the nearest ones are listed.
    """
    rows = connection.execute(
        "select period_grain, period_start_date, period_end_date, period_name, period_status = 'open'"
        " from scorecard.periods where period_grain = coalesce($grain, period_grain) order by period_start_date desc",
        {"grain": grain},
    ).fetchall()
    periods = [Period(*row) for row in rows]
    if text is None:
        settled = [period for period in periods if not period.is_open]
        if not settled:
            raise UnknownChoice(f"The edition holds no settled period of the grain {grain or 'asked for'}.")
        return settled[0]
    wanted = " ".join(text.split()).casefold()
    for one in periods:
        if wanted == one.name.casefold() or (grain and wanted == one.start.isoformat()):
            return one
    names = [period.name for period in periods]
    near = difflib.get_close_matches(text.upper(), names, n=_LISTED, cutoff=0.5)
    latest = [next((p.name for p in periods if p.grain == each), None) for each in GRAINS]
    raise UnknownChoice(
        f'There is no period "{text}"'
        + (f" of the grain {grain}" if grain else "")
        + f" in the edition. Nearest: {', '.join(near or names[:_LISTED])}."
        + f" The latest of each grain: {', '.join(name for name in latest if name)}."
    )


def find_scope(connection: duckdb.DuckDBPyConnection, text: str) -> Scope:
    """The scope written as `company` or `region:Skåne`, by id or name.

    Raises:
        UnknownChoice: there is none; those of the type are listed, or the types.
    """
    kind, _, name = unicodedata.normalize("NFC", text).partition(":")
    kind, wanted = kind.strip().casefold(), name.strip().casefold()
    scopes = [
        Scope(*row)
        for row in connection.execute(
            "select scope_type, scope_id, scope_name from scorecard.scopes order by scope_type, scope_id"
        ).fetchall()
    ]
    members = [scope for scope in scopes if scope.type == kind]
    if not members:
        raise UnknownChoice(
            f'There is no scope "{text}" in the edition. Use company, or a type and a name such as region:Skåne; '
            f"the types are {', '.join(sorted({scope.type for scope in scopes}))}."
        )
    if kind == "company" and not wanted:
        return members[0]
    for spelled in (lambda scope: scope.id, lambda scope: scope.name):
        if wanted and (found := [scope for scope in members if spelled(scope).casefold() == wanted]):
            return found[0]
    names = {scope.name.casefold(): scope.name for scope in members}
    near = [names[match] for match in difflib.get_close_matches(wanted, list(names), n=_LISTED, cutoff=0.5)]
    listed = near or [scope.name for scope in members[:_LISTED]]
    more = "" if near or len(members) <= _LISTED else f" and {len(members) - _LISTED} more"
    raise UnknownChoice(
        f'There is no scope "{text}" in the edition. Of the type {kind}: {", ".join(listed)}{more}.'
    )


def _order(row: KpiRow) -> tuple[bool, str]:
    """Strategic KPIs first, then by title; å, ä and ö end the Swedish alphabet."""
    return row.level != "strategic", row.title.casefold().translate(str.maketrans("åäö", "{|}"))


def _scores(connection: duckdb.DuckDBPyConnection, period: Period, scope: Scope) -> dict[str, Score]:
    if not has_table(connection, "scorecard", "balanced_scorecard"):
        return {}
    rows = connection.execute(
        "select perspective, score, coverage, scored_kpis_count, kpis_count from scorecard.balanced_scorecard"
        " where period_grain = ? and period_start_date = ? and scope_type = ? and scope_id = ?",
        [period.grain, period.start, scope.type, scope.id],
    ).fetchall()
    return {perspective: Score(*figures) for perspective, *figures in rows}


def _objectives(
    connection: duckdb.DuckDBPyConnection, language: str, place: dict[str, Any]
) -> list[Objective]:
    if not has_table(connection, "scorecard", "objectives"):
        return []
    rows = connection.execute(OBJECTIVES.replace("{language}", language), place).fetchall()
    return [Objective(*row) for row in rows]


def _goals(connection: duckdb.DuckDBPyConnection, language: str) -> dict[str, str]:
    if not has_table(connection, "scorecard", "strategy_map"):
        return {}
    rows = connection.execute(
        f"select distinct to_goal_id, to_title_{language} from scorecard.strategy_map"
    ).fetchall()
    return dict(rows)
