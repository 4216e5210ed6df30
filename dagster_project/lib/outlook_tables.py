"""The tables `kpi_outlook` and `kpi_outlook_backtest`: read from the finished scorecard, written beside it.

Belongs here: which KPIs and scopes have an outlook, how a KPI's months make its quarters, the rows. Does not belong
here: the arithmetic (outlook.py). Everything comes from what `kpi_scorecard` shows readers, so an outlook tells nothing
of people that is withheld there; a value that is missing stays missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import duckdb
import numpy as np
import pyarrow as pa

from dagster_project.lib import outlook
from dagster_project.lib.databases import transaction
from dagster_project.lib.outlook import DAYS, LAST, SUM, Goal, Part, Said, Shape

TABLE, BACKTEST = "kpi_outlook", "kpi_outlook_backtest"
RUN_RATE, SMOOTHING = "run_rate", "smoothing"
FAILED = "failed"
SCOPES = (
    "company",
    "region",
    "channel",
    "product_category",
    "customer_segment",
    "department",
    "team",
    "warehouse",
    "supplier",
)
"""Never single people, customers or groups by origin, nor campaigns, which end by themselves."""

_NUMBER = "decimal(38, 10)"
_KEY = {
    "kpi_id": "varchar",
    "period_grain": "varchar",
    "period_start_date": "date",
    "scope_type": "varchar",
    "scope_id": "varchar",
}
COLUMNS = {
    TABLE: {
        **_KEY,
        "period_end_date": "date",
        "as_of_date": "date",
        "method": "varchar",
        "is_chosen": "boolean",
        "actual_to_date": _NUMBER,
        "outlook_value": _NUMBER,
        "lower_value": _NUMBER,
        "upper_value": _NUMBER,
        "interval_level": _NUMBER,
        "target_value": _NUMBER,
        "target_lower": _NUMBER,
        "target_upper": _NUMBER,
        "chance_of_target": _NUMBER,
        "outlook_status": "varchar",
        "no_outlook_reason": "varchar",
        "history_periods_count": "bigint",
        "backtest_count": "bigint",
        "backtest_coverage_ratio": _NUMBER,
        "backtest_error_ratio": _NUMBER,
        "edition_id": "varchar",
    },
    BACKTEST: {
        **_KEY,
        "period_end_date": "date",
        "method": "varchar",
        "origin_date": "date",
        "outlook_value": _NUMBER,
        "lower_value": _NUMBER,
        "upper_value": _NUMBER,
        "actual_value": _NUMBER,
        "is_covered": "boolean",
        "edition_id": "varchar",
    },
}

# what the scorecard says stays as it says it; the rest is made of floating point
_EXACT = {"actual_to_date", "target_value", "target_lower", "target_upper"}

# Open periods that are shown: the whole company's, and parts where somebody looks at them, by a target or on the
# balanced scorecard. The target is the whole period's, not the part that is due by now.
_OPEN = f"""
    select
        shown.kpi_id, shown.period_grain, shown.period_start_date, shown.scope_type, shown.scope_id,
        shown.period_end_date, shown.status, shown.no_value_reason, kpis.direction, kpis.period_basis,
        kpis.final_after_days,
        cast(coalesce(shown.numerator, shown.actual_value) as double) as numerator,
        cast(shown.denominator as double) as denominator,
        shown.actual_value,
        cast(shown.last_year_value as double) as last_year_to_date, cast(before.actual_value as double) as last_year,
        case
            when shown.status <> 'held' and kpis.direction <> 'band'
                then coalesce(shown.period_target_value, shown.target_value)
        end as target_value,
        case
            when shown.status <> 'held' and kpis.direction = 'band'
                then coalesce(phased.period_target_lower, targets.target_lower, shown.target_lower)
        end as target_lower,
        case
            when shown.status <> 'held' and kpis.direction = 'band'
                then coalesce(phased.period_target_upper, targets.target_upper, shown.target_upper)
        end as target_upper,
        cast(coalesce(own.on_track_tolerance, usual.on_track_tolerance) as double) as on_track,
        cast(coalesce(own.at_risk_tolerance, usual.at_risk_tolerance) as double) as at_risk,
        on_scorecard.kpi_id is not null as is_on_scorecard
    from scorecard.kpi_scorecard as shown
    inner join scorecard.kpi_catalogue as kpis on shown.kpi_id = kpis.kpi_id
    inner join reference.tolerances as usual on usual.kpi_id = 'default'
    left join reference.tolerances as own on shown.kpi_id = own.kpi_id
    left join scorecard.kpi_targets as targets on shown.target_id = targets.target_id and shown.phasing_used is null
    left join scorecard.phased_targets as phased
        on
            shown.target_id = phased.target_id
            and shown.scope_id = phased.scope_id
            and shown.period_grain = phased.period_grain
            and shown.period_start_date = phased.period_start_date
            and shown.phasing_used is not null
    left join (select distinct kpi_id from scorecard.balanced_scorecard_kpis) as on_scorecard
        on shown.kpi_id = on_scorecard.kpi_id
    left join scorecard.kpi_scorecard as before
        on
            shown.kpi_id = before.kpi_id
            and shown.scope_type = before.scope_type
            and shown.scope_id = before.scope_id
            and shown.period_grain = before.period_grain
            and before.period_start_date = shown.period_start_date - interval 1 year
            and before.period_status = 'settled'
    where
        shown.period_status = 'open'
        and shown.period_grain in ('month', 'quarter', 'year')
        and shown.scope_type in ({", ".join(f"'{scope}'" for scope in SCOPES)})
        and (
            shown.scope_type = 'company'
            or shown.target_id is not null
            or on_scorecard.kpi_id is not null
        )
    order by 1, 2, 3, 4, 5
