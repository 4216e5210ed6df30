"""Foreign amounts in the reporting currency, from docs/decisions/currencies.md."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from tests.properties.oracle.registry import Book, rounded


def quotations(book: Book) -> dict[str, tuple[list[date], list[Decimal]]]:
    """Currency -> its quoted days in order, and the rates beside them."""
    quoted: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    for row in book.rows("exchange_rates"):
        quoted[row["currency_code"]].append((row["rate_date"], row["rate"]))
    return {
        currency: ([day for day, _ in sorted(rows)], [rate for _, rate in sorted(rows)])
        for currency, rows in quoted.items()
    }


def in_reporting_currency(book: Book, amount: Decimal, currency: str | None, day: date) -> Decimal:
    """The amount at the newest rate of the day or the six days before it, to four decimals."""
    if currency in (None, "SEK"):
        return amount
    days, rates = book.once(quotations)[currency]
    place = bisect_right(days, day) - 1
    if place < 0 or day - days[place] > timedelta(days=6):
        raise AssertionError(f"the made-up company has no {currency} rate for {day}")
    return rounded(amount * rates[place], 4)
