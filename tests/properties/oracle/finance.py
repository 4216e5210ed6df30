"""What the KPIs of ledger, balance sheet, cash, budget and invoices are, from their definitions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tests.properties.oracle.calendar import ONE_DAY, Period, add_months
from tests.properties.oracle.registry import Book, Outcome, amount, oracle, ratio, rounded
from tests.properties.oracle.sales import Events, segments

INCOME = ("revenue", "other_income", "interest_income")
BEFORE_EBITDA = ("interest_income", "interest_expense", "tax", "depreciation", "amortisation")
OPERATING_EXPENSES = ("operating_expense", "depreciation", "amortisation")
CURRENT_ASSETS = ("cash", "receivable", "inventory", "other_current_asset")
ASSETS = (*CURRENT_ASSETS, "non_current_asset")
CURRENT_LIABILITIES = ("current_debt", "other_current_liability")
LIABILITIES = (*CURRENT_LIABILITIES, "long_term_debt", "other_long_term_liability")
DEBT = ("current_debt", "long_term_debt")

Line = tuple[str, str]  # account and department


def classes(book: Book) -> dict[str, str]:
    """Account -> what it means."""
    return {row["account_id"]: row["account_class"] for row in book.rows("accounts")}


# the ledger: every posting is an effect on net income, income above and costs below zero


def ledger(book: Book) -> Events:
    """Postings by accounting day and department."""
    class_of = book.once(classes)
    return Events(
        (
            row["posting_date"],
            {"department": row["department"]},
            {**row, "account_class": class_of[row["account_id"]]},
        )
        for row in book.rows("postings")
    )


def effect(postings: list[dict[str, Any]], of: tuple[str, ...] = (), but: tuple[str, ...] = ()) -> Decimal:
    """Effect on net income of the postings on accounts of some classes (of all, or of all but some)."""
    return sum(
        (
            row["profit_effect_amount"]
            for row in postings
            if (not of or row["account_class"] in of) and row["account_class"] not in but
        ),
        Decimal(0),
    )


@oracle("net_income_amount")
def net_income(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """All income less all costs."""
    posted = book.once(ledger).within(period, scope_type, scope_id)
    return amount(effect(posted)) if posted else None


@oracle("net_margin_ratio")
def net_margin(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Net income / net revenue, both from the ledger."""
    posted = book.once(ledger).within(period, scope_type, scope_id)
    return ratio(effect(posted), effect(posted, of=("revenue",)), positive_base=True) if posted else None


