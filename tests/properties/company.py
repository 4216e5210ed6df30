"""Made-up companies: small, random and full of edges, as rows of the staging contract.

Belongs here: drawing the rows. Nothing is computed from them here; that is what dbt and the oracle do, apart
from each other. Every draw comes from one seed, so a failing case is the same again tomorrow.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

Row = dict[str, Any]

REGIONS = ("Norr", "Syd", "Öst", "unassigned")
SALES_CHANNELS = ("web", "store", "field")
MARKETING_CHANNELS = ("search", "social", "fair")
SEGMENTS = ("retail", "public")
CATEGORIES = ("Bikes", "Helmets", "unassigned")
DEPARTMENTS = ("Sales", "Works", "Office", "Lab", "unassigned")
TEAMS = ("A", "B", None)
WAREHOUSES = ("GBG", "STO", "unassigned")
CURRENCIES = (None, None, None, "SEK", "EUR", "USD")


@dataclass
class Company:
    """Rows by staging entity, and what the run is told about them."""

    as_of: date
    history_from: date
    coverage: dict[str, tuple[date, date]]
    fiscal_year_start_month: int = 1
    days_shown: int = 400
    employee_scope: bool = True
    tables: dict[str, list[Row]] = field(default_factory=dict)


class Draw:
    """One stream of random draws, with the edges that break things drawn often."""

    def __init__(self, seed: str):
        self.random = random.Random(seed)

    def day(self, first: date, last: date) -> date:
        """A day; month ends, leap days and turns of the ISO year come up far more often than by chance."""
        day = first + timedelta(days=self.random.randrange((last - first).days + 1))
        kind = self.random.random()
        if kind < 0.15:
            day = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)  # month end
        elif kind < 0.30:
            day = day.replace(day=1)
        elif kind < 0.36:
            day = date(day.year, 12, 29) + timedelta(days=self.random.randrange(7))
        elif kind < 0.40 and day.year % 4 == 0:
            day = date(day.year, 2, 29)
        return min(max(day, first), last)

    def later(self, day: date, most: int) -> date:
        """The day itself or one up to ``most`` days later."""
        return day + timedelta(days=self.random.randrange(most + 1))

    def money(self, low: int, high: int, decimals: int = 2) -> Decimal:
        """An amount between two whole numbers; zero and equal amounts come up often."""
        if self.random.random() < 0.08:
            return Decimal(0)
        if self.random.random() < 0.15:
            return Decimal(self.random.choice((low, high, 100)))
        scale = 10**decimals
        return Decimal(self.random.randrange(low * scale, high * scale + 1)) / scale

    def pick(self, choices: Sequence[Any]) -> Any:
        """One of them."""
        return self.random.choice(choices)

    def happens(self, probability: float) -> bool:
        """True with this probability."""
        return self.random.random() < probability

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self.random.randint(low, high)

    def maybe(self, probability: float, value: Callable[[], Any]) -> Any:
        """The value with this probability, else None."""
        return value() if self.happens(probability) else None


def quiet_months(draw: Draw, first: date, last: date, share: float) -> set[tuple[int, int]]:
    """Months in which nothing at all happens, so that gaps occur at every grain."""
    months = {
        (day.year, day.month) for day in (first + timedelta(days=n) for n in range((last - first).days))
    }
    return {month for month in sorted(months) if draw.happens(share)}
