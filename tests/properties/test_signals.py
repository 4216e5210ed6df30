"""Signals against the chart as a person would draw it: random series, gaps, levels, declared baselines, values on a limit."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import duckdb
import pytest

from tests.properties.oracle.calendar import add_months
from tests.properties.scorecard_models import declared, fill, rendered

SERIES = 240
TICK = Decimal("1e-10")
DEFAULTS = {"week": (20, 10), "month": (24, 12), "quarter": (8, 6)}
PERIODS = {"week": 90, "month": 44, "quarter": 24}
# a Sunday, and the end of a month and a quarter: some figures are final on this very day
AS_OF = date(2024, 6, 30)
MONTHS = {"month": 1, "quarter": 3}
COLUMNS = (
    "centre_line",
    "lower_limit",
    "upper_limit",
    "mean_moving_range",
    "baseline_points_count",
    "signal_rule",
    "is_signal",
    "is_favourable",
    "run_length",
    "no_limits_reason",
)


@dataclass(frozen=True)
class Period:
    """One settled period of a series; without a value where `value` is None."""

    start: date
    end: date
    previous: date
    value: Decimal | None


@dataclass(frozen=True)
class Series:
    """A KPI at one place, and what its owner has declared."""

    grain: str
    direction: str
    basis: str
    is_held: bool
    periods: list[Period]
    own: dict[str, object] = field(default_factory=dict)
    final_after: int | None = None
    as_of: date | None = None

    @property
    def is_level(self) -> bool:
        return self.own.get("judged_on", "value" if self.basis == "flow" else "change") != "value"

    def declared(self, name: str) -> object:
        defaults = dict(
            zip(("baseline_periods", "minimum_periods"), DEFAULTS[self.grain], strict=True),
        )
        return self.own.get(name, defaults.get(name))


# the chart, by hand


def rounded(value: Decimal) -> Decimal:
    """To the ten decimals that are published."""
    return value.quantize(TICK, ROUND_HALF_UP)


def follows(series: Series, place: int) -> bool:
    """Whether the row before is the period before."""
    return place > 0 and series.periods[place - 1].start == series.periods[place].previous


def is_rising(series: Series, period: Period) -> bool:
    """Whether more is still counted into it."""
    return series.final_after is not None and period.end + timedelta(series.final_after) > series.as_of


def point(series: Series, place: int) -> tuple[Decimal, date, Decimal] | None:
    """What is judged of a period, the first day it speaks about, and what the limits lie about."""
    period = series.periods[place]
    if series.is_held or period.value is None or is_rising(series, period):
        return None
    if not series.is_level:
        return period.value, period.start, Decimal(0)
    before = series.periods[place - 1].value if follows(series, place) else None
    return None if before is None else (period.value - before, period.previous, before)


def window(series: Series, start: date, fiscal_month: int) -> tuple[date, date, bool]:
    """From, until (not included) and by dates: the baseline of a period that starts on this day."""
    begins = series.declared("baseline_from")
    if begins and start >= begins:
        return begins, series.declared("baseline_to") + timedelta(1), True
    year = date(start.year if start.month >= fiscal_month else start.year - 1, fiscal_month, 1)
    count = series.declared("baseline_periods")
    if series.grain == "week":
        return year - timedelta(7 * count), year, False
    return add_months(year, -count * MONTHS[series.grain]), year, False


def chart(series: Series, fiscal_month: int) -> list[dict]:
    """What is to be said of each period."""
    said, run, last_side = [], 0, 0
    for place, period in enumerate(series.periods):
        begins, until, by_dates = window(series, period.start, fiscal_month)
        inside = {
            other: found[0]
            for other in range(len(series.periods))
            if (found := point(series, other)) and found[1] >= begins and series.periods[other].start < until
        }
        ranges = [
            abs(value - inside[other - 1])
            for other, value in inside.items()
            if other - 1 in inside and follows(series, other)
        ]
        minimum = series.declared("minimum_periods")
        here = point(series, place)
        row = dict.fromkeys(COLUMNS) | {"baseline_points_count": len(inside)}
        if series.is_held:
            row["no_limits_reason"] = "held"
        elif period.value is None:
            row["no_limits_reason"] = "no_value"
        elif is_rising(series, period):
            row["no_limits_reason"] = "not_final"
        elif here is None:
            row["no_limits_reason"] = "no_previous"
        elif by_dates and until - timedelta(1) > series.periods[-1].end:
            row["no_limits_reason"] = "baseline_open"
        elif len(inside) < minimum or 2 * len(ranges) < minimum:
            row["no_limits_reason"] = "too_few_points"
        if row["no_limits_reason"]:
            run, last_side = 0, 0
            said.append(row)
            continue
        spread = rounded(sum(ranges) / len(ranges))
        centre = here[2] + rounded(sum(inside.values()) / len(inside))
        reach = rounded(Decimal("2.66") * spread)
        side = (period.value > centre) - (period.value < centre)
        if series.is_level and here[0] == 0:
            side = 0
        goes_on = side != 0 and side == last_side and follows(series, place)
        run, last_side = (run + 1 if goes_on else abs(side)), side
        rule = None
        if period.value > centre + reach:
            rule = "above_limits"
        elif period.value < centre - reach:
            rule = "below_limits"
        elif run >= 8:
            rule = "run_above" if side > 0 else "run_below"
        row |= {
            "centre_line": centre,
            "lower_limit": centre - reach,
            "upper_limit": centre + reach,
            "mean_moving_range": spread,
            "signal_rule": rule,
            "is_signal": rule is not None,
            "run_length": run,
        }
        if rule and series.direction != "band":
            row["is_favourable"] = (series.direction == "higher") == ("above" in rule)
        said.append(row)
    return said


# series by chance


def calendar(grain: str, fiscal_month: int) -> list[tuple[date, date, date]]:
    """Start, end and start before of consecutive periods."""
    if grain == "week":
        monday = date(2023, 1, 2)
        return [
            (start, start + timedelta(6), start - timedelta(7))
            for start in (monday + timedelta(7 * number) for number in range(PERIODS[grain]))
        ]
    step, first = MONTHS[grain], date(2020, fiscal_month, 1)
    return [
        (
            add_months(first, step * number),
            add_months(first, step * (number + 1)) - timedelta(1),
            add_months(first, step * (number - 1)),
        )
        for number in range(PERIODS[grain])
    ]


def series(number: int, fiscal_month: int) -> Series:
    """One made-up series: noise, a shift, a walk or a constant, with gaps of both kinds."""
    lot = random.Random(f"signals {number} {fiscal_month}")
    grain = ("month", "week", "quarter")[number % 3]
    kind = lot.choice(("noise", "noise", "shift", "walk", "constant", "coarse"))
    size = lot.choice((1, 100, 30_000_000, 1_000_000_000))
    level, value, periods = Decimal(lot.choice((0, size, -size))), Decimal(0), []
    all_periods = calendar(grain, fiscal_month)
    for place, (start, end, previous) in enumerate(all_periods):
        # four decimals: then no mean of at most 52 lies halfway between two of ten
        noise = Decimal(lot.randint(-10_000, 10_000) * size) / 10_000
        if kind == "walk":
            value += noise
        elif kind == "coarse":
            value = Decimal(lot.choice((0, 0, 1)) * size)
        else:
            value = Decimal(0) if kind == "constant" else noise
        if kind == "shift" and place > len(all_periods) * 0.8:
            value += size
        if kind == "constant" and lot.random() < 0.05:
            value += Decimal("0.0001")
        if lot.random() < 0.03:
            continue
        periods.append(Period(start, end, previous, None if lot.random() < 0.04 else level + value))
    own: dict[str, object] = {}
    if lot.random() < 0.4:
        own["baseline_periods"] = lot.randint(4, 30)
        own["minimum_periods"] = lot.randint(3, own["baseline_periods"])
    if lot.random() < 0.3:
        begins = lot.choice(all_periods[4:-4])[0]
        own |= {"baseline_from": begins, "baseline_to": begins + timedelta(lot.randint(100, 500))}
    if lot.random() < 0.3:
        own["judged_on"] = lot.choice(("value", "change_from_previous"))
    made = Series(
        grain,
        lot.choice(("higher", "lower", "band")),
        lot.choice(("flow", "flow", "stock", "snapshot")),
        lot.random() < 0.03,
        periods,
        own,
        lot.choice((None, None, None, 0, 60, 320)),
        AS_OF,
    )
    return on_the_limits(made, lot, fiscal_month)


def on_the_limits(made: Series, lot: random.Random, fiscal_month: int) -> Series:
    """Some values of the last year, which is nobody's baseline, on a limit or the smallest step beside it."""
    if "baseline_from" in made.own or made.is_level:
        return made
    last_year = window(made, made.periods[-1].start, fiscal_month)[1]
    said = chart(made, fiscal_month)
    periods = [
        replace(period, value=row[lot.choice(("lower_limit", "upper_limit"))] + lot.choice((-1, 0, 1)) * TICK)
        if row["centre_line"] is not None and period.start >= last_year and lot.random() < 0.2
        else period
        for period, row in zip(made.periods, said, strict=True)
    ]
    return replace(made, periods=periods)