@oracle("ebitda_amount")
def ebitda(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Net income before interest, tax, depreciation and amortisation."""
    posted = book.once(ledger).within(period, scope_type, scope_id)
    return amount(effect(posted, but=BEFORE_EBITDA)) if posted else None


@oracle("ebitda_margin_ratio")
def ebitda_margin(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """EBITDA / net revenue, both from the ledger."""
    posted = book.once(ledger).within(period, scope_type, scope_id)
    if not posted:
        return None
    return ratio(effect(posted, but=BEFORE_EBITDA), effect(posted, of=("revenue",)), positive_base=True)


@oracle("operating_expenses_amount")
def operating_expenses(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Operating expenses, depreciation and amortisation included; a ledger that posted none of them says 0."""
    posted = book.once(ledger).within(period, scope_type, scope_id)
    return amount(-effect(posted, of=OPERATING_EXPENSES)) if posted else None


# the balance sheet


def sheets(book: Book) -> dict[date, dict[str, Decimal]]:
    """Day of a balance sheet -> account class -> balance."""
    class_of = book.once(classes)
    found: dict[date, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in book.rows("balances"):
        found[row["balance_date"]][class_of[row["account_id"]]] += row["balance_amount"]
    return found


def last_sheet(book: Book, period: Period, *parts: tuple[str, ...]) -> list[Decimal] | None:
    """Sums of some classes each on the last balance sheet of the period's known part; None without a sheet."""
    found = book.once(sheets)
    days = [day for day in found if period.holds(day)]
    if not days:
        return None
    sheet = found[max(days)]
    return [sum((sheet[name] for name in part), Decimal(0)) for part in parts]


def _of_the_sheet(
    book: Book, period: Period, over: tuple[str, ...], under: tuple[str, ...]
) -> Outcome | None:
    found = last_sheet(book, period, over, under)
    return ratio(*found, positive_base=True) if found else None


@oracle("debt_to_equity_ratio")
def debt_to_equity(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Interest-bearing debt / equity."""
    return _of_the_sheet(book, period, DEBT, ("equity",))


@oracle("debt_ratio")
def debt(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """All liabilities / all assets."""
    return _of_the_sheet(book, period, LIABILITIES, ASSETS)


@oracle("current_ratio")
def current(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Current assets / current liabilities."""
    return _of_the_sheet(book, period, CURRENT_ASSETS, CURRENT_LIABILITIES)


@oracle("quick_ratio")
def quick(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Current assets but inventory / current liabilities."""
    return _of_the_sheet(book, period, ("cash", "receivable", "other_current_asset"), CURRENT_LIABILITIES)


@oracle("cash_balance_amount")
def cash_balance(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Cash on the last balance sheet."""
    found = last_sheet(book, period, ("cash",))
    return amount(found[0]) if found else None


@oracle("days_sales_outstanding_days")
def days_sales_outstanding(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Receivables on the last balance sheet / net revenue of the ledger x days of the period."""
    found = last_sheet(book, period, ("receivable",))
    posted = book.once(ledger).within(period, "company", "all")
    if not found or not posted:
        return None
    return ratio(found[0] * period.days, effect(posted, of=("revenue",)), positive_base=True)


# cash


def movements(book: Book) -> Events:
    """Payments by their day on the bank account."""
    return Events((row["movement_date"], {}, row) for row in book.rows("cash_movements"))


def months(period: Period) -> Decimal:
    """Months of the period that are known, whole ones by number and one that has begun by its days."""
    number, first = Decimal(0), period.start
    while first <= period.through:
        after = add_months(first, 1)
        known = min(after - ONE_DAY, period.through)
        number += Decimal((known - first).days + 1) / (after - first).days
        first = after
    return number


def _burnt(paid: list[dict[str, Any]]) -> list[Decimal]:
    return [-row["amount"] for row in paid if row["cash_flow_class"] in ("operating", "investing")]


@oracle("operating_cash_flow_amount")
def operating_cash_flow(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Received less paid by operations."""
    paid = book.once(movements).within(period, scope_type, scope_id)
    operating = (row["amount"] for row in paid if row["cash_flow_class"] == "operating")
    return amount(sum(operating, Decimal(0))) if paid else None


@oracle("gross_burn_amount")
def gross_burn(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Paid out by operations and for investments, by month."""
    paid = book.once(movements).within(period, scope_type, scope_id)
    return ratio(sum((x for x in _burnt(paid) if x > 0), Decimal(0)), months(period)) if paid else None


@oracle("net_burn_amount")
def net_burn(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """The same less what they received, by month; below zero cash comes in."""
    paid = book.once(movements).within(period, scope_type, scope_id)
    return ratio(sum(_burnt(paid), Decimal(0)), months(period)) if paid else None


@oracle("runway_months")
def runway(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Cash on the last balance sheet / net burn."""
    found, paid = (
        last_sheet(book, period, ("cash",)),
        book.once(movements).within(period, scope_type, scope_id),
    )
    if not found or not paid:
        return None
    return ratio(found[0], sum(_burnt(paid), Decimal(0)) / months(period), positive_base=True)


# the budget (docs/decisions/budget-variance.md): both sides by account and department, month by month


@dataclass
class BudgetMonth:
    """What is budgeted and posted in a month, as effects on net income, to the as-of day."""

    is_open: bool
    budget: dict[Line, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    actual: dict[Line, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def compared(self) -> dict[Line, Decimal]:
        """What is posted on the accounts that anybody budgets."""
        budgeted = {account for account, _ in self.budget}
        return {line: posted for line, posted in self.actual.items() if line[0] in budgeted}


def budget_months(book: Book) -> dict[date, BudgetMonth]:
    """First day of a month -> the month, where anything is budgeted or posted."""
    as_of, found = book.company.as_of, {}

    def month_of(first: date) -> BudgetMonth:
        return found.setdefault(first, BudgetMonth(is_open=as_of < add_months(first, 1) - ONE_DAY))

    for row in book.rows("budget_lines"):
        first = row["budget_date"].replace(day=1)
        if first <= as_of:
            days = (add_months(first, 1) - first).days
            elapsed = min((as_of - first).days + 1, days)
            line = row["account_id"], row["department"]
            # rounded line by line: each is an amount of its own
            month_of(first).budget[line] += rounded(row["profit_effect_amount"] * elapsed / days, 10)
    for row in book.rows("postings"):
        if row["posting_date"] <= as_of:
            line = row["account_id"], row["department"]
            month_of(row["posting_date"].replace(day=1)).actual[line] += row["profit_effect_amount"]
    return found


def two_sided(book: Book) -> set[str]:
    """Departments that stand both in the budget and in the ledger."""
    known = book.once(budget_months).values()
    budgeting = {department for month in known for _, department in month.budget}
    return budgeting & {department for month in known for _, department in month.actual}


def in_scope(side: dict[Line, Decimal], scope: tuple[str, str]) -> dict[Line, Decimal]:
    """The lines of the company or of a department."""
    return {line: money for line, money in side.items() if scope[0] == "company" or line[1] == scope[1]}


def compared_months(book: Book, period: Period, scope: tuple[str, str]) -> list[BudgetMonth] | Outcome | None:
    """Months with a budget and a ledger; one that lacks its side of the two leaves the period incomplete."""
    if scope[0] == "department" and scope[1] not in book.once(two_sided):
        return None
    found, is_one_sided, first = [], False, period.start
    while first <= period.through:
        month = book.once(budget_months).get(first, BudgetMonth(is_open=False))
        budget, actual = in_scope(month.budget, scope), in_scope(month.actual, scope)
        if budget and month.actual:
            found.append(month)
        elif budget:
            is_one_sided |= not month.is_open  # an open month without any posting has only begun
        elif actual:
            is_one_sided = True
        first = add_months(first, 1)
    if not found:
        return None
    return Outcome(None, reason="incomplete_period") if is_one_sided else found


def _variance(book: Book, period: Period, scope: tuple[str, str]) -> tuple[Decimal, Decimal] | Outcome | None:
    """(actual - budget, budget) over the compared accounts and months."""
    found = compared_months(book, period, scope)
    if not isinstance(found, list):
        return found
    actual = sum((sum(in_scope(month.compared(), scope).values()) for month in found), Decimal(0))
    budget = sum((sum(in_scope(month.budget, scope).values()) for month in found), Decimal(0))
    return actual - budget, budget


@oracle("budget_variance_amount")
def budget_variance(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Actual less budget, as effects on net income."""
    found = _variance(book, period, (scope_type, scope_id))
    return amount(found[0]) if isinstance(found, tuple) else found


@oracle("budget_variance_ratio")
def budget_variance_share(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """The same / the size of the budget."""
    found = _variance(book, period, (scope_type, scope_id))
    return ratio(found[0], abs(found[1])) if isinstance(found, tuple) else found


@oracle("budget_lines_overrun_ratio")
def budget_lines_overrun(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Of the cost accounts budgeted in a department, those that cost more than budgeted over the period."""
    scope = (scope_type, scope_id)
    found = compared_months(book, period, scope)
    if not isinstance(found, list):
        return found
    planned: dict[Line, Decimal] = defaultdict(Decimal)
    posted: dict[Line, Decimal] = defaultdict(Decimal)
    for month in found:
        for line, money in month.budget.items():
            if book.once(classes)[line[0]] not in INCOME:
                planned[line] += money
        for line, money in month.compared().items():
            posted[line] += money
    # what a department without a line spends uses up the line that the account has for no department
    for (account, department), money in list(posted.items()):
        if (account, department) not in planned and department != "unassigned":
            posted[account, "unassigned"] += money
    lines = in_scope(planned, scope)
    return ratio(sum(posted[line] < lines[line] for line in lines), len(lines)) if lines else None


# invoices


def payments(book: Book) -> Events:
    """Days late of paid invoices, by the day of payment and the customer; credit notes are none."""
    register = {row["customer_id"]: row for row in book.rows("customers")}
    segment_of = book.once(segments)
    return Events(
        (
            row["paid_date"],
            {
                "region": register.get(row["customer_id"], {}).get("region") or "unassigned",
                "customer_segment": segment_of.get(row["customer_id"], "unassigned"),
                "customer": row["customer_id"],
            },
            (row["paid_date"] - row["due_date"]).days,
        )
        for row in book.rows("invoices")
        if row["paid_date"] is not None and row["amount"] >= 0
    )


@oracle("late_payment_days")
def late_payment(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Mean days from due to paid, of the invoices paid in the period."""
    late = book.once(payments).within(period, scope_type, scope_id)
    return ratio(sum(late), len(late)) if late else None
