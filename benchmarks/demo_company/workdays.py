"""Days, months and Swedish working days. No business facts."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

DAY = timedelta(days=1)


def days(first: date, last: date) -> Iterator[date]:
    """Yield every day from first to last, both included."""
    for number in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(number)


def months(first: date, last: date) -> Iterator[date]:
    """Yield the first day of every month that has a day between the two."""
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = next_month(month)


def next_month(day: date) -> date:
    """Return the first day of the month after the day's."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def month_end(day: date) -> date:
    """Return the last day of the day's month."""
    return next_month(day) - DAY


def _easter(year: int) -> date:
    """Return Easter Sunday by the Gregorian computus of Meeus."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


@cache
def _holidays(year: int) -> frozenset[date]:
    easter = _easter(year)
    moving = {easter + timedelta(days=number) for number in (-2, 1, 39)}
    # Midsummer Eve is the Friday between 19 and 25 June; like Christmas Eve and New Year's Eve it is free.
    midsummer = next(day for day in days(date(year, 6, 19), date(year, 6, 25)) if day.weekday() == 4)
    fixed = {(1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26), (12, 31)}
    return frozenset(moving | {midsummer} | {date(year, month, day) for month, day in fixed})


@cache
def is_working_day(day: date) -> bool:
    """True from Monday to Friday outside Swedish public holidays and eves."""
    return day.weekday() < 5 and day not in _holidays(day.year)


def working_day_on_or_before(day: date) -> date:
    """Return the day itself or the last working day before it."""
    while not is_working_day(day):
        day -= DAY
    return day


def working_day_on_or_after(day: date) -> date:
    """Return the day itself or the first working day after it."""
    while not is_working_day(day):
        day += DAY
    return day


@cache
def working_days_in_month(month: date) -> int:
    """Count the working days of the day's month."""
    return sum(is_working_day(day) for day in days(month.replace(day=1), month_end(month)))
