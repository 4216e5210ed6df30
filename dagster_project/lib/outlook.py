"""Where an open period will end: the arithmetic of the outlook and of its back-test, on arrays of months.

Belongs here: the two methods, the windows of the past that they are tried on, intervals, chances. Does not belong
here: which KPIs and scopes have an outlook, reading the scorecard and writing the tables (outlook_tables.py). The
formulae in words, with the figures that they reach: docs/outlook.md.

A row of an array is a series (a KPI in a scope), a column a calendar month; what is not known is nan. Nothing here
reads a column after the origin that it is asked for.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEVEL = 0.8
"""The share of periods that shall end inside their interval."""
LEAST_ERRORS = 4
"""With fewer errors the largest of them is no bound for 80 %."""
MOST_WINDOWS = 24
MOST_YEARS = 3
LEAST_SHARE = 0.1
"""Below this share of a period done, dividing by it says more of chance than of the period."""
SEASON = 12
LEAST_LEARNT = 12
"""Months that smoothing learns from before it is tried; two seasons of them, and it knows seasons."""
# half of the interval in standard deviations, if errors are spread as the normal distribution
_DEVIATIONS = 1.2815515655446004

SUM, DAYS, LAST = "sum", "days", "last"
"""How months make a period: they add up, they count by their days, or the last one stands for all."""


@dataclass(frozen=True)
class Shape:
    """A period seen from inside: how many months it has, how many are over, how much of the next one is."""

    months: int
    done: int
    part: float = 0.0

    @property
    def ahead(self) -> int:
        """Months that are not over."""
        return self.months - self.done

    def windows(self, last: int) -> range:
        """The last months of the windows of this shape that end by month ``last``, at most the latest 24.

        A window needs not begin where a year does: any twelve months of which eleven are over have one to go.
        """
        first = max(self.months - 1, self.ahead)
        return range(max(first, last - MOST_WINDOWS + 1), last + 1)


@dataclass(frozen=True)
class Part:
    """Numerator or denominator of some series: the months, and what the open period has so far."""

    kind: str
    months: np.ndarray
    now: np.ndarray
    """In the measure of `so_far`; nan where the period is unknown."""
    part: np.ndarray
    """Share of the month under way that is usually done by now, per series."""

    def so_far(self, origin: int, shape: Shape, days: np.ndarray) -> np.ndarray:
        """What the period that has ``shape.done`` months by ``origin`` had by then."""
        if self.kind == LAST:
            return self.months[:, origin]
        of = slice(origin - shape.done + 1, origin + 1)
        weighed = self.months[:, of] * days[of] if self.kind == DAYS else self.months[:, of]
        return weighed.sum(axis=1)

    def whole(self, end: int, shape: Shape, days: np.ndarray) -> np.ndarray:
        """What the period that ended with month ``end`` came to; by days, in its days' sum."""
        return self.so_far(end, Shape(shape.months, shape.months), days)

    def is_never_negative(self, origin: int) -> np.ndarray:
        """Whether no month up to the origin was below zero."""
        return ~(self.months[:, : origin + 1] < 0).any(axis=1)


def run_rate(
    part: Part,
    origin: int,
    shape: Shape,
    days: np.ndarray,
    so_far: np.ndarray | None = None,
) -> np.ndarray:
    """So far / the share that is usually done by then, as the last years' mean has it.

    Where a share says nothing (amounts below zero, or less than a tenth done) what the rest of the period brought in
    those years is added instead. nan where no year before is known.
    """
    so_far = part.so_far(origin, shape, days) if so_far is None else so_far
    shares, rests = [], []
    for year in range(1, MOST_YEARS + 1):
        then = origin - SEASON * year
        if then - shape.done + 1 < 0 or (part.kind == LAST and then < 0):
            break
        done = part.so_far(then, shape, days)
        if shape.part > 0:
            done = done + part.part * _next_month(part, then, days)
        whole = part.whole(then + shape.ahead, shape, days)
        with np.errstate(divide="ignore", invalid="ignore"):
            shares.append(np.where(whole > 0, done / whole, np.nan))
        rests.append(whole - done)
    if not rests:
        return np.full(len(so_far), np.nan)
    share, rest = _mean(shares), _mean(rests)
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = so_far / share
    is_share = part.is_never_negative(origin) & (so_far >= 0) & (share >= LEAST_SHARE)
    return np.where(is_share, scaled, so_far + rest)


