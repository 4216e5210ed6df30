"""A fiscal year from September on the demo company: its quarters and years, counted from the raw files by hand.

It is the second night in a copy of the demo company's state folder, after one with the year from January: the raw tables
are there already, and everything that dbt makes of them is made anew.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.conftest import CHECKOUT

LANDING = CHECKOUT / "seeds" / "landing" / "demo"
FIRST_DAY, LAST_DAY = date(2023, 1, 1), date(2025, 12, 31)


pytestmark = pytest.mark.night(together=True)


@pytest.fixture(scope="module")
def edition(shared_run, demo_home):
    home = shared_run("demo_from_september", after=demo_home, SCORECARD_FISCAL_YEAR_START_MONTH="9")
    with duckdb.connect(str(home / "published" / "current.duckdb"), read_only=True) as connection:
        yield connection


def rows(pattern: str):
    for path in sorted(Path(LANDING).glob(pattern)):
        with path.open(newline="", encoding="utf-8") as file:
            yield from csv.DictReader(file)


def start_of_year(day: date) -> date:
    return date(day.year if day.month >= 9 else day.year - 1, 9, 1)


def start_of_quarter(day: date) -> date:
    """September, December, March and June begin a quarter; January and February belong to December's."""
    month = {9: 9, 10: 9, 11: 9, 12: 12, 1: 12, 2: 12, 3: 3, 4: 3, 5: 3, 6: 6, 7: 6, 8: 6}[day.month]
    return date(day.year - 1 if day.month in (1, 2) else day.year, month, 1)


def sums(amounts: list[tuple[date, Decimal]], start_of) -> dict[date, Decimal]:
    total: dict[date, Decimal] = defaultdict(Decimal)
    for day, amount in amounts:
        total[start_of(day)] += amount
    return total


def published(edition, kpi_id: str, grain: str) -> dict[date, Decimal]:
    return dict(
        edition.execute(
            "select period_start_date, actual_value from scorecard.kpi_scorecard where kpi_id = ? and period_grain = ?"
            " and scope_type = 'company' and actual_value is not null and period_status = 'settled'",
            [kpi_id, grain],
        ).fetchall()
    )


@pytest.fixture(scope="module")
def sold() -> list[tuple[date, Decimal]]:
    confirmed = {row["order_id"] for row in rows("sales/orders_*.csv") if row["status"] == "confirmed"}
    return [
        (day, Decimal(row["net_amount"]))
        for row in rows("sales/order_lines_*.csv")
        if row["order_id"] in confirmed and (day := date.fromisoformat(row["order_date"])) >= FIRST_DAY
    ]


@pytest.fixture(scope="module")
def earned() -> list[tuple[date, Decimal]]:
    return [
        (date.fromisoformat(row["posting_date"]), -Decimal(row["amount"]))
        for row in rows("finance/ledger_entries_*.csv")
        if row["account_id"] >= "3"
    ]


# Whole within the data: eleven quarters, from March 2023 to November 2025, and two years.
QUARTERS = [date(2023, 3, 1), date(2023, 6, 1), date(2023, 9, 1), date(2023, 12, 1)]
QUARTERS += [date(2024, 3, 1), date(2024, 6, 1), date(2024, 9, 1), date(2024, 12, 1)]
QUARTERS += [date(2025, 3, 1), date(2025, 6, 1), date(2025, 9, 1)]
YEARS = [date(2023, 9, 1), date(2024, 9, 1)]


@pytest.mark.parametrize("kpi_id", ["revenue_amount", "net_income_amount"])
def test_quarters_and_years_are_those_of_the_fiscal_year(edition, sold, earned, kpi_id):
    amounts = sold if kpi_id == "revenue_amount" else earned
    quarters, years = sums(amounts, start_of_quarter), sums(amounts, start_of_year)
    assert published(edition, kpi_id, "quarter") == {day: quarters[day] for day in QUARTERS}
    assert published(edition, kpi_id, "year") == {day: years[day] for day in YEARS}


def test_periods_are_named_by_both_years_and_end_with_their_last_month(edition):
    named = edition.execute(
        "select period_name, period_start_date, period_end_date, period_status from scorecard.periods"
        " where period_grain in ('quarter', 'year') and period_end_date >= date '2025-08-31' order by period_name"
    ).fetchall()
    assert named == [
        ("2024/25", date(2024, 9, 1), date(2025, 8, 31), "settled"),
        ("2024/25 Q4", date(2025, 6, 1), date(2025, 8, 31), "settled"),
        ("2025/26", date(2025, 9, 1), date(2026, 8, 31), "open"),
        ("2025/26 Q1", date(2025, 9, 1), date(2025, 11, 30), "settled"),
        ("2025/26 Q2", date(2025, 12, 1), date(2026, 2, 28), "open"),
    ]


def test_growth_compares_with_the_fiscal_quarter_a_year_before(edition, sold):
    quarters = sums(sold, start_of_quarter)
    expected = (quarters[date(2025, 6, 1)] - quarters[date(2024, 6, 1)]) / quarters[date(2024, 6, 1)]
    growth = published(edition, "revenue_growth_ratio", "quarter")[date(2025, 6, 1)]
    assert abs(growth - expected) < Decimal("1e-9")


def test_months_do_not_depend_on_the_fiscal_year(edition, sold):
    months = sums(sold, lambda day: day.replace(day=1))
    assert published(edition, "revenue_amount", "month") == dict(months)
