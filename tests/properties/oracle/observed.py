"""What the observed KPIs are, from docs/decisions/observed-kpis.md."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from tests.conftest import CHECKOUT
from tests.properties.draws.observed import KINDS
from tests.properties.oracle.calendar import ONE_DAY, Period, add_months
from tests.properties.oracle.registry import Book, Outcome, amount, oracle, ratio

MONTHS = {"month": 1, "quarter": 3, "year": 12}
# what a period is rolled up from, the coarsest first
PARTS = {
    "year": ("quarter", "month", "day"),
    "quarter": ("month", "day"),
    "month": ("day",),
    "week": ("day",),
    "day": (),
}

with (CHECKOUT / "seeds" / "reference" / "kpis.csv").open(newline="") as file:
    ADDITIVITY = {row["kpi_id"]: row["additivity"] for row in csv.DictReader(file)}

Figures = dict[tuple[str, str, str, str, date], dict[str, Any]]


def figures(book: Book) -> Figures:
    """(KPI, scope, grain, first day) -> the newest figure that was measured by the as-of day."""
    found: Figures = {}
    for row in sorted(book.rows("observations"), key=lambda row: row["observed_at"]):
        if row["observed_at"].date() <= book.company.as_of:
            found[
                row["kpi_id"],
                row["scope_type"],
                row["scope_id"],
                row["period_grain"],
                row["period_start_date"],
            ] = row
    return found


def _parts(period: Period, grain: str) -> Iterator[Period]:
    """The periods of a finer grain that make up a period."""
    start = period.start
    while start <= period.end:
        after = add_months(start, MONTHS[grain]) if grain in MONTHS else start + timedelta(days=1)
        yield Period(grain, start, after - ONE_DAY, period.as_of)
        start = after


def _measured(figure: dict[str, Any]) -> Outcome | None:
    """A figure as it came: the quotient of its parts, or the value."""
    if figure["numerator"] is not None:
        return ratio(figure["numerator"], figure["denominator"])
    return amount(figure["value"])


def _rolled_up(parts: list[dict[str, Any]], additivity: str) -> Outcome | None:
    """The figure of a period from those of its parts."""
    if additivity == "semi_additive":
        return _measured(parts[-1])
    if additivity == "additive":
        return amount(sum(part["value"] for part in parts))
    # means without their parts can not be weighed
    if any(part["numerator"] is None for part in parts):
        return None
    return ratio(sum(part["numerator"] for part in parts), sum(part["denominator"] for part in parts))


def _observed(kpi_id: str, book: Book, period: Period, scope: tuple[str, str]) -> Outcome | None:
    """What was measured for the period; else what the coarsest parts say of which none that ended is missing."""
    known = book.once(figures)
    additivity = ADDITIVITY[kpi_id]
    if measured := known.get((kpi_id, *scope, period.grain, period.start)):
        return _measured(measured)
    if additivity == "cohort":
        return None
    is_any_known = False
    for grain in PARTS[period.grain]:
        ended = [part for part in _parts(period, grain) if not part.is_open]
        parts = [known.get((kpi_id, *scope, grain, part.start)) for part in ended]
        # what was there before the last part does not matter to a stock
        needed = parts[-1:] if additivity == "semi_additive" else parts
        if needed and all(needed):
            return _rolled_up([part for part in needed if part], additivity)
        is_any_known = is_any_known or any(parts)
    return Outcome(None, reason="incomplete_period") if is_any_known else None


def _oracle_of(kpi_id: str) -> None:
    @oracle(kpi_id)
    def observed(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
        return _observed(kpi_id, book, period, (scope_type, scope_id))


for each in KINDS:
    _oracle_of(each)