"""

# Whether the settled quarters and years are their months added up, weighed by days, or the last one: of all scopes of
# a type, since one that differs (costs of a channel that are shared out by quarter) is made in another way.
_ARITHMETIC = f"""
    with shown as (
        select
            *,
            cast(coalesce(numerator, actual_value) as double) as above,
            cast(denominator as double) as below,
            period_end_date - period_start_date + 1 as day_count
        from scorecard.kpi_scorecard
        where
            scope_type in ({", ".join(f"'{scope}'" for scope in SCOPES)})
            and period_grain in ('month', 'quarter', 'year') and period_status = 'settled'
            and status <> 'held' and coalesce(numerator, actual_value) is not null
    ),

    periods as (
        select
            periods.kpi_id,
            periods.scope_type,
            periods.scope_id,
            periods.period_grain,
            periods.period_start_date,
            periods.above,
            periods.below,
            periods.actual_value,
            periods.day_count,
            sum(months.above) as above_sum,
            sum(months.above * months.day_count) / periods.day_count as above_days,
            max_by(months.above, months.period_start_date) as above_last,
            sum(months.below) as below_sum,
            sum(months.below * months.day_count) / periods.day_count as below_days,
            max_by(months.below, months.period_start_date) as below_last
        from shown as periods
        inner join shown as months
            on
                periods.kpi_id = months.kpi_id
                and periods.scope_type = months.scope_type
                and periods.scope_id = months.scope_id
                and months.period_grain = 'month'
                and months.period_start_date between periods.period_start_date and periods.period_end_date
        where periods.period_grain in ('quarter', 'year')
        group by
            periods.kpi_id, periods.scope_type, periods.scope_id, periods.period_grain,
            periods.period_start_date, periods.above, periods.below, periods.actual_value, periods.day_count
        having sum(months.day_count) = periods.day_count
    )

    select
        kpi_id,
        scope_type,
        bool_or(below is not null) as is_ratio,
        bool_and(abs(above - above_sum) <= 1e-7 * abs(above) + 1e-7) as above_sum,
        bool_and(abs(above - above_days) <= 1e-7 * abs(above) + 1e-7) as above_days,
        bool_and(abs(above - above_last) <= 1e-7 * abs(above) + 1e-7) as above_last,
        bool_and(coalesce(abs(below - below_sum) <= 1e-7 * abs(below) + 1e-7, true)) as below_sum,
        bool_and(coalesce(abs(below - below_days) <= 1e-7 * abs(below) + 1e-7, true)) as below_days,
        bool_and(coalesce(abs(below - below_last) <= 1e-7 * abs(below) + 1e-7, true)) as below_last,
        bool_and(
            case
                when below is null or actual_value is null then true
                when below = 0 then false
                else abs(above / below - actual_value) <= 1e-6 * abs(actual_value) + 1e-6
            end
        ) as is_quotient
    from periods
    group by kpi_id, scope_type
