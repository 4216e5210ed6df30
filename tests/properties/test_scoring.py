"""The SQL of kpi_scorecard against the rules: thousands of made-up rows in one query, in memory.

The model's own file is rendered and run, no copy of it; what it reads are tables made from the contracts of the models
it refers to. So that the comparison can't be blind, each line that decides something is broken once, and must be missed.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import fields
from decimal import Decimal

import duckdb
import pytest

from tests.properties.scorecard_models import declared, fill, rendered
from tests.properties.scoring import ZERO, Case, Score, crossed, drawn, scored

DRAWS = 4000
COLUMNS = [field.name for field in fields(Score)]


def made(cases: Sequence[Case]) -> duckdb.DuckDBPyConnection:
    """A database with everything that the model reads: one KPI a case, in one month of the company."""
    key = {
        "period_grain": "month",
        "period_start_date": "2025-03-01",
        "scope_type": "company",
        "scope_id": "all",
    }
    ids = [f"case_{number}" for number in range(len(cases))]
    connection = duckdb.connect()
    tables: dict[str, list[dict]] = {
        "kpi_values": [
            {
                **key,
                "kpi_id": kpi_id,
                "period_end_date": "2025-03-31",
                "through_date": "2025-03-20" if case.is_open else "2025-03-31",
                "period_status": "open" if case.is_open else "settled",
                "previous_period_start_date": "2025-02-01",
                "last_year_start_date": "2024-03-01",
                "actual_value": case.actual,
                "no_value_reason": "zero_base" if case.actual is None else None,
                "value_edition_id": "e0" if case.is_held else None,
                "value_as_of_date": "2025-03-30" if case.is_held else None,
            }
            for kpi_id, case in zip(ids, cases, strict=True)
        ],
        "kpi_row_targets": [
            {
                **key,
                "kpi_id": kpi_id,
                "period_target_value": case.target,
                "target_value": case.target,
                "target_lower": case.lower,
                "target_upper": case.upper,
                "baseline_value": case.baseline,
            }
            for kpi_id, case in zip(ids, cases, strict=True)
            if case.has_target
        ],
        "kpi_catalogue": [
            {"kpi_id": kpi_id, "direction": case.direction, "period_basis": "flow"}
            for kpi_id, case in zip(ids, cases, strict=True)
        ],
        "kpi_evidence": [
            {
                "kpi_id": kpi_id,
                "quality_status": "held" if case.is_held else "passed",
                "held_since": "2025-03-31" if case.is_held else None,
                "held_check": "raw/shop/sales/orders: keys" if case.is_held else None,
            }
            for kpi_id, case in zip(ids, cases, strict=True)
        ],
        "scopes": [{"scope_type": "company", "scope_id": "all", "scope_name": "Test AB"}],
        "kpi_signals": [],
    }
    for name, rows in tables.items():
        fill(connection, name, declared(f"dbt_project/models/scorecard/{name}.yml", name), rows)
    tolerances = [
        {"kpi_id": kpi_id, "on_track_tolerance": case.on_track, "at_risk_tolerance": case.at_risk}
        for kpi_id, case in zip(ids, cases, strict=True)
    ]
    default = {"kpi_id": "default", "on_track_tolerance": 0, "at_risk_tolerance": 0}
    fill(
        connection, "tolerances", declared("seeds/reference/seeds.yml", "tolerances"), [default, *tolerances]
    )
    connection.execute(
        "create table run_settings as select 'e1' as edition_id, date '2025-03-31' as as_of_date"
    )
    return connection


def found(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Score]:
    """What the SQL says about each case, in their order."""
    rows = connection.execute(f"select kpi_id, {', '.join(COLUMNS)} from ({sql}) as scorecard").fetchall()
    return [Score(*row[1:]) for row in sorted(rows, key=lambda row: int(row[0].removeprefix("case_")))]


def differs(expected: Score, got: Score) -> bool:
    """Distances, statuses and reasons to the last digit; quotients to the ten decimals they are published with."""
    quotients = {"variance_ratio", "progress_ratio", "score"}
    for name in COLUMNS:
        one, other = getattr(expected, name), getattr(got, name)
        if name not in quotients or one is None or other is None:
            if one != other:
                return True
        elif abs(one - other) > Decimal("1e-10") + abs(one) * Decimal("1e-14"):
            return True
    return False


# every broken rule is held against the same answers
answer = functools.cache(scored)


def compared(cases: Sequence[Case], connection: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    """The cases about which the SQL says something else than the rules."""
    results = found(connection, sql)
    assert len(results) == len(cases)
    return [
        f"{case}: rules {expected}, SQL {got}"
        for case, expected, got in zip(cases, map(answer, cases), results, strict=True)
        if differs(expected, got)
    ]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [*crossed(), *drawn(DRAWS, "scoring")]


@pytest.fixture(scope="module")
def database(cases) -> Iterable[duckdb.DuckDBPyConnection]:
    with made(cases) as connection:
        yield connection


def test_every_case_is_scored_by_the_rules(cases, database):
    assert len(cases) >= 5000
    wrong = compared(cases, database, rendered("kpi_scorecard"))
    assert not wrong, f"{len(wrong)} of {len(cases)} cases differ:\n" + "\n".join(wrong[:12])


def test_the_cases_reach_every_answer(cases):
    answers = [answer(case) for case in cases]
    assert {got.status for got in answers} == {
        *("held", "no_data", "no_target", "achieved", "on_track", "at_risk", "off_track")
    }
    assert {got.no_comparison_reason for got in answers} == {
        *(None, "held", "no_data", "no_target", "zero_target", "not_positive")
    }
    # misses of exactly the tolerance, in each direction
    for direction in ("higher", "lower", "band"):
        for share in ("on_track", "at_risk"):
            assert any(
                case.direction == direction
                and got.favourable_variance is not None
                and got.favourable_variance < 0
                and -got.favourable_variance
                == getattr(case, share)
                * (case.upper - case.lower if direction == "band" else abs(case.target))
                for case, got in zip(cases, answers, strict=True)
                if direction != "band" or (case.lower is not None and case.upper is not None)
            ), (direction, share)


MUTATIONS = {
    "variance turned round": (
        "then actual_value - reference_value end as variance",
        "then reference_value - actual_value end as variance",
    ),
    "lower is better taken for higher": (
        "when direction = 'lower' then reference_value - actual_value",
        "when direction = 'lower' then actual_value - reference_value",
    ),
    "a band's distance counted as good": (
        "else -abs(actual_value - reference_value)",
        "else abs(actual_value - reference_value)",
    ),
    "the far bound of a band": (
        "when actual_value < target_lower then target_lower",
        "when actual_value < target_lower then target_upper",
    ),
    "equal is not met": ("favourable_variance >= 0 as is_met", "favourable_variance > 0 as is_met"),
    "on-track border exclusive": (
        "-favourable_variance <= on_track_tolerance * tolerance_base",
        "-favourable_variance < on_track_tolerance * tolerance_base",
    ),
    "at-risk border exclusive": (
        "-favourable_variance <= at_risk_tolerance * tolerance_base",
        "-favourable_variance < at_risk_tolerance * tolerance_base",
    ),
    "one tolerance for both": (
        "-favourable_variance <= at_risk_tolerance * tolerance_base then 'at_risk'",
        "-favourable_variance <= on_track_tolerance * tolerance_base then 'at_risk'",
    ),
    "the default tolerance for all": (
        "coalesce(own_tolerances.at_risk_tolerance, default_tolerances.at_risk_tolerance)",
        "default_tolerances.at_risk_tolerance",
    ),
    "tolerance of a negative target below nothing": ("else abs(target_value)", "else target_value"),
    "tolerance of a band by its bound": (
        "then coalesce(band_width, 0)",
        "then coalesce(abs(target_upper), 0)",
    ),
    "tolerance rounded": (
        "-favourable_variance <= at_risk_tolerance * tolerance_base",
        "-favourable_variance <= cast(at_risk_tolerance * tolerance_base as decimal(18, 2))",
    ),
    "an open period achieved": ("when is_met and period_status = 'settled'", "when is_met"),
    "data that failed shown as a status": (
        "when is_held then 'held'\n            when actual_value",
        "when false then 'held'\n            when actual_value",
    ),
    "a held figure compared with a target": (
        "when has_target and not is_held then",
        "when has_target then",
    ),
    "a held figure judged and scored": ("when not has_target or is_held then", "when not has_target then"),
    "a held figure on its way": (
        "actual_value is null or not has_target or is_held then",
        "actual_value is null or not has_target then",
    ),
    "ratio of a negative target turned round": (
        "cast(abs(reference_value) as double)",
        "cast(reference_value as double)",
    ),
    "a zero target shown as no miss at all": (
        "when direction = 'band' and variance = 0 then 0",
        "when reference_value = 0 then 0",
    ),
    "a baseline ignored": (
        "when baseline_value is not null and baseline_value <> target_value",
        "when false",
    ),
    "progress counted from 0": (
        "cast(actual_value - baseline_value as double)",
        "cast(actual_value as double)",
    ),
    "target = baseline divided": ("then case when favourable_variance >= 0 then 1 else 0 end", "then 0"),
    "progress of numbers below zero": (
        "when actual_value <= 0 or target_value <= 0 then null",
        "when target_value = 0 or actual_value = 0 then null",
    ),
    "progress of lower-is-better upside down": (
        "else cast(target_value as double) / cast(actual_value as double)",
        "else cast(actual_value as double) / cast(target_value as double)",
    ),
    "a band's progress below zero": ("else greatest(0, 1 +", "else (1 +"),
    "a reason too few": (
        "when ranked.progress_ratio is null then 'not_positive'",
        "when false then 'not_positive'",
    ),
    "the score's target elsewhere": (
        "20.0 / 3\n                    + 10.0 / 3",
        "5\n                    + 10.0 / 3",
    ),
    "the score's slope by the other tolerance": (
        "/ cast(at_risk_tolerance * tolerance_base as double)",
        "/ cast(on_track_tolerance * tolerance_base + 1 as double)",
    ),
    "a score above ten": ("when ranked.unclipped_score > 10 then 10", "when false then 10"),
    "a score below zero": ("when ranked.unclipped_score < 0 then 0", "when false then 0"),
    "no score without a tolerance": (
        "when favourable_variance > 0 then 10",
        "when favourable_variance > 0 then null",
    ),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_wrong_rule_is_found(name, cases, database):
    old, new = MUTATIONS[name]
    sql = rendered("kpi_scorecard")
    assert old in sql, f"the model no longer says {old!r}: change the mutation with it"
    assert compared(cases, database, sql.replace(old, new)), (
        f"{name}: nothing in the cases tells the difference"
    )


def test_a_column_that_the_model_needs_can_not_be_missing_unnoticed():
    """The made tables have the types and columns of the real ones, so that a renamed column stops the test."""
    with pytest.raises(AssertionError, match="has no"), duckdb.connect() as connection:
        fill(connection, "scopes", {"scope_id": "varchar"}, [{"scope": "all"}])
    assert re.search(r"from kpi_values as kpi_values", rendered("kpi_scorecard"))


# The traps in which known tools get caught, one test each, figures to check by hand.


def score_of(case: Case) -> Score:
    with made([case]) as connection:
        (score,) = found(connection, rendered("kpi_scorecard"))
    assert not differs(scored(case), score)
    return score


def case(direction: str, actual: int, target: int | None = None, **more: int) -> Case:
    return Case(
        direction,
        Decimal(actual),
        None if target is None else Decimal(target),
        **{name: Decimal(value) for name, value in more.items()},
    )


def test_trap_lower_is_better_is_not_upside_down():
    good, bad = score_of(case("lower", 80, 100)), score_of(case("lower", 125, 100))
    assert (good.variance, good.favourable_variance, good.status) == (-20, 20, "achieved")
    assert (bad.variance, bad.favourable_variance, bad.status) == (25, -25, "off_track")
    assert (good.progress_ratio, bad.progress_ratio) == (Decimal("1.25"), Decimal("0.8"))


def test_trap_a_goal_that_was_equalled_is_met():
    for direction in ("higher", "lower"):
        score = score_of(case(direction, 100, 100))
        assert (score.is_met, score.status, score.progress_ratio) == (True, "achieved", 1)


def test_trap_a_target_of_zero_divides_nothing():
    score = score_of(case("lower", 3, 0))
    assert (score.variance, score.variance_ratio, score.status) == (3, None, "off_track")
    assert score.no_comparison_reason == "zero_target"
    assert score_of(case("lower", 0, 0)).status == "achieved"


def test_trap_a_negative_target_keeps_its_signs():
    better, worse = score_of(case("higher", -50, -100)), score_of(case("higher", -105, -100))
    assert (better.variance_ratio, better.is_met) == (Decimal("0.5"), True)
    assert (worse.variance_ratio, worse.status) == (Decimal("-0.05"), "at_risk")
    assert better.progress_ratio is worse.progress_ratio is None


def test_trap_a_target_below_its_baseline_is_approached_from_above():
    """From 100 down to 50: at 60, 40 of the 50 steps are done; at 110 it has gone the wrong way."""
    assert score_of(case("lower", 60, 50, baseline=100)).progress_ratio == Decimal("0.8")
    assert score_of(case("lower", 110, 50, baseline=100)).progress_ratio == Decimal("-0.2")


def test_trap_a_target_that_is_its_baseline_is_all_or_nothing():
    assert score_of(case("higher", 100, 100, baseline=100)).progress_ratio == 1
    assert score_of(case("higher", 99, 100, baseline=100)).progress_ratio == 0


def test_trap_progress_may_pass_the_target():
    assert score_of(case("higher", 150, 100)).progress_ratio == Decimal("1.5")


def test_trap_both_ends_of_a_band_belong_to_it():
    for actual in (4, 5, 6):
        score = score_of(case("band", actual, lower=4, upper=6))
        assert (score.variance, score.is_met, score.progress_ratio, score.status) == (0, True, 1, "achieved")


def test_trap_too_much_and_too_little_are_as_bad_in_a_band():
    low, high = score_of(case("band", 3, lower=4, upper=6)), score_of(case("band", 7, lower=4, upper=6))
    assert (low.variance, high.variance) == (-1, 1)
    assert low.favourable_variance == high.favourable_variance == -1
    assert low.progress_ratio == high.progress_ratio == Decimal("0.5")


def test_trap_a_band_open_to_one_side_has_only_one_wrong_side():
    assert score_of(case("band", 1000, lower=4)).status == "achieved"
    assert score_of(case("band", 3, lower=4)).status == "off_track"


def test_trap_missing_is_not_zero():
    score = score_of(Case("lower", None, Decimal(100)))
    assert (score.status, score.is_met, score.score, score.variance) == ("no_data", None, None, None)
    assert score_of(case("higher", 0)).status == "no_target"
    assert score_of(case("higher", 0, 100)).status == "off_track"


def test_trap_a_miss_of_exactly_the_tolerance_is_still_inside():
    """0.3 is not a number that binary fractions hold: 2 % of it is 0.006 to the last digit."""
    on_border = Case("higher", Decimal("0.294"), Decimal("0.3"))
    beyond = Case("higher", Decimal("0.2939999999"), Decimal("0.3"))
    assert score_of(on_border).status == "on_track"
    assert score_of(beyond).status == "at_risk"


def test_trap_met_so_far_is_not_achieved():
    assert score_of(Case("higher", Decimal(100), Decimal(100), is_open=True)).status == "on_track"


def test_trap_no_status_is_given_on_data_that_failed():
    score = score_of(Case("higher", Decimal(200), Decimal(100), is_held=True))
    assert (score.status, score.score) == ("held", None)


def test_score_runs_from_zero_to_ten_through_its_two_fixed_points():
    marks = {120: Decimal(10), 110: Decimal(10), 100: Decimal("6.6666666667"), 95: Decimal(5)}
    marks |= {90: Decimal("3.3333333333"), 80: ZERO, 10: ZERO}
    assert {actual: score_of(case("higher", actual, 100)).score for actual in marks} == marks