def filled(connection: duckdb.DuckDBPyConnection, many: dict[str, Series], fiscal_month: int) -> None:
    """The tables that the model reads, of these series."""
    scorecard, core = "dbt_project/models/scorecard", "dbt_project/models/core"
    rows = {
        "kpi_catalogue": [
            {
                "kpi_id": kpi_id,
                "direction": one.direction,
                "period_basis": one.basis,
                "final_after_days": one.final_after,
            }
            for kpi_id, one in many.items()
        ],
        "kpi_evidence": [
            {"kpi_id": kpi_id, "quality_status": "held" if one.is_held else "passed"}
            for kpi_id, one in many.items()
        ],
        "kpi_values": [
            {
                "kpi_id": kpi_id,
                "period_grain": one.grain,
                "period_start_date": period.start,
                "period_end_date": period.end,
                "previous_period_start_date": period.previous,
                "period_status": "settled",
                "scope_type": "region",
                "scope_id": "Norr",
                "actual_value": period.value,
            }
            for kpi_id, one in many.items()
            for period in one.periods
        ],
    }
    for name, content in rows.items():
        fill(connection, name, declared(f"{scorecard}/{name}.yml", name), content)
    ends = {
        grain: max(one.periods[-1].end for one in many.values() if one.grain == grain)
        for grain in {one.grain for one in many.values()}
    }
    fill(
        connection,
        "dim_periods",
        declared(f"{core}/dim_periods.yml", "dim_periods"),
        [
            {"period_grain": grain, "period_end_date": end, "period_status": "settled"}
            for grain, end in ends.items()
        ],
    )
    days = [date(2019, 1, 1) + timedelta(number) for number in range(8 * 366)]
    fill(
        connection,
        "dim_dates",
        declared(f"{core}/dim_dates.yml", "dim_dates"),
        [
            {
                "calendar_date": day,
                "year_start_date": date(day.year - (day.month < fiscal_month), fiscal_month, 1),
            }
            for day in days
        ],
    )
    defaults = [
        {"kpi_id": "default", "period_grain": grain, "baseline_periods": most, "minimum_periods": least}
        for grain, (most, least) in DEFAULTS.items()
    ]
    fill(
        connection,
        "signal_baselines",
        declared("seeds/reference/seeds.yml", "signal_baselines"),
        [
            *defaults,
            *(
                {"kpi_id": kpi_id, "period_grain": one.grain, **one.own}
                for kpi_id, one in many.items()
                if one.own
            ),
        ],
    )
    connection.execute(
        "create table run_settings as select 'e1' as edition_id, ?::date as as_of_date", [AS_OF]
    )


