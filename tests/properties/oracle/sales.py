"""What the sales KPIs are, from their definitions: order lines in money of the day, summed as they stand."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from tests.properties.oracle.calendar import ONE_DAY, Period, add_months
from tests.properties.oracle.money import in_reporting_currency
from tests.properties.oracle.registry import Book, Outcome, amount, oracle, ratio, rounded


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
    if now is None:
        return None
    if not (covered_from <= first and min(covered_to, book.company.as_of) >= last):
        return Outcome(None, reason="incomplete_period")
    return None if then is None else ratio(now - then, then, positive_base=True)


def orders(book: Book) -> Events:
    """Orders by their day and place, with the money of their lines; True marks a customer's first order ever."""
    segment_of = book.once(segments)
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in book.rows("order_lines"):
        day = book.once(orders_by_id)[line["order_id"]]["order_date"]
        for name in ("net_amount", "cost_amount"):
            sums[line["order_id"], name] += in_reporting_currency(
                book, line[name], line["currency_code"], day
            )
    seen: set[str] = set()
    dated = []
    for order in sorted(book.rows("orders"), key=lambda row: (row["order_date"], row["order_id"])):
        customer = order["customer_id"]
        scopes = {
            "region": order["region"],
            "channel": order["channel"],
            "customer_segment": segment_of.get(customer, "unassigned"),
            "employee": order["salesperson_id"],
        }
        money = {name: sums[order["order_id"], name] for name in ("net_amount", "cost_amount")}
        thing = {**order, **money, "is_first": customer not in seen}
        seen.add(customer)
        dated.append((order["order_date"], scopes, thing))
    return Events(dated)


def orders_by_id(book: Book) -> dict[str, dict[str, Any]]:
    """Order id -> order."""
    return {row["order_id"]: row for row in book.rows("orders")}