"""

_MONTHS = """
    select
        months.kpi_id, months.scope_type, months.scope_id, months.period_start_date,
        cast(coalesce(months.numerator, months.actual_value) as double) as numerator,
        cast(months.denominator as double) as denominator
    from scorecard.kpi_scorecard as months
    inner join (select distinct kpi_id, scope_type, scope_id from open_periods) as wanted
        on
            months.kpi_id = wanted.kpi_id
            and months.scope_type = wanted.scope_type
            and months.scope_id = wanted.scope_id
    where
        months.period_grain = 'month' and months.period_status = 'settled' and months.status <> 'held'
        and coalesce(months.numerator, months.actual_value) is not null
    order by 1, 2, 3, 4
"""

Series = tuple[str, str, str]


@dataclass(frozen=True)
class Outcome:
    """What a night's outlook came to."""

    rows: int
    periods: int
    said: int
    """Periods of which something could be said."""
    backtests: int
    failed: str | None = None
    """What went wrong, where the rows only say that something did."""


@dataclass(frozen=True)
class Arithmetic:
    """How the months of a KPI make its quarters and years."""

    above: str
    below: str | None


@dataclass
class Open:
    """An open period of a KPI in a scope, as the scorecard shows it."""

    kpi_id: str
    period_grain: str
    period_start_date: date
    scope_type: str
    scope_id: str
    period_end_date: date
    status: str
    no_value_reason: str | None
    direction: str
    period_basis: str
    final_after_days: int | None
    numerator: float | None
    denominator: float | None
    actual_value: Decimal | None
    last_year_to_date: float | None
    last_year: float | None
    target_value: Decimal | None
    target_lower: Decimal | None
    target_upper: Decimal | None
    on_track: float
    at_risk: float
    is_on_scorecard: bool

    @property
    def series(self) -> Series:
        """KPI and scope."""
        return self.kpi_id, self.scope_type, self.scope_id

    @property
    def goal(self) -> Goal:
        """What the whole period is measured against."""
        return Goal(
            self.direction, _float(self.target_value), _float(self.target_lower), _float(self.target_upper)
        )

    @property
    def reason(self) -> str | None:
        """Why there is nothing to go on from, or nothing to try it on."""
        if self.status == "held":
            return "held"
        if self.actual_value is None:
            return "withheld" if self.no_value_reason == "withheld" else "no_data"
        # of what is still counted in later, no month of the past shows what a night knew of it then
        return "not_final" if self.final_after_days else None


@dataclass(frozen=True)
class History:
    """The settled months of every series that is asked for, on one axis of months."""

    axis: Sequence[date]
    """First days of the months up to the last one that is over, and of the year after it."""
    last: int
    """Number of the last month that is over; -1 where none is."""
    places: Mapping[Series, int]
    above: np.ndarray
    below: np.ndarray

    @property
    def days(self) -> np.ndarray:
        """The days of each month of the axis."""
        ends = [*self.axis[1:], _months_on(self.axis[-1], 1)]
        return np.array([(end - start).days for start, end in zip(self.axis, ends, strict=True)], dtype=float)


@dataclass
class Tables:
    """Rows on their way to the two tables, as columns."""

    rows: dict[str, dict[str, list]] = field(
        default_factory=lambda: {table: {name: [] for name in columns} for table, columns in COLUMNS.items()}
    )

    def add(self, table: str, **values: object) -> None:
        """A row; what is not named is empty."""
        for name, column in self.rows[table].items():
            column.append(values.get(name))