def drawn(fiscal_month: int) -> dict[str, Series]:
    """All series of one fiscal calendar; the settled periods of a grain end on the same day."""
    many = {f"kpi_{number}": series(number, fiscal_month) for number in range(SERIES)}
    last = {grain: calendar(grain, fiscal_month)[-1] for grain in PERIODS}
    return {
        kpi_id: one
        if one.periods[-1].start == last[one.grain][0]
        else replace(one, periods=[*one.periods, Period(*last[one.grain], None)])
        for kpi_id, one in many.items()
    }


@pytest.fixture(scope="module", params=[1, 5], ids=["calendar years", "years from May"])
def database(request) -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[str, list[tuple]]]]:
    many = drawn(request.param)
    expected = {
        kpi_id: [
            (period.start, *(row[name] for name in COLUMNS))
            for period, row in zip(one.periods, chart(one, request.param), strict=True)
        ]
        for kpi_id, one in many.items()
    }
    with duckdb.connect() as connection:
        filled(connection, many, request.param)
        yield connection, expected


def mistakes(database: tuple[duckdb.DuckDBPyConnection, dict[str, list[tuple]]], sql: str) -> list[str]:
    """The periods of which the SQL says something else than the chart."""
    connection, expected = database
    found: dict[str, list[tuple]] = {kpi_id: [] for kpi_id in expected}
    for kpi_id, *row in connection.execute(
        f"select kpi_id, period_start_date, {', '.join(COLUMNS)} from ({sql}) as signals order by 1, 2"
    ).fetchall():
        found[kpi_id].append(tuple(row))
    return [
        f"{kpi_id}: by hand {by_hand}, SQL {by_sql}"
        for kpi_id, rows in expected.items()
        for by_hand, by_sql in zip(rows, [*found[kpi_id], *[()] * len(rows)], strict=False)
        if by_hand != by_sql
    ]


