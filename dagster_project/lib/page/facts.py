"""What the page shows of an edition, as tables of short columns.

Belongs here: the queries. No figure is computed here: each is one of the edition's, rounded to more places than
are shown. Does not belong here: how much of it fits (``packing``), words that are not published (``words``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb

from dagster_project.lib.catalogue import SINGLE_PEOPLE
from dagster_project.lib.page.edition import default_period
from dagster_project.lib.page.packing import Columns, Part, columns
from dagster_project.lib.sql import literal
from dagster_project.lib.workbook.words import ROLES_SV, role

# The columns that stand in the page by short names, so that a row costs few bytes.
_FIGURES = {
    "a": "actual_value",
    "t": "target_value",
    "lo": "target_lower",
    "hi": "target_upper",
    "v": "variance",
    "fv": "favourable_variance",
    "pt": "period_target_value",
    "ly": "last_year_value",
    "lyf": "last_year_favourable_change",
    "pv": "previous_value",
    "pvf": "previous_favourable_change",
    "b": "benchmark_value",
    "bf": "benchmark_favourable_change",
}
_COMPANY_FIGURES = {"nu": "numerator", "de": "denominator"}
_FACTS = """
select
    page_kpis.k, page_scopes.s, page_periods.p,
    {figures},
    round(facts.score::double, 2) as sc,
    facts.status as st, facts.no_value_reason as nr, facts.no_comparison_reason as nc, facts.comparison_basis as cb,
    facts.target_origin as o, facts.target_id as ti, facts.scope_rank as r,
    facts.quality_status as q, facts.checks_evaluated as ce, facts.checks_failed as cf,
    facts.data_as_of::varchar as da, facts.input_row_count as n, facts.definition_hash as h,
    facts.held_since::varchar as hs, facts.held_check as hc,
    facts.value_edition_id as ve, facts.value_as_of_date::varchar as va
from kpi_scorecard as facts
inner join page_kpis on facts.kpi_id = page_kpis.kpi_id
inner join page_scopes on facts.scope_type = page_scopes.scope_type and facts.scope_id = page_scopes.scope_id
inner join page_periods
    on facts.period_grain = page_periods.period_grain and facts.period_start_date = page_periods.period_start_date
where {where}
order by 1, 2, 3
"""
_SIGNALS = """
select
    page_kpis.k, page_scopes.s, page_periods.p,
    {limits},
    signals.signal_rule as rule, signals.is_favourable::integer as fav,
    signals.no_limits_reason as why,
    signals.baseline_from_date::varchar as bf, signals.baseline_to_date::varchar as bt,
    signals.baseline_points_count as bn
from kpi_signals as signals
inner join page_kpis on signals.kpi_id = page_kpis.kpi_id
inner join page_scopes on signals.scope_type = page_scopes.scope_type and signals.scope_id = page_scopes.scope_id
inner join page_periods
    on signals.period_grain = page_periods.period_grain and signals.period_start_date = page_periods.period_start_date
where {where}
order by 1, 2, 3
"""
_LIMITS = {"c": "centre_line", "l": "lower_limit", "u": "upper_limit"}
_DRIVERS = """
select
    page_kpis.k, page_scopes.s, page_periods.p, drivers.compared_with as cw, drivers.dimension as d,
    drivers.driver_type as dt, drivers.driver_name_en as en,
    nullif(drivers.driver_name_sv, drivers.driver_name_en) as sv, sign(drivers.favourable_contribution)::integer as f,
    {figures}
from kpi_drivers as drivers
inner join page_kpis on drivers.kpi_id = page_kpis.kpi_id
inner join page_scopes on drivers.scope_type = page_scopes.scope_type and drivers.scope_id = page_scopes.scope_id
inner join page_periods
    on drivers.period_grain = page_periods.period_grain and drivers.period_start_date = page_periods.period_start_date
where page_periods.is_chosen and {where}
order by 1, 2, 3, 4, 5, drivers.driver_order, drivers.driver_id
"""
_DRIVER_FIGURES = {
    "b": "base_value",
    "a": "actual_value",
    "x": "contribution",
    "from": "start_value",
    "to": "end_value",
}
_OUTLOOK = """
select
    page_kpis.k, page_scopes.s, page_periods.p,
    outlook.method as m, outlook.is_chosen::integer as ch, outlook.interval_level::double as lv,
    {figures},
    round(outlook.chance_of_target::double, 4) as chance, outlook.outlook_status as st,
    outlook.no_outlook_reason as why,
    outlook.backtest_count as bn, round(outlook.backtest_coverage_ratio::double, 4) as bc,
    round(outlook.backtest_error_ratio::double, 4) as be
