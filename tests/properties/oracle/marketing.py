"""What the marketing KPIs are, from their definitions (docs/decisions/first-touch.md)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from tests.properties.oracle.calendar import Period
from tests.properties.oracle.money import in_reporting_currency
from tests.properties.oracle.registry import Book, Outcome, amount, oracle, ratio
from tests.properties.oracle.sales import Events, leads, orders, total


def campaign_channels(book: Book) -> dict[str, str]:
    """Campaign -> marketing channel."""
    return {row["campaign_id"]: row["channel"] for row in book.rows("campaigns")}


def channel_of(book: Book, campaign: str) -> str:
    """The channel of a campaign; of one that is in no register nobody knows it."""
    return book.once(campaign_channels).get(campaign, "unassigned")


def campaign_of(lead: dict[str, Any]) -> str:
    """The campaign that brought a lead, or the word for none."""
    return lead["campaign_id"] or "unassigned"


def campaign_days(book: Book) -> Events:
    """Days of advertising, with their cost in the reporting currency."""
    return Events(
        (
            row["activity_date"],
            {"channel": channel_of(book, row["campaign_id"]), "campaign": row["campaign_id"]},
            {
                **row,
                "cost_amount": in_reporting_currency(
                    book, row["cost_amount"], row["currency_code"], row["activity_date"]
                ),
            },
        )
        for row in book.rows("campaign_days")
    )


def web_sessions(book: Book) -> Events:
    """Days of visits of the web site."""
    return Events(
        (row["session_date"], {"channel": row["channel"]}, row) for row in book.rows("web_sessions")
    )


def first_touches(book: Book) -> dict[str, dict[str, Any]]:
    """Customer -> the lead that brought it: its first one, unless it had bought on an earlier day."""
    first_order: dict[str, date] = {}
    for order in book.rows("orders"):
        customer, day = order["customer_id"], order["order_date"]
        first_order[customer] = min(day, first_order.get(customer, day))
    found: dict[str, dict[str, Any]] = {}
    for lead in sorted(book.rows("leads"), key=lambda row: (row["created_date"], row["lead_id"])):
        if lead["customer_id"] is not None and lead["created_date"] <= book.company.as_of:
            found.setdefault(lead["customer_id"], lead)
    return {
        customer: lead
        for customer, lead in found.items()
        if not (customer in first_order and first_order[customer] < lead["created_date"])
    }


def _touched_orders(book: Book) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """(order, the lead that brought its customer)."""
    touches = book.once(first_touches)
    placed = book.once(orders).between(date.min, book.company.as_of, "company", "all")
    return [(order, touches[order["customer_id"]]) for order in placed if order["customer_id"] in touches]


def marketing_orders(book: Book) -> Events:
    """Orders of customers whom marketing brought, in the order's region and the lead's channel and campaign."""
    return Events(
        (
            order["order_date"],
            {"region": order["region"], "channel": lead["channel"], "campaign": campaign_of(lead)},
            order,
        )
        for order, lead in _touched_orders(book)
        if lead["is_marketing"]
    )


def campaign_orders(book: Book) -> Events:
    """Orders of customers whom a campaign brought, in the campaign and its channel."""
    return Events(
        (
            order["order_date"],
            {"channel": channel_of(book, lead["campaign_id"]), "campaign": lead["campaign_id"]},
            order,
        )
        for order, lead in _touched_orders(book)
        if lead["campaign_id"] is not None
    )


@oracle("marketing_revenue_amount")
def marketing_revenue(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Net revenue of the period from customers whose first lead marketing brought."""
    return amount(total(book.once(marketing_orders).within(period, scope_type, scope_id), "net_amount"))


def _sold_and_spent(
    book: Book, period: Period, scope: tuple[str, str]
) -> tuple[Decimal, Decimal, Decimal] | None:
    """(net revenue, cost of goods sold, cost of the campaigns) where there is anything of them."""
    sold = book.once(campaign_orders).within(period, *scope)
    spent = book.once(campaign_days).within(period, *scope)
    if not sold and not spent:
        return None
    zero = Decimal(0)
    return (
        total(sold, "net_amount") or zero,
        total(sold, "cost_amount") or zero,
        total(spent, "cost_amount") or zero,
    )


@oracle("return_on_ad_spend_ratio")
def return_on_ad_spend(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Net revenue from customers whom campaigns brought / cost of the campaigns, both of the period."""
    found = _sold_and_spent(book, period, (scope_type, scope_id))
    return ratio(found[0], found[2]) if found else None


@oracle("return_on_investment_ratio")
def return_on_investment(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """(Gross profit of the same orders - cost of the campaigns) / cost of the campaigns."""
    found = _sold_and_spent(book, period, (scope_type, scope_id))
    return ratio(found[0] - found[1] - found[2], found[2]) if found else None


@oracle("click_through_ratio")
def click_through(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Clicks / impressions of the campaign days that record both."""
    counted = [
        day
        for day in book.once(campaign_days).within(period, scope_type, scope_id)
        if day["clicks_count"] is not None and day["impressions_count"] is not None
    ]
    return ratio(total(counted, "clicks_count"), total(counted, "impressions_count"))


@oracle("clicks_per_visitor_ratio")
def clicks_per_visitor(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Clicks on campaigns / visitors of the web site; where no campaign ran, nobody clicked on one."""
    advertised = book.once(campaign_days).within(period, scope_type, scope_id)
    visited = book.once(web_sessions).within(period, scope_type, scope_id)
    clicks = total([day for day in advertised if day["clicks_count"] is not None], "clicks_count")
    visitors = total([day for day in visited if day["visitors_count"] is not None], "visitors_count")
    return ratio(clicks if advertised else 0, visitors)


@oracle("cost_per_lead_amount")
def cost_per_lead(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Cost of the campaigns / leads created in the period that marketing brought; where none ran the cost is 0."""
    spent = book.once(campaign_days).within(period, scope_type, scope_id)
    created = [lead for lead in book.once(leads).within(period, scope_type, scope_id) if lead["is_marketing"]]
    if not spent and not created:
        return None
    return ratio(total(spent, "cost_amount") or 0, len(created))


def qualifications(book: Book) -> Events:
    """Leads by the day they became a sales opportunity."""
    return Events(
        (
            row["qualified_date"],
            {"region": row["region"], "channel": row["channel"], "campaign": campaign_of(row)},
            row,
        )
        for row in book.rows("leads")
        if row["qualified_date"] is not None
    )


@oracle("qualified_leads_count")
def qualified_leads(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Leads that were qualified in the period."""
    qualified = book.once(qualifications).within(period, scope_type, scope_id)
    return amount(len(qualified)) if qualified else None


@oracle("web_sessions_count")
def web_sessions_count(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Sessions of all channels."""
    return amount(total(book.once(web_sessions).within(period, scope_type, scope_id), "sessions_count"))


@oracle("paid_web_sessions_count")
def paid_web_sessions_count(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Sessions of the channels that are paid for."""
    visited = book.once(web_sessions).within(period, scope_type, scope_id)
    return amount(total([day for day in visited if day["is_paid"]], "sessions_count"))


@oracle("advertising_cost_amount")
def advertising_cost(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Cost of the campaigns by the day the advertising ran."""
    return amount(total(book.once(campaign_days).within(period, scope_type, scope_id), "cost_amount"))