def write(connection: duckdb.DuckDBPyConnection) -> Outcome:
    """Replace both tables by tonight's. Whatever goes wrong on the way, the rows say `failed`."""
    edition_id, as_of = connection.execute("select edition_id, as_of_date from audit.run_settings").fetchone()
    periods = open_periods(connection)
    failed = None
    try:
        tables = computed(connection, periods, edition_id, as_of)
        _replace_both(connection, tables)
    except Exception as error:
        # right numbers don't wait for a forecast, and yesterday's must not stand in for it
        failed = f"{type(error).__name__}: {error}"
        tables = Tables()
        for period in periods:
            _add_none(tables, period, period.reason or FAILED, 0, edition_id, as_of)
        _replace_both(connection, tables)
    written = tables.rows[TABLE]
    return Outcome(
        len(written["kpi_id"]),
        len(periods),
        sum(written["is_chosen"]),
        len(tables.rows[BACKTEST]["kpi_id"]),
        failed,
    )


def open_periods(connection: duckdb.DuckDBPyConnection) -> list[Open]:
    """The open periods that have an outlook or say why not, by key."""
    return [Open(*row) for row in connection.execute(_OPEN).fetchall()]


def computed(
    connection: duckdb.DuckDBPyConnection, periods: Sequence[Open], edition_id: str, as_of: date
) -> Tables:
    """The rows of both tables."""
    tables = Tables()
    if not periods:
        return tables
    arithmetic = read_arithmetic(connection)
    history = read_history(connection, periods, as_of)
    found = Found(arithmetic, history, as_of)
    said = dict(found.of(periods))
    for number, period in enumerate(periods):
        known = found.months_known(period)
        if period.reason:
            _add_none(tables, period, period.reason, known, edition_id, as_of)
        elif number in said:
            _add_outlooks(tables, period, said[number], known, history, edition_id, as_of)
        else:
            _add_by_last_year(tables, period, known, edition_id, as_of)
    return tables


def read_arithmetic(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], Arithmetic]:
    """How months make periods, of each KPI and type of scope where the settled ones show it."""
    found = {}
    for kpi_id, scope_type, is_ratio, *shown, is_quotient in connection.execute(_ARITHMETIC).fetchall():
        above, below = _kind(*shown[:3]), _kind(*shown[3:])
        if above and not is_ratio:
            found[kpi_id, scope_type] = Arithmetic(above, None)
        elif above and below and is_quotient:
            found[kpi_id, scope_type] = Arithmetic(above, below)
    return found


def _kind(is_sum: bool, is_days: bool, is_last: bool) -> str | None:
    # months that are all 0 or all alike fit more than one, and then the first does no harm
    return SUM if is_sum else LAST if is_last else DAYS if is_days else None


def read_history(connection: duckdb.DuckDBPyConnection, periods: Sequence[Open], as_of: date) -> History:
    """The months of the series of these periods."""
    wanted = sorted({period.series for period in periods})
    connection.register(
        "open_periods",
        pa.table(
            {
                "kpi_id": [kpi for kpi, _, _ in wanted],
                "scope_type": [scope_type for _, scope_type, _ in wanted],
                "scope_id": [scope for _, _, scope in wanted],
            }
        ),
    )
    try:
        months = connection.execute(_MONTHS).fetchall()
    finally:
        connection.unregister("open_periods")
    over = _months_on(_first_of_month(as_of + timedelta(days=1)), -1)
    first = min((row[3] for row in months), default=_months_on(over, 1))
    last = _months_between(first, over)
    axis = [_months_on(first, number) for number in range(max(last, -1) + 13)]
    places = {series: number for number, series in enumerate(wanted)}
    above = np.full((len(wanted), last + 1), np.nan)
    below = np.full((len(wanted), last + 1), np.nan)
    for kpi_id, scope_type, scope_id, start, numerator, denominator in months:
        column = _months_between(first, start)
        if column <= last:
            place = places[kpi_id, scope_type, scope_id]
            above[place, column] = numerator
            if denominator is not None:
                below[place, column] = denominator
    return History(axis, last, places, above, below)


