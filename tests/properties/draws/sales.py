"""Customers, orders, leads, deals and what else the sales domain holds, at random."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tests.properties.company import (
    CATEGORIES,
    CURRENCIES,
    MARKETING_CHANNELS,
    REGIONS,
    SALES_CHANNELS,
    SEGMENTS,
    Company,
    Draw,
    Row,
    quiet_months,
)

SALESPEOPLE = ("E1", "E2", "E3", None)
STAGES = (("new", Decimal("0.1")), ("offer", Decimal("0.5")), ("talks", Decimal("0.8")))
CUSTOMERS = 200


def _newest_customer(day: date, first: date, last: date) -> int:
    """New customers come all the time, a few a year."""
    return 20 + (CUSTOMERS - 40) * (day - first).days // (last - first).days


def draw_sales(draw: Draw, company: Company) -> None:
    """Fill every entity of the sales domain."""
    first, last = company.history_from - timedelta(days=900), company.as_of + timedelta(days=40)
    company.tables |= {
        "products": _products(draw, first, last),
        "customers": [
            {
                "customer_id": f"C{n}",
                "region": draw.pick((*REGIONS, None)),
                "customer_segment": draw.pick(SEGMENTS),
            }
            for n in range(CUSTOMERS)
            if n % 20 != 19  # in no register
        ],
    }
    _orders(draw, company, first, last)
    _leads(draw, company, first, last)
    _deals(draw, company, first, last)
    company.tables["quotas"] = _quotas(draw, company, first, last)
    company.tables["meetings"] = [
        {
            "meeting_id": f"M{n}",
            "booked_date": (booked := draw.day(first, last)),
            "meeting_date": draw.maybe(0.9, lambda booked=booked: draw.later(booked, 40)),
            "region": draw.pick(REGIONS),
            "channel": draw.pick(SALES_CHANNELS),
            "salesperson_id": draw.pick(SALESPEOPLE),
        }
        for n in range(500)
    ]
    company.tables["subscriptions"] = [
        {
            "subscription_id": f"S{n}",
            "customer_id": f"C{draw.whole(0, 65)}",
            "start_date": (start := draw.day(first, last)),
            "end_date": draw.maybe(0.6, lambda start=start: draw.later(start, 1500)),
            "monthly_fee_amount": draw.money(0, 900),
            "currency_code": draw.pick(CURRENCIES),
        }
        for n in range(150)
    ]


def _products(draw: Draw, first: date, last: date) -> list[Row]:
    return [
        {
            "product_id": f"P{n}",
            "product_name": f"Product {n}",
            "product_category": draw.pick(CATEGORIES),
            "launch_date": draw.maybe(0.8, lambda: draw.day(first, last)),
        }
        for n in range(40)
    ]


def _orders(draw: Draw, company: Company, first: date, last: date) -> None:
    quiet = quiet_months(draw, first, last, 0.06)
    orders, lines = [], []
    for n in range(2600):
        day = draw.day(first, last)
        if (day.year, day.month) in quiet:
            continue
        orders.append(
            {
                "order_id": f"O{n:04d}",
                "customer_id": f"C{max(_newest_customer(day, first, last) - draw.whole(0, 60), 0)}",
                "order_date": day,
                "region": draw.pick(REGIONS),
                "channel": draw.pick(SALES_CHANNELS),
                "salesperson_id": draw.pick(SALESPEOPLE),
            }
        )
        for number in range(draw.pick((0, 1, 1, 1, 2, 3))):  # an order without lines was placed all the same
            returned = draw.happens(0.2)
            amount, cost = draw.money(-50 if returned else 0, 400, 4), draw.money(0, 400, 4)
            lines.append(
                {
                    "order_id": f"O{n:04d}",
                    "line_number": number + 1,
                    "product_id": f"P{draw.whole(0, 41)}",
                    "quantity": -1 if returned else draw.whole(0, 9),
                    "net_amount": -amount if returned else amount,
                    "cost_amount": -cost if returned else cost,
                    "currency_code": draw.pick(CURRENCIES),
                }
            )
    company.tables["orders"], company.tables["order_lines"] = orders, lines


def _leads(draw: Draw, company: Company, first: date, last: date) -> None:
    leads = []
    for n in range(1500):
        created = draw.day(first, last)
        converted = draw.maybe(0.3, lambda created=created: draw.later(created, 200))
        # some have bought before, some are yet to come
        customer = f"C{max(_newest_customer(created, first, last) + draw.whole(-30, 10), 0)}"
        leads.append(
            {
                "lead_id": f"L{n:04d}",
                "created_date": created,
                "region": draw.pick(REGIONS),
                "channel": draw.pick(MARKETING_CHANNELS),
                "campaign_id": draw.maybe(0.6, lambda: f"K{draw.whole(1, 6)}"),
                "is_marketing": draw.happens(0.7),
                "qualified_date": draw.maybe(0.5, lambda created=created: draw.later(created, 90)),
                "converted_date": converted,
                "customer_id": customer if converted and draw.happens(0.9) else None,
            }
        )
    company.tables["leads"] = leads


def _deals(draw: Draw, company: Company, first: date, last: date) -> None:
    deals, stages = [], []
    for n in range(900):
        created = draw.day(first, last)
        # some stand only in the history, not in the register
        if draw.happens(0.95):
            deals.append(
                {
                    "opportunity_id": f"A{n}",
                    "created_date": created,
                    "region": draw.pick(REGIONS),
                    "channel": draw.pick(SALES_CHANNELS),
                    "salesperson_id": draw.pick(SALESPEOPLE),
                }
            )
        day, currency = created, draw.pick(CURRENCIES)
        for number in range(draw.whole(1, 5)):
            won, lost = (number > 0 and draw.happens(0.4)), (number > 0 and draw.happens(0.25))
            name, probability = draw.pick(STAGES)
            if won or lost:
                name, probability = ("won", Decimal(1)) if won else ("lost", Decimal(0))
            stages.append(
                {
                    "opportunity_id": f"A{n}",
                    "change_number": number + 1,
                    "changed_date": day,
                    "stage_name": name,
                    "stage_probability": probability,
                    "is_open": not (won or lost),
                    "is_won": won,
                    "amount": draw.money(0, 5000),
                    "currency_code": currency,
                }
            )
            day = draw.later(day, 60)
    company.tables["opportunities"], company.tables["opportunity_stages"] = deals, stages


def _quotas(draw: Draw, company: Company, first: date, last: date) -> list[Row]:
    quotas = []
    for year in range(first.year, last.year + 1):
        for month in (1, 4, 7, 10):
            if draw.happens(0.15):
                continue  # a quarter without quotas
            quotas.extend(
                {
                    "quota_id": f"{person}-{channel}-{year}-{month}",
                    "salesperson_id": person,
                    "channel": channel,
                    "period_start_date": date(year, month, 1),
                    "quota_amount": draw.money(0, 900),
                }
                for person in SALESPEOPLE[:3]
                for channel in SALES_CHANNELS[:2]
                if draw.happens(0.6)
            )
    return quotas