from kpi_outlook as outlook
inner join page_kpis on outlook.kpi_id = page_kpis.kpi_id
inner join page_scopes on outlook.scope_type = page_scopes.scope_type and outlook.scope_id = page_scopes.scope_id
inner join page_periods
    on outlook.period_grain = page_periods.period_grain and outlook.period_start_date = page_periods.period_start_date
where {where}
order by 1, 2, 3, 4
"""
_OUTLOOK_FIGURES = {
    "v": "outlook_value",
    "l": "lower_value",
    "u": "upper_value",
    "t": "target_value",
    "lo": "target_lower",
    "hi": "target_upper",
}
_SCORES = """
select
    page_scopes.s, page_periods.p, scores.perspective as pe, round(scores.score::double, 2) as sc,
    round(scores.coverage::double, 4) as co, scores.status as st, scores.kpis_count as n, scores.scored_kpis_count as sn
from balanced_scorecard as scores
inner join page_scopes on scores.scope_type = page_scopes.scope_type and scores.scope_id = page_scopes.scope_id
inner join page_periods
    on scores.period_grain = page_periods.period_grain and scores.period_start_date = page_periods.period_start_date
where page_periods.is_chosen and {where}
order by 1, 2, 3
"""
_WEIGHTS = """
select page_kpis.k, page_scopes.s, page_periods.p, weights.perspective as pe, weights.weight::double as w
from balanced_scorecard_kpis as weights
inner join page_kpis on weights.kpi_id = page_kpis.kpi_id
inner join page_scopes on weights.scope_type = page_scopes.scope_type and weights.scope_id = page_scopes.scope_id
inner join page_periods
    on weights.period_grain = page_periods.period_grain and weights.period_start_date = page_periods.period_start_date
where page_periods.is_chosen and {where}
order by 1, 2, 3
"""
_EVENTS = """
select
    page_kpis.k, page_scopes.s, events.period_grain as g, events.period_start_date::varchar as since,
    events.until_date::varchar as until, events.to_status as st, events.periods_count as n
from kpi_status_events as events
inner join page_kpis on events.kpi_id = page_kpis.kpi_id
inner join page_scopes on events.scope_type = page_scopes.scope_type and events.scope_id = page_scopes.scope_id
where events.period_grain in ('month', 'quarter', 'year') and {where}
    and events.to_status in ('on_track', 'at_risk', 'off_track', 'held')
order by 1, 2, 3, 4
"""
_WEEKS = """
select
    page_kpis.k, facts.period_start_date::varchar as start, facts.period_end_date::varchar as end_date,
    facts.period_status = 'open' as is_open,
    {figures},
    {limits},
    signals.signal_rule as rule
from kpi_scorecard as facts
inner join page_kpis on facts.kpi_id = page_kpis.kpi_id
left join kpi_signals as signals
    on
        facts.kpi_id = signals.kpi_id
        and facts.period_grain = signals.period_grain
        and facts.period_start_date = signals.period_start_date
        and facts.scope_type = signals.scope_type
        and facts.scope_id = signals.scope_id
where
    facts.period_grain = 'week' and facts.scope_type = 'company'
    and facts.period_start_date > (select as_of_date from publication) - interval 104 week