class Found:
    """The outlooks of all periods that are made of months: those alike in shape and arithmetic at once."""

    def __init__(
        self, arithmetic: Mapping[tuple[str, str], Arithmetic], history: History, as_of: date
    ) -> None:
        """Nothing is computed yet."""
        self._arithmetic, self._history, self._as_of = arithmetic, history, as_of
        self._forecasts: dict[bytes, np.ndarray] = {}

    def months_known(self, period: Open) -> int:
        """How many settled months the series has."""
        months = self._history.above[self._history.places[period.series]]
        return int((~np.isnan(months)).sum())

    def of(self, periods: Sequence[Open]) -> Iterator[tuple[int, dict[str, tuple[Said, int]]]]:
        """For the number of each period what the methods say, and the place of its series in that."""
        alike: dict[tuple, list[int]] = {}
        for number, period in enumerate(periods):
            how = self._arithmetic.get((period.kpi_id, period.scope_type))
            if how is None or period.reason or self._history.last < 0:
                continue
            alike.setdefault((self._shape(period), how), []).append(number)
        for (shape, how), numbers in alike.items():
            yield from self._said(periods, numbers, shape, how)

    def _shape(self, period: Open) -> Shape:
        months = _months_between(period.period_start_date, period.period_end_date) + 1
        under_way = _first_of_month(self._as_of + timedelta(days=1))
        done = _months_between(period.period_start_date, under_way)
        next_month = _months_on(under_way, 1)
        part = (self._as_of - under_way).days + 1
        return Shape(months, done, max(part, 0) / (next_month - under_way).days)

    def _said(
        self, periods: Sequence[Open], numbers: Sequence[int], shape: Shape, how: Arithmetic
    ) -> Iterator[tuple[int, dict[str, tuple[Said, int]]]]:
        # smoothing costs 3 ms a series, so it is for the company alone: a part more must not slow the night
        some = [number for number in numbers if periods[number].scope_type == "company"]
        run = self._by([periods[number] for number in numbers], shape, how, is_smoothed=False)
        smooth = (
            self._by([periods[number] for number in some], shape, how, is_smoothed=True) if some else None
        )
        for place, number in enumerate(numbers):
            said = {RUN_RATE: (run, place)}
            if smooth and number in some:
                said[SMOOTHING] = (smooth, some.index(number))
            yield number, said

    def _by(self, asked: Sequence[Open], shape: Shape, how: Arithmetic, *, is_smoothed: bool) -> Said:
        places = [self._history.places[period.series] for period in asked]
        now = [(period.numerator, period.denominator) for period in asked]
        above = self._part(how, how.above, self._history.above[places], asked, [n for n, _ in now], shape)
        below = None
        if how.below:
            below = self._part(how, how.below, self._history.below[places], asked, [d for _, d in now], shape)
        forecasts = None
        if is_smoothed:
            forecasts = self._forecast(above.months), None if below is None else self._forecast(below.months)
        return outlook.outlook(above, below, shape, self._history.days, self._history.last, forecasts)

    def _part(
        self,
        how: Arithmetic,
        kind: str,
        months: np.ndarray,
        asked: Sequence[Open],
        now: Sequence[float | None],
        shape: Shape,
    ) -> Part:
        so_far = np.array([np.nan if value is None else value for value in now])
        part = np.full(len(asked), shape.part)
        if kind == DAYS:
            elapsed = np.array([(self._as_of - period.period_start_date).days + 1 for period in asked])
            so_far = so_far * elapsed
        elif kind == SUM and how.below is None and shape.part > 0:
            part = self._part_of_last_year(months, asked, shape)
        return Part(kind, months, so_far, part)

    def _part_of_last_year(self, months: np.ndarray, asked: Sequence[Open], shape: Shape) -> np.ndarray:
        """Which share of the month under way last year had by the same day; by days where that is not known."""
        then = self._history.last - outlook.SEASON
        if then - shape.done + 1 < 0 or then < -1:
            return np.full(len(asked), shape.part)
        by_then = np.array([np.nan if p.last_year_to_date is None else p.last_year_to_date for p in asked])
        before = months[:, then - shape.done + 1 : then + 1].sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(months[:, then + 1] > 0, (by_then - before) / months[:, then + 1], np.nan)
        return np.where(np.isnan(share), shape.part, np.clip(share, 0.0, 1.0))

    def _forecast(self, months: np.ndarray) -> np.ndarray:
        """Smoothing's forecasts of each row; the same months, of whichever KPI, are smoothed once."""
        found = []
        for row in months:
            known = self._forecasts.get(row.tobytes())
            if known is None:
                known = outlook.forecast(row, outlook.SEASON)
                self._forecasts[row.tobytes()] = known
            found.append(known)
        return np.stack(found)


