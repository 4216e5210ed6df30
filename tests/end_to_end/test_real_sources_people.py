"""Two public data sets of other people in one company: what is published is what their files say.

Sales and service come from the opportunities and cases of a customer system, people from the absences of a courier
company. Each expected figure is a short question to the CSV files themselves; how they are mapped stands in
tests/sources/{powerbi_ai_sample,uci_absenteeism}.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.conftest import CHECKOUT, SHARED_DATA

FOLDERS = ("powerbi_ai_sample", "uci_absenteeism")
RATIO = Decimal("1e-9")  # ten decimals are published
Figures = dict[object, Decimal]

pytestmark = [
    pytest.mark.night(together=True),
    pytest.mark.skipif(
        not all((SHARED_DATA / folder).is_dir() for folder in FOLDERS),
        reason=f"{', '.join(FOLDERS)} are not both in {SHARED_DATA} (set SCORECARD_SHARED_DATA)",
    ),
]


def absence_rows() -> list[dict[str, str]]:
    with (SHARED_DATA / "uci_absenteeism" / "absenteeism_at_work.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def edition(shared_run, tmp_path_factory):
    """What one nightly run over both systems published."""
    landing = tmp_path_factory.mktemp("uci_absenteeism")
    number_rows(landing / "absenteeism_at_work.csv")
    home = shared_run(
        "real_sources_people",
        SCORECARD_SOURCES="powerbi_ai_sample,hr:uci_absenteeism",
        SCORECARD_SOURCES_DIR=str(CHECKOUT / "tests" / "sources"),
        SCORECARD_LANDING=f"powerbi_ai_sample:{SHARED_DATA / 'powerbi_ai_sample'},uci_absenteeism:{landing}",
        SCORECARD_COMPANY="powerbi_ai_sample",
        SCORECARD_AS_OF="2021-05-25",
    )
    with duckdb.connect(str(home / "published" / "current.duckdb"), read_only=True) as connection:
        yield connection


def number_rows(path: Path) -> None:
    """The file as published has no key: two visits on two Mondays of a month are equal rows, and both are meant."""
    rows = absence_rows()
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["row", *rows[0]])
        writer.writeheader()
        writer.writerows({"row": number, **row} for number, row in enumerate(rows, 1))


@pytest.fixture(scope="module")
def files():
    """The opportunities and cases with the region of their customer."""
    folder = SHARED_DATA / "powerbi_ai_sample"
    with duckdb.connect() as connection:
        for view, name in (("deals", "Opportunities"), ("cases", "Cases")):
            connection.sql(
                f"""create view {view} as
                    select * from read_csv('{folder / name}.csv', header = true, sample_size = -1)
                    join (select AccountSeq, Region from read_csv('{folder}/Accounts.csv', header = true)) using (AccountSeq)"""
            )
        yield connection


def said(files, sql: str) -> Figures:
    return {key: Decimal(str(value)) for key, value in files.sql(sql).fetchall()}


def published(
    edition, kpi_id: str, grain: str, scope_type: str, key: str, condition: str = "true"
) -> Figures:
    """The values of one KPI that are there, by period or scope."""
    rows = edition.execute(
        f"""select {key}, actual_value from scorecard.kpi_scorecard
            where kpi_id = ? and period_grain = ? and scope_type = ? and actual_value is not null and {condition}""",
        [kpi_id, grain, scope_type],
    ).fetchall()
    assert len(rows) == len(dict(rows)), "a period or scope is published twice"
    return dict(rows)


def agree(found: Figures, expected: Figures, tolerance: Decimal = RATIO) -> None:
    assert expected and found.keys() == expected.keys()
    off = {key: (found[key], expected[key]) for key in found if abs(found[key] - expected[key]) > tolerance}
    assert not off


SETTLED = "period_status = 'settled'"
CLOSED_QUARTER = "date_trunc('quarter', CloseDate)::date"
CLOSED = """from deals where Status <> 'Open' and CloseDate < '2021-04-01'"""


def test_win_ratio_is_won_of_what_was_decided(edition, files):
    expected = said(
        files, f"select {CLOSED_QUARTER}, avg(case Status when 'Won' then 1.0 else 0 end) {CLOSED} group by 1"
    )
    agree(published(edition, "win_ratio", "quarter", "company", "period_start_date", SETTLED), expected)
    assert len(expected) == 7


def test_win_ratio_by_region_of_a_year(edition, files):
    expected = said(
        files,
        "select Region, avg(case Status when 'Won' then 1.0 else 0 end) from deals"
        " where Status <> 'Open' and year(CloseDate) = 2020 group by 1",
    )
    year = "period_start_date = date '2020-01-01'"
    agree(published(edition, "win_ratio", "year", "region", "scope_id", year), expected)
    assert len(expected) == 4


@pytest.mark.parametrize(
    ("kpi_id", "value"),
    [
        ("pipeline_value_amount", "Value"),
        ("weighted_pipeline_value_amount", "Value::decimal(18, 4) * Probability::decimal(9, 6)"),
    ],
)
def test_pipeline_of_past_quarters_is_what_was_open_at_their_end(edition, files, kpi_id, value):
    expected = said(
        files,
        f"""select quarter::date, sum({value}) from deals
            join generate_series(date '2019-07-01', date '2021-01-01', interval 3 month) as s (quarter)
            on "Opportunity Created On" < quarter + interval 3 month
            and (Status = 'Open' or CloseDate >= quarter + interval 3 month) group by 1""",
    )
    quarters = f"{SETTLED} and period_start_date >= date '2019-07-01'"
    agree(published(edition, kpi_id, "quarter", "company", "period_start_date", quarters), expected)
    assert len(expected) == 7


def test_pipeline_of_the_as_of_day_is_every_open_deal(edition, files):
    expected = said(files, "select date '2021-05-25', sum(Value) from deals where Status = 'Open'")
    day = "period_start_date = date '2021-05-25'"
    agree(published(edition, "pipeline_value_amount", "day", "company", "period_start_date", day), expected)


@pytest.mark.parametrize(
    ("kpi_id", "middle"), [("sales_cycle_days", "avg"), ("sales_cycle_median_days", "median")]
)
def test_sales_cycle_of_the_deals_won(edition, files, kpi_id, middle):
    expected = said(
        files,
        f"""select {CLOSED_QUARTER}, {middle}(CloseDate::date - "Opportunity Created On"::date)
            {CLOSED} and Status = 'Won' group by 1""",
    )
    agree(published(edition, kpi_id, "quarter", "company", "period_start_date", SETTLED), expected)


@pytest.mark.parametrize(
    ("kpi_id", "question", "condition"),
    [
        ("customer_satisfaction_ratio", "avg(case when CSAT >= 4 then 1.0 else 0 end)", "Status = 'Closed'"),
        ("first_response_minutes", 'avg("Minutes to First Contact")', "true"),
        ("resolution_hours", 'avg("Resolution Minutes") / 60', "Status = 'Closed'"),
        (
            "first_contact_resolution_ratio",
            "avg(case Activities when 1 then 1.0 else 0 end)",
            "Status = 'Closed'",
        ),
        ("escalation_ratio", 'avg(case when "Is Escalated" then 1.0 else 0 end)', "true"),
    ],
)
def test_service_by_month_and_by_region(edition, files, kpi_id, question, condition):
    by_month = said(
        files,
        f"""select date_trunc('month', "Case Created On")::date, {question} from cases
            where {condition} and "Case Created On" between '2020-12-01' and '2021-04-30' group by 1""",
    )
    agree(published(edition, kpi_id, "month", "company", "period_start_date", SETTLED), by_month)
    assert len(by_month) == 5
    by_region = said(
        files,
        f"""select Region, {question} from cases
            where {condition} and date_trunc('quarter', "Case Created On") = '2021-01-01' group by 1""",
    )
    quarter = "period_start_date = date '2021-01-01'"
    agree(published(edition, kpi_id, "quarter", "region", "scope_id", quarter), by_region)


def absent_shares() -> dict[tuple[str, date], Decimal]:
    """Unplanned absence by person and day, dated by the rule that the mapping states, worked out row by row."""
    hours: dict[tuple[str, date], int] = defaultdict(int)
    seen: dict[tuple[str, int, int, int], int] = defaultdict(int)
    year, month_before = 2007, 7
    for row in absence_rows():
        month, weekday = int(row["Month of absence"]), int(row["Day of the week"]) - 2
        left, reason = int(row["Absenteeism time in hours"]), int(row["Reason for absence"])
        if month == 0:
            continue
        year, month_before = year + (month < month_before), month
        if left == 0:
            continue
        day = date(year, month, 1)
        day += timedelta((weekday - day.weekday()) % 7 + 7 * seen[row["ID"], year, month, weekday])
        seen[row["ID"], year, month, weekday] += 1
        while left > 0:
            if day.weekday() < 5:
                # visits by appointment and blood donations are planned
                if reason not in (22, 23, 24, 25, 27, 28):
                    hours[row["ID"], day] += min(left, 8)
                left -= 8
            day += timedelta(1)
    return {key: Decimal(min(absent, 8)) / 8 for key, absent in hours.items()}


def absent_days() -> dict[date, Decimal]:
    found: dict[date, Decimal] = defaultdict(Decimal)
    for (_, day), share in absent_shares().items():
        found[day] += share
    return found


def months_of_absence() -> list[date]:
    """July 2007 to July 2010: in 2007 to 2010 no working day of the calendar is a holiday."""
    return [date(2007 + month // 12, month % 12 + 1, 1) for month in range(6, 43)]


def test_unplanned_absence_days_by_month(edition):
    days = absent_days()
    expected = {
        month: sum((share for day, share in days.items() if day.replace(day=1) == month), Decimal(0))
        for month in months_of_absence()
    }
    found = published(edition, "unplanned_absence_days", "month", "company", "period_start_date")
    agree(found, expected)
    assert len(expected) == 37 and sum(expected.values()) > 250


def test_absence_ratio_by_quarter(edition):
    people = len({row["ID"] for row in absence_rows()})
    days = absent_days()
    expected = {}
    for quarter in months_of_absence()[:-1:3]:
        end = date(quarter.year + quarter.month // 10, (quarter.month + 2) % 12 + 1, 1)
        span = [quarter + timedelta(n) for n in range((end - quarter).days)]
        workdays = sum(day.weekday() < 5 for day in span)
        expected[quarter] = sum((days[day] for day in span), Decimal(0)) / (people * workdays)
    found = published(edition, "absence_ratio", "quarter", "company", "period_start_date")
    agree(found, expected)
    assert people == 36 and len(expected) == 12 and all(0 < ratio < 1 for ratio in expected.values())


def test_headcount_is_everybody_in_the_file(edition):
    found = published(edition, "headcount", "month", "company", "period_start_date")
    assert found == dict.fromkeys(months_of_absence(), Decimal(36))


def test_an_absence_is_one_occasion_until_a_working_day_without_it(edition):
    shares = absent_shares()
    begun: dict[date, int] = defaultdict(int)
    for person, day in shares:
        before = day - timedelta(3 if day.weekday() == 0 else 1)
        begun[day.replace(month=1, day=1)] += (person, before) not in shares
    expected = {date(year, 1, 1): Decimal(begun[date(year, 1, 1)]) / 36 for year in (2008, 2009)}
    found = published(edition, "absence_occasions_per_employee", "year", "company", "period_start_date")
    agree(found, expected)
    assert sum(begun.values()) < len(shares)


@pytest.mark.parametrize(
    "kpi_id", ["revenue_amount", "advertising_cost_amount", "net_promoter_score", "waiting_minutes"]
)
def test_what_neither_file_tells_has_no_value(edition, kpi_id):
    found = edition.execute(
        "select distinct no_value_reason, actual_value from scorecard.kpi_scorecard where kpi_id = ?",
        [kpi_id],
    ).fetchall()
    assert found == [("no_data", None)]
