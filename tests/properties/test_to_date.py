"""Last year to the same day, of every KPI: the oracles know nothing of windows, so each is asked about a made-up run.

An open period of 2019 is compared with its namesake of 2018 up to the same day. To an oracle that is the period of
2018 as a run of that day saw it, whatever the KPI's arithmetic: sums, ratios, distinct counts, medians, stocks.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import duckdb
import pytest

from tests.properties.oracle.calendar import Period, add_months, periods
from tests.properties.oracle.registry import ORACLES, Book, Outcome, judged
from tests.properties.test_oracle import CATALOGUE, differs

# their cells are shown for settled years only, so an open year has no value to compare either
SETTLED_ONLY = {"ethnicity_pay_gap_ratio", "ethnic_group_share_ratio"}


def window(period: Period) -> Period:
    """The namesake of an open period a year earlier, as a run of the same day of that year saw it."""
    start, through = period.last_year
    length = {"week": 0, "month": 1, "quarter": 3, "year": 12}[period.grain]
    end = add_months(start, length) if length else start + timedelta(days=7)
    return Period(period.grain, start, end - timedelta(days=1), through)


@pytest.fixture(scope="module")
def compared(built) -> dict[str, dict[tuple, tuple]]:
    """Company -> (kpi, grain, start, scope type, scope id) -> (last year's value, reason of the period itself)."""
    found = {}
    for name in ("calendar", "fiscal"):
        with duckdb.connect(str(built(name)), read_only=True) as connection:
            rows = connection.execute(
                "select kpi_id, period_grain, period_start_date, scope_type, scope_id, last_year_value, no_value_reason"
                " from scorecard.kpi_scorecard where comparison_basis = 'to_date'"
            ).fetchall()
        found[name] = {row[:5]: row[5:] for row in rows}
    return found


def as_known_then(kpi_id: str, book: Book, year_ago: Period) -> Book:
    """The company as the oracle must see it, where it looks at more than the period it is asked about."""
    company = book.company
    if CATALOGUE[kpi_id]["domains"] == "observed":
        # a figure that was measured for the whole period says nothing of a part of it
        figures = company.tables.get("observations", [])
        whole = (year_ago.grain, year_ago.start)
        rows = [row for row in figures if (row["period_grain"], row["period_start_date"]) != whole]
        return Book(replace(company, tables={**company.tables, "observations": rows}))
    if kpi_id.startswith("budget_"):
        # the oracle cuts the month of the run, not that of the period
        return Book(replace(company, as_of=year_ago.through))
    return book


def mistakes(kpi_id: str, books, compared) -> tuple[list[str], int, int]:
    """What differs from the oracle, how many cases there were, and how many with a value."""
    wrong, cases, values = [], 0, 0
    for name, book in books.items():
        open_periods = {(p.grain, p.start): p for p in periods(book.company) if p.is_open}
        known = {key: as_known_then(kpi_id, book, window(period)) for key, period in open_periods.items()}
        for (row_kpi, grain, start, scope_type, scope_id), (value, own_reason) in compared[name].items():
            if row_kpi != kpi_id:
                continue
            year_ago = window(open_periods[grain, start])
            expected = judged(
                ORACLES[kpi_id](known[grain, start], year_ago, scope_type, scope_id),
                year_ago,
                CATALOGUE[kpi_id],
                book.company,
            )
            if own_reason in ("incomplete_period", "no_data"):  # nothing to set it against
                expected = Outcome(None, reason=own_reason)
            cases += 1
            values += expected.value is not None
            found = (None, None, value, expected.reason)
            # divided values keep ten decimals; a denominator tells `differs` which those are
            if expected.denominator is not None and value is not None:
                found = (None, expected.denominator, value, expected.reason)
            if differs(expected, found):
                wrong.append(f"{name} {year_ago} {scope_type} {scope_id}: definition {expected}, SQL {value}")
    return wrong, cases, values


@pytest.mark.parametrize("kpi_id", sorted(set(ORACLES) - SETTLED_ONLY))
def test_last_year_to_the_same_day_is_what_the_definition_says(kpi_id, books, compared):
    wrong, cases, _ = mistakes(kpi_id, books, compared)
    assert not wrong, f"{len(wrong)} of {cases} cases differ:\n" + "\n".join(wrong[:12])
    assert cases


def test_most_kpis_have_such_a_value_and_a_wrong_one_would_be_found(books, compared):
    """The test above can fail, and is not about empty cells."""
    with_values = set()
    for kpi_id in set(ORACLES) - SETTLED_ONLY:
        wrong, _, values = mistakes(kpi_id, books, compared)
        if values and not wrong:
            with_values.add(kpi_id)
            moved = {
                name: {
                    key: (None if value is None else value + Decimal("0.01"), reason)
                    for key, (value, reason) in rows.items()
                }
                for name, rows in compared.items()
            }
            assert mistakes(kpi_id, books, moved)[0]
    assert len(with_values) >= 70, f"only {len(with_values)} KPIs have a last year to the same day"


def test_amounts_are_the_sum_of_their_days(built):
    """The second way for what adds up: straight from the order lines, with no period in sight."""
    with duckdb.connect(str(built("calendar")), read_only=True) as connection:
        rows = connection.execute(
            "select period_grain, scope_type, scope_id, last_year_value from scorecard.kpi_scorecard"
            " where kpi_id = 'revenue_amount' and comparison_basis = 'to_date'"
            " and scope_type in ('company', 'region') and last_year_value is not null"
        ).fetchall()
        # the run is on Wednesday 20 November 2019; 52 weeks before its Monday is 19 November 2018
        spans = {
            "week": ("2018-11-19", "2018-11-21"),
            "month": ("2018-11-01", "2018-11-20"),
            "quarter": ("2018-10-01", "2018-11-20"),
            "year": ("2018-01-01", "2018-11-20"),
        }
        for grain, scope_type, scope_id, value in rows:
            total = connection.execute(
                "select sum(net_amount) from core.fct_order_lines where order_date between ? and ?"
                " and (? = 'company' or region = ?)",
                [*spans[grain], scope_type, scope_id],
            ).fetchone()
            assert total == (value,), (grain, scope_type, scope_id)
    assert {row[0] for row in rows} >= {"quarter", "year"}