order by 1, 2
"""
_COMPANY = "page_scopes.scope_type = 'company'"
# Whose results a person is measured by is theirs: the page has those of the company, its departments and teams.
_OBJECTIVES = "objectives.scope_type in ('company', 'department', 'team')"


def core(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """What every page has: the frame, and the company's own figures."""
    return {
        "edition": _edition(connection),
        "periods": _records(
            connection,
            "select period_grain as grain, period_start_date::varchar as start, period_end_date::varchar as end,"
            " is_open as open, period_name as name, is_chosen as chosen from page_periods order by p",
        ),
        "default": default_period(connection),
        "kpis": _kpis(connection),
        "scopes": _records(
            connection,
            "select scope_type as type, scope_id as id, scope_name as name from page_scopes order by s",
        ),
        "statuses": _records(connection, "select * from statuses order by status_order"),
        "goals": _records(
            connection,
            "select distinct to_goal_id as id, to_title_en as en, to_title_sv as sv from strategy_map order by 1",
        ),
        "tree": columns(
            connection,
            "select parents.k, children.k as c, tree.operation, tree.title_en as en, tree.title_sv as sv"
            " from kpi_tree as tree inner join page_kpis as parents on tree.kpi_id = parents.kpi_id"
            " left join page_kpis as children on tree.component_kpi_id = children.kpi_id"
            " where tree.root_kpi_id = tree.kpi_id order by 1, tree.component_order",
        ),
        "facts": _facts(connection, _COMPANY, _FIGURES | _COMPANY_FIGURES),
        "signals": _signals(connection, _COMPANY),
        "outlook": _outlook(connection, _COMPANY),
        "scores": columns(connection, _SCORES.format(where=_COMPANY)),
        "weights": columns(connection, _WEIGHTS.format(where=_COMPANY)),
        "events": columns(connection, _EVENTS.format(where=_COMPANY)),
        "objectives": _objectives(connection),
    }


def parts(connection: duckdb.DuckDBPyConnection) -> Iterator[Part]:
    """What the page has room for or not, the most important first.

    What moved the company; the newest figures of its parts, kinds with few of them first; then what lies further
    back, and further down.
    """
    types = connection.execute(
        "select scope_type, count(*) from page_scopes where scope_type <> 'company' group by all order by 2, 1"
    ).fetchall()
    counts = {
        name: dict(connection.execute(f"select scope_type, count(*) from {name} group by all").fetchall())
        for name in ("kpi_drivers", "kpi_signals")
    }
    yield Part(
        "drivers",
        "drivers",
        "company",
        "select * from scorecard.kpi_drivers where scope_type = 'company'",
        0,
        lambda: _drivers(connection, _COMPANY),
    )
    for scope_type, _ in types:
        yield _scope_part(connection, "facts", scope_type, "page_periods.is_newest")
    yield Part(
        "weeks",
        "weeks",
        "company",
        "select * from scorecard.kpi_scorecard where scope_type = 'company' and period_grain = 'week'",
        0,
        lambda: _weeks(connection),
    )
    for scope_type, _ in types:
        yield _scope_part(
            connection, "earlier", scope_type, "page_periods.is_chosen and not page_periods.is_newest"
        )
    for scope_type, _ in types:
        where = f"page_scopes.scope_type = {literal(scope_type)}"
        if scope_type in counts["kpi_signals"]:
            yield Part(
                f"signals:{scope_type}",
                "signals",
                scope_type,
                f"select * from scorecard.kpi_signals where scope_type = {literal(scope_type)}",
                0,
                lambda where=where: {
                    "signals": _signals(connection, f"{where} and page_periods.is_chosen"),
                    "events": columns(connection, _EVENTS.format(where=where)),
                },
            )
        if scope_type in counts["kpi_drivers"]:
            yield Part(
                f"drivers:{scope_type}",
                "drivers",
                scope_type,
                f"select * from scorecard.kpi_drivers where scope_type = {literal(scope_type)}",
                0,
                lambda where=where: _drivers(connection, where),
            )


def _scope_part(connection: duckdb.DuckDBPyConnection, kind: str, scope_type: str, periods: str) -> Part:
    where = f"page_scopes.scope_type = {literal(scope_type)} and {periods}"
    rows = connection.execute(
        "select count(actual_value) from kpi_scorecard inner join page_periods using (period_grain, period_start_date)"
        f" where scope_type = ? and {periods}",
        [scope_type],
    ).fetchone()[0]

    def read() -> Columns:
        return {
            "facts": _facts(connection, where, _FIGURES),
            "outlook": _outlook(connection, f"{where} and (outlook.is_chosen or outlook.method is null)"),
            "scores": columns(connection, _SCORES.format(where=where)),
            "weights": columns(connection, _WEIGHTS.format(where=where)),
        }

    query = f"select * from scorecard.kpi_scorecard where scope_type = {literal(scope_type)}"
    return Part(f"{kind}:{scope_type}", kind, scope_type, query, rows, read)


def _rounded(figures: dict[str, str], table: str) -> str:
    """To more places than are shown, so that rounding again changes nothing; amounts from 1000 on are shown whole."""
    return ",\n    ".join(
        f"round({table}.{column}::double,"
        f" case when page_kpis.is_amount and abs({table}.{column}) >= 1000 then 0 else page_kpis.decimals end)"
        f' as "{name}"'
        for name, column in figures.items()
    )


