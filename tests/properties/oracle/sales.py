"""What the sales KPIs are, from their definitions: order lines in money of the day, summed as they stand."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from tests.properties.oracle.calendar import Period
from tests.properties.oracle.money import in_reporting_currency
from tests.properties.oracle.registry import Book, Outcome, amount, oracle, ratio


class Events:
    """Things that happened on days, by scope, so that a period's share of them is found fast."""

    def __init__(self, dated: Iterable[tuple[date, dict[str, str | None], Any]]):
        """Take (day, {scope type: scope id}, thing) triples; an id of None belongs to no scope of the type."""
        found: dict[tuple[str, str], list[tuple[date, int, Any]]] = defaultdict(list)
        for number, (day, scopes, thing) in enumerate(dated):
            for scope in {"company": "all", **scopes}.items():
                if scope[1] is not None:
                    found[scope].append((day, number, thing))
        self._found = {scope: sorted(events, key=lambda event: event[:2]) for scope, events in found.items()}
        self._days = {scope: [event[0] for event in events] for scope, events in self._found.items()}

    def between(self, first: date, last: date, scope_type: str, scope_id: str) -> list[Any]:
        """What happened from the first to the last day in the scope."""
        days = self._days.get((scope_type, scope_id), [])
        events = self._found.get((scope_type, scope_id), [])
        return [event[2] for event in events[bisect_left(days, first) : bisect_right(days, last)]]

    def within(self, period: Period, scope_type: str, scope_id: str) -> list[Any]:
        """What happened in the known part of the period."""
        return self.between(period.start, period.through, scope_type, scope_id)


def segments(book: Book) -> dict[str, str]:
    """Customer -> commercial segment."""
    return {row["customer_id"]: row["customer_segment"] or "unassigned" for row in book.rows("customers")}


def lines(book: Book) -> Events:
    """Order lines by the day and the place of their order, with money in the reporting currency."""
    orders = {row["order_id"]: row for row in book.rows("orders")}
    products = {row["product_id"]: row for row in book.rows("products")}
    segment_of = book.once(segments)

    def dated() -> Iterable[tuple[date, dict[str, str | None], dict[str, Any]]]:
        for line in book.rows("order_lines"):
            order = orders[line["order_id"]]
            product = products.get(line["product_id"], {})
            scopes = {
                "region": order["region"],
                "channel": order["channel"],
                "customer_segment": segment_of.get(order["customer_id"], "unassigned"),
                "product_category": product.get("product_category") or "unassigned",
                "employee": order["salesperson_id"],
            }
            day, currency = order["order_date"], line["currency_code"]
            money = {
                name: in_reporting_currency(book, line[name], currency, day)
                for name in ("net_amount", "cost_amount")
            }
            yield day, scopes, {**order, **product, **line, **money}

    return Events(dated())


def total(things: list[dict[str, Any]], name: str) -> Decimal | None:
    """The sum; of nothing, nothing."""
    return sum((thing[name] for thing in things), Decimal(0)) if things else None


@oracle("revenue_amount")
def revenue_amount(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Net revenue of the order lines of the period."""
    return amount(total(book.once(lines).within(period, scope_type, scope_id), "net_amount"))


@oracle("gross_profit_amount")
def gross_profit_amount(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Net revenue less cost of goods sold."""
    sold = book.once(lines).within(period, scope_type, scope_id)
    return amount(total(sold, "net_amount") - total(sold, "cost_amount")) if sold else None


@oracle("gross_margin_ratio")
def gross_margin_ratio(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Gross profit / net revenue."""
    sold = book.once(lines).within(period, scope_type, scope_id)
    if not sold:
        return None
    return ratio(total(sold, "net_amount") - total(sold, "cost_amount"), total(sold, "net_amount"))


@oracle("revenue_growth_ratio")
def revenue_growth_ratio(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """(Revenue - revenue of last year's like-for-like window) / the latter."""
    now = total(book.once(lines).within(period, scope_type, scope_id), "net_amount")
    first, last = period.last_year
    then = total(book.once(lines).between(first, last, scope_type, scope_id), "net_amount")
    covered_from, covered_to = book.company.coverage["sales"]
    if then is None:
        return None
    if not (covered_from <= first and min(covered_to, book.company.as_of) >= last):
        return Outcome(None, reason="incomplete_period")
    return None if now is None else ratio(now - then, then, positive_base=True)
