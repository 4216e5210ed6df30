"""The ledger that all other domains end in, its budget and the bank. Writes the finance/ files.

Double entry: every entry sums to zero öre. No VAT: all amounts are net. The year is not closed by an
entry; equity's current result is the sum of the profit-and-loss accounts (see docs/demo_company.md).
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from benchmarks.demo_company import story
from benchmarks.demo_company.company import CHANNELS, DEPARTMENTS, KRONA, MARKETING_ACCOUNTS, SEASON, Setting
from benchmarks.demo_company.extract import Extracts, kronor, share_of
from benchmarks.demo_company.hr import Staff
from benchmarks.demo_company.logistics import Stocked
from benchmarks.demo_company.marketing import PLAN
from benchmarks.demo_company.orders import Batch, Sold
from benchmarks.demo_company.sales import planned_revenue
from benchmarks.demo_company.workdays import (
    days,
    month_end,
    months,
    next_month,
    working_day_on_or_after,
    working_day_on_or_before,
)

# account, name, class, what an operating expense is for
ACCOUNTS = (
    ("1010", "Balanserade utvecklingsutgifter", "non_current_asset", None),
    ("1220", "Inventarier och verktyg", "non_current_asset", None),
    ("1460", "Lager av handelsvaror", "inventory", None),
    ("1510", "Kundfordringar", "receivable", None),
    ("1710", "Förutbetalda hyreskostnader", "other_current_asset", None),
    ("1930", "Företagskonto", "cash", None),
    ("1940", "Placeringskonto", "cash", None),
    ("2081", "Aktiekapital", "equity", None),
    ("2091", "Balanserat resultat", "equity", None),
    ("2099", "Resultat sedan 2023 (beräknas, bokförs aldrig)", "equity", None),
    ("2350", "Banklån, långfristig del", "long_term_debt", None),
    ("2417", "Banklån, kortfristig del", "current_debt", None),
    ("2440", "Leverantörsskulder", "other_current_liability", None),
    ("2510", "Skatteskulder", "other_current_liability", None),
    ("2710", "Personalskatt", "other_current_liability", None),
    ("2730", "Sociala avgifter, skuld", "other_current_liability", None),
    ("3010", "Försäljning webb", "revenue", None),
    ("3020", "Försäljning återförsäljare", "revenue", None),
    ("3030", "Försäljning fältsälj", "revenue", None),
    ("3990", "Serviceavtal", "other_income", None),
    ("4010", "Kostnad för sålda varor", "cost_of_goods_sold", None),
    ("5010", "Lokalhyra", "operating_expense", "other"),
    ("5710", "Frakter till kund", "operating_expense", "other"),
    ("5810", "Resor, försäljning", "operating_expense", "sales"),
    ("5820", "Resor, övriga", "operating_expense", "other"),
    ("5911", "Annonsering, sök", "operating_expense", "marketing"),
    ("5912", "Annonsering, sociala medier", "operating_expense", "marketing"),
    ("5913", "Annonsering, e-post", "operating_expense", "marketing"),
    ("5914", "Mässor", "operating_expense", "marketing"),
    ("5915", "Influerare", "operating_expense", "marketing"),
    ("6540", "Programvara", "operating_expense", "other"),
    ("6550", "Konsulter", "operating_expense", "other"),
    ("6990", "Övriga externa kostnader", "operating_expense", "other"),
    ("7211", "Löner, försäljning", "operating_expense", "sales"),
    ("7212", "Löner, marknad", "operating_expense", "marketing"),
    ("7213", "Löner, övriga", "operating_expense", "other"),
    ("7511", "Sociala avgifter, försäljning", "operating_expense", "sales"),
    ("7512", "Sociala avgifter, marknad", "operating_expense", "marketing"),
    ("7513", "Sociala avgifter, övriga", "operating_expense", "other"),
    ("7610", "Utbildning", "operating_expense", "other"),
    ("7810", "Avskrivning, immateriella tillgångar", "amortisation", None),
    ("7830", "Avskrivning, inventarier", "depreciation", None),
    ("8310", "Ränteintäkter", "interest_income", None),
    ("8410", "Räntekostnader", "interest_expense", None),
    ("8910", "Inkomstskatt", "tax", None),
)

# account, department, kronor a month in 2023 at scale 1
MONTHLY_COSTS = (
    ("5010", "D1", 55_000),
    ("5010", "D5", 290_000),
    ("5010", "D7", 95_000),
    ("5810", "D1", 85_000),
    ("5820", "D3", 32_000),
    ("6540", "D2", 38_000),
    ("6540", "D7", 165_000),
    ("6550", "D3", 110_000),
    ("6550", "D7", 65_000),
    ("6990", "D4", 42_000),
    ("6990", "D5", 88_000),
    ("6990", "D6", 36_000),
)

SOCIAL_FEE = (3142, 10_000)  # employer's contribution
WITHHELD_TAX = (30, 100)
INCOME_TAX = (206, 1000)
PAYMENT_DAYS = 30

# Opening balances in kronor at scale 1: what stands here besides receivables, inventory and retained result.
OPENING = {"1010": 3_000_000, "1220": 9_600_000, "1930": 9_000_000, "1940": 4_000_000}
OPENING_DEBT = {
    "2081": 1_000_000,
    "2350": 12_000_000,
    "2417": 2_000_000,
    "2440": 12_600_000,
    "2510": 900_000,
    "2710": 890_000,
    "2730": 930_000,
}
LOAN_PAYMENT = 500_000  # a quarter
NEW_LOAN = 5_000_000
DIVIDEND = 3_500_000

# month, account, kronor: what was bought to keep
INVESTMENTS = {(3, 2024): ("1220", 6_000_000), (9, 2024): ("1010", 2_400_000)}


@dataclass(frozen=True)
class Leg:
    """One side of an entry: debit positive, credit negative; a department on profit-and-loss accounts."""

    account_id: str
    amount: int
    department: str | None = None


class _Ledger:
    """Writes entries that balance, refuses others, and keeps the balances."""

    def __init__(self, extracts: Extracts):
        self._rows = extracts.table(
            "finance/ledger_entries",
            ("entry_id", "line_number", "posting_date", "journal", "account_id", "department", "amount"),
        )
        self._number = 0
        self.balance: dict[str, int] = defaultdict(int)
        self.result = 0  # income positive, since the first day

    def post(self, day: date, journal: str, *legs: Leg) -> None:
        legs = tuple(leg for leg in legs if leg.amount)
        if sum(leg.amount for leg in legs) != 0:
            raise ValueError(f"{journal} entry of {day} does not balance: {legs}")
        if not legs:
            return
        self._number += 1
        entry_id = f"V{day.year % 100}-{self._number:05d}"
        for number, leg in enumerate(legs, 1):
            self._rows.write_part(
                day.year, entry_id, number, day, journal, leg.account_id, leg.department, kronor(leg.amount)
            )
            self.balance[leg.account_id] += leg.amount
            if leg.account_id >= "3":
                self.result -= leg.amount


class Books:
    """Keeps the books through the years."""

    def __init__(
        self,
        setting: Setting,
        staff: Staff,
        sold: Sold,
        stocked: Stocked,
        marketing_cost: dict[tuple[date, str], int],
        training_cost: dict[tuple[date, str], int],
        extracts: Extracts,
    ):
        """Take what the other domains have made."""
        self._setting, self._staff, self._sold, self._stocked = setting, staff, sold, stocked
        self._marketing_cost, self._training_cost = marketing_cost, training_cost
        self._extracts = extracts
        self._chance = setting.chance("finance")
        self._ledger = _Ledger(extracts)
        self._payable: dict[date, int] = defaultdict(int)
        self._result_before_year = 0
        self._tax_of_year = 0
        self._unpaid_tax = -self._scaled(OPENING_DEBT["2510"])  # of the year before
        self._names = {department.department_id: department.name for department in DEPARTMENTS}

    def _scaled(self, krona: int) -> int:
        return krona * KRONA * self._setting.scale

    def _owe(self, day: date, amount: int) -> Leg:
        """Owe a supplier an amount, due in thirty days."""
        self._payable[working_day_on_or_after(day + timedelta(days=PAYMENT_DAYS))] += amount
        return Leg("2440", -amount)

    def write(self) -> None:
        """Write chart of accounts, ledger, bank balances and budget."""
        accounts = self._extracts.table(
            "finance/accounts", ("account_id", "account_name", "account_class", "cost_function")
        )
        for account in ACCOUNTS:
            accounts.write(*account)
        bank = self._extracts.table("finance/bank_balances", ("balance_date", "account_id", "balance_amount"))
        self._open()
        batches = iter([*self._sold.batches, None])
        batch = next(batches)
        for day in days(self._setting.first, self._setting.last):
            while batch is not None and batch.day == day:
                self._book_sales(batch)
                batch = next(batches)
            self._book_day(day)
            if day == month_end(day):
                self._close_month(day)
                for account_id in ("1930", "1940"):
                    bank.write(day, account_id, kronor(self._ledger.balance[account_id]))
        self._write_budget()

    def _open(self) -> None:
        first = self._setting.first
        legs = [Leg(account_id, self._scaled(amount)) for account_id, amount in OPENING.items()]
        legs.append(Leg("1460", self._stocked.opening_value))
        legs.append(Leg("1510", self._sold.opening_receivables))
        legs += [Leg(account_id, -self._scaled(amount)) for account_id, amount in OPENING_DEBT.items()]
        legs.append(Leg("2091", -sum(leg.amount for leg in legs)))
        self._ledger.post(first, "IB", *sorted(legs, key=lambda leg: leg.account_id))
        # What is owed to suppliers at the start falls due during January.
        weekly = self._scaled(OPENING_DEBT["2440"]) // 4
        rest = self._scaled(OPENING_DEBT["2440"]) - 3 * weekly
        for week, amount in enumerate((weekly, weekly, weekly, rest)):
            self._payable[working_day_on_or_after(first + timedelta(days=4 + 7 * week))] += amount

    def _book_sales(self, batch: Batch) -> None:
        seller = self._names["D1"]
        revenue = [
            Leg(channel.account_id, -batch.revenue.get(channel.name, 0), seller) for channel in CHANNELS
        ]
        self._ledger.post(
            batch.day,
            "FS",
            Leg("1510", batch.invoiced),
            Leg("1930", batch.card),
            *revenue,
            Leg("4010", batch.cost, seller),
            Leg("1460", -batch.cost),
        )

    def _book_day(self, day: date) -> None:
        post = self._ledger.post
        received = self._stocked.received.get(day, 0)
        if received:
            post(day, "IN", Leg("1460", received), self._owe(day, received))
        collected = self._sold.collected.get(day, 0)
        post(day, "KI", Leg("1930", collected), Leg("1510", -collected))
        paid = self._payable.pop(day, 0)
        post(day, "LU", Leg("2440", paid), Leg("1930", -paid))
        month = day.replace(day=1)
        if day == working_day_on_or_after(month) and day.month % 3 == 1:
            monthly = [amount for account_id, _, amount in MONTHLY_COSTS if account_id == "5010"]
            rent = 3 * sum(self._monthly(day, amount) for amount in monthly)
            post(day, "HY", Leg("1710", rent), Leg("1930", -rent))
        if day == working_day_on_or_after(month.replace(day=12)):
            self._pay_taxes(day)
        if day == working_day_on_or_before(month.replace(day=25)):
            self._pay_staff(day)
        if day == working_day_on_or_after(month.replace(day=20)):
            self._invest(day)

    def _pay_taxes(self, day: date) -> None:
        """Pay what was withheld and owed on last month's pay; in April the income tax of the year before."""
        balance = self._ledger.balance
        withheld, fees = balance["2710"], balance["2730"]
        income = self._unpaid_tax if day.month == 4 else 0
        self._ledger.post(
            day,
            "SK",
            Leg("2510", -income),
            Leg("2710", -withheld),
            Leg("2730", -fees),
            Leg("1930", withheld + fees + income),
        )

    def _pay_staff(self, day: date) -> None:
        legs, gross, fees = [], 0, 0
        for department in DEPARTMENTS:
            pay = self._staff.payroll(day.replace(day=1))[department.department_id]
            fee = share_of(pay, *SOCIAL_FEE)
            legs.append(Leg(department.pay_account_id, pay, department.name))
            legs.append(Leg(department.fee_account_id, fee, department.name))
            gross, fees = gross + pay, fees + fee
        withheld = share_of(gross, *WITHHELD_TAX)
        legs += [Leg("2710", -withheld), Leg("2730", -fees), Leg("1930", withheld - gross)]
        self._ledger.post(day, "LÖ", *legs)

    def _invest(self, day: date) -> None:
        if (day.month, day.year) in INVESTMENTS:
            account_id, krona = INVESTMENTS[day.month, day.year]
            amount = self._scaled(krona)
            self._ledger.post(day, "IV", Leg(account_id, amount), Leg("1930", -amount))
        if (day.month, day.year) == (3, 2024):
            loan = self._scaled(NEW_LOAN)
            self._ledger.post(day, "LÅ", Leg("1930", loan), Leg("2350", -loan))
        if day.month == 5:
            dividend = self._scaled(DIVIDEND)
            self._ledger.post(day, "UT", Leg("2091", dividend), Leg("1930", -dividend))

    def _monthly(self, day: date, amount: int) -> int:
        return share_of(self._scaled(amount), 1000 + 35 * (day.year - self._setting.first.year), 1000)

    def _close_month(self, day: date) -> None:
        """Book the month's costs, write-downs, interest and tax on its last day."""
        month, balance, post = day.replace(day=1), self._ledger.balance, self._ledger.post
        for account_id, department_id, amount in MONTHLY_COSTS:
            cost = self._monthly(day, amount)
            department = self._names[department_id]
            if account_id == "5010":
                post(day, "HY", Leg("5010", cost, department), Leg("1710", -cost))
            else:
                cost = int(self._chance.around(cost, 0.12))
                post(day, "LF", Leg(account_id, cost, department), self._owe(day, cost))
        sold = sum(self._sold.revenue.get((month, channel.name), 0) for channel in CHANNELS)
        freight = share_of(sold, story.freight_per_mille(month), 1000)
        post(day, "LF", Leg("5710", freight, self._names["D5"]), self._owe(day, freight))
        for account_id in MARKETING_ACCOUNTS.values():
            cost = self._marketing_cost.get((month, account_id), 0)
            post(day, "LF", Leg(account_id, cost, self._names["D2"]), self._owe(day, cost))
        for department in DEPARTMENTS:
            cost = self._training_cost.get((month, department.department_id), 0)
            post(day, "LF", Leg("7610", cost, department.name), self._owe(day, cost))
        fees = self._sold.service_fees.get(month, 0)
        post(day, "AV", Leg("1930", fees), Leg("3990", -fees, self._names["D4"]))
        self._write_down(day)
        self._book_loan(day)
        if day.month % 3 == 0:
            interest = share_of(balance["1940"], 8, 1000)
            post(day, "RÄ", Leg("1930", interest), Leg("8310", -interest, self._names["D7"]))
        self._book_tax(day)

    def _write_down(self, day: date) -> None:
        started = 130_000 + (60_000 if day >= date(2024, 3, 31) else 0)
        worn = min(self._scaled(started), self._ledger.balance["1220"])
        self._ledger.post(day, "AS", Leg("7830", worn, self._names["D5"]), Leg("1220", -worn))
        started = 40_000 + (42_000 if day >= date(2024, 9, 30) else 0)
        used = min(self._scaled(started), self._ledger.balance["1010"])
        self._ledger.post(day, "AS", Leg("7810", used, self._names["D2"]), Leg("1010", -used))

    def _book_loan(self, day: date) -> None:
        """Interest by month, a payment by quarter, and at the year's end what the next year will pay."""
        balance, post = self._ledger.balance, self._ledger.post
        interest = share_of(-balance["2350"] - balance["2417"], 46, 12_000)
        post(day, "RÄ", Leg("8410", interest, self._names["D7"]), Leg("1930", -interest))
        if day.month % 3 == 0:
            paid = min(self._scaled(LOAN_PAYMENT), -balance["2417"])
            post(day, "LÅ", Leg("2417", paid), Leg("1930", -paid))
        if day.month == 12:
            due = min(4 * self._scaled(LOAN_PAYMENT), -balance["2350"])
            post(day, "LÅ", Leg("2350", due), Leg("2417", -due))

    def _book_tax(self, day: date) -> None:
        """Tax on the year's result so far; a loss takes back what the year has booked, and no more."""
        result = self._ledger.result - self._result_before_year + self._tax_of_year
        tax = max(0, share_of(result, *INCOME_TAX)) - self._tax_of_year
        self._ledger.post(day, "SK", Leg("8910", tax, self._names["D7"]), Leg("2510", -tax))
        self._tax_of_year += tax
        if day.month == 12:
            self._tax_of_year, self._result_before_year = 0, self._ledger.result
            self._unpaid_tax = self._ledger.balance["2510"]

    def _write_budget(self) -> None:
        """Write the plan: trend and season without the story, the headcount plan, costs as contracted."""
        budget = self._extracts.table(
            "finance/budget_lines", ("budget_id", "budget_month", "account_id", "department", "amount")
        )
        number = 0
        for month in months(self._setting.first, self._setting.last):
            for account_id, department_id, amount in self._budget_of(month):
                number += 1
                budget.write(f"BU{number:04d}", month, account_id, self._names[department_id], kronor(amount))

    def _budget_of(self, month: date) -> list[tuple[str, str, int]]:
        plan: list[tuple[str, str, int]] = []
        revenue = 0
        for channel in CHANNELS:
            amount = planned_revenue(self._setting, month, channel)
            plan.append((channel.account_id, "D1", amount))
            revenue += amount
        plan.append(("4010", "D1", share_of(revenue, 620, 1000)))
        plan.append(("5710", "D5", share_of(revenue, 28, 1000)))
        years = month.year - self._setting.first.year
        for account_id, department_id, amount in MONTHLY_COSTS:
            plan.append((account_id, department_id, self._monthly(month, amount)))
        for department in DEPARTMENTS:
            pay = self._scaled(department.pay) * department.people * 109 * (1000 + 85 * years) // 100_000
            plan.append((department.pay_account_id, department.department_id, pay))
            plan.append((department.fee_account_id, department.department_id, share_of(pay, *SOCIAL_FEE)))
            training = self._scaled(620) * department.people
            plan.append(("7610", department.department_id, training))
        spending: dict[str, int] = defaultdict(int)
        for channel, _, start, length, amount, _, _ in PLAN:
            if length == 365:
                share = int(amount * SEASON[month.month - 1] / 12)
            else:
                first = date(month.year, *start)
                campaign_days = list(days(first, first + timedelta(days=length - 1)))
                inside = sum(month <= day < next_month(month) for day in campaign_days)
                share = amount * inside // length
            spending[MARKETING_ACCOUNTS[channel]] += share * (100 + 8 * years) // 100
        for account_id, amount in spending.items():
            if amount:
                plan.append((account_id, "D2", self._scaled(amount)))
        plan.append(("3990", "D4", self._scaled(215_000 + 20_000 * years)))
        plan.append(("7830", "D5", self._scaled(130_000 if month < date(2024, 3, 1) else 190_000)))
        plan.append(("7810", "D2", self._scaled(40_000 if month < date(2024, 9, 1) else 82_000)))
        plan.append(("8410", "D7", self._scaled(52_000)))
        if month.month % 3 == 0:
            plan.append(("8310", "D7", self._scaled(32_000)))
        profit = sum(
            amount if account_id < "4" or account_id == "8310" else -amount for account_id, _, amount in plan
        )
        plan.append(("8910", "D7", share_of(profit, *INCOME_TAX)))
        return plan
