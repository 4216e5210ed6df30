"""What an oracle is, and how its word becomes the row that the scorecard layer should hold.

An oracle is a function (book, period, scope_type, scope_id) -> Outcome | None, written from the definition
of its KPI in Decimal arithmetic. None means that the data says nothing. It must never be written from the SQL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, getcontext
from typing import Any

from tests.properties.company import Company
from tests.properties.oracle.calendar import ONE_DAY, Period, add_months

# enough for any product of two sums of money; the default 28 would round them
getcontext().prec = 60


@dataclass(frozen=True)
class Outcome:
    """What a KPI is in one period and scope: a value, or the reason why there is none."""

    value: Decimal | None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    reason: str | None = None


class Book:
    """A company with what the oracles have worked out about it so far."""

    def __init__(self, company: Company):
        self.company = company
        self._made: dict[Any, Any] = {}

    def rows(self, entity: str) -> list[dict[str, Any]]:
        """The rows of a staging entity."""
        return self.company.tables.get(entity, [])

    def once(self, make: Callable[[Book], Any]) -> Any:
        """What ``make(book)`` gives, worked out at the first call only."""
        if make not in self._made:
            self._made[make] = make(self)
        return self._made[make]


Oracle = Callable[[Book, Period, str, str], Outcome | None]
ORACLES: dict[str, Oracle] = {}


def oracle(kpi_id: str) -> Callable[[Oracle], Oracle]:
    """Register the function as the oracle of a KPI."""

    def register(function: Oracle) -> Oracle:
        if kpi_id in ORACLES:
            raise AssertionError(f"{kpi_id} has two oracles")
        ORACLES[kpi_id] = function
        return function

    return register


def amount(value: Decimal | int | None) -> Outcome | None:
    """A KPI that is a number of its own."""
    return None if value is None else Outcome(Decimal(value), Decimal(value))


def ratio(
    numerator: Decimal | int | None, denominator: Decimal | int | None, positive_base: bool = False
) -> Outcome | None:
    """A quotient, or the reason why it can not be formed. With ``positive_base`` a base below 0 gives none."""
    if numerator is None or denominator is None:
        return None
    numerator, denominator = Decimal(numerator), Decimal(denominator)
    if denominator == 0:
        return Outcome(None, numerator, denominator, "zero_base")
    if positive_base and denominator < 0:
        return Outcome(None, numerator, denominator, "negative_base")
    return Outcome(numerator / denominator, numerator, denominator)


def rounded(value: Decimal, decimals: int) -> Decimal:
    """Half away from zero, as money is rounded."""
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def closed_to(company: Company) -> date:
    """Last day of the last month with a balance sheet: costs are booked when a month is closed."""
    sheets = (row["balance_date"] for row in company.tables.get("balances", []))
    last = max((day for day in sheets if day <= company.as_of), default=company.as_of)
    return add_months(last.replace(day=1), 1) - ONE_DAY


def covered(company: Company, domain: str) -> tuple[date, date] | None:
    """First and last day that the data of a domain speaks about."""
    if domain not in company.coverage:
        return None
    first, last = company.coverage[domain]
    return first, min(last, company.as_of, closed_to(company) if domain == "finance" else last)


def judged(outcome: Outcome | None, period: Period, row: dict[str, str], company: Company) -> Outcome:
    """The scorecard's rule on top of every KPI: is the period covered by the data it needs (docs/scoring.md)."""
    if outcome is None or outcome.reason == "no_data":
        return Outcome(None, reason="no_data")
    spans = [covered(company, domain) for domain in row["domains"].split(",")]
    first = None if None in spans else max(span[0] for span in spans)
    last = None if None in spans else min(span[1] for span in spans)
    reaches = last is not None and last >= period.through
    begins = first is not None and first <= period.start
    if (row["period_basis"] == "flow" and not (reaches and begins)) or (
        row["period_basis"] == "stock" and not reaches
    ):
        return Outcome(None, reason="incomplete_period")
    return outcome