def test_the_model_says_what_the_chart_says_to_the_last_decimal(database):
    wrong = mistakes(database, rendered("kpi_signals"))
    assert not wrong, f"{len(wrong)} periods differ:\n" + "\n".join(wrong[:5])
    said = [row for rows in database[1].values() for row in rows]
    for name in ("signal_rule", "no_limits_reason"):
        kinds = {row[1 + COLUMNS.index(name)] for row in said}
        assert len(kinds) == {"signal_rule": 5, "no_limits_reason": 7}[name], kinds


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2.66 * mean_range", "2.67 * mean_range"),
        ("run_length >= 8 and side = 1", "run_length >= 9 and side = 1"),
        ("actual_value > centre_line + reach", "actual_value >= centre_line + reach"),
        ("actual_value < centre_line - reach", "actual_value <= centre_line - reach"),
        ("when actual_value > centre_line then 1", "when actual_value >= centre_line then 1"),
        ("judged_on = 'change_from_previous' and point = 0", "false"),
        ("range_from_date >= windows.from_date", "range_from_date is not null"),
        ("windows.from_date <= ranged.point_from_date", "windows.from_date <= ranged.period_start_date"),
        ("windows.until_date > ranged.period_start_date", "windows.until_date >= ranged.period_start_date"),
        ("follows_directly\n                then", "true\n                then"),
        ("follows_directly\n                and side <> 0", "side <> 0"),
        ("when limits_rule is not null then limits_rule", "when false then ''"),
        ("baselines.ranges_count * 2 < ranged.minimum_periods", "false"),
        ("when ranged.is_baseline_open then 'baseline_open'", ""),
        ("when ranged.is_held then 'held'", ""),
        ("not is_held and not is_rising", "not is_held"),
        ("> run_settings.as_of_date", ">= run_settings.as_of_date"),
        ("ruled.direction = 'lower' then ruled.signal_rule in ('below_limits'", "ruled.direction = 'lower' then ruled.signal_rule in ('above_limits'"),
        ("coalesce(own.minimum_periods, defaults.minimum_periods)", "defaults.minimum_periods"),
        ("cast(cast(points_total - rough_mean * points_count as double) / points_count as decimal(38, 10))", "0"),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_found(database, old, new):
    sql = rendered("kpi_signals")
    assert old in sql, f"the model no longer says {old!r}: change the mutation with it"
    assert mistakes(database, sql.replace(old, new))


def share_of_signals(values: Iterable[list[Decimal]]) -> float:
    """How many of the last year's months are called news, by the model."""
    months = calendar("month", 1)[:36]
    many = {
        f"kpi_{number}": Series(
            "month",
            "higher",
            "flow",
            False,
            [Period(*month, value) for month, value in zip(months, row, strict=True)],
        )
        for number, row in enumerate(values)
    }
    with duckdb.connect() as connection:
        filled(connection, many, 1)
        return connection.execute(
            f"select avg(cast(is_signal as integer)) from ({rendered('kpi_signals')}) as signals"
            " where period_start_date >= date '2022-01-01'"
        ).fetchone()[0]


def test_noise_is_not_called_news_and_a_shift_is():
    """Two years of a baseline, and a year that is as before, or moved by three standard deviations."""

    def months(shift: int) -> Iterator[list[Decimal]]:
        lot = random.Random("noise and news")
        for _ in range(300):
            yield [Decimal(f"{lot.gauss(shift if month >= 24 else 0, 1):.4f}") for month in range(36)]

    assert share_of_signals(months(0)) < 0.04
    assert share_of_signals(months(3)) > 0.6
