"""The status history against a plain state machine, on random series that keep to the borders."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from tests.properties.oracle.calendar import add_months
from tests.properties.scorecard_models import declared, fill, rendered
from tests.properties.scoring import TICK, Case, scored

SERIES = 400
MONTHS = 40
NO_JUDGEMENT = ("held", "no_data", "no_target")
LABELS = {"achieved": "on_track"}


def series(number: int) -> tuple[Decimal, list[Case]]:
    """A margin, and a KPI's months: a walk between the borders that often stands still on one, with gaps."""
    lot = random.Random(f"status events {number}")
    on_track = Decimal(lot.choice((20, 50, 10))) / 1000
    at_risk = on_track + Decimal(lot.choice((20, 80))) / 1000
    margin = Decimal(lot.choice((0, 5, 5, 10))) / 1000
    direction = lot.choice(("higher", "lower", "band"))
    size = Decimal(lot.choice((100, 40, 1)))
    case = Case(direction, on_track=on_track, at_risk=at_risk)
    if direction == "band":
        case = replace(case, lower=Decimal(0), upper=size)
    else:
        case = replace(
            case, target=lot.choice((size, -size, Decimal(0)) if number % 10 == 0 else (size, -size))
        )
    places = [Decimal(0), on_track, at_risk, on_track - margin, at_risk - margin, at_risk * 2, -at_risk]
    share, cases = Decimal(0), []
    for _ in range(MONTHS):
        if lot.random() < 0.7:
            share = lot.choice(places)
        shortfall = share * size + lot.choice((0, 0, 1, -1)) * TICK
        if direction == "band":
            actual = case.upper + shortfall
        else:
            actual = case.target + (shortfall if direction == "lower" else -shortfall)
        month = replace(case, actual=None if lot.random() < 0.1 else actual, is_held=lot.random() < 0.03)
        if lot.random() < 0.05:
            month = replace(month, target=None, lower=None, upper=None)
        cases.append(month)
    return margin, cases


def history(margin: Decimal, cases: list[Case]) -> list[tuple]:
    """(first month, from, to, month after, months) of each steady status, by a machine with one switch a border."""
    past = {"on_track": False, "at_risk": False}
    steady = []
    for case in cases:
        score = scored(case)
        status = LABELS.get(score.status, score.status)
        if status not in NO_JUDGEMENT:
            base = abs(case.target) if case.direction != "band" else case.upper - case.lower
            for border in past:
                tolerance = getattr(case, border)
                if -score.favourable_variance > tolerance * base:
                    past[border] = True
                elif -score.favourable_variance <= (tolerance - margin) * base:
                    past[border] = False
            status = "off_track" if past["at_risk"] else "at_risk" if past["on_track"] else "on_track"
        steady.append(status)
    starts = [number for number, status in enumerate(steady) if number == 0 or steady[number - 1] != status]
    ends = [*starts[1:], None]
    return [
        (
            month(start),
            steady[start - 1] if start else None,
            steady[start],
            None if end is None else month(end),
            (MONTHS if end is None else end) - start,
            end is None,
        )
        for start, end in zip(starts, ends, strict=True)
    ]


def month(number: int) -> date:
    """First day of the month of that number."""
    return add_months(date(2020, 1, 1), number)


@pytest.fixture(scope="module")
def database() -> Iterable[duckdb.DuckDBPyConnection]:
    scorecard, catalogue = [], []
    tolerances = [
        {"kpi_id": "default", "on_track_tolerance": 0, "at_risk_tolerance": 0, "hysteresis_tolerance": 0}
    ]
    for number in range(SERIES):
        margin, cases = series(number)
        kpi_id = f"kpi_{number}"
        catalogue.append({"kpi_id": kpi_id, "direction": cases[0].direction})
        tolerances.append(
            {
                "kpi_id": kpi_id,
                "on_track_tolerance": cases[0].on_track,
                "at_risk_tolerance": cases[0].at_risk,
                "hysteresis_tolerance": margin,
            }
        )
        for place, case in enumerate(cases):
            score = scored(case)
            scorecard.append(
                {
                    "kpi_id": kpi_id,
                    "period_grain": "month",
                    "period_start_date": month(place),
                    "scope_type": "region",
                    "scope_id": "Norr",
                    "period_status": "settled",
                    "actual_value": case.actual,
                    "target_value": case.target,
                    "target_lower": case.lower,
                    "target_upper": case.upper,
                    "favourable_variance": score.favourable_variance,
                    "status": score.status,
                }
            )
    with duckdb.connect() as connection:
        for name, rows in (("kpi_scorecard", scorecard), ("kpi_catalogue", catalogue)):
            fill(connection, name, declared(f"dbt_project/models/scorecard/{name}.yml", name), rows)
        fill(connection, "tolerances", declared("seeds/reference/seeds.yml", "tolerances"), tolerances)
        yield connection


def mistakes(connection: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    """The series whose history the SQL tells otherwise than the machine."""
    found: dict[str, list[tuple]] = {}
    for kpi_id, *event in connection.execute(
        "select kpi_id, period_start_date, from_status, to_status, until_date, periods_count, is_current"
        f" from ({sql}) as events order by period_start_date"
    ).fetchall():
        found.setdefault(kpi_id, []).append(tuple(event))
    return [
        f"kpi_{number}: machine {expected}, SQL {found.get(f'kpi_{number}')}"
        for number in range(SERIES)
        if (expected := history(*series(number))) != found.get(f"kpi_{number}")
    ]


def test_the_history_is_that_of_a_plain_state_machine(database):
    wrong = mistakes(database, rendered("kpi_status_events"))
    assert not wrong, f"{len(wrong)} of {SERIES} series differ:\n" + "\n".join(wrong[:5])


def test_the_margin_keeps_a_value_on_a_border_from_flapping():
    """What the machine is for: fewer changes than the plain status has, and never one that it does not have."""
    plain = steady = 0
    for number in range(SERIES):
        margin, cases = series(number)
        plain += len(history(Decimal(0), cases))
        steady += len(history(margin, cases))
    assert steady < plain, (steady, plain)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(on_track_tolerance - hysteresis_tolerance)", "(on_track_tolerance)"),
        ("(at_risk_tolerance - hysteresis_tolerance)", "(at_risk_tolerance)"),
        ("shortfall <= (on_track_tolerance", "shortfall < (on_track_tolerance"),
        ("shortfall <= (at_risk_tolerance", "shortfall < (at_risk_tolerance"),
        ("when status in ('at_risk', 'off_track') then 1", "when status = 'off_track' then 1"),
        ("when was_past_at_risk = 1 then 'off_track'", "when past_at_risk = 1 then 'off_track'"),
        ("when status in ('held', 'no_data', 'no_target') then status", "when false then ''"),
        ("all_periods_count + 1", "all_periods_count"),
        ("coalesce(own_tolerances.hysteresis_tolerance, default_tolerances.hysteresis_tolerance)", "0"),
    ],
)
def test_a_wrong_rule_is_found(database, old, new):
    sql = rendered("kpi_status_events")
    assert old in sql, f"the model no longer says {old!r}: change the mutation with it"
    assert mistakes(database, sql.replace(old, new))
