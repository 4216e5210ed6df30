"""Phased targets on the compiled SQL: random totals, rules, years and fiscal starts, and the parts are the whole.

The parts are also worked out by themselves, in fractions, from the rule as docs/decisions/target-phasing.md
states it: what is due up to a day is rounded once, and a part is the difference of two such sums.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import duckdb
import pytest

from dagster_project.lib.audit_tables import ensure_audit_tables, write_run_settings
from dagster_project.lib.dbt_runner import dbt_command, link_project
from dagster_project.lib.settings import Settings
from tests.conftest import CHECKOUT

MODELS = ("core/dim_dates", "core/dim_periods", "scorecard/target_days", "scorecard/phased_targets")
KPIS = {"amount": "adds_up", "hours": "grows", "retention": "shrinks", "stock": "same"}
RULES = ("linear", "working_days", "same_as_last_year")
SCOPES = 8
FIRST_YEAR, LAST_YEAR = 2023, 2026
DAY = timedelta(days=1)
# a ratio has ten places, and each of its days is rounded to them
NEARLY = Decimal("0.000000001")


@dataclass(frozen=True)
class Case:
    """A target for a fiscal year."""

    kpi_id: str
    scope_id: str
    start: date
    whole: Decimal
    rule: str


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Model -> its SQL as dbt runs it."""
    home = tmp_path_factory.mktemp("phasing")
    settings = Settings.from_environment({"SCORECARD_HOME": str(home)})
    duckdb.connect(str(settings.warehouse)).close()
    link_project(settings)
    settings.dbt_target.mkdir(parents=True, exist_ok=True)
    names = [model.split("/")[1] for model in MODELS]
    run = subprocess.run(
        [*dbt_command(), "compile", "--quiet", "--select", *names],
        cwd=settings.dbt_project,
        env={**os.environ, **settings.dbt_environment()},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr
    folder = settings.dbt_target / "compiled" / "scorecard" / "models"
    return {model: (folder / f"{model}.sql").read_text() for model in MODELS}


def year_starts(month: int) -> list[date]:
    return [date(year, month, 1) for year in range(FIRST_YEAR, LAST_YEAR)]


def months_of(start: date) -> list[date]:
    """The firsts of the twelve months from ``start``."""
    numbers = [start.year * 12 + start.month - 1 + i for i in range(12)]
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


def year_before(day: date) -> date:
    return day.replace(year=day.year - 1)


def last_day(start: date) -> date:
    return start.replace(year=start.year + 1) - DAY


def draw(lot: random.Random, month: int) -> tuple[list[Case], dict[tuple[str, str, date], Decimal | None]]:
    """Targets of every KPI, scope and year (some scopes lack one), and the values of all months."""
    cases, values = [], {}
    for kpi_id, phasing in KPIS.items():
        for number in range(SCOPES):
            scope_id = f"s{number}"
            for start in year_starts(month):
                for first in months_of(year_before(start)):
                    low = -40 if lot.random() < 0.2 else 1  # a loss now and then
                    value = Decimal(lot.randint(low * 100, 90_000)) / 100
                    value = Decimal(lot.randint(90, 100)) / 100 if phasing == "shrinks" else value
                    values[kpi_id, scope_id, first] = None if lot.random() < 0.01 else value
                if lot.random() < 0.15:
                    continue
                cents = lot.choice([lot.randint(-500, 500), lot.randint(-(10**11), 10**11)])
                whole = Decimal(cents) / 100
                if phasing != "adds_up" or lot.random() < 0.1:  # an amount may have more places than a cent
                    whole = Decimal(lot.randint(1, 999)) / 1000
                cases.append(Case(kpi_id, scope_id, start, whole, lot.choice(RULES)))
    return cases, values


def computed(
    compiled: dict[str, str], month: int, as_of: date, cases: list[Case], values: dict
) -> tuple[dict[tuple, tuple], dict[tuple, Decimal], set[date]]:
    """(kpi, scope, grain, start, own) -> (end, whole, due, rule used); (kpi, scope, day) -> its part; working days."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse")
        connection.execute("use warehouse")
        for schema in ("core", "scorecard", "reference"):
            connection.execute(f"create schema {schema}")
        ensure_audit_tables(connection)
        write_run_settings(
            connection,
            edition_id="property-test",
            as_of_date=as_of,
            history_from=date(FIRST_YEAR, month, 1),
            company="chance",
            company_name="Chance AB",
            reporting_currency="SEK",
            time_zone="Europe/Stockholm",
            fiscal_year_start_month=month,
            days_shown=4000,
        )
        connection.execute("create table core.dim_coverage as select date '2023-01-01' as covered_from")
        holidays = CHECKOUT / "seeds" / "reference" / "holidays.csv"
        connection.execute("create table reference.holidays as from read_csv($1)", [str(holidays)])
        connection.execute(
            "create table scorecard.kpi_catalogue (kpi_id varchar, target_phasing varchar, grains varchar)"
        )
        connection.executemany(
            "insert into scorecard.kpi_catalogue values (?, ?, 'day,week,month,quarter,year')",
            list(KPIS.items()),
        )
        connection.execute(
            "create table scorecard.kpi_values (kpi_id varchar, period_grain varchar, period_start_date date,"
            " period_status varchar, scope_type varchar, scope_id varchar, actual_value decimal(38, 10))"
        )
        rows = ", ".join(
            f"('{kpi_id}', 'month', date '{first}', 'settled', 'region', '{scope_id}', {'null' if value is None else value})"
            for (kpi_id, scope_id, first), value in values.items()
        )
        connection.execute(f"insert into scorecard.kpi_values values {rows}")
        connection.execute(
            "create table scorecard.kpi_targets (target_id varchar, kpi_id varchar, scope_type varchar, scope_id varchar,"
            " period_grain varchar, period_start_date date, target_kind varchar, target_value decimal(38, 10),"
            " target_lower decimal(38, 10), target_upper decimal(38, 10), growth_ratio decimal(38, 10),"
            " baseline_value decimal(38, 10), phasing varchar, valid_from date, superseded_on date, removed_on date)"
        )
        connection.executemany(
            "insert into scorecard.kpi_targets values"
            " (?, ?, 'region', ?, 'year', ?, 'value', ?, null, null, null, null, ?, '2020-01-01', null, null)",
            [
                (f"t{number}", case.kpi_id, case.scope_id, case.start, case.whole, case.rule)
                for number, case in enumerate(cases)
            ],
        )
        for model, sql in compiled.items():
            connection.execute(f"create table {model.replace('/', '.')} as {sql}")
        periods = connection.execute(
            "select kpi_id, scope_id, period_grain, period_start_date, is_own_period,"
            " period_end_date, period_target_value, due_target_value, phasing_used"
            " from scorecard.phased_targets join core.dim_periods using (period_grain, period_start_date)"
        ).fetchall()
        days = connection.execute(
            "select kpi_id, scope_id, calendar_date, day_value from scorecard.target_days"
        ).fetchall()
        working = connection.execute(
            "select calendar_date from core.dim_dates where is_working_day"
        ).fetchall()
    return (
        {row[:5]: row[5:] for row in periods},
        {row[:3]: row[3] for row in days},
        {day for (day,) in working},
    )


def days_between(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY


def rounded(amount: Fraction, places: int) -> Fraction:
    """Half away from zero, as by hand."""
    scaled = abs(amount) * 10**places
    whole = scaled.numerator // scaled.denominator
    whole += scaled - whole >= Fraction(1, 2)
    return Fraction(whole if amount >= 0 else -whole, 10**places)


def due_by_day(case: Case, values: dict, working: set[date]) -> tuple[str, dict[date, Fraction]]:
    """The rule that is used, and what is due up to each day of the year, by the definition."""
    phasing = KPIS[case.kpi_id]
    days = list(days_between(case.start, last_day(case.start)))
    weights = dict.fromkeys(days, Fraction(1))
    used = case.rule
    if case.rule == "working_days":
        weights = {day: Fraction(day in working) for day in days}
    elif case.rule == "same_as_last_year":
        months = {day: values[case.kpi_id, case.scope_id, year_before(day.replace(day=1))] for day in days}
        lengths = defaultdict(int)
        for day in days:
            lengths[day.year, day.month] += 1
        if None in months.values():
            used = "linear"
        else:
            shape = {day: 1 - value if phasing == "shrinks" else value for day, value in months.items()}
            weights = {day: Fraction(shape[day]) / lengths[day.year, day.month] for day in days}
            if sum(weights.values()) <= 0:
                used, weights = "linear", dict.fromkeys(days, Fraction(1))
    whole, total = Fraction(case.whole), sum(weights.values())
    part = 1 - whole if phasing == "shrinks" else whole
    due, so_far = {}, Fraction(0)
    for day in days:
        so_far += weights[day]
        due[day] = rounded(part * so_far / total, 2 if phasing == "adds_up" else 10)
    return used, due | {days[-1]: part}


@pytest.mark.parametrize("month", range(1, 13))
def test_the_parts_of_a_target_are_the_whole(compiled, month):
    lot = random.Random(f"phasing {month}")
    cases, values = draw(lot, month)
    as_of = last_day(year_starts(month)[-1])
    periods, days, working = computed(compiled, month, as_of, cases, values)
    targeted = {(case.kpi_id, case.scope_id, case.start) for case in cases}
    assert len(cases) > 60 and {case.rule for case in cases} == set(RULES)
    of_series: dict[tuple, dict[date, tuple]] = defaultdict(dict)
    for (*series, start, is_own), row in periods.items():
        if not is_own:
            of_series[tuple(series)][start] = row
    fallbacks = 0
    for case in cases:
        phasing = KPIS[case.kpi_id]
        end = last_day(case.start)
        assert periods[case.kpi_id, case.scope_id, "year", case.start, True][1] == case.whole
        used, due = due_by_day(case, values, working)
        fallbacks += used != case.rule
        for grain, count in (("quarter", 4), ("month", 12), ("day", (end - case.start).days + 1)):
            series = of_series[case.kpi_id, case.scope_id, grain]
            parts = {start: row for start, row in series.items() if case.start <= start <= end}
            assert len(parts) == count
            if phasing == "same":
                assert {row[1] for row in parts.values()} == {case.whole}
                continue
            if phasing == "adds_up":
                assert sum(row[1] for row in parts.values()) == case.whole, case
            elif phasing == "grows":
                assert abs(sum(row[1] for row in parts.values()) - case.whole) < NEARLY, case
            else:
                assert abs(sum(1 - row[1] for row in parts.values()) - (1 - case.whole)) < NEARLY, case
            # exact but for last year's shape, whose quotients may lie closer to half a cent than a double can tell
            allowed = 0 if phasing == "adds_up" and used != "same_as_last_year" else Fraction(1, 10**8)
            allowed = Fraction(1, 100) if phasing == "adds_up" and used == "same_as_last_year" else allowed
            for start, (part_end, found, *_, rule) in parts.items():
                assert rule == used, case
                expected = due[part_end] - due.get(start - DAY, Fraction(0))
                found = Fraction(1 - found if phasing == "shrinks" else found)
                assert abs(found - expected) <= allowed, (case, grain, start)
    assert fallbacks, "no draw had a month missing"
    _check_weeks(month, as_of, targeted, periods, days)


def _check_weeks(month: int, as_of: date, targeted: set, periods: dict, days: dict) -> None:
    """A week is its seven days, in whichever year; with a day that no target speaks of it has none."""
    starts = year_starts(month)
    over_two_years = 0
    for kpi_id, scope_id in {key[:2] for key in targeted}:
        monday = starts[0] - timedelta(days=starts[0].weekday())
        while monday <= as_of:
            week = [days.get((kpi_id, scope_id, day)) for day in days_between(monday, monday + 6 * DAY)]
            found = periods.get((kpi_id, scope_id, "week", monday, False))
            if None in week:
                assert found is None
            elif KPIS[kpi_id] == "adds_up":
                assert found[1] == sum(week)
                over_two_years += any(monday < start <= monday + 6 * DAY for start in starts)
            monday += 7 * DAY
    assert over_two_years


def test_years_that_a_person_can_check(compiled):
    """100 a day in 2025 and in the leap year 2024; 100 a working day, in an April with Easter; 1:2:1 and so on."""
    year, leap_year = date(2025, 1, 1), date(2024, 1, 1)
    cases = [
        Case("amount", "days", year, Decimal(36_500), "linear"),
        Case("amount", "days", leap_year, Decimal(36_600), "linear"),
        Case("amount", "work", year, Decimal(24_900), "working_days"),
        Case("amount", "shape", year, Decimal(-1_600), "same_as_last_year"),
        Case("amount", "gap", year, Decimal(365), "same_as_last_year"),
        Case("retention", "days", year, Decimal("0.27"), "linear"),
    ]
    shape = dict(zip(months_of(leap_year), [1, 2, 1] * 4, strict=True))
    values = {("amount", "shape", first): Decimal(value) for first, value in shape.items()}
    values |= {("amount", "gap", first): Decimal(value) for first, value in shape.items() if first.month != 5}
    values |= {("amount", scope_id, leap_year): Decimal(1) for scope_id in ("days", "work")}
    values |= {("retention", "days", leap_year): Decimal(1)}
    periods, _, _ = computed(compiled, 1, date(2025, 12, 31), cases, values)

    def target(scope_id, grain, month, kpi_id="amount", of=2025):
        return periods[kpi_id, scope_id, grain, date(of, month, 1), False][1]

    assert [target("days", "month", month) for month in (1, 2, 4)] == [3_100, 2_800, 3_000]
    assert [target("days", "month", 2, of=2024), target("days", "quarter", 1, of=2024)] == [2_900, 9_100]
    # the week over the new year, in two years of 100 a day
    assert periods["amount", "days", "week", date(2024, 12, 30), False][1] == 700
    # January has 23 weekdays less New Year's Day and Epiphany, April 22 less Good Friday and Easter Monday
    assert [target("work", "month", month) for month in (1, 4)] == [2_100, 2_000]
    assert [target("shape", "month", month) for month in (1, 2, 3, 4)] == [-100, -200, -100, -100]
    assert target("shape", "quarter", 4) == -400
    assert (target("gap", "month", 1), periods["amount", "gap", "month", year, False][3]) == (31, "linear")
    # 0.73 are lost in the year, 0.002 a day
    assert target("days", "quarter", 1, "retention") == Decimal("0.82")


@pytest.mark.parametrize("month", [1, 7])
def test_what_is_due_in_an_open_period_is_what_its_days_say(compiled, month):
    """As of a day in the middle: the days gone are due, and the open month is what the quarter lacks."""
    lot = random.Random(f"open {month}")
    cases, values = draw(lot, month)
    start = year_starts(month)[-1]
    as_of = start + timedelta(days=lot.randint(100, 300))
    periods, days, _ = computed(compiled, month, as_of, cases, values)
    checked = 0
    for (kpi_id, scope_id, grain, first, _own), (end, whole, due, _rule) in periods.items():
        if KPIS[kpi_id] != "adds_up":
            continue
        gone = [days[kpi_id, scope_id, day] for day in days_between(first, min(end, as_of))]
        assert due == sum(gone)
        assert (due == whole) or end > as_of
        checked += grain != "day" and end > as_of
    assert checked


def test_a_cent_that_is_lost_is_found():
    """The oracle itself: thirds of 100.00 leave a cent over, which has its place."""
    due = [rounded(Fraction(100) * Fraction(days, 3), 2) for days in (1, 2, 3)]
    assert [float(after - before) for before, after in zip([0, *due], due, strict=False)] == [
        33.33,
        33.34,
        33.33,
    ]
    assert rounded(Fraction(-5, 1000), 2) == Fraction(-1, 100)
