"""What is sold and how it comes about: products, customers, leads, opportunities, quotas, service agreements.

Writes the sales/ files but for the orders, which are in `orders.py`.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from benchmarks.demo_company import story
from benchmarks.demo_company.chance import Chance
from benchmarks.demo_company.company import (
    CATEGORIES,
    CHANNELS,
    KRONA,
    LEAD_CHANNELS,
    OLD_CUSTOMERS_COUNT,
    PRODUCTS_COUNT,
    REGIONS,
    SEASON,
    SEGMENTS,
    Channel,
    Setting,
)
from benchmarks.demo_company.extract import Extracts, kronor, until
from benchmarks.demo_company.hr import Staff
from benchmarks.demo_company.marketing import Campaign, campaign_of
from benchmarks.demo_company.orders import Customer, Product, Sold, write_orders
from benchmarks.demo_company.workdays import days, is_working_day, month_end, months, working_day_on_or_after


@dataclass
class Lead:
    """A lead with the dates that chance has set, also those after the last day."""

    lead_id: str
    created: date
    region: str
    source: str
    channel: Channel
    campaign_id: str | None
    qualified: date | None
    converted: date | None
    customer: Customer | None = None


def make_products(setting: Setting) -> list[Product]:
    """Return the assortment: most of it old, some launched in 2024 and 2025."""
    chance = setting.chance("products")
    products = []
    count = PRODUCTS_COUNT * setting.scale
    for number in range(count):
        category = CATEGORIES[number % len(CATEGORIES)]
        low, high = category.unit_cost
        cost = int(chance.around((low + high) / 2, 0.9 * (high - low) / (low + high)))
        # Cost ends on 50 öre, list price on whole tens of kronor, as a price list does.
        unit_cost = cost * KRONA + 50
        list_price = int(unit_cost / (1 - category.list_margin) / (10 * KRONA) + 0.5) * 10 * KRONA
        newest = number >= count * 6 // 7
        year, month = (2024 + number % 2, chance.whole(1, 9)) if newest else (chance.whole(2014, 2022), 3)
        launch = date(year, month, 1)
        products.append(
            Product(
                f"P{number + 1:02d}",
                f"{category.nouns[number // 5 % 3]} {number // 5 + 1}",
                category,
                category.suppliers[number // 5 % 2],
                unit_cost,
                list_price,
                launch,
                chance.around(1, 0.6),
            )
        )
    return products


def planned_revenue(setting: Setting, month: date, channel: Channel) -> int:
    """Return the revenue that trend and season promise: what budgets and quotas are set from."""
    middle = date(month.year, 7, 2)
    orders = channel.orders_a_year * SEASON[month.month - 1] / 12 * story.trend(middle)
    discount = sum(channel.discount_percent) / 200
    return int(orders * channel.order_value * 0.985 * (1 - discount) * setting.scale)


def _ends(chance: Chance, since: date) -> date | None:
    return since + timedelta(days=chance.whole(150, 1100)) if chance.happens(0.35) else None


def _make_leads(setting: Setting, campaigns: list[Campaign]) -> list[Lead]:
    chance = setting.chance("leads")
    leads: list[Lead] = []
    due = 0.0
    for day in days(setting.first, setting.last):
        if not is_working_day(day):
            continue
        due += 760 * setting.scale / 251 * story.trend(day) * (0.5 + chance.unit())
        while due >= 1:
            due -= 1
            source = chance.weighted(LEAD_CHANNELS)
            channel = chance.weighted(((CHANNELS[0], 0.3), (CHANNELS[1], 0.33), (CHANNELS[2], 0.37)))
            region = chance.weighted(REGIONS)
            qualified = converted = None
            if chance.happens(0.40):
                qualified = working_day_on_or_after(day + timedelta(days=chance.whole(2, 16)))
                if chance.happens(0.50 * story.lead_conversion_factor(day)):
                    converted = working_day_on_or_after(qualified + timedelta(days=chance.whole(10, 60)))
            campaign_id = campaign_of(campaigns, source, day, chance)
            leads.append(
                Lead(
                    f"L{len(leads) + 1:05d}", day, region, source, channel, campaign_id, qualified, converted
                )
            )
    return leads


def _make_customers(setting: Setting, leads: list[Lead]) -> tuple[list[Customer], list[Customer]]:
    """Return the customers from before the first day, and the new ones by their first order."""
    chance = setting.chance("customers")
    weights = tuple((channel, channel.orders_a_year) for channel in CHANNELS)
    old = []
    for _ in range(OLD_CUSTOMERS_COUNT * setting.scale):
        since = date(chance.whole(2017, 2022), chance.whole(1, 12), chance.whole(1, 24))
        since = working_day_on_or_after(since)
        gone = setting.first + timedelta(days=chance.whole(60, 1200)) if chance.happens(0.3) else None
        old.append(
            Customer(
                chance.weighted(REGIONS), chance.weighted(weights), chance.weighted(SEGMENTS), since, gone
            )
        )
    new = []
    for lead in leads:
        if lead.converted and lead.converted <= setting.last:
            lead.customer = Customer(
                lead.region,
                lead.channel,
                chance.weighted(SEGMENTS),
                lead.converted,
                _ends(chance, lead.converted),
                lead.lead_id,
            )
            new.append(lead.customer)
    due = 0.0
    for day in days(setting.first, setting.last):
        due += 80 * setting.scale / 365 * (0.5 + chance.unit())
        while due >= 1:
            due -= 1
            new.append(
                Customer(
                    chance.weighted(REGIONS), CHANNELS[0], chance.weighted(SEGMENTS), day, _ends(chance, day)
                )
            )
    old.sort(key=lambda customer: customer.since)
    new.sort(key=lambda customer: customer.since)
    for number, customer in enumerate([*old, *new], 1):
        customer.customer_id = f"C{number:04d}"
    return old, new


STAGES = (("kvalificerad", "0.20"), ("behovsanalys", "0.40"), ("offert", "0.60"), ("förhandling", "0.80"))


@dataclass
class Deal:
    """An opportunity that a salesperson works until it is closed."""

    opportunity_id: str
    team: str
    salesperson_id: str
    created: date
    closed: date


def _write_opportunities(setting: Setting, staff: Staff, leads: list[Lead], extracts: Extracts) -> list[Deal]:
    """Write opportunities (of qualified leads and of known customers) and each change of stage.

    Return those that salespeople work; nobody works one of the web.
    """
    chance = setting.chance("opportunities")
    found: list[tuple[date, date, bool, str, str, str | None]] = []
    for lead in leads:
        if lead.qualified and lead.qualified <= setting.last:
            closed = lead.converted
            if closed is None:
                closed = working_day_on_or_after(lead.qualified + timedelta(days=chance.whole(15, 80)))
            found.append(
                (
                    lead.qualified,
                    closed,
                    lead.converted is not None,
                    lead.region,
                    lead.channel.name,
                    lead.lead_id,
                )
            )
    # Those opened before the first day and still open on it make the pipeline the company starts with.
    due = 0.0
    for day in days(setting.first - timedelta(days=120), setting.last):
        if is_working_day(day):
            expected = 380 * setting.scale / 251 * story.pipeline_factor(day) * story.trend(day)
            due += expected * (0.5 + chance.unit())
            while due >= 1:
                due -= 1
                closed = working_day_on_or_after(day + timedelta(days=chance.whole(25, 120)))
                channel = chance.weighted((("field_sales", 0.65), ("retail_partner", 0.35)))
                found.append((day, closed, chance.happens(0.36), chance.weighted(REGIONS), channel, None))
    found.sort(key=lambda opportunity: opportunity[0])
    opportunities = extracts.table(
        "sales/opportunities",
        ("opportunity_id", "created_date", "region", "channel", "lead_id", "salesperson_id"),
    )
    stages = extracts.table(
        "sales/opportunity_stages",
        ("opportunity_id", "change_number", "changed_date", "stage", "probability", "amount"),
    )
    seller_chance = setting.chance("sellers of opportunities")
    teams = {channel.name: channel.team for channel in CHANNELS}
    deals = []
    number = 0
    for created, closed, is_won, region, channel, lead_id in found:
        amount = int(chance.around(230 if channel != "web" else 60, 0.7)) * 1000 * KRONA
        first_stage = chance.whole(0, 1)
        steps = list(STAGES[first_stage : first_stage + chance.whole(2, 3 if is_won else 2)])
        length = (closed - created).days
        changes = []
        for step, (stage, probability) in enumerate(steps):
            changed = created + timedelta(days=length * step // len(steps))
            if stage == "offert":
                amount = int(chance.around(amount / (1000 * KRONA), 0.25)) * 1000 * KRONA
            changes.append((changed, stage, probability, amount))
        changes.append((closed, "vunnen" if is_won else "förlorad", "1.00" if is_won else "0.00", amount))
        if closed < setting.first:
            continue
        number += 1
        opportunity_id = f"A{number:04d}"
        seller, team = None, teams[channel]
        if team:
            sellers = staff.sellers(team, created)
            # Rather one who stays until it is closed: a deal is not given away if it can be helped.
            later = set(staff.sellers(team, min(closed, setting.last)))
            staying = [each for each in sellers if each in later]
            seller = seller_chance.pick(staying or sellers)
            deals.append(Deal(opportunity_id, team, seller, created, closed))
        opportunities.write(opportunity_id, created, region, channel, lead_id, seller)
        for change, (changed, stage, probability, value) in enumerate(changes, 1):
            if changed <= setting.last:
                stages.write(opportunity_id, change, changed, stage, probability, kronor(value))
    return deals


def _write_meetings(setting: Setting, staff: Staff, deals: list[Deal], extracts: Extracts) -> None:
    """Write meetings that salespeople book while a deal is open, by the day they are booked."""
    chance = setting.chance("meetings")
    booked: list[tuple[date, date, str, str, str]] = []
    for deal in deals:
        for _ in range(chance.weighted(((0, 0.18), (1, 0.38), (2, 0.30), (3, 0.14)))):
            day = deal.created + timedelta(days=int((deal.closed - deal.created).days * chance.unit()))
            day = working_day_on_or_after(day)
            held = working_day_on_or_after(day + timedelta(days=chance.whole(2, 14)))
            form = chance.weighted((("besök", 0.5), ("video", 0.35), ("telefon", 0.15)))
            if setting.first <= day <= setting.last:
                sellers = staff.sellers(deal.team, day)
                seller = deal.salesperson_id if deal.salesperson_id in sellers else chance.pick(sellers)
                booked.append((day, held, deal.opportunity_id, seller, form))
    booked.sort()
    meetings = extracts.table(
        "sales/meetings",
        ("meeting_id", "opportunity_id", "booked_date", "meeting_date", "salesperson_id", "form"),
    )
    for number, (day, held, opportunity_id, seller, form) in enumerate(booked, 1):
        meetings.write(f"MO{number:05d}", opportunity_id, day, held, seller, form)


def _write_quotas(setting: Setting, staff: Staff, extracts: Extracts) -> None:
    quotas = extracts.table(
        "sales/quotas", ("quota_id", "salesperson_id", "channel", "quarter_start_date", "quota_amount")
    )
    number = 0
    for month in months(setting.first, setting.last):
        if month.month % 3 != 1:
            continue
        for channel in CHANNELS:
            if channel.team is None:
                continue
            sellers = staff.sellers(channel.team, month)
            quarter = [date(month.year, month.month + step, 1) for step in range(3)]
            planned = sum(planned_revenue(setting, each, channel) for each in quarter)
            share = int(planned * 1.01 / len(sellers) / (10_000 * KRONA)) * 10_000 * KRONA
            for seller in sellers:
                number += 1
                quotas.write(f"Q{number:04d}", seller, channel.name, month, kronor(share))


def _write_subscriptions(setting: Setting, customers: list[Customer], extracts: Extracts) -> dict[date, int]:
    """Write service agreements (from the first of a month to the end of one); return the fees by month."""
    subscriptions = extracts.table(
        "sales/subscriptions", ("subscription_id", "customer_id", "start_date", "end_date", "monthly_fee")
    )
    chance = setting.chance("subscriptions")
    fees: dict[date, int] = {}
    number = 0
    for customer in customers:
        if not chance.happens(0.17):
            continue
        start = max(customer.since, date(2021, 1, 1)).replace(day=1)
        end = month_end(customer.gone) if customer.gone else None
        fee = chance.whole(6, 38) * 100 * KRONA
        number += 1
        ended = until(end, setting.last)
        subscriptions.write(f"SA{number:04d}", customer.customer_id, start, ended, kronor(fee))
        for month in months(max(start, setting.first), min(end or setting.last, setting.last)):
            fees[month] = fees.get(month, 0) + fee
    return fees


def write_sales(
    setting: Setting, staff: Staff, products: list[Product], campaigns: list[Campaign], extracts: Extracts
) -> tuple[Sold, list[Customer]]:
    """Write everything that is sold; return its sums and the customers, oldest first."""
    product_rows = extracts.table(
        "sales/products",
        (
            "product_id",
            "product_name",
            "product_category",
            "launch_date",
            "standard_cost",
            "list_price",
            "supplier_id",
            "warehouse_id",
        ),
    )
    for product in products:
        product_rows.write(
            product.product_id,
            product.name,
            product.category.name,
            product.launch,
            kronor(product.unit_cost),
            kronor(product.list_price),
            product.supplier_id,
            product.category.warehouse_id,
        )
    leads = _make_leads(setting, campaigns)
    old, new = _make_customers(setting, leads)
    customer_rows = extracts.table(
        "sales/customers",
        ("customer_id", "customer_name", "region", "customer_segment", "customer_since", "first_lead_id"),
    )
    for customer in [*old, *new]:
        customer_rows.write(
            customer.customer_id,
            f"Kund {customer.customer_id[1:]} AB",
            customer.region,
            customer.segment,
            customer.since,
            customer.lead_id,
        )
    lead_rows = extracts.table(
        "sales/leads",
        (
            "lead_id",
            "created_date",
            "region",
            "channel",
            "campaign_id",
            "qualified_date",
            "converted_date",
            "customer_id",
        ),
    )
    for lead in leads:
        lead_rows.write(
            lead.lead_id,
            lead.created,
            lead.region,
            lead.source,
            lead.campaign_id,
            until(lead.qualified, setting.last),
            until(lead.converted, setting.last),
            lead.customer.customer_id if lead.customer else None,
        )
    deals = _write_opportunities(setting, staff, leads, extracts)
    _write_meetings(setting, staff, deals, extracts)
    _write_quotas(setting, staff, extracts)
    sold = write_orders(setting, products, staff, old, new, extracts)
    sold.service_fees = _write_subscriptions(setting, [*old, *new], extracts)
    return sold, [*old, *new]
