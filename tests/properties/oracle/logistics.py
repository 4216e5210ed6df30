"""What the logistics KPIs are, from their definitions, and the company's two KPIs that draw on several domains."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from tests.properties.oracle.calendar import Period, add_months
from tests.properties.oracle.marketing import campaign_days, first_touches
from tests.properties.oracle.registry import Book, Outcome, oracle, ratio
from tests.properties.oracle.sales import Events, lines, orders, orders_by_id, total

NOBODY = {"channel": "unassigned"}


def _deliveries_by(book: Book, day_of: Callable[[dict[str, Any]], date | None]) -> Events:
    """Deliveries with the day, region and channel of their order, by one of their days."""
    known = book.once(orders_by_id)
    nothing = {"region": "unassigned", "channel": "unassigned", "order_date": None}
    dated = []
    for row in book.rows("deliveries"):
        order = known.get(row["order_id"], nothing)
        delivery = {**row, "order_date": order["order_date"]}
        day = day_of(delivery)
        if day is not None:
            scopes = {"region": order["region"], "channel": order["channel"], "warehouse": row["warehouse"]}
            dated.append((day, scopes, delivery))
    return Events(dated)


def promises(book: Book) -> Events:
    """Deliveries by the promised day."""
    return _deliveries_by(book, lambda delivery: delivery["promised_date"])


def arrivals(book: Book) -> Events:
    """Deliveries by the day they arrived."""
    return _deliveries_by(book, lambda delivery: delivery["delivered_date"])


def placed(book: Book) -> Events:
    """Deliveries by the day of their order."""
    return _deliveries_by(book, lambda delivery: delivery["order_date"])


def _mean_days(things: list[dict[str, Any]], first: str, last: str) -> Outcome | None:
    """Mean days from one date to another, of the things that know both."""
    days = [(thing[last] - thing[first]).days for thing in things if thing[first] and thing[last]]
    return ratio(sum(days), len(days)) if days else None


@oracle("order_fulfilment_days")
def order_fulfilment_days(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Mean days from order to delivery of the orders delivered in the period."""
    delivered = book.once(arrivals).within(period, scope_type, scope_id)
    return _mean_days(delivered, "order_date", "delivered_date")


