"""What the KPIs about customers and new products are, from their definitions (docs/decisions/customer-kpis.md)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tests.properties.oracle.calendar import ONE_DAY, Period, add_months, twelve_months_to
from tests.properties.oracle.registry import Book, Outcome, amount, oracle, ratio
from tests.properties.oracle.sales import Events, lines, orders, total

BEGINNING = date(1990, 1, 1)


def buyers(book: Book, first: date, last: date, scope: tuple[str, str]) -> set[str]:
    """Customers with an order on one of the days, in the scope."""
    return {order["customer_id"] for order in book.once(orders).between(first, last, *scope)}


@oracle("active_customers_count")
def active_customers(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Customers with an order in the period; in a product category, with an order line of it."""
    if scope_type == "product_category":
        active = {line["customer_id"] for line in book.once(lines).within(period, scope_type, scope_id)}
    else:
        active = buyers(book, period.start, period.through, (scope_type, scope_id))
    return amount(len(active)) if active else None


def _revenue_and_buyers(book: Book, first: date, last: date, scope: tuple[str, str]) -> tuple[Decimal, int]:
    placed = book.once(orders).between(first, last, *scope)
    return total(placed, "net_amount") or Decimal(0), len({order["customer_id"] for order in placed})


@oracle("revenue_per_customer_amount")
def revenue_per_customer(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Net revenue / customers with an order."""
    revenue, active = _revenue_and_buyers(book, period.start, period.through, (scope_type, scope_id))
    return ratio(revenue, active) if active else None


@oracle("revenue_per_customer_growth_ratio")
def revenue_per_customer_growth(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Change of revenue per customer against last year's like-for-like window."""
    first, last = period.last_year
    scope = (scope_type, scope_id)
    revenue, active = _revenue_and_buyers(book, period.start, period.through, scope)
    revenue_then, active_then = _revenue_and_buyers(book, first, last, scope)
    if not active:
        return None
    covered_from, covered_to = book.company.coverage["sales"]
    if not (covered_from <= first and min(covered_to, book.company.as_of) >= last):
        return Outcome(None, reason="incomplete_period")
    if not active_then:
        return None
    now, then = revenue / active, revenue_then / active_then
    return ratio(now - then, then, positive_base=True)


@oracle("customer_lifetime_value_amount")
def customer_lifetime_value(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Net revenue to date / customers who have ever bought."""
    revenue, ever = _revenue_and_buyers(book, BEGINNING, period.through, (scope_type, scope_id))
    return ratio(revenue, ever) if ever else None


@oracle("customer_lifetime_margin_amount")
def customer_lifetime_margin(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Gross margin per active customer-year / yearly churn."""
    scope = (scope_type, scope_id)
    first, last = twelve_months_to(period.through)
    first_before, last_before = twelve_months_to(add_months(period.through, -12))
    active = buyers(book, first, last, scope)
    before = buyers(book, first_before, last_before, scope)
    if not active:
        return None
    if book.company.coverage["sales"][0] > first_before:
        return Outcome(None, reason="incomplete_period")
    lost = before - active
    if not lost:
        return Outcome(None, reason="zero_base")
    sold = book.once(lines).between(first, last, *scope)
    margin = (total(sold, "net_amount") or Decimal(0)) - (total(sold, "cost_amount") or Decimal(0))
    per_customer, churn = margin / len(active), Decimal(len(lost)) / len(before)
    return Outcome(per_customer / churn, per_customer, churn)


def _cohort(book: Book, period: Period, scope: tuple[str, str]) -> tuple[set[str], set[str]] | Outcome | None:
    first, last = twelve_months_to(period.start - timedelta(days=1))
    base = buyers(book, first, last, scope)
    if not base:
        return None
    if book.company.coverage["sales"][0] > first:
        return Outcome(None, reason="incomplete_period")
    return base, base - buyers(book, *twelve_months_to(period.through), scope)


@oracle("customer_churn_ratio")
def customer_churn(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Of the customers active in the twelve months before the period, those inactive in those to its end."""
    found = _cohort(book, period, (scope_type, scope_id))
    return ratio(len(found[1]), len(found[0])) if isinstance(found, tuple) else found


@oracle("customer_retention_ratio")
def customer_retention(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """The others of the same customers."""
    found = _cohort(book, period, (scope_type, scope_id))
    return ratio(len(found[0] - found[1]), len(found[0])) if isinstance(found, tuple) else found


def launches(book: Book) -> Events:
    """Products by the day they were first on sale."""
    return Events(
        (row["launch_date"], {"product_category": row["product_category"]}, row)
        for row in book.rows("products")
        if row["launch_date"]
    )


@oracle("new_products_count")
def new_products(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Products launched in the period; 0 is a result once the source records launches."""
    return amount(len(book.once(launches).within(period, scope_type, scope_id)))


@oracle("new_product_revenue_share_ratio")
def new_product_revenue_share(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Revenue of products in their first twelve months on sale / revenue."""
    sold = book.once(lines).within(period, scope_type, scope_id)
    # what was sold must be known to be old before a share of 0 is a result
    if not any(line.get("launch_date") for line in sold):
        return None
    new = [
        line
        for line in sold
        if line.get("launch_date")
        and line["launch_date"] <= line["order_date"] < add_months(line["launch_date"], 12)
    ]
    return ratio(total(new, "net_amount") or 0, total(sold, "net_amount"), positive_base=True)


@oracle("market_share_ratio")
def market_share(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Net revenue / what all suppliers sold, where the market is known for every day of the period."""
    rows = [
        row
        for row in book.rows("market_size")
        if scope_type == "company" or row["product_category"] == scope_id
    ]
    inside = [row for row in rows if period.start <= row["start_date"] and row["end_date"] <= period.end]
    if not rows:
        return None
    for category in {row["product_category"] for row in rows}:
        days = {
            row["start_date"] + timedelta(days=n)
            for row in inside
            if row["product_category"] == category
            for n in range((row["end_date"] - row["start_date"]).days + 1)
        }
        if len(days) != (period.end - period.start + ONE_DAY).days or period.is_open:
            return Outcome(None, reason="incomplete_period")
    sold = total(book.once(lines).within(period, scope_type, scope_id), "net_amount")
    return (
        None if sold is None else ratio(sold, sum(row["market_amount"] for row in inside), positive_base=True)
    )