@oracle("average_order_value_amount")
def average_order_value(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Net revenue / orders."""
    placed = book.once(orders).within(period, scope_type, scope_id)
    return ratio(total(placed, "net_amount"), len(placed)) if placed else None


@oracle("new_customers_count")
def new_customers(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Customers whose first order ever lies in the period; where nobody ordered at all there is no word."""
    placed = book.once(orders).within(period, scope_type, scope_id)
    return amount(sum(order["is_first"] for order in placed)) if placed else None


def leads(book: Book) -> Events:
    """Leads by the day they were created."""
    return Events(
        (
            row["created_date"],
            {
                "region": row["region"],
                "channel": row["channel"],
                "campaign": row["campaign_id"] or "unassigned",
            },
            row,
        )
        for row in book.rows("leads")
    )


def _leads_that(book: Book, period: Period, scope: tuple[str, str], event: str) -> Outcome | None:
    created = book.once(leads).within(period, *scope)
    if not created:
        return None
    done = sum(lead[event] is not None and lead[event] <= period.as_of for lead in created)
    return ratio(done, len(created))


@oracle("lead_conversion_ratio")
def lead_conversion(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Of the leads created in the period, those converted by the as-of day."""
    return _leads_that(book, period, (scope_type, scope_id), "converted_date")


@oracle("lead_to_opportunity_ratio")
def lead_to_opportunity(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Of the leads created in the period, those qualified by the as-of day."""
    return _leads_that(book, period, (scope_type, scope_id), "qualified_date")


def deals(book: Book) -> list[tuple[dict[str, str | None], date | None, list[dict[str, Any]]]]:
    """(scopes, first contact, changes in order) of each opportunity."""
    register = {row["opportunity_id"]: row for row in book.rows("opportunities")}
    changes: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in book.rows("opportunity_stages"):
        money = in_reporting_currency(book, row["amount"], row["currency_code"], row["changed_date"])
        changes[row["opportunity_id"]].append({**row, "amount": money})
    found = []
    for deal, history in changes.items():
        known = register.get(deal, {})
        scopes = {
            "company": "all",
            "region": known.get("region", "unassigned"),
            "channel": known.get("channel", "unassigned"),
            "employee": known.get("salesperson_id"),
        }
        history.sort(key=lambda row: row["change_number"])
        found.append((scopes, known.get("created_date"), history))
    return found


def _pipeline(book: Book, period: Period, scope: tuple[str, str], weighted: bool) -> Outcome | None:
    states = [
        [change for change in history if change["changed_date"] <= period.through]
        for scopes, _, history in book.once(deals)
        if scopes[scope[0]] == scope[1]
    ]
    latest = [known[-1] for known in states if known]
    if not latest:
        return None
    return amount(
        sum(
            (
                state["amount"] * (state["stage_probability"] if weighted else 1)
                for state in latest
                if state["is_open"]
            ),
            Decimal(0),
        )
    )


@oracle("pipeline_value_amount")
def pipeline_value(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Value of the deals that are open at the end of the period; closed ones make an empty pipeline, not none."""
    return _pipeline(book, period, (scope_type, scope_id), weighted=False)


@oracle("weighted_pipeline_value_amount")
def weighted_pipeline_value(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """The same, each deal by the chance of winning it."""
    return _pipeline(book, period, (scope_type, scope_id), weighted=True)


def closings(book: Book) -> Events:
    """Deals that are closed as far as the as-of day knows, by the day of their last change."""
    dated = []
    for scopes, first_contact, history in book.once(deals):
        known = [change for change in history if change["changed_date"] <= book.company.as_of]
        if known and not known[-1]["is_open"]:
            closed = known[-1]["changed_date"]
            days = (closed - first_contact).days if first_contact else None
            dated.append((closed, scopes, {"is_won": known[-1]["is_won"], "days": days}))
    return Events(dated)


@oracle("win_ratio")
def win(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Deals won / deals won or lost, by close date."""
    closed = book.once(closings).within(period, scope_type, scope_id)
    return ratio(sum(deal["is_won"] for deal in closed), len(closed)) if closed else None


def _cycles(book: Book, period: Period, scope: tuple[str, str]) -> list[int]:
    closed = book.once(closings).within(period, *scope)
    return sorted(deal["days"] for deal in closed if deal["is_won"] and deal["days"] is not None)


@oracle("sales_cycle_days")
def sales_cycle(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Mean days from first contact to close of the deals won."""
    days = _cycles(book, period, (scope_type, scope_id))
    return ratio(sum(days), len(days)) if days else None


@oracle("sales_cycle_median_days")
def sales_cycle_median(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """The middle of the same days, or the mean of the two middle ones."""
    days = _cycles(book, period, (scope_type, scope_id))
    if not days:
        return None
    return amount(Decimal(days[(len(days) - 1) // 2] + days[len(days) // 2]) / 2)


@oracle("booked_meetings_count")
def booked_meetings(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Meetings booked in the period."""
    booked = book.once(meetings).within(period, scope_type, scope_id)
    return amount(len(booked)) if booked else None


def meetings(book: Book) -> Events:
    """Meetings by the day they were booked."""
    return Events(
        (
            row["booked_date"],
            {"region": row["region"], "channel": row["channel"], "employee": row["salesperson_id"]},
            row,
        )
        for row in book.rows("meetings")
    )


def subscriptions(book: Book) -> list[tuple[dict[str, str], date, date | None, Decimal]]:
    """(scopes, first day, last day, monthly fee) of each subscription."""
    register = {row["customer_id"]: row for row in book.rows("customers")}
    found = []
    for row in book.rows("subscriptions"):
        customer = register.get(row["customer_id"], {})
        scopes = {
            "company": "all",
            "region": customer.get("region") or "unassigned",
            "customer_segment": customer.get("customer_segment") or "unassigned",
        }
        fee = in_reporting_currency(book, row["monthly_fee_amount"], row["currency_code"], row["start_date"])
        found.append((scopes, row["start_date"], row["end_date"], fee))
    return found


def _recurring(book: Book, period: Period, scope: tuple[str, str], months: int) -> Outcome | None:
    begun = [
        (last, fee)
        for scopes, first, last, fee in book.once(subscriptions)
        if scopes[scope[0]] == scope[1] and first <= period.through
    ]
    if not begun:
        return None
    running = (fee for last, fee in begun if last is None or last >= period.through)
    return amount(months * sum(running, Decimal(0)))


@oracle("monthly_recurring_revenue_amount")
def monthly_recurring_revenue(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Fees of the subscriptions that run on the last day; those that ended leave 0 behind, not nothing."""
    return _recurring(book, period, (scope_type, scope_id), 1)


@oracle("annual_recurring_revenue_amount")
def annual_recurring_revenue(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Twelve times the monthly fees."""
    return _recurring(book, period, (scope_type, scope_id), 12)


@oracle("sales_per_employee_amount")
def sales_per_employee(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Net revenue that salespeople sold / the salespeople who sold something."""
    sold = [
        line
        for line in book.once(lines).within(period, scope_type, scope_id)
        if line["salesperson_id"] is not None
    ]
    people = {line["salesperson_id"] for line in sold}
    return ratio(total(sold, "net_amount"), len(people)) if sold else None


def quarter_of(book: Book, day: date) -> date:
    """First day of the fiscal quarter that holds the day."""
    passed = (day.month - book.company.fiscal_year_start_month) % 12 % 3
    return add_months(day.replace(day=1), -passed)


@oracle("sales_quota_attainment_ratio")
def sales_quota_attainment(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """What quota holders sold in the quota's channel / their quotas; the quota of an open quarter by days."""
    holders: dict[tuple[date, str, str], Decimal] = defaultdict(Decimal)
    for row in book.rows("quotas"):
        scopes = {"company": "all", "channel": row["channel"], "employee": row["salesperson_id"]}
        quarter = quarter_of(book, row["period_start_date"])
        if scopes.get(scope_type) == scope_id and period.start <= quarter <= period.through:
            end = add_months(quarter, 3) - ONE_DAY
            share = row["quota_amount"]
            # rounded quota by quota: each is an amount of its own
            if end > period.as_of:
                share = rounded(share * ((period.as_of - quarter).days + 1) / ((end - quarter).days + 1), 4)
            holders[quarter, row["salesperson_id"], row["channel"]] += share
    if not holders:
        return None
    begun, quarter = set(), period.start
    while quarter <= period.through:
        begun.add(quarter)
        quarter = add_months(quarter, 3)
    if {quarter for quarter, _, _ in holders} != begun:
        return Outcome(None, reason="incomplete_period")
    sold = sum(
        (
            line["net_amount"]
            for line in book.once(lines).within(period, "company", "all")
            if (quarter_of(book, line["order_date"]), line["salesperson_id"], line["channel"]) in holders
        ),
        Decimal(0),
    )
    return ratio(sold, sum(holders.values()))