@oracle("delivery_lateness_days")
def delivery_lateness(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Mean days from the promised day to the delivery of the orders delivered in the period."""
    delivered = book.once(arrivals).within(period, scope_type, scope_id)
    return _mean_days(delivered, "promised_date", "delivered_date")


def _on_time(promised: list[dict[str, Any]], done: str) -> Outcome | None:
    """Of what was promised, what was done by the promised day; what is not done is late."""
    on_time = sum(thing[done] is not None and thing[done] <= thing["promised_date"] for thing in promised)
    return ratio(on_time, len(promised)) if promised else None


@oracle("on_time_delivery_ratio")
def on_time_delivery(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Orders delivered on or before the promised day / orders promised in the period."""
    return _on_time(book.once(promises).within(period, scope_type, scope_id), "delivered_date")


@oracle("order_fulfilment_ratio")
def order_fulfilment_ratio(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Orders delivered in full / orders promised in the period, but for those that do not say if they were full."""
    full = []
    for delivery in book.once(promises).within(period, scope_type, scope_id):
        is_delivered = delivery["delivered_date"] is not None and delivery["delivered_date"] <= period.as_of
        full.append(delivery["is_in_full"] if is_delivered else False)
    recorded = [is_full for is_full in full if is_full is not None]
    return ratio(sum(recorded), len(recorded)) if recorded else None


@oracle("backorder_ratio")
def backorder(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Orders that waited for stock / orders placed in the period of which it is recorded."""
    recorded = [
        delivery["is_backordered"]
        for delivery in book.once(placed).within(period, scope_type, scope_id)
        if delivery["is_backordered"] is not None
    ]
    return ratio(sum(recorded), len(recorded)) if recorded else None


@oracle("carbon_per_order_kg")
def carbon_per_order(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Carbon of the deliveries of the period / deliveries, of those that record it."""
    recorded = [
        delivery
        for delivery in book.once(arrivals).within(period, scope_type, scope_id)
        if delivery["carbon_kg"] is not None
    ]
    return ratio(total(recorded, "carbon_kg"), len(recorded)) if recorded else None


def _purchases_by(book: Book, name: str) -> Events:
    """Purchase orders with their lines, by one of their days."""
    lines_of: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in book.rows("purchase_order_lines"):
        lines_of[line["purchase_order_id"]].append(line)
    return Events(
        (
            row[name],
            {"supplier": row["supplier_id"]},
            {**row, "lines": lines_of[row["purchase_order_id"]]},
        )
        for row in book.rows("purchase_orders")
        if row[name] is not None
    )


def purchase_promises(book: Book) -> Events:
    """Purchase orders by the day the supplier promised."""
    return _purchases_by(book, "promised_date")


def receipts(book: Book) -> Events:
    """Purchase orders by the day they were received."""
    return _purchases_by(book, "received_date")


@oracle("supplier_lead_time_days")
def supplier_lead_time(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Mean days from purchase order to receipt of those received in the period."""
    return _mean_days(
        book.once(receipts).within(period, scope_type, scope_id), "ordered_date", "received_date"
    )


@oracle("supplier_on_time_ratio")
def supplier_on_time(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Purchase orders received on or before the promised day / promised in the period."""
    return _on_time(book.once(purchase_promises).within(period, scope_type, scope_id), "received_date")


def _units(book: Book, period: Period, scope: tuple[str, str], upper: str, lower: str) -> Outcome | None:
    """One quantity / another one of the purchase orders received in the period."""
    received = [line for order in book.once(receipts).within(period, *scope) for line in order["lines"]]
    return ratio(total(received, upper), total(received, lower))


@oracle("supplier_reject_ratio")
def supplier_reject(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Units rejected / units received."""
    return _units(book, period, (scope_type, scope_id), "rejected_quantity", "received_quantity")


@oracle("supplier_fill_ratio")
def supplier_fill(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Units received / units ordered."""
    return _units(book, period, (scope_type, scope_id), "received_quantity", "ordered_quantity")


def category_of(book: Book) -> dict[str, str]:
    """Product -> category."""
    return {row["product_id"]: row["product_category"] or "unassigned" for row in book.rows("products")}


def finished(book: Book) -> Events:
    """Production orders by the day they were done."""
    categories = book.once(category_of)
    return Events(
        (
            row["finished_date"],
            {
                "warehouse": row["warehouse"],
                "product_category": categories.get(row["product_id"], "unassigned"),
            },
            row,
        )
        for row in book.rows("production_orders")
        if row["finished_date"] is not None
    )


@oracle("production_cost_per_unit_amount")
def production_cost_per_unit(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Cost / good units of the production orders finished in the period that record both."""
    recorded = [
        row
        for row in book.once(finished).within(period, scope_type, scope_id)
        if row["cost_amount"] is not None and row["produced_quantity"] is not None
    ]
    return ratio(total(recorded, "cost_amount"), total(recorded, "produced_quantity"))


@oracle("cycle_time_days")
def cycle_time(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Mean days from start to end of the production orders finished in the period."""
    return _mean_days(
        book.once(finished).within(period, scope_type, scope_id), "started_date", "finished_date"
    )


def stock(book: Book) -> Events:
    """Stock at cost by day."""
    categories = book.once(category_of)
    return Events(
        (
            row["stock_date"],
            {"product_category": categories.get(row["product_id"], "unassigned")},
            {**row, "stock_amount": row["quantity"] * row["unit_cost_amount"]},
        )
        for row in book.rows("stock")
    )


def days_of_year(book: Book, day: date) -> int:
    """Days of the fiscal year that holds the day."""
    passed = (day.month - book.company.fiscal_year_start_month) % 12
    start = add_months(day.replace(day=1), -passed)
    return (add_months(start, 12) - start).days


@oracle("inventory_turnover_ratio")
def inventory_turnover(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Cost of goods sold at the rate of a year / average inventory at cost over the period's stock days."""
    held = book.once(stock).within(period, scope_type, scope_id)
    if not held:
        return None
    # a category without a row on a stock day had no stock then, and what nobody bought cost nothing
    stock_days = {row["stock_date"] for row in book.once(stock).within(period, "company", "all")}
    cost = total(book.once(lines).within(period, scope_type, scope_id), "cost_amount") or 0
    average = total(held, "stock_amount") / len(stock_days)
    return ratio(cost * days_of_year(book, period.start) / period.days, average, positive_base=True)


def function_costs(book: Book) -> Events:
    """Postings of the costs whose function the ledger knows."""
    functions = {row["account_id"]: row["cost_function"] for row in book.rows("accounts")}
    return Events(
        (
            row["posting_date"],
            {"cost_function": functions[row["account_id"]]},
            {"cost_amount": -row["profit_effect_amount"]},
        )
        for row in book.rows("postings")
        if functions[row["account_id"]] is not None
    )


def first_orders(book: Book) -> Events:
    """First orders of customers, by the marketing channel that brought them."""
    touches = book.once(first_touches)
    placed = book.once(orders).between(date.min, book.company.as_of, "company", "all")
    return Events(
        (order["order_date"], {"channel": touches.get(order["customer_id"], NOBODY)["channel"]}, order)
        for order in placed
        if order["is_first"]
    )


def _function_costs(book: Book, period: Period) -> tuple[Decimal, Decimal] | None:
    """(marketing cost, sales cost), where any cost of the period says what it is for."""
    costs = book.once(function_costs)
    if not costs.within(period, "company", "all"):
        return None
    marketing, sales = (
        total(costs.within(period, "cost_function", function), "cost_amount") or Decimal(0)
        for function in ("marketing", "sales")
    )
    return marketing, sales


@oracle("customer_acquisition_cost_amount")
def customer_acquisition_cost(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """(Marketing cost + sales cost) / new customers."""
    costs = _function_costs(book, period)
    new = len(book.once(first_orders).within(period, "company", "all"))
    if scope_type == "channel":
        return _channel_cost(book, period, scope_id, costs, new)
    is_known = costs and book.once(orders).within(period, "company", "all")
    return ratio(sum(costs), new) if is_known else None


def _channel_cost(
    book: Book, period: Period, channel: str, costs: tuple[Decimal, Decimal] | None, new: int
) -> Outcome | None:
    """The channel's own advertising and for each of its new customers an equal part of all other costs."""
    advertised = book.once(campaign_days).within(period, "channel", channel)
    new_of_channel = len(book.once(first_orders).within(period, "channel", channel))
    if not advertised and not new_of_channel:
        return None
    of_all = total(book.once(campaign_days).within(period, "company", "all"), "cost_amount") or Decimal(0)
    covered_from, covered_to = book.company.coverage["marketing"]
    is_covered = covered_from <= period.start and period.through <= covered_to
    # exchange rates may cost the ledger a unit of currency
    if not is_covered or (costs and costs[0] + 1 < of_all):
        return Outcome(None, reason="incomplete_period")
    own = total(advertised, "cost_amount") or Decimal(0)
    if not new_of_channel:
        return ratio(own, 0)
    return ratio(own + (sum(costs) - of_all) * new_of_channel / new, new_of_channel) if costs else None
