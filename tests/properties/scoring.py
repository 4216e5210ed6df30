"""The scoring rules a second time, in Decimal, and the made-up rows that they are tried on.

Written from the rules (docs/scoring.md), never from the SQL of kpi_scorecard.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

TICK = Decimal("1e-10")  # the smallest step between two published values
ON_TRACK, AT_RISK = Decimal("0.02"), Decimal("0.10")
HALF_WAY = Decimal(20) / 3
ZERO, ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True)
class Case:
    """One row to score. A band has bounds, anything else a target."""

    direction: str
    actual: Decimal | None = None
    target: Decimal | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None
    baseline: Decimal | None = None
    on_track: Decimal = ON_TRACK
    at_risk: Decimal = AT_RISK
    is_open: bool = False
    is_held: bool = False

    @property
    def has_target(self) -> bool:
        """Whether there is anything to compare with."""
        return any(value is not None for value in (self.target, self.lower, self.upper))


@dataclass(frozen=True)
class Score:
    """What the scorecard should say about a case."""

    variance: Decimal | None
    remaining_to_target: Decimal | None
    variance_ratio: Decimal | None
    favourable_variance: Decimal | None
    progress_ratio: Decimal | None
    is_met: bool | None
    status: str
    score: Decimal | None
    no_comparison_reason: str | None


def scored(case: Case) -> Score:
    """The rules, one after the other."""
    with localcontext() as context:
        context.prec = 60
        if case.is_held or case.actual is None or not case.has_target:
            missing = "held" if case.is_held else "no_data" if case.actual is None else "no_target"
            return Score(None, None, None, None, None, None, missing, None, missing)
        variance, size = _variance(case)
        favourable = {"higher": variance, "lower": -variance, "band": -abs(variance)}[case.direction]
        ratio = ZERO if variance == 0 and case.direction == "band" else (variance / size if size else None)
        progress = _progress(case, favourable)
        reason = "zero_target" if ratio is None else "not_positive" if progress is None else None
        return Score(
            variance,
            -variance,
            ratio,
            favourable,
            progress,
            favourable >= 0,
            _status(case, favourable),
            _score(case, favourable),
            reason,
        )


def _variance(case: Case) -> tuple[Decimal, Decimal]:
    """Distance from the target (the nearest bound), and the size of what it is measured from."""
    if case.direction != "band":
        return case.actual - case.target, abs(case.target)
    if case.lower is not None and case.actual < case.lower:
        return case.actual - case.lower, abs(case.lower)
    if case.upper is not None and case.actual > case.upper:
        return case.actual - case.upper, abs(case.upper)
    return ZERO, ONE


def _width(case: Case) -> Decimal:
    """Of the band; a band that is open to one side has none."""
    return ZERO if case.lower is None or case.upper is None else case.upper - case.lower


def _progress(case: Case, favourable: Decimal) -> Decimal | None:
    if case.direction == "band":
        if favourable == 0:
            return ONE
        width = _width(case)
        return max(ZERO, ONE + favourable / width) if width else ZERO
    if case.baseline is not None:
        if case.baseline == case.target:
            return ONE if favourable >= 0 else ZERO
        return (case.actual - case.baseline) / (case.target - case.baseline)
    if case.actual <= 0 or case.target <= 0:
        return None
    return case.actual / case.target if case.direction == "higher" else case.target / case.actual


def _base(case: Case) -> Decimal:
    """What tolerances are shares of."""
    return _width(case) if case.direction == "band" else abs(case.target)


def _status(case: Case, favourable: Decimal) -> str:
    if favourable >= 0:
        return "on_track" if case.is_open else "achieved"
    if -favourable <= case.on_track * _base(case):
        return "on_track"
    return "at_risk" if -favourable <= case.at_risk * _base(case) else "off_track"


def _score(case: Case, favourable: Decimal) -> Decimal:
    scale = case.at_risk * _base(case)
    if scale == 0:
        return HALF_WAY if favourable == 0 else Decimal(10) if favourable > 0 else ZERO
    return min(Decimal(10), max(ZERO, HALF_WAY + Decimal(10) / 3 * favourable / scale))


def crossed() -> Iterator[Case]:
    """Every direction, sign of target, baseline, band, place of the actual, part missing and state of the period."""
    for case in itertools.chain(_with_targets(), _with_bands()):
        for is_open, is_held in itertools.product((False, True), repeat=2):
            yield replace(case, is_open=is_open, is_held=is_held)


def _with_targets() -> Iterator[Case]:
    for direction, target in itertools.product(
        ("higher", "lower"), (None, Decimal("-80"), ZERO, Decimal("80"), Decimal("0.3"))
    ):
        base = ZERO if target is None else target
        baselines = (None, base - 40, base, base + 40)
        edges = {base}
        for share in (ON_TRACK, AT_RISK):
            for border in (base - share * abs(base), base + share * abs(base)):
                edges |= {border - TICK, border, border + TICK}
        for actual in (None, Decimal("-7"), ZERO, Decimal("7"), Decimal("1000"), base * 2, *sorted(edges)):
            for baseline in baselines:
                yield Case(direction, actual, target, baseline=baseline)


def _with_bands() -> Iterator[Case]:
    shapes = (
        (4, 6),
        (-6, -4),
        (-1, 1),
        (0, 10),
        (5, 5),
        (0, 0),
        (4, None),
        (None, 6),
        (-3, None),
        (None, None),
    )
    for low, high in shapes:
        lower, upper = (None if bound is None else Decimal(bound) for bound in (low, high))
        bounds = [bound for bound in (lower, upper) if bound is not None] or [ZERO]
        width = ZERO if len(bounds) < 2 else bounds[1] - bounds[0]
        places: set[Decimal | None] = {None, ZERO, sum(bounds) / len(bounds), Decimal(-50), Decimal(50)}
        for bound, share in itertools.product(bounds, (ZERO, ON_TRACK, AT_RISK, ONE / 2, ONE)):
            for border in (bound - share * width, bound + share * width):
                places |= {border - TICK, border, border + TICK}
        for actual in sorted(places, key=lambda place: (place is None, place)):
            for baseline in (None, Decimal(2)):
                yield Case("band", actual, lower=lower, upper=upper, baseline=baseline)


def drawn(count: int, seed: str) -> Iterator[Case]:
    """Rows by chance, most of them near a border; sizes from ten decimals to billions, tolerances of their own."""
    lot = random.Random(seed)

    def number() -> Decimal:
        digits = lot.choice((1, 2, 4, 9, 14))
        return Decimal(lot.randrange(-(10**digits), 10**digits)).scaleb(-lot.choice((0, 0, 2, 4, 10)))

    for _ in range(count):
        direction = lot.choice(("higher", "lower", "band"))
        on_track = Decimal(lot.choice((0, 0, 5, 20, 33, 125, lot.randrange(500)))) / 1000
        at_risk = on_track + Decimal(lot.choice((0, 10, 50, 80, lot.randrange(500)))) / 1000
        target = lower = upper = None
        if direction == "band":
            lower = number()
            upper = lower + abs(number())
            if lot.random() < 0.2:
                lower, upper = lot.choice(((lower, None), (None, upper), (lower, lower)))
        elif lot.random() > 0.05:
            target = number()
        case = Case(direction, None, target, lower, upper, on_track=on_track, at_risk=at_risk)
        from_here = next((value for value in (target, lower, upper) if value is not None), ZERO)
        base = _base(case) if case.has_target else ONE
        steps = [share * base for share in (ZERO, on_track, at_risk, ONE)]
        actual = lot.choice(
            (
                from_here + lot.choice((-1, 1)) * lot.choice(steps) + lot.choice((-1, 0, 1)) * TICK,
                number(),
                None,
            )
            if lot.random() < 0.3
            else (from_here + lot.choice((-1, 1)) * lot.choice(steps) + lot.choice((-1, 0, 0, 1)) * TICK,)
        )
        if actual is not None:
            actual = actual.quantize(TICK)
        baseline = lot.choice((None, number(), from_here))
        yield replace(
            case, actual=actual, baseline=baseline, is_open=lot.random() < 0.5, is_held=lot.random() < 0.05
        )
