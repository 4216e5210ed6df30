"""The oracle's own calendar: written from docs/decisions/calendar.md with Python's dates, not from the SQL."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from tests.properties.company import Company

ONE_DAY = timedelta(days=1)
GRAINS = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True)
class Period:
    """A period as a run of a given as-of day sees it."""

    grain: str
    start: date
    end: date
    as_of: date

    @property
    def through(self) -> date:
        """Last known day of the period."""
        return min(self.end, self.as_of)

    @property
    def is_open(self) -> bool:
        """Whether days of it are still to come."""
        return self.as_of < self.end

    @property
    def days(self) -> int:
        """Known days."""
        return (self.through - self.start).days + 1

    def holds(self, day: date | None) -> bool:
        """Whether the day lies in the known part."""
        return day is not None and self.start <= day <= self.through

    @property
    def last_year(self) -> tuple[date, date]:
        """First and last day of the like-for-like window a year earlier."""
        if self.grain in ("day", "week"):
            return self.start - timedelta(days=364), self.through - timedelta(days=364)
        start = add_months(self.start, -12)
        if self.is_open:
            return start, add_months(self.as_of, -12)
        return start, add_months(self.end + ONE_DAY, -12) - ONE_DAY


def add_months(day: date, months: int) -> date:
    """The same day of another month, or its last day where it has no such day."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def twelve_months_to(last: date) -> tuple[date, date]:
    """First and last day of the twelve months that end on a day."""
    return add_months(last, -12) + ONE_DAY, last


def periods(company: Company) -> Iterator[Period]:
    """Every period that the company's scorecard shows."""
    first, as_of = company.history_from, company.as_of
    for back in range(company.days_shown):
        day = as_of - timedelta(days=back)
        if day >= first:
            yield Period("day", day, day, as_of)
    start = first - timedelta(days=first.weekday())
    while start <= as_of:
        yield Period("week", start, start + timedelta(days=6), as_of)
        start += timedelta(days=7)
    for grain, months in (("month", 1), ("quarter", 3), ("year", 12)):
        # back to the start of the fiscal period that holds the first day
        passed = (first.month - company.fiscal_year_start_month) % 12 % months
        start = add_months(first.replace(day=1), -passed)
        while start <= as_of:
            yield Period(grain, start, add_months(start, months) - ONE_DAY, as_of)
            start = add_months(start, months)