def _key(period: Open) -> dict[str, object]:
    return {name: getattr(period, name) for name in _KEY}


def _add_none(tables: Tables, period: Open, reason: str, known: int, edition_id: str, as_of: date) -> None:
    """Nothing can be said, and why."""
    tables.add(
        TABLE,
        **_key(period),
        period_end_date=period.period_end_date,
        as_of_date=as_of,
        is_chosen=False,
        actual_to_date=None if reason in ("held", "withheld") else period.actual_value,
        target_value=period.target_value,
        target_lower=period.target_lower,
        target_upper=period.target_upper,
        no_outlook_reason=reason,
        history_periods_count=known,
        backtest_count=0,
        edition_id=edition_id,
    )


def _add_outlooks(
    tables: Tables,
    period: Open,
    said: Mapping[str, tuple[Said, int]],
    known: int,
    history: History,
    edition_id: str,
    as_of: date,
) -> None:
    # without errors to make an interval of it is a guess that nobody has checked
    possible = {
        method: (found, place)
        for method, (found, place) in said.items()
        if np.isfinite(found.outlook[place]) and np.isfinite(found.half[place])
    }
    if not possible:
        _add_none(tables, period, "too_short", known, edition_id, as_of)
        return
    chosen = next(iter(possible))
    if len(possible) == 2:
        (run, place), (smooth, smooth_place) = possible[RUN_RATE], possible[SMOOTHING]
        if _errs_less(smooth, smooth_place, run, place):
            chosen = SMOOTHING
    for method, (found, place) in possible.items():
        _add_outlook(tables, period, method, found, place, method == chosen, known, edition_id, as_of)
        _add_backtest(tables, period, method, found, place, history, edition_id)


def _errs_less(smooth: Said, smooth_place: int, run: Said, place: int) -> bool:
    return bool(outlook.better(_only(run, place), _only(smooth, smooth_place))[0])


def _only(said: Said, place: int) -> outlook.Tried:
    tried, row = said.tried, slice(place, place + 1)
    return outlook.Tried(
        tried.origins,
        tried.outlook[row],
        tried.lower[row],
        tried.upper[row],
        tried.actual[row],
        tried.errors[row],
    )


def _add_outlook(
    tables: Tables,
    period: Open,
    method: str,
    found: Said,
    place: int,
    is_chosen: bool,
    known: int,
    edition_id: str,
    as_of: date,
) -> None:
    tried = _only(found, place)
    value, lower, upper = (float(side[place]) for side in (found.outlook, found.lower, found.upper))
    goes_one_way = period.denominator is None and period.period_basis == "flow"
    tables.add(
        TABLE,
        **_key(period),
        period_end_date=period.period_end_date,
        as_of_date=as_of,
        method=method,
        is_chosen=is_chosen,
        actual_to_date=period.actual_value,
        outlook_value=value,
        lower_value=lower,
        upper_value=upper,
        interval_level=outlook.LEVEL,
        target_value=period.target_value,
        target_lower=period.target_lower,
        target_upper=period.target_upper,
        chance_of_target=outlook.chance(
            period.goal,
            value,
            float(found.half[place]),
            _float(period.actual_value),
            can_fall=not (goes_one_way and bool(found.is_rising[place])),
        ),
        outlook_status=outlook.status(period.goal, value, period.on_track, period.at_risk),
        history_periods_count=known,
        backtest_count=int(tried.is_tried.sum()),
        backtest_coverage_ratio=float(tried.coverage()[0]),
        backtest_error_ratio=float(tried.error_ratio()[0]),
        edition_id=edition_id,
    )