def _facts(connection: duckdb.DuckDBPyConnection, where: str, figures: dict[str, str]) -> Columns:
    return columns(connection, _FACTS.format(figures=_rounded(figures, "facts"), where=where))


def _signals(connection: duckdb.DuckDBPyConnection, where: str) -> Columns:
    return columns(connection, _SIGNALS.format(limits=_rounded(_LIMITS, "signals"), where=where))


def _drivers(connection: duckdb.DuckDBPyConnection, where: str) -> Columns:
    return columns(connection, _DRIVERS.format(figures=_rounded(_DRIVER_FIGURES, "drivers"), where=where))


def _outlook(connection: duckdb.DuckDBPyConnection, where: str) -> Columns:
    return columns(connection, _OUTLOOK.format(figures=_rounded(_OUTLOOK_FIGURES, "outlook"), where=where))


def _weeks(connection: duckdb.DuckDBPyConnection) -> Columns:
    figures = {name: _FIGURES[name] for name in ("a", "t", "lo", "hi")}
    return columns(
        connection, _WEEKS.format(figures=_rounded(figures, "facts"), limits=_rounded(_LIMITS, "signals"))
    )


def _records(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    result = connection.execute(query)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _edition(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    (edition,) = _records(
        connection,
        "select edition_id as id, company_name as company, reporting_currency as currency,"
        " as_of_date::varchar as as_of, published_at::varchar as published_at, quality_status as quality,"
        " checks_evaluated, checks_failed from publication",
    )
    return edition


def _kpis(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    kpis = _records(
        connection,
        "select kpi_id as id, title_en, title_sv, description_en, description_sv, department, perspective, goal, level,"
        " unit, display_format as format, direction, period_basis, grains, scopes, owner_role, formula, note,"
        " benchmark_source, data_note_en, data_note_sv"
        " from kpi_catalogue inner join page_kpis using (kpi_id) order by k",
    )
    return [kpi | _owner(kpi.pop("owner_role")) for kpi in kpis]


def _owner(owner_role: str | None) -> dict[str, str | None]:
    if not owner_role:
        return {"owner_en": None, "owner_sv": None}
    return {
        "owner_en": role(owner_role, "en"),
        "owner_sv": ROLES_SV.get(owner_role) or role(owner_role, "en"),
    }


def _objectives(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    objectives = _records(
        connection,
        "select objective_id as id, objectives.scope_type, objectives.scope_id,"
        " coalesce(scopes.scope_name, objectives.scope_id) as scope_name, title_en, title_sv, owner_role,"
        " period_start_date::varchar as start, period_end_date::varchar as end, score::double as score,"
        " coverage::double as coverage, expected_progress::double as expected, status"
        " from objectives left join scopes using (scope_type, scope_id)"
        f" where {_OBJECTIVES} order by objectives.scope_type <> 'company', objectives.scope_id, objective_id",
    )
    results = _records(
        connection,
        "select key_results.objective_id, page_kpis.k, key_results.title_en, key_results.title_sv,"
        " key_results.scope_type, key_results.scope_id,"
        " coalesce(scopes.scope_name, key_results.scope_id) as scope_name,"
        " baseline_value::double as baseline, target_value::double as target, actual_value::double as actual,"
        " progress_ratio::double as progress, key_results.score::double as score,"
        " key_results.expected_progress::double as expected, key_results.status,"
        " key_results.no_value_reason as reason, key_results.weight::double as weight"
        " from key_results inner join objectives on key_results.objective_id = objectives.objective_id"
        " left join scopes on key_results.scope_type = scopes.scope_type and key_results.scope_id = scopes.scope_id"
        " left join page_kpis on key_results.kpi_id = page_kpis.kpi_id"
        f" where {_OBJECTIVES} and key_results.scope_type not in {SINGLE_PEOPLE} order by key_result_id",
    )
    actions = _records(
        connection,
        "select objective_id, title_en, title_sv, due_date::varchar as due, state, is_overdue as overdue"
        " from initiatives order by due_date, initiative_id",
    )
    return [
        objective
        | _owner(objective.pop("owner_role"))
        | {
            "results": [one for one in results if one["objective_id"] == objective["id"]],
            "actions": [one for one in actions if one["objective_id"] == objective["id"]],
        }
        for objective in objectives
    ]
