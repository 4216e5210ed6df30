"""The tables of the outlook, from a scorecard that is made up: which periods, which reasons, which rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from dagster_project.lib import outlook, outlook_tables
from dagster_project.lib.outlook_tables import BACKTEST, TABLE, rounded, write
from tests.small_scorecard import AS_OF, MONTHS, YEARLY, Company


def test_a_year_by_hand():
    """220 so far, where 110 of 200 usually are: 400 in the end."""
    company = Company().kpi("revenue", MONTHS)
    rows = company.said(
        "method, actual_to_date, outlook_value, history_periods_count, interval_level, as_of_date, edition_id",
        "period_grain = 'year' and method = 'run_rate'",
    )
    assert rows == [("run_rate", 220, 400, 35, Decimal("0.8"), AS_OF, "tonight")]
    quarter = company.rows("outlook_value", "period_grain = 'quarter' and method = 'run_rate'")
    assert quarter == [(Decimal("220.0"),)], "40 so far, where 20 of 110 usually are"


def test_one_method_is_chosen_and_both_are_shown():
    company = Company().kpi("revenue", MONTHS)
    shown = company.said("period_grain, method, is_chosen")
    assert {(grain, method) for grain, method, _ in shown} == {
        (grain, method) for grain in ("quarter", "year") for method in ("run_rate", "smoothing")
    }
    assert sorted(grain for grain, _, chosen in shown if chosen) == ["quarter", "year"]


def test_the_coverage_is_that_of_the_back_test():
    company = Company().kpi("revenue", [100 + 7 * (n * n % 11) for n in range(35)])
    shown = company.said("period_grain, method, backtest_count, backtest_coverage_ratio")
    assert len(shown) == 4
    for grain, method, count, coverage in shown:
        tried = company.rows(
            "is_covered", f"period_grain = '{grain}' and method = '{method}'", table=BACKTEST
        )
        known = [covered for (covered,) in tried if covered is not None]
        assert count == len(tried) and len(known) >= 4
        assert float(coverage) == pytest.approx(sum(known) / len(known), abs=1e-9)


def test_the_back_test_is_of_whole_periods_that_had_ended_seen_from_before():
    company = Company().kpi("revenue", MONTHS)
    rows = company.said(
        "period_start_date, period_end_date, origin_date, actual_value",
        "period_grain = 'year' and method = 'run_rate'",
        BACKTEST,
    )
    # from 2023 there is a year before for every twelve months that end in 2024-12 or later
    assert rows[0][:3] == (date(2024, 1, 1), date(2024, 12, 31), date(2024, 11, 30))
    assert rows[-1][:3] == (date(2024, 12, 1), date(2025, 11, 30), date(2025, 10, 31))
    assert rows[0][3] == 200 and rows[-1][3] == 90 + 11 * 20
    assert len(rows) == 12


def test_nothing_open_means_no_rows():
    company = Company(as_of=date(2025, 12, 31)).kpi("revenue", [*MONTHS, 90])
    assert company.said() == [] and company.rows(table=BACKTEST) == []


def test_a_short_history_says_so():
    company = Company().kpi("revenue", [10.0] * 7, first=date(2025, 5, 1))
    company.connection.execute("delete from scorecard.kpi_scorecard where period_grain <> 'month'")
    company.row(
        "revenue", "year", date(2025, 1, 1), "company", "all", date(2025, 12, 31), "open", 70, None, 70
    )
    assert company.said("method, is_chosen, no_outlook_reason, outlook_value, history_periods_count") == [
        (None, False, "too_short", None, 7)
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("status = 'held', target_value = 5", "held"),
        ("actual_value = null, numerator = null, no_value_reason = 'withheld'", "withheld"),
        ("actual_value = null, numerator = null, no_value_reason = 'incomplete_period'", "no_data"),
        ("actual_value = null, numerator = null, no_value_reason = 'no_data'", "no_data"),
    ],
)
def test_what_is_not_shown_has_no_outlook(change, reason):
    company = Company().kpi("revenue", MONTHS).update(change)
    columns = "no_outlook_reason, method, outlook_value, actual_to_date, target_value, chance_of_target"
    assert company.said(columns) == [(reason, None, None, None, None, None)] * 2
    assert company.rows(table=BACKTEST) == []


def test_what_is_still_counted_in_later_has_no_outlook():
    """Old months have all their conversions, young ones do not: trying it on the old ones would flatter."""
    company = Company().kpi("conversion", MONTHS, final_after=90)
    columns = (
        "no_outlook_reason, method, outlook_value, chance_of_target, actual_to_date, history_periods_count"
    )
    assert company.said(columns, "period_grain = 'year'") == [("not_final", None, None, None, 220, 35)]
    assert company.rows(table=BACKTEST) == []
    company = Company().kpi("conversion", MONTHS, final_after=0)
    assert company.said("no_outlook_reason", "is_chosen") == [(None,)] * 2, "final at once is like any other"


def test_a_month_that_is_missing_is_not_a_zero():
    """Without the December of 2023 no twelve months around it are known, and no share of them."""
    company = Company().kpi("revenue", MONTHS)
    company.update("numerator = null, actual_value = null", "period_start_date = date '2023-12-01'")
    company.update("numerator = null, actual_value = null", "period_end_date = date '2023-12-31'")
    [(share,)] = company.said("outlook_value", "period_grain = 'year' and method = 'run_rate'") or [(None,)]
    assert share is None, "four errors are needed, and there are none"
    assert company.rows("count(*)", "period_grain = 'year' and method = 'run_rate'", BACKTEST) == [(0,)]


def test_a_withheld_month_is_read_nowhere():
    company = Company().kpi("absence", MONTHS)
    company.update("numerator = null, actual_value = null, no_value_reason = 'withheld'",
                   "period_start_date = date '2024-05-01'")  # fmt: skip
    hidden = company.said(table=BACKTEST)
    assert hidden
    assert not [row for row in hidden if row[2] <= date(2024, 5, 1) <= row[5]], "no window holds it"


def test_a_held_month_is_read_nowhere():
    company = Company().kpi("revenue", MONTHS)
    company.update("status = 'held'", "period_grain = 'month' and period_start_date = date '2024-05-01'")
    tried = company.said(table=BACKTEST)
    assert tried and not [row for row in tried if row[2] <= date(2024, 5, 1) <= row[5]]


def test_a_mean_over_days_is_weighed_by_days():
    """20 on 334 days, and a December as high as usual: 90 where the months before had 10."""
    company = Company().kpi("headcount", MONTHS)
    company.connection.execute(
        """
        update scorecard.kpi_scorecard as periods set numerator = (
            select sum(months.numerator * day_count) / sum(day_count)
            from (select *, period_end_date - period_start_date + 1 as day_count from scorecard.kpi_scorecard) as months
            where months.period_grain = 'month'
                and months.period_start_date between periods.period_start_date and periods.period_end_date
        ) where period_grain <> 'month'
        """
    )
    company.update("actual_value = numerator", "true")
    [(value,)] = company.said("outlook_value", "period_grain = 'year' and method = 'run_rate'")
    shares = (3340 / (3340 + 31 * 90), 3350 / (3350 + 31 * 90))
    assert float(value) == pytest.approx(20 * 334 / (sum(shares) / 2) / 365)


def test_single_people_and_parts_that_nobody_looks_at_have_none():
    company = Company().kpi("revenue", MONTHS)
    for scope in (("employee", "e1"), ("customer", "c1"), ("role_group", "g1"), ("region", "north")):
        company.kpi("revenue", MONTHS, scope=scope)
    assert {row[0] for row in company.said("scope_type")} == {"company"}
    company.connection.execute("insert into scorecard.balanced_scorecard_kpis values ('revenue')")
    assert {row[0] for row in company.said("scope_type")} == {"company", "region"}
    company.connection.execute("delete from scorecard.balanced_scorecard_kpis")
    company.update("target_id = 't', period_target_value = 5", "scope_type in ('region', 'employee')")
    assert {row[0] for row in company.said("scope_type")} == {"company", "region"}


def test_parts_are_not_smoothed():
    company = Company().kpi("revenue", MONTHS).kpi("revenue", MONTHS, scope=("region", "north"))
    company.connection.execute("insert into scorecard.balanced_scorecard_kpis values ('revenue')")
    methods = set(company.said("scope_type, method"))
    assert methods == {("company", "run_rate"), ("company", "smoothing"), ("region", "run_rate")}


def test_the_target_is_the_whole_periods():
    company = Company().kpi("revenue", MONTHS)
    company.update("target_value = 250, period_target_value = 300, target_id = 't'")
    rows = company.said(
        "period_grain, target_value, outlook_status, chance_of_target > 0.9", "method = 'run_rate'"
    )
    assert rows == [("quarter", 300, "off_track", False), ("year", 300, "achieved", True)]


def test_a_band_is_the_whole_periods_too():
    """4500 to 6000 a year, of which eleven twelfths are due: the outlook is measured against all of it."""
    company = Company().kpi("training", MONTHS, direction="band")
    company.update("target_lower = 275, target_upper = 330, target_id = 't'")
    company.connection.execute("insert into scorecard.kpi_targets values ('t', 300, 360)")
    rows = company.said("target_lower, target_upper, outlook_status", "method = 'run_rate'")
    assert rows == [(300, 360, "off_track")] * 2
    company.update("phasing_used = 'linear'")
    company.connection.execute(
        "insert into scorecard.phased_targets values ('t', 'all', 'quarter', '2025-10-01', 200, 240)"
    )
    rows = company.said("target_lower, target_upper, outlook_status", "period_grain = 'quarter'")
    assert rows[0] == (200, 240, "achieved")


def test_an_amount_that_has_passed_its_target_is_decided():
    company = Company().kpi("cost", MONTHS, direction="lower")
    company.update("target_value = 100, period_target_value = 100, target_id = 't'")
    assert set(company.said("chance_of_target", "period_grain = 'year'")) == {(0,)}
    company = Company().kpi("result", [-1, *MONTHS[1:]], direction="lower")
    company.update("target_value = 100, period_target_value = 100, target_id = 't'")
    assert set(company.said("chance_of_target", "period_grain = 'year'")) == {(Decimal("0.01"),)}


def test_a_ratio_is_made_of_its_parts():
    # 50 % in each year, of 100 a month and of 900 in December, when it is 10 %
    above, below = [50] * 11 + [90], [100] * 11 + [900]
    company = Company().kpi("share", [*above * 2, *above[:11]], below=[*below * 2, *below[:11]])
    [(value,)] = company.said("outlook_value", "period_grain = 'year' and method = 'run_rate'")
    assert float(value) == pytest.approx((11 * 50 + 90) / (11 * 100 + 900))


def test_a_stock_ends_where_its_last_month_ends():
    levels = [100 + number for number in range(35)]
    company = Company().kpi("headcount", levels, basis="stock")
    rows = company.said("outlook_value, backtest_count > 4", "method = 'run_rate' and period_grain = 'year'")
    # as far as it went from November to December of the years before: 110 to 111 and 122 to 123
    share = (110 / 111 + 122 / 123) / 2
    assert float(rows[0][0]) == pytest.approx(134 / share) and rows[0][1]


def test_the_quarter_and_the_year_of_a_stock_are_one_question():
    """Both ask for the cash on the last day of December, so they must not answer differently."""
    levels = [100.0 + 9 * (number * number % 7) for number in range(35)]
    company = Company().kpi("cash", levels, basis="stock")
    columns = (
        "method, is_chosen, outlook_value, lower_value, upper_value, backtest_count, backtest_coverage_ratio"
    )
    quarter, year = (company.said(columns, f"period_grain = '{grain}'") for grain in ("quarter", "year"))
    assert quarter == year and len(quarter) == 2
    # seen from January 2024 on: of each month before, the year before is known
    tried = company.rows(
        "origin_date, period_start_date", "period_grain = 'year' and method = 'run_rate'", BACKTEST
    )
    assert tried[0] == (date(2024, 1, 31), date(2023, 3, 1)) and len(tried) == 22


def test_what_is_not_made_of_its_months_goes_as_last_year_did_without_an_interval():
    """Distinct customers: 40 so far, 30 a year ago by the same day, 45 in the end: 60."""
    company = Company().kpi("customers", MONTHS, adds_up=False)
    company.update("actual_value = 40, last_year_value = 30", "period_end_date = date '2025-12-31'")
    company.update("actual_value = 45", "period_end_date = date '2024-12-31' and period_grain <> 'month'")
    columns = (
        "method, is_chosen, outlook_value, lower_value, chance_of_target, backtest_count, outlook_status"
    )
    assert company.said(columns) == [("run_rate", True, 60, None, None, 0, "no_target")] * 2
    company.update("last_year_value = null", "period_end_date = date '2025-12-31'")
    assert company.said("no_outlook_reason") == [("too_short",)] * 2


def test_a_part_that_can_not_be_tried_on_the_past_has_no_outlook():
    """40 so far, 30 a year ago, 45 in the end: of the company that is told, of a department nobody has checked it."""
    company = Company().kpi("retention", MONTHS, adds_up=False)
    company.kpi("retention", MONTHS, scope=("department", "Inköp"), adds_up=False)
    company.connection.execute("insert into scorecard.balanced_scorecard_kpis values ('retention')")
    company.update("actual_value = 40, last_year_value = 30", "period_end_date = date '2025-12-31'")
    company.update("actual_value = 45", "period_end_date = date '2024-12-31' and period_grain <> 'month'")
    assert company.said("outlook_value, no_outlook_reason", "scope_type = 'company'") == [(60, None)] * 2
    assert (
        company.rows("outlook_value, no_outlook_reason", "scope_type = 'department'")
        == [(None, "too_short")] * 2
    )


def test_scopes_whose_quarters_are_made_otherwise_are_told_from_the_companys():
    """Costs of a channel that are shared out by quarter do not add up, those of the company do."""
    company = Company().kpi("cost", MONTHS).kpi("cost", MONTHS, scope=("channel", "web"), adds_up=False)
    company.connection.execute("insert into scorecard.balanced_scorecard_kpis values ('cost')")
    company.said()
    assert company.rows("distinct scope_type", table=BACKTEST) == [("company",)]


def test_a_month_under_way_counts_by_last_years_same_day():
    """Half of last November had come by the tenth, though a third of its days were over."""
    company = Company(as_of=date(2025, 11, 10)).kpi("revenue", [*YEARLY, *YEARLY, *[20] * 10, 10])
    company.update("last_year_value = 5", "period_grain = 'month' and period_status = 'open'")
    company.update("last_year_value = 10 + 5", "period_grain = 'quarter' and period_status = 'open'")
    company.update("last_year_value = 100 + 5", "period_grain = 'year' and period_status = 'open'")
    rows = company.said("period_grain, outlook_value", "method = 'run_rate'")
    assert [(grain, float(value)) for grain, value in rows] == [
        ("month", 20),
        ("quarter", pytest.approx(30 / (15 / 110))),
        ("year", pytest.approx(210 / (105 / 200))),
    ]


def test_a_failure_says_so_in_every_row_and_keeps_no_outlook_of_yesterday(monkeypatch):
    company = Company().kpi("revenue", MONTHS)
    assert company.said()
    company.update("status = 'held'", "period_status = 'open' and period_grain = 'quarter'")

    def fail(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(outlook, "outlook", fail)
    found = write(company.connection)
    assert found.failed == "MemoryError: no room"
    rows = company.rows("no_outlook_reason, outlook_value, actual_to_date")
    assert rows == [("failed", None, 220), ("held", None, None)]
    assert company.rows(table=BACKTEST) == []


def test_a_number_that_the_table_has_no_room_for_is_a_failure_like_any_other(monkeypatch):
    """38 digits, ten of them behind the point: a forecast beyond that must not stop the right numbers beside it."""
    company = Company().kpi("revenue", MONTHS)
    monkeypatch.setattr(outlook, "chance", lambda *_, **__: 1e30)
    found = write(company.connection)
    assert found.failed and "onversion" in found.failed
    assert company.rows("no_outlook_reason") == [("failed",), ("failed",)]


def test_a_series_that_can_not_be_smoothed_has_its_run_rate(monkeypatch):
    monkeypatch.setattr(outlook, "_weights", lambda *_, **__: None)
    company = Company().kpi("revenue", [100 + 7 * (n * n % 11) for n in range(35)])
    assert {row[0] for row in company.said("method")} == {"run_rate"}


def test_the_same_scorecard_gives_the_same_bytes():
    content = []
    for _ in range(2):
        company = Company()
        for name in ("a", "b", "c"):
            company.kpi(name, [100 + ord(name) * (n * n % 11) / 7 for n in range(35)])
        company.said()
        tables = (TABLE, BACKTEST)
        content.append([company.connection.execute(f"from scorecard.{t}").fetchall() for t in tables])
    assert content[0] == content[1] and content[0][1]


def test_numbers_keep_ten_digits_and_no_infinity():
    kept = rounded([1 / 3, None, float("inf"), 0.0, 123456789012.5, 76332547.96])
    assert kept[1:3] == [None, None] and rounded([float("-inf"), float("nan")]) == [None, None]
    read = duckdb.execute("select unnest(?::varchar[])::decimal(38, 10)", [kept]).fetchall()
    # a double of 76332547.96 would be stored as 76332547.9599999872
    expected = ["0.3333333333", None, None, "0", "123456789000", "76332547.96"]
    assert [value for (value,) in read] == [None if text is None else Decimal(text) for text in expected]


def test_the_columns_are_those_that_readers_were_promised():
    company = Company().kpi("revenue", MONTHS)
    company.said()
    for table, columns in outlook_tables.COLUMNS.items():
        shown = company.connection.execute(f"describe scorecard.{table}").fetchall()
        assert [(row[0], row[1].lower().replace(",", ", ")) for row in shown] == list(columns.items())
