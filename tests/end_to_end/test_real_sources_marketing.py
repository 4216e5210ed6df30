"""Three public data sets of other people in one company: what is published is what their files say.

Sales come from a telephone company's subscribers and from a seller's weekly revenue, marketing from that seller's
weekly spend and from an advertising account: every domain has two systems at once. Each expected figure is a short
question to the CSV files themselves; how they are mapped stands in tests/sources/{google_ads,robyn,telco}.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from tests.conftest import CHECKOUT, SHARED_DATA

FOLDERS = {"google_ads": "fivetran_google_ads", "robyn": "robyn_mmm", "telco": "ibm_telco_churn"}
CENT = Decimal("0.0001")
RATIO = Decimal("1e-9")  # ten decimals are published
Figures = dict[object, Decimal]

pytestmark = [
    pytest.mark.night(together=True),
    pytest.mark.skipif(
        not all((SHARED_DATA / folder).is_dir() for folder in FOLDERS.values()),
        reason=f"{', '.join(FOLDERS.values())} are not all in {SHARED_DATA} (set SCORECARD_SHARED_DATA)",
    ),
]


@pytest.fixture(scope="module")
def edition(shared_run):
    """What one nightly run over the three systems published."""
    home = shared_run(
        "real_sources_marketing",
        SCORECARD_SOURCES=",".join(FOLDERS),
        SCORECARD_SOURCES_DIR=str(CHECKOUT / "tests" / "sources"),
        SCORECARD_LANDING=",".join(f"{system}:{SHARED_DATA / folder}" for system, folder in FOLDERS.items()),
    )
    with duckdb.connect(str(home / "published" / "current.duckdb"), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def files():
    """One view per CSV file; every figure is read as an exact decimal."""
    exact = dict.fromkeys(
        "revenue competitor_sales_b tv_s ooh_s print_s facebook_s search_s".split(), "DECIMAL(28,13)"
    )
    with duckdb.connect() as connection:
        for view, path, types in [
            ("clicks", "fivetran_google_ads/campaign_stats_data.csv", {"cost_micros": "BIGINT"}),
            ("weeks", "robyn_mmm/weekly_marketing.csv", exact),
            ("customers", "ibm_telco_churn/telco_customer_churn.csv", {"MonthlyCharges": "DECIMAL(18,2)"}),
        ]:
            connection.sql(
                f"create view {view} as from read_csv('{SHARED_DATA / path}', header = true, types = {types})"
            )
        yield connection


def said(files, sql: str) -> Figures:
    return {key: Decimal(str(value)) for key, value in files.sql(sql).fetchall()}


def published(edition, kpi_id: str, grain: str, scope_type: str, key: str, condition: str) -> Figures:
    """The values of one KPI that are there, by period or scope."""
    rows = edition.execute(
        f"""select {key}, actual_value from scorecard.kpi_scorecard
            where kpi_id = ? and period_grain = ? and scope_type = ? and actual_value is not null and {condition}""",
        [kpi_id, grain, scope_type],
    ).fetchall()
    assert len(rows) == len(dict(rows)), "a period or scope is published twice"
    return dict(rows)


def reasons(edition, kpi_id: str, condition: str = "true") -> set[str | None]:
    rows = edition.execute(
        f"select distinct no_value_reason from scorecard.kpi_scorecard where kpi_id = ? and {condition}",
        [kpi_id],
    )
    return {reason for (reason,) in rows.fetchall()}


def agree(found: Figures, expected: Figures, tolerance: Decimal = Decimal(0)) -> None:
    assert expected and found.keys() == expected.keys()
    off = {key: (found[key], expected[key]) for key in found if abs(found[key] - expected[key]) > tolerance}
    assert not off


def test_spend_of_a_week_is_the_sum_of_its_channels(edition, files):
    expected = said(
        files,
        """select date, round(tv_s, 4) + round(ooh_s, 4) + round(print_s, 4) + round(facebook_s, 4)
                      + round(search_s, 4) from weeks""",
    )
    condition = "period_start_date <= date '2019-11-11'"
    agree(
        published(edition, "advertising_cost_amount", "week", "company", "period_start_date", condition),
        expected,
    )
    assert len(expected) == 208


def test_spend_by_channel_of_a_year(edition, files):
    expected = said(
        files,
        """select channel, sum(round(spent, 4)) from (from weeks select date, tv_s as tv, ooh_s as outdoor,
           print_s as print, facebook_s as facebook, search_s as search) unpivot (spent for channel in
           (tv, outdoor, print, facebook, search)) where year(date) = 2018 group by 1""",
    )
    condition = "period_start_date = date '2018-01-01'"
    agree(published(edition, "advertising_cost_amount", "year", "channel", "scope_id", condition), expected)


def test_spend_in_micros_is_a_millionth_of_the_currency(edition, files):
    expected = said(files, "select date, sum(cost_micros)::decimal(18, 0) / 1000000 from clicks group by 1")
    found = published(edition, "advertising_cost_amount", "day", "company", "period_start_date", "true")
    agree(found, expected, CENT)
    assert found[date(2021, 2, 1)] == Decimal("36.15")


def test_two_systems_feed_one_channel(edition, files):
    """Search is a channel of both: 2019 is the seller's, 2021 the advertising account's."""
    expected = said(files, "select 2019, sum(round(search_s, 4)) from weeks where year(date) = 2019")
    expected |= said(files, "select 2021, sum(cost_micros)::decimal(18, 0) / 1000000 from clicks")
    condition = "scope_id = 'search' and year(period_start_date) in (2019, 2021)"
    found = published(edition, "advertising_cost_amount", "month", "channel", "period_start_date", condition)
    by_year = {year: sum(v for day, v in found.items() if day.year == year) for year in (2019, 2021)}
    agree(by_year, expected, CENT)


def test_nothing_is_known_of_the_months_between_the_two(edition):
    between = "period_grain = 'month' and scope_type = 'company' and year(period_start_date) = 2020"
    assert reasons(edition, "advertising_cost_amount", between) == {"no_data"}


@pytest.mark.parametrize("grain", ["day", "week", "month", "quarter"])
def test_click_through_ratio_divides_the_sums(edition, files, grain):
    expected = said(
        files,
        f"""select date_trunc('{grain}', date)::date, sum(clicks)::decimal(18, 0) / sum(impressions)
            from clicks group by 1""",
    )
    agree(
        published(edition, "click_through_ratio", grain, "company", "period_start_date", "true"),
        expected,
        RATIO,
    )
    campaign = "scope_id = '9935249409'"
    agree(
        published(edition, "click_through_ratio", grain, "campaign", "period_start_date", campaign),
        expected,
        RATIO,
    )


def test_impressions_here_and_clicks_there_are_no_click_through_ratio(edition):
    """The seller counts impressions on Facebook and clicks in search: neither is a share."""
    before = "period_start_date < date '2020-01-01'"
    assert reasons(edition, "click_through_ratio", before) == {"no_data"}


def test_monthly_recurring_revenue_of_six_years(edition, files):
    # a customer of n whole months has been there in each of the last n, and those who left until September
    expected = said(
        files,
        """select (date '2019-10-01' - to_months(months_ago::int))::date, sum(MonthlyCharges)
           from range(1, 73) as months (months_ago) join customers on tenure >= months_ago group by 1""",
    )
    expected |= said(files, "select date '2019-10-01', sum(MonthlyCharges) from customers where not Churn")
    condition = "period_start_date >= date '2013-10-01'"
    found = published(
        edition, "monthly_recurring_revenue_amount", "month", "company", "period_start_date", condition
    )
    agree(found, expected)
    assert found[date(2019, 10, 1)] == Decimal("316985.75")
    annual = published(
        edition, "annual_recurring_revenue_amount", "month", "company", "period_start_date", condition
    )
    agree(annual, {month: 12 * amount for month, amount in expected.items()})


def test_monthly_recurring_revenue_by_contract(edition, files):
    expected = said(files, "select Contract, sum(MonthlyCharges) from customers where not Churn group by 1")
    condition = "period_start_date = date '2019-10-01'"
    found = published(
        edition, "monthly_recurring_revenue_amount", "month", "customer_segment", "scope_id", condition
    )
    agree(found, expected)


def test_revenue_of_a_week_is_the_files(edition, files):
    """Spread over the days by the mapping, and together again in the week, to the cent."""
    expected = said(files, "select date, round(revenue, 4) from weeks")
    agree(published(edition, "revenue_amount", "week", "company", "period_start_date", "true"), expected)


def test_market_share_is_own_sales_over_all_sales(edition, files):
    expected = said(
        files,
        """select date_trunc('quarter', date + day_number::int)::date, sum(revenue) / sum(revenue + competitor_sales_b)
           from weeks cross join range(7) as days (day_number) group by 1""",
    )
    # data from 2015-11-23 to 2019-11-17: no share of half a quarter
    edges = [date(2015, 10, 1), date(2019, 10, 1)]
    for edge in edges:
        expected.pop(edge)
        condition = f"period_grain = 'quarter' and scope_type = 'company' and period_start_date = '{edge}'"
        assert reasons(edition, "market_share_ratio", condition) == {"incomplete_period"}
    found = published(edition, "market_share_ratio", "quarter", "company", "period_start_date", "true")
    agree(found, expected, RATIO)
    assert len(found) == 15


@pytest.mark.parametrize(
    "kpi_id",
    [
        "return_on_ad_spend_ratio",  # spend, but no customer is known to have come by a campaign
        "return_on_investment_ratio",
        "marketing_revenue_amount",
        "cost_per_lead_amount",
        "qualified_leads_count",
        "web_sessions_count",
        "clicks_per_visitor_ratio",
        "net_income_amount",
        "headcount",
    ],
)
def test_what_none_of_the_files_records_is_no_data(edition, kpi_id):
    assert reasons(edition, kpi_id) == {"no_data"}
