"""Campaigns, web sessions and the size of the market, at random."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from tests.properties.company import CATEGORIES, CURRENCIES, MARKETING_CHANNELS, Company, Draw, Row

WEB_CHANNELS = (("search", True), ("social", True), ("organic", False))


def draw_marketing(draw: Draw, company: Company) -> None:
    """Fill every entity of the marketing domain. Leads name the campaigns K1 to K6; K7 brings nobody."""
    first, last = company.history_from - timedelta(days=500), company.as_of + timedelta(days=40)
    campaigns = [
        {
            "campaign_id": f"K{n}",
            "campaign_name": f"Campaign {n}",
            "channel": draw.pick(MARKETING_CHANNELS),
            "start_date": first,
            "end_date": None,
        }
        for n in range(1, 8)
        if n != 6  # in no register
    ]
    days: dict[tuple[str, date], Row] = {}
    for _ in range(2500):
        campaign, day = f"K{draw.whole(1, 7)}", draw.day(first, last)
        days[campaign, day] = {
            "campaign_id": campaign,
            "activity_date": day,
            "impressions_count": draw.maybe(0.8, lambda: draw.whole(0, 900)),
            "clicks_count": draw.maybe(0.8, lambda: draw.whole(0, 90)),
            # no more than the ledger's marketing cost can hold
            "cost_amount": draw.money(0, 12),
            "currency_code": draw.pick(CURRENCIES),
        }
    sessions: dict[tuple[str, date], Row] = {}
    for _ in range(3500):
        (channel, is_paid), day = draw.pick(WEB_CHANNELS), draw.day(first, last)
        count = draw.whole(0, 300)
        sessions[channel, day] = {
            "session_date": day,
            "channel": channel,
            "is_paid": is_paid,
            "sessions_count": count,
            "visitors_count": draw.maybe(0.8, lambda count=count: draw.whole(0, count)),
        }
    company.tables |= {
        "campaigns": campaigns,
        "campaign_days": list(days.values()),
        "web_sessions": list(sessions.values()),
        "market_size": _market(draw, first, last),
    }


def _market(draw: Draw, first: date, last: date) -> list[Row]:
    """Month by month in one category, quarter by quarter in the others, with gaps."""
    rows = []
    for year in range(first.year, last.year + 1):
        for month in range(1, 13):
            for category in CATEGORIES:
                length = 1 if category == "Bikes" else 3
                if (month - 1) % length or draw.happens(0.03):
                    continue
                end_month = month + length - 1
                rows.append(
                    {
                        "start_date": date(year, month, 1),
                        "end_date": date(year, end_month, monthrange(year, end_month)[1]),
                        "product_category": category,
                        "market_amount": draw.money(1000, 90000),
                    }
                )
    return rows
