"""Rates, and the books of a company that does not know what it is doing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tests.properties.company import DEPARTMENTS, Company, Draw, Row


def draw_rates(draw: Draw, company: Company) -> None:
    """A quotation for every bank day of two currencies: weekends live on Friday's."""
    day, rows = company.history_from - timedelta(days=1000), []
    while day <= company.as_of + timedelta(days=400):
        if day.weekday() < 5 and not draw.happens(0.1):
            rows.extend(
                {
                    "currency_code": currency,
                    "rate_date": day,
                    "rate": Decimal(draw.whole(low * 10**8, high * 10**8)) / 10**8,
                }
                for currency, low, high in (("EUR", 9, 12), ("USD", 7, 11))
            )
        day += timedelta(days=1)
    company.tables["exchange_rates"] = rows


CLASSES = (
    "cash receivable inventory other_current_asset non_current_asset current_debt other_current_liability "
    "long_term_debt other_long_term_liability equity"
).split()
RESULT_CLASSES = (
    "revenue cost_of_goods_sold operating_expense depreciation amortisation other_income interest_income "
    "interest_expense tax"
).split()
INCOME = ("revenue", "other_income", "interest_income")


def draw_books(draw: Draw, company: Company) -> None:
    """Fill every other entity of the finance domain."""
    first, last = company.history_from - timedelta(days=500), company.as_of + timedelta(days=40)
    accounts = [
        {"account_id": f"{number}", "account_name": kind, "account_class": kind, "cost_function": function}
        for number, (kind, function) in enumerate(
            [(kind, None) for kind in (*CLASSES, *RESULT_CLASSES) if kind != "operating_expense"]
            + [("operating_expense", function) for function in ("sales", "marketing", "other")],
            start=100,
        )
    ]
    results = [account for account in accounts if account["account_class"] in RESULT_CLASSES]
    postings = []
    for n in range(4500):
        account = draw.pick(results)
        amount = draw.money(-40, 900)
        postings.append(
            {
                "posting_id": f"V{n}",
                "posting_date": draw.day(first, last),
                "account_id": account["account_id"],
                "department": draw.pick(DEPARTMENTS),
                "profit_effect_amount": amount if account["account_class"] in INCOME else -amount,
            }
        )
    company.tables |= {
        "accounts": accounts,
        "postings": postings,
        "balances": _balances(draw, accounts, company.as_of, first, last),
        "budget_lines": _budget(draw, results, first, last),
        "cash_movements": [
            {
                "movement_id": f"M{n}",
                "movement_date": draw.day(first, last),
                "cash_flow_class": draw.pick(("operating", "operating", "investing", "financing")),
                "amount": draw.money(-500, 450),
            }
            for n in range(1500)
        ],
        "invoices": _invoices(draw, first, last),
    }


def _balances(draw: Draw, accounts: list[Row], as_of: date, first: date, last: date) -> list[Row]:
    """Sheets at most month ends, some in the middle of a month, some months without one; they need not foot.

    One is of the as-of day, so that open periods are closed as far as they go.
    """
    sheets, day = [as_of], first.replace(day=1)
    while day <= last:
        month_end = (day + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        # sorted: a set of dates has another order in every process
        for sheet in sorted({month_end, draw.pick((month_end, day + timedelta(days=9)))} - {as_of}):
            if draw.happens(0.93):
                sheets.append(sheet)
        day = month_end + timedelta(days=1)
    return [
        {"balance_date": sheet, "account_id": account["account_id"], "balance_amount": draw.money(-50, 900)}
        for sheet in sheets
        for account in accounts
        if account["account_class"] in CLASSES
    ]


def _budget(draw: Draw, results: list[Row], first: date, last: date) -> list[Row]:
    rows, month = [], first.replace(day=1)
    while month <= last:
        if draw.happens(0.9):
            rows += [
                {
                    "budget_id": f"{month}-{account['account_id']}-{department}",
                    "budget_date": month + timedelta(days=draw.whole(0, 27)),
                    "account_id": account["account_id"],
                    "department": department,
                    "profit_effect_amount": draw.money(0, 900)
                    * (1 if account["account_class"] in INCOME else -1),
                }
                for account in results
                # unassigned: for whichever department spends on the account
                for department in (*DEPARTMENTS[:3], "unassigned")
                if draw.happens(0.5)
            ]
        month = (month + timedelta(days=31)).replace(day=1)
    return rows


def _invoices(draw: Draw, first: date, last: date) -> list[Row]:
    rows = []
    for n in range(1200):
        day = draw.day(first, last)
        rows.append(
            {
                "invoice_id": f"F{n}",
                "customer_id": f"C{draw.whole(0, 62)}",
                "invoice_date": day,
                "due_date": draw.later(day, 40),
                "amount": draw.money(-20, 900),
                "paid_date": draw.maybe(0.85, lambda day=day: draw.later(day, 80)),
            }
        )
    return rows