def _next_month(part: Part, origin: int, days: np.ndarray) -> np.ndarray:
    """What a whole month more adds to what there was by ``origin``."""
    if part.kind == LAST:
        return part.months[:, origin + 1] - part.months[:, origin]
    return part.months[:, origin + 1] * (days[origin + 1] if part.kind == DAYS else 1)


def _mean(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """The mean of what is known, in a fixed order; nan where nothing is."""
    stacked = np.stack(arrays)
    known = ~np.isnan(stacked)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(known, stacked, 0).sum(axis=0) / known.sum(axis=0)


def smoothed(
    part: Part,
    forecasts: np.ndarray,
    origin: int,
    shape: Shape,
    days: np.ndarray,
    so_far: np.ndarray | None = None,
) -> np.ndarray:
    """So far + the months to come as smoothing has them; of the month under way only what is left of it.

    ``forecasts`` has for each series and origin the months after it (`forecast`).
    """
    ahead = forecasts[:, origin, : shape.ahead]
    if part.kind == LAST:
        found = ahead[:, -1]
    else:
        share = np.ones_like(ahead)
        if shape.part > 0:
            share[:, 0] = 1 - part.part
        if part.kind == DAYS:
            share = share * days[origin + 1 : origin + 1 + shape.ahead]
        base = part.so_far(origin, shape, days) if so_far is None else so_far
        found = base + (ahead * share).sum(axis=1)
    return np.where(part.is_never_negative(origin), np.maximum(found, 0), found)


def first_origin(known: int) -> int | None:
    """How many months smoothing learns from, of so many: all but the last 24, but at least two seasons or one."""
    for least in (2 * SEASON, LEAST_LEARNT):
        if known >= least + LEAST_ERRORS:
            return max(least, known - MOST_WINDOWS)
    return None


def forecast(months: np.ndarray, ahead: int) -> np.ndarray:
    """For each month as origin, the months after it by exponential smoothing; nan before it has learnt.

    The weights are found once, on the months before the first origin; from there the same filter goes on from month
    to month, so that no origin knows what came later. Additive season and damped trend where two seasons are learnt
    from, else a damped trend alone.
    """
    found = np.full((len(months), ahead), np.nan)
    unknown = np.flatnonzero(np.isnan(months))
    start = int(unknown[-1]) + 1 if len(unknown) else 0
    run = months[start:]
    learnt = first_origin(len(run))
    if learnt is None:
        return found
    size = float(np.abs(run[:learnt]).max())
    if size == 0 or np.ptp(run[:learnt]) <= 1e-12 * size:
        # what never moved has no weights to find: the last value goes on
        for origin in range(learnt - 1, len(run)):
            found[start + origin] = run[origin]
        return found
    model = _weights(run[:learnt] / size, is_seasonal=learnt >= 2 * SEASON)
    if model is None:
        return found
    level, trend, season = model.level, model.trend, list(model.season)
    for origin, value in enumerate(run / size):
        expected = level + model.damping * trend
        seasonal = season[origin % SEASON] if season else 0.0
        before = level
        level = model.alpha * (value - seasonal) + (1 - model.alpha) * expected
        trend = model.beta * (level - before) + (1 - model.beta) * model.damping * trend
        if season:
            season[origin % SEASON] = model.gamma * (value - expected) + (1 - model.gamma) * seasonal
        if origin >= learnt - 1:
            damped = 0.0
            for step in range(ahead):
                damped += model.damping ** (step + 1)
                later = season[(origin + 1 + step) % SEASON] if season else 0.0
                found[start + origin, step] = (level + damped * trend + later) * size
    return found


@dataclass(frozen=True)
class _Weights:
    alpha: float
    beta: float
    gamma: float
    damping: float
    level: float
    trend: float
    season: tuple[float, ...]


def _weights(months: np.ndarray, *, is_seasonal: bool) -> _Weights | None:
    """What statsmodels finds; None where it finds nothing."""
    # imported by the night that needs it: it takes a second
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            model = ExponentialSmoothing(
                months,
                trend="add",
                damped_trend=True,
                seasonal="add" if is_seasonal else None,
                seasonal_periods=SEASON if is_seasonal else None,
                initialization_method="heuristic",
            )
            # the usual L-BFGS-B finds the same, and keeps threads busy that a loaded machine has not got
            found = model.fit(use_brute=False, method="SLSQP").params
        except (ValueError, ArithmeticError, np.linalg.LinAlgError):
            return None
    weights = _Weights(
        alpha=float(found["smoothing_level"]),
        beta=float(found["smoothing_trend"]),
        gamma=float(found["smoothing_seasonal"]) if is_seasonal else 0.0,
        damping=float(found["damping_trend"]),
        level=float(found["initial_level"]),
        trend=float(found["initial_trend"]),
        season=tuple(float(value) for value in found["initial_seasons"]) if is_seasonal else (),
    )
    numbers = (weights.alpha, weights.beta, weights.gamma, weights.damping, weights.level, weights.trend)
    return weights if all(map(math.isfinite, (*numbers, *weights.season))) else None


def half_width(errors: np.ndarray) -> np.ndarray:
    """The error that 80 % of new ones stay within, if they are like these (the rows); nan with fewer than four.

    The (n + 1) x 0.8-th smallest of n, by a straight line between two of them: split conformal prediction.
    """
    known = np.sort(np.abs(errors), axis=1)
    count = (~np.isnan(known)).sum(axis=1)
    place = np.minimum(LEVEL * (count + 1), count) - 1
    found = np.full(len(errors), np.nan)
    for row in np.flatnonzero(count >= LEAST_ERRORS):
        below = math.floor(place[row])
        above = min(below + 1, count[row] - 1)
        found[row] = known[row, below] + (place[row] - below) * (known[row, above] - known[row, below])
    return found


def size_of_month(values: np.ndarray, origin: int) -> np.ndarray:
    """The mean size of the last twelve months' values: what errors are measured in; nan where it is 0 or unknown."""
    size = _mean(list(np.abs(values[:, max(0, origin - SEASON + 1) : origin + 1].T)))
    return np.where(size > 0, size, np.nan)


@dataclass(frozen=True)
class Tried:
    """A method tried on the windows of the past; the columns are windows, the oldest first."""

    origins: np.ndarray
    outlook: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    actual: np.ndarray
    errors: np.ndarray
    """(actual - outlook) / the size of a month at the origin."""

    @property
    def is_tried(self) -> np.ndarray:
        """Where both the outlook and what came are known."""
        return ~np.isnan(self.errors)

    @property
    def is_covered(self) -> np.ndarray:
        """1 inside the interval, 0 outside, nan where there was none yet."""
        # what was rounded away must not put an exact outlook outside its own interval
        slack = 1e-9 * np.maximum(np.abs(self.lower), np.abs(self.upper))
        inside = (self.actual >= self.lower - slack) & (self.actual <= self.upper + slack)
        return np.where(np.isnan(self.lower) | np.isnan(self.actual), np.nan, inside)

    def coverage(self) -> np.ndarray:
        """The share of intervals that held, of each series."""
        covered = self.is_covered
        known = ~np.isnan(covered)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(known, covered, 0).sum(axis=1) / known.sum(axis=1)

    def error_ratio(self, among: np.ndarray | None = None) -> np.ndarray:
        """The sum of the misses / the sum of what came, over all windows or those ``among`` them."""
        tried = self.is_tried if among is None else self.is_tried & among
        missed = np.where(tried, np.abs(self.actual - self.outlook), 0).sum(axis=1)
        came = np.where(tried, np.abs(self.actual), 0).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(came > 0, missed / came, np.nan)


@dataclass(frozen=True)
class Said:
    """What a method says of the open period, for each series."""

    shape: Shape
    outlook: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    half: np.ndarray
    """Half of the interval before it is cut at what is impossible."""
    is_rising: np.ndarray
    """Whether no month was below zero: what adds up then never falls."""
    tried: Tried


def outlook(
    numerator: Part,
    denominator: Part | None,
    shape: Shape,
    days: np.ndarray,
    last: int,
    forecasts: tuple[np.ndarray, np.ndarray | None] | None = None,
) -> Said:
    """Where the open period will end by run rate, or by smoothing if there are ``forecasts``, with its back-test.

    ``last`` is the latest month that is over, and ``days`` has the days of the months, those to come too. A ratio is
    the numerator's outlook / the denominator's.
    """
    parts = [numerator] if denominator is None else [numerator, denominator]
    asked = Shape(shape.months, shape.done)
    if all(part.kind == LAST for part in parts):
        # a level asks for the months to come only: the quarter and the year that end alike are one question
        shape = Shape(shape.ahead, 0, shape.part)
    whole_months = Shape(shape.months, shape.done)

    def said_at(origin: int, seen: Shape, *, is_now: bool) -> np.ndarray:
        found = []
        for number, part in enumerate(parts):
            now = part.now if is_now else None
            if forecasts is None:
                whole = run_rate(part, origin, seen, days, now)
            else:
                whole = smoothed(part, forecasts[number], origin, seen, days, now)
            found.append(_in_its_measure(part, whole, origin + shape.ahead, shape, days))
        return _quotient(found)

    def actual_at(end: int) -> np.ndarray:
        wholes = (_in_its_measure(part, part.whole(end, shape, days), end, shape, days) for part in parts)
        return _quotient(list(wholes))

    values = _quotient([part.months for part in parts])
    ends = list(shape.windows(last))
    origins = np.array([end - shape.ahead for end in ends], dtype=int)
    count = len(numerator.months)
    blank = np.full((count, len(ends)), np.nan)
    outlooks, lowers, uppers, actuals, errors = (blank.copy() for _ in range(5))
    for column, (end, origin) in enumerate(zip(ends, origins, strict=True)):
        floor, ceiling = _borders(parts, whole_months, origin, days, None)
        size = size_of_month(values, origin)
        outlooks[:, column] = np.clip(said_at(origin, whole_months, is_now=False), floor, ceiling)
        # the windows whose end was known at this origin
        known = np.array(ends) <= origin
        half = half_width(errors[:, known]) * size
        lowers[:, column] = np.maximum(outlooks[:, column] - half, floor)
        uppers[:, column] = np.minimum(outlooks[:, column] + half, ceiling)
        actuals[:, column] = actual_at(end)
        errors[:, column] = (actuals[:, column] - outlooks[:, column]) / size
    floor, ceiling = _borders(parts, shape, last, days, numerator.now)
    found = np.clip(said_at(last, shape, is_now=True), floor, ceiling)
    # of the month under way a part is known already; days err independently, so the error falls as its root
    left = math.sqrt((shape.ahead - shape.part) / shape.ahead)
    half = half_width(errors) * size_of_month(values, last) * left
    return Said(
        asked,
        found,
        np.maximum(found - half, floor),
        np.minimum(found + half, ceiling),
        half,
        numerator.is_never_negative(last) & (numerator.kind == SUM),
        Tried(origins, outlooks, lowers, uppers, actuals, errors),
    )


def _in_its_measure(part: Part, whole: np.ndarray, end: int, shape: Shape, days: np.ndarray) -> np.ndarray:
    """By days: the mean per day; else the whole as it is."""
    return whole / days[end - shape.months + 1 : end + 1].sum() if part.kind == DAYS else whole


def _quotient(found: Sequence[np.ndarray]) -> np.ndarray:
    if len(found) == 1:
        return found[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(found[1] > 0, found[0] / found[1], np.nan)


def _borders(
    parts: Sequence[Part], shape: Shape, origin: int, days: np.ndarray, now: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Between which values the period must end: an amount that never fell ends with no less than it has."""
    never_negative = np.logical_and.reduce([part.is_never_negative(origin) for part in parts])
    floor = np.where(never_negative, 0.0, -np.inf)
    if len(parts) == 1 and parts[0].kind == SUM:
        so_far = parts[0].so_far(origin, shape, days) if now is None else now
        # a correction may have made what there is negative, though no month was
        floor = np.where(never_negative, np.fmax(so_far, 0.0), floor)
    ceiling = np.full(len(floor), np.inf)
    if len(parts) == 2:
        numerator, denominator = (part.months[:, : origin + 1] for part in parts)
        is_share = never_negative & ~(numerator > denominator).any(axis=1)
        ceiling = np.where(is_share & _is_count(numerator) & _is_count(denominator), 1.0, ceiling)
    return floor, ceiling


def _is_count(months: np.ndarray) -> np.ndarray:
    """Whether all that is known are whole numbers: so many of so many can't be more than all."""
    return np.where(np.isnan(months), True, months == np.rint(months)).all(axis=1)


def better(run: Tried, smooth: Tried) -> np.ndarray:
    """Where smoothing erred less, on the windows that both were tried on, if those are at least four."""
    if run.errors.shape != smooth.errors.shape:
        raise ValueError("the two methods were tried on different windows")
    both = run.is_tried & smooth.is_tried
    is_enough = both.sum(axis=1) >= LEAST_ERRORS
    # a tie, but for what floating point makes of it, is for the simpler one
    return is_enough & (smooth.error_ratio(both) < run.error_ratio(both) * (1 - 1e-9))


@dataclass(frozen=True)
class Goal:
    """What a period is measured against: a number, or a band that may be open to one side."""

    direction: str
    target: float | None = None
    lower: float | None = None
    upper: float | None = None

    @property
    def is_set(self) -> bool:
        """Whether there is a target."""
        return not (self.target is None and self.lower is None and self.upper is None)


def chance(
    goal: Goal, outlook: float, half: float, so_far: float | None = None, *, can_fall: bool = True
) -> float | None:
    """How likely the target is met, if errors are spread normally and 80 % stay within ``half``.

    Between 0.01 and 0.99, since a dozen errors tell no more; 0 or 1 only where an amount that can't fall has decided
    it. None without a target or an interval.
    """
    if not goal.is_set or not math.isfinite(half) or not math.isfinite(outlook):
        return None
    low, high = _met_between(goal)
    if not can_fall and so_far is not None:
        if so_far > high:
            return 0.0
        if so_far >= low and high == math.inf:
            return 1.0
    within = _below(high, outlook, half) - _below(low, outlook, half, is_or_equal=False)
    return min(max(within, 0.01), 0.99)


def _met_between(goal: Goal) -> tuple[float, float]:
    if goal.direction == "higher":
        return -math.inf if goal.target is None else goal.target, math.inf
    if goal.direction == "lower":
        return -math.inf, math.inf if goal.target is None else goal.target
    return (
        -math.inf if goal.lower is None else goal.lower,
        math.inf if goal.upper is None else goal.upper,
    )


def _below(bound: float, outlook: float, half: float, *, is_or_equal: bool = True) -> float:
    """The chance of a value up to the bound."""
    if math.isinf(bound):
        return 1.0 if bound > 0 else 0.0
    if half <= 0:
        return float(outlook <= bound if is_or_equal else outlook < bound)
    return 0.5 * (1 + math.erf((bound - outlook) * _DEVIATIONS / half / math.sqrt(2)))


def status(goal: Goal, value: float, on_track: float, at_risk: float) -> str:
    """The status of a period that ends with this value, by the rule of the scorecard (docs/scoring.md)."""
    if not goal.is_set:
        return "no_target"
    low, high = _met_between(goal)
    missed = max(low - value, value - high, 0.0)
    if missed == 0:
        return "achieved"
    if goal.direction == "band":
        base = 0.0 if goal.lower is None or goal.upper is None else goal.upper - goal.lower
    else:
        base = abs(goal.target or 0.0)
    if missed <= on_track * base:
        return "on_track"
    return "at_risk" if missed <= at_risk * base else "off_track"
