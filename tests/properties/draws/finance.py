"""Rates, and the books of a company that does not know what it is doing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.properties.company import Company, Draw


def draw_rates(draw: Draw, company: Company) -> None:
    """A quotation for every bank day of two currencies: weekends live on Friday's."""
    day, rows = company.history_from - timedelta(days=1000), []
    while day <= company.as_of + timedelta(days=60):
        if day.weekday() < 5 and not draw.happens(0.1):
            rows.extend(
                {
                    "currency_code": currency,
                    "rate_date": day,
                    "rate": Decimal(draw.whole(low * 10**8, high * 10**8)) / 10**8,
                }
                for currency, low, high in (("EUR", 9, 12), ("USD", 7, 11))
            )
        day += timedelta(days=1)
    company.tables["exchange_rates"] = rows