def _add_backtest(
    tables: Tables, period: Open, method: str, found: Said, place: int, history: History, edition_id: str
) -> None:
    tried = found.tried
    covered = _only(found, place).is_covered[0]
    for column in np.flatnonzero(_only(found, place).is_tried[0]):
        origin = int(tried.origins[column])
        end = origin + found.shape.ahead
        tables.add(
            BACKTEST,
            **{
                **_key(period),
                "period_start_date": _months_on(history.axis[end], 1 - found.shape.months),
            },
            period_end_date=history.axis[end + 1] - timedelta(days=1),
            method=method,
            origin_date=history.axis[origin + 1] - timedelta(days=1),
            outlook_value=float(tried.outlook[place, column]),
            lower_value=float(tried.lower[place, column]),
            upper_value=float(tried.upper[place, column]),
            actual_value=float(tried.actual[place, column]),
            is_covered=None if np.isnan(covered[column]) else bool(covered[column]),
            edition_id=edition_id,
        )


def _add_by_last_year(tables: Tables, period: Open, known: int, edition_id: str, as_of: date) -> None:
    """What is not made of its months: so far x last year's whole / last year's by the same day, without an interval.

    The past shows no origins to try it on: what a distinct count had by then is not kept. So it is said of the company
    alone: of a department of eight, last year's one leaver would be foretold again.
    """
    if period.scope_type != "company":
        _add_none(tables, period, "too_short", known, edition_id, as_of)
        return
    now, then, whole = _float(period.actual_value), period.last_year_to_date, period.last_year
    if now is None or not then or then < 0 or whole is None or whole < 0 or now < 0:
        _add_none(tables, period, "too_short", known, edition_id, as_of)
        return
    value = now * whole / then
    tables.add(
        TABLE,
        **_key(period),
        period_end_date=period.period_end_date,
        as_of_date=as_of,
        method=RUN_RATE,
        is_chosen=True,
        actual_to_date=period.actual_value,
        outlook_value=value,
        target_value=period.target_value,
        target_lower=period.target_lower,
        target_upper=period.target_upper,
        outlook_status=outlook.status(period.goal, value, period.on_track, period.at_risk),
        history_periods_count=known,
        backtest_count=0,
        edition_id=edition_id,
    )


def _replace_both(connection: duckdb.DuckDBPyConnection, tables: Tables) -> None:
    with transaction(connection):
        for table, columns in COLUMNS.items():
            _replace(connection, table, columns, tables.rows[table])


def _replace(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], rows: Mapping[str, list]
) -> None:
    declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    connection.execute(f"create or replace table scorecard.{table} ({declared})")
    arrow = {
        _NUMBER: pa.decimal128(38, 10),
        "varchar": pa.string(),
        "date": pa.date32(),
        "boolean": pa.bool_(),
        "bigint": pa.int64(),
    }
    columns_now = {
        name: pa.array(rounded(rows[name]), pa.string())
        if kind == _NUMBER and name not in _EXACT
        else pa.array(rows[name], arrow[kind])
        for name, kind in columns.items()
    }
    connection.register("rows_of_outlook", pa.table(columns_now))
    try:
        # the order of the rows is a part of the file's bytes
        connection.execute(f"insert into scorecard.{table} by name select * from rows_of_outlook")
    finally:
        connection.unregister("rows_of_outlook")


def rounded(values: Sequence[float | None]) -> list[str | None]:
    """To ten significant digits, None where there is none: what floating point makes of the rest is noise.

    As text, which the database reads exactly; as a double it would bring the noise back in the last decimals.
    """
    return [None if value is None or not np.isfinite(value) else f"{value:.10g}" for value in values]


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _first_of_month(day: date) -> date:
    return day.replace(day=1)


def _months_on(start: date, months: int) -> date:
    number = start.year * 12 + start.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def _months_between(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month
