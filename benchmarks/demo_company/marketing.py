"""Campaigns with their days, web sessions and the size of the market. Writes the marketing/ files."""

from dataclasses import dataclass
from datetime import date, timedelta

from benchmarks.demo_company import story
from benchmarks.demo_company.chance import Chance, total
from benchmarks.demo_company.company import CATEGORIES, KRONA, MARKETING_ACCOUNTS, SEASON, Setting
from benchmarks.demo_company.currencies import Rates
from benchmarks.demo_company.extract import Extracts, kronor
from benchmarks.demo_company.workdays import days, is_working_day, months

# channel, name, first month and day, days, budget in kronor at scale 1, impressions a krona, click share
PLAN = (
    ("search", "Sök, alltid på", (1, 1), 365, 1_500_000, 9, 0.034),
    ("social", "Vårkampanj", (3, 1), 45, 420_000, 42, 0.011),
    ("email", "Nyhetsbrev vår", (2, 1), 60, 130_000, 30, 0.026),
    ("fair", "Möbelmässan", (2, 5), 8, 640_000, 1, 0.02),
    ("influencer", "Arbetsplatsprofiler", (5, 1), 40, 260_000, 25, 0.009),
    ("email", "Nyhetsbrev höst", (9, 1), 75, 160_000, 30, 0.027),
    ("fair", "Logistikmässan", (10, 1), 8, 560_000, 1, 0.02),
    ("social", "Höstkampanj", (10, 15), 70, 780_000, 42, 0.012),
)

SESSIONS_A_DAY = (("organic", 410), ("paid_search", 260), ("social", 120), ("email", 70), ("direct", 190))

EURO_FAIR = "Logistikmässan"  # its organiser sends invoices in euro


@dataclass(frozen=True)
class Campaign:
    """A campaign of one year."""

    campaign_id: str
    channel: str
    first: date
    last: date


def campaign_of(campaigns: list[Campaign], channel: str, day: date, chance: Chance) -> str | None:
    """Return the campaign that a lead of the channel is put down to: one that runs, or none."""
    of_channel = [campaign for campaign in campaigns if campaign.channel == channel]
    running = [campaign.campaign_id for campaign in of_channel if campaign.first <= day <= campaign.last]
    return chance.pick(running) if running and chance.happens(0.8) else None


def write_marketing(
    setting: Setting, rates: Rates, extracts: Extracts
) -> tuple[list[Campaign], dict[tuple[date, str], int]]:
    """Write campaigns and web sessions; return the campaigns and the cost by month and account."""
    chance = setting.chance("marketing")
    campaign_rows = extracts.table(
        "marketing/campaigns",
        ("campaign_id", "campaign_name", "channel", "start_date", "end_date", "budget_amount"),
    )
    day_rows = extracts.table(
        "marketing/campaign_days",
        (
            "campaign_id",
            "date",
            "impressions",
            "clicks",
            "cost_amount",
            "invoice_currency",
            "invoice_amount",
        ),
    )
    campaigns: list[Campaign] = []
    cost: dict[tuple[date, str], int] = {}
    for year in range(setting.first.year, setting.last.year + 1):
        growth = 1 + 0.08 * (year - setting.first.year)
        for channel, name, start, length, budget, impressions, click_share in PLAN:
            first = date(year, *start)
            last = min(first + timedelta(days=length - 1), date(year, 12, 31))
            campaign = Campaign(f"K{len(campaigns) + 1:03d}", channel, first, last)
            campaigns.append(campaign)
            planned = int(budget * growth) * setting.scale
            campaign_rows.write(
                campaign.campaign_id, f"{name} {year}", channel, first, last, kronor(planned * KRONA)
            )
            for day in days(first, last):
                spent = planned / ((last - first).days + 1) * story.marketing_cost_factor(day)
                season = SEASON[day.month - 1] if length == 365 else 1
                spent = int(chance.around(spent * season, 0.3) * KRONA)
                seen = int(chance.around(spent / KRONA * impressions, 0.2))
                clicks = int(chance.around(seen * click_share, 0.3))
                # Invoices in euro are dated on bank days; the fair's weekend staff is paid in kronor.
                in_euro = name == EURO_FAIR and is_working_day(day)
                invoice = ("EUR", rates.settle("EUR", day, spent)) if in_euro else ("SEK", spent)
                day_rows.write(
                    campaign.campaign_id, day, seen, clicks, kronor(spent), invoice[0], kronor(invoice[1])
                )
                key = (day.replace(day=1), MARKETING_ACCOUNTS[channel])
                cost[key] = cost.get(key, 0) + spent
    _write_sessions(setting, extracts)
    _write_market(setting, extracts)
    return campaigns, cost


def _write_sessions(setting: Setting, extracts: Extracts) -> None:
    chance, visitor_chance = setting.chance("sessions"), setting.chance("visitors")
    sessions = extracts.table("marketing/web_sessions", ("date", "channel", "sessions", "visitors"))
    for day in days(setting.first, setting.last):
        level = SEASON[day.month - 1] * story.trend(day) * (1 if day.weekday() < 5 else 0.45) * setting.scale
        # The dip on the web is one of visits too: see story.py.
        level *= story.demand_factor(day, "", "web")
        for channel, count in SESSIONS_A_DAY:
            made = int(chance.around(count * level, 0.25))
            sessions.write(day, channel, made, int(made * visitor_chance.around(0.84, 0.1)))


def _write_market(setting: Setting, extracts: Extracts) -> None:
    """Write what the trade association says all suppliers sold, by quarter and category."""
    chance = setting.chance("market")
    market = extracts.table(
        "marketing/market_size", ("quarter_start_date", "product_category", "market_amount")
    )
    for month in months(setting.first, setting.last):
        if month.month % 3 == 1:
            season = total(SEASON[month.month - 1 : month.month + 2]) / 3
            for category in CATEGORIES:
                size = chance.around(195_000_000 * season * (1 + 0.04 * (month.year - 2023)), 0.05)
                market.write(month, category.name, kronor(int(size / 1000) * 1000 * KRONA * setting.scale))
