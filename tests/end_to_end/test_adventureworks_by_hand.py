"""The AdventureWorks KPIs recomputed by hand: short SQL straight over the CSV files, nothing of the pipeline.

Each question is asked once (a function below, in SQL of its own), answered twice: by the figures that stand
here, and by the published edition. What belongs elsewhere: how raw columns become staging columns
(tests/unit/staging/test_adventureworks_staging.py).
"""

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

CHECKOUT = Path(__file__).parents[2]
DATA = Path(os.environ.get("SCORECARD_SHARED_DATA", CHECKOUT.parent / "shared" / "data")) / "adventureworks"

pytestmark = [
    pytest.mark.night(together=True),
    pytest.mark.skipif(
        not (DATA / "dw").is_dir(),
        reason=f"the AdventureWorks files are not in {DATA} (set SCORECARD_SHARED_DATA)",
    ),
]

# Sales of both channels with the order date as a day.
SALES = """
    (select ProductKey, SalesTerritoryKey, 0 as EmployeeKey, SalesAmount, TotalProductCost, OrderDate from internet
     union all
     select ProductKey, SalesTerritoryKey, EmployeeKey, SalesAmount, TotalProductCost, OrderDate from reseller)
"""
# The ledger of the USD units: a label on the first of a month closes the month before, expenses count negative.
LEDGER = """
    (select case when day(f.Date) = 1 then f.Date::date - 1 else f.Date::date end as d, f.ScenarioKey as scenario,
            f.AccountKey as a, f.DepartmentGroupKey as department, f.Amount as amount,
            case when AccountType = 'Revenue' then f.Amount when AccountType = 'Expenditures' then -f.Amount end as effect
     from finance f join account using (AccountKey) where f.OrganizationKey in (3, 4, 5, 6, 7))
"""
Figures = dict[object, Decimal]


@pytest.fixture(scope="module")
def files():
    """One view per CSV file, money read as DECIMAL."""
    connection = duckdb.connect()
    money = "types={'SalesAmount': 'DECIMAL(18,4)', 'TotalProductCost': 'DECIMAL(18,4)'}"
    for view, path, options in [
        ("internet", "dw/FactInternetSales.csv", f", {money}"),
        ("reseller", "dw/FactResellerSales.csv", f", {money}"),
        ("finance", "dw/FactFinance.csv", ", types={'Amount': 'DECIMAL(18,4)'}"),
        ("quota", "dw/FactSalesQuota.csv", ", types={'SalesAmountQuota': 'DECIMAL(18,4)'}"),
        ("account", "dw/DimAccount.csv", ""),
        ("territory", "dw/DimSalesTerritory.csv", ""),
        ("product", "dw/DimProduct.csv", ""),
        ("subcategory", "dw/DimProductSubcategory.csv", ""),
        ("category", "dw/DimProductCategory.csv", ""),
        ("purchase", "oltp/Purchasing_PurchaseOrderHeader.csv", ""),
        ("purchase_line", "oltp/Purchasing_PurchaseOrderDetail.csv", ""),
        ("employee", "oltp/HumanResources_Employee.csv", ""),
        ("pay", "oltp/HumanResources_EmployeePayHistory.csv", ", types={'Rate': 'DECIMAL(18,4)'}"),
    ]:
        connection.sql(
            f"create view {view} as from read_csv('{DATA / path}', header = true, sample_size = -1{options})"
        )
    yield connection
    connection.close()


def _figures(files, sql: str) -> Figures:
    return {key: Decimal(str(value)) for key, value in files.sql(sql).fetchall()}


def revenue_by_quarter(files, year: int) -> Figures:
    return _figures(
        files,
        f"""select date_trunc('quarter', OrderDate)::date, sum(SalesAmount) from {SALES}
            where year(OrderDate) = {year} group by 1""",
    )


def revenue_by_region(files, year: int) -> Figures:
    return _figures(
        files,
        f"""select SalesTerritoryRegion, sum(SalesAmount) from {SALES} join territory using (SalesTerritoryKey)
            where year(OrderDate) = {year} group by 1""",
    )


def gross_margin_by_category(files, year: int) -> Figures:
    return _figures(
        files,
        f"""select EnglishProductCategoryName, sum(SalesAmount - TotalProductCost) / sum(SalesAmount)
            from {SALES} join product using (ProductKey) join subcategory using (ProductSubcategoryKey)
            join category using (ProductCategoryKey) where year(OrderDate) = {year} group by 1""",
    )


def net_income_by_quarter(files) -> Figures:
    return _figures(
        files,
        f"""select date_trunc('quarter', d)::date, sum(effect) from {LEDGER}
            where scenario = 1 group by 1""",
    )


def operating_expenses_by_quarter(files, year: int) -> Figures:
    # 60 to 78 and 87 running costs, 80 to 85 depreciation and amortisation
    return _figures(
        files,
        f"""select date_trunc('quarter', d)::date, sum(amount) from {LEDGER}
            where scenario = 1 and a between 60 and 87 and year(d) = {year} group by 1""",
    )


def quick_ratio_by_quarter(files) -> Figures:
    # cash 4, receivables 6 and 7, allowance 8, deferred tax, prepaid, intercompany 13 to 15
    # over notes payable 28, payables and accruals 29 to 35, current part of long-term debt 100
    return _figures(
        files,
        f"""select quarter, sum(amount) filter (a between 4 and 8 or a between 13 and 15)
                   / sum(amount) filter (a between 28 and 35 or a = 100)
            from (select *, date_trunc('quarter', d)::date as quarter,
                         max(d) filter (a = 4) over (partition by date_trunc('quarter', d)) as last_day from {LEDGER})
            where scenario = 1 and d = last_day group by 1""",
    )


def budget_variance_by_quarter(files) -> Figures:
    # over the budgeted lines: account and department in the month
    return _figures(
        files,
        f"""with lines as (select date_trunc('month', d) as m, a, department,
                                  sum(effect) filter (scenario = 1) as actual, sum(effect) filter (scenario = 2) as budget
                           from {LEDGER} where effect is not null group by all)
            select date_trunc('quarter', m)::date, sum(coalesce(actual, 0) - budget) from lines
            where budget is not null group by 1""",
    )


def quota_attainment_by_quarter(files) -> Figures:
    # revenue of the people who have a quota in the quarter; the quarter is the quota's own label
    return _figures(
        files,
        """with quotas as (select make_date(CalendarYear, CalendarQuarter * 3 - 2, 1) as q, EmployeeKey,
                                  sum(SalesAmountQuota) as quota from quota group by all),
                sold as (select date_trunc('quarter', OrderDate)::date as q, EmployeeKey, sum(SalesAmount) as amount
                         from reseller group by all)
           select q, sum(coalesce(amount, 0)) / sum(quota) from quotas left join sold using (q, EmployeeKey) group by 1""",
    )


def supplier_lead_time_by_quarter(files) -> Figures:
    return _figures(
        files,
        """select date_trunc('quarter', ShipDate)::date, avg(ShipDate::date - OrderDate::date) from purchase
           where ShipDate <= '2014-01-28' group by 1""",
    )


def suppliers_on_time_by_quarter(files) -> Figures:
    # promised for the first due date that is not before the order
    return _figures(
        files,
        """with promises as (select PurchaseOrderID, min(DueDate) as promised from purchase_line
                             join purchase using (PurchaseOrderID) where DueDate >= OrderDate group by 1)
           select date_trunc('quarter', promised)::date, count(*) filter (ShipDate <= promised) / count(*)
           from promises join purchase using (PurchaseOrderID) where promised <= '2014-01-28' group by 1""",
    )


def supplier_fill_by_quarter(files) -> Figures:
    return _figures(
        files,
        """select date_trunc('quarter', ShipDate)::date, sum(ReceivedQty) / sum(OrderQty) from purchase_line
           join purchase using (PurchaseOrderID) where ShipDate <= '2014-01-28' group by 1""",
    )


def delivery_lateness_by_quarter(files) -> Figures:
    return _figures(
        files,
        """select date_trunc('quarter', ShipDate)::date, avg(ShipDate::date - DueDate::date)
           from (select distinct SalesOrderNumber, ShipDate, DueDate from internet
                 union all select distinct SalesOrderNumber, ShipDate, DueDate from reseller) group by 1""",
    )


def gender_pay_gap(files, day: str) -> Decimal:
    (gap,) = files.sql(
        f"""with rates as (select Gender, max_by(Rate, RateChangeDate) as rate from employee
                           join pay using (BusinessEntityID)
                           where HireDate <= date '{day}' and RateChangeDate <= date '{day}'
                           group by BusinessEntityID, Gender)
            select 1 - avg(rate) filter (Gender = 'F') / avg(rate) filter (Gender = 'M') from rates"""
    ).fetchone()
    return Decimal(str(gap))


def _quarters(values: dict[str, str]) -> Figures:
    return {date(int(q[:4]), int(q[-1]) * 3 - 2, 1): Decimal(value) for q, value in values.items()}


# Computed from the published files; the SQL above must keep giving them.
REVENUE_2013 = _quarters(
    {
        "2013Q1": "13221607.4643",
        "2013Q2": "12630450.9393",
        "2013Q3": "12014916.6951",
        "2013Q4": "12059409.3985",
    }
)
REVENUE_2013_BY_REGION = {
    "Australia": Decimal("5883954.0425"),
    "Canada": Decimal("6267536.0446"),
    "Central": Decimal("2855371.4553"),
    "France": Decimal("4702563.9517"),
    "Germany": Decimal("3565823.8266"),
    "Northeast": Decimal("2211677.1841"),
    "Northwest": Decimal("7500084.3885"),
    "Southeast": Decimal("2360943.1311"),
    "Southwest": Decimal("9734390.8061"),
    "United Kingdom": Decimal("4844039.6667"),
}
GROSS_MARGIN_2013 = {
    "Accessories": Decimal("0.5301888355"),
    "Bikes": Decimal("0.1229441772"),
    "Clothing": Decimal("0.1580754793"),
    "Components": Decimal("0.0609259817"),
}
NET_INCOME = _quarters(
    {
        "2010Q4": "-215529",
        "2011Q1": "556438",
        "2011Q2": "1413895",
        "2011Q3": "812575",
        "2011Q4": "985716",
        "2012Q1": "1687796",
        "2012Q2": "1145587",
        "2012Q3": "491242",
        "2012Q4": "1194941",
        "2013Q1": "2047749",
        "2013Q2": "959142",
        "2013Q3": "633956",
        "2013Q4": "895995",
    }
)
OPERATING_EXPENSES_2013 = _quarters(
    {"2013Q1": "2862586", "2013Q2": "2832862", "2013Q3": "2849152", "2013Q4": "1889248.1"}
)
QUICK_RATIO = _quarters(
    {
        "2010Q4": "1.0310998232",
        "2011Q1": "2.0553076774",
        "2011Q2": "2.6416518793",
        "2011Q3": "2.4145714391",
        "2011Q4": "2.6974520794",
        "2012Q1": "3.0916496116",
        "2012Q2": "2.7366779258",
        "2012Q3": "2.4823792510",
        "2012Q4": "2.3362704194",
        "2013Q1": "2.5188944197",
        "2013Q2": "2.0583936374",
        "2013Q3": "2.0604557476",
        "2013Q4": "2.2209040075",
    }
)
# Q4 2011 holds October and November only: December 2011 was never budgeted.
BUDGET_VARIANCE = _quarters(
    {"2010Q4": "-37228", "2011Q1": "-129366", "2011Q2": "-394719", "2011Q3": "-430681", "2011Q4": "-291707"}
)
QUOTA_ATTAINMENT = _quarters(
    {
        "2010Q4": "0.1259208900",
        "2011Q1": "0.6307137704",
        "2011Q3": "0.5043884682",
        "2011Q4": "0.5375922945",
        "2012Q1": "0.9577887827",
        "2012Q2": "1.1088400768",
        "2012Q3": "0.7232342463",
        "2012Q4": "0.5486256409",
        "2013Q1": "0.9500460867",
        "2013Q2": "1.0752276064",
        "2013Q3": "0.7379746728",
    }
)
# 552 orders after 9 days and three after 25 in 2013 Q4: (552 * 9 + 3 * 25) / 555
SUPPLIER_LEAD_TIME = _quarters(
    dict.fromkeys(
        ["2011Q2", "2011Q4", "2012Q1", "2012Q2", "2012Q3", "2012Q4", "2013Q1", "2013Q2", "2013Q3"], "9"
    )
    | {"2013Q4": "9.0864864865", "2014Q1": "9"}
)
SUPPLIERS_ON_TIME = _quarters(
    dict.fromkeys(
        ["2011Q2", "2011Q4", "2012Q1", "2012Q2", "2012Q3", "2012Q4", "2013Q1", "2013Q2", "2013Q3", "2013Q4"],
        "1",
    )
    | {"2014Q1": "1"}
)
SUPPLIER_FILL = _quarters(
    {
        "2011Q2": "0.9747596154",
        "2011Q4": "0.9978654439",
        "2012Q1": "0.9894483332",
        "2012Q2": "0.9871393643",
        "2012Q3": "0.9915730933",
        "2012Q4": "0.9912893102",
        "2013Q1": "0.9825531915",
        "2013Q2": "0.9900239907",
        "2013Q3": "0.9910535065",
        "2013Q4": "0.9921076514",
        "2014Q1": "0.9891379285",
    }
)
GENDER_PAY_GAP_2013 = Decimal("-0.0824742596")  # women earn more an hour on average

CLOSE = Decimal("0.000000001")  # ratios are published with ten decimals


def _agree(found: Figures, expected: Figures, tolerance: Decimal = Decimal(0)) -> None:
    assert found.keys() == expected.keys()
    off = {key: (found[key], expected[key]) for key in found if abs(found[key] - expected[key]) > tolerance}
    assert not off


@pytest.mark.parametrize(
    ("by_hand", "arguments", "expected", "tolerance"),
    [
        (revenue_by_quarter, [2013], REVENUE_2013, Decimal(0)),
        (revenue_by_region, [2013], REVENUE_2013_BY_REGION, Decimal(0)),
        (gross_margin_by_category, [2013], GROSS_MARGIN_2013, CLOSE),
        (net_income_by_quarter, [], NET_INCOME, Decimal(0)),
        (operating_expenses_by_quarter, [2013], OPERATING_EXPENSES_2013, Decimal(0)),
        (quick_ratio_by_quarter, [], QUICK_RATIO, CLOSE),
        (budget_variance_by_quarter, [], BUDGET_VARIANCE, Decimal(0)),
        (quota_attainment_by_quarter, [], QUOTA_ATTAINMENT, CLOSE),
        (supplier_lead_time_by_quarter, [], SUPPLIER_LEAD_TIME, CLOSE),
        (suppliers_on_time_by_quarter, [], SUPPLIERS_ON_TIME, CLOSE),
        (supplier_fill_by_quarter, [], SUPPLIER_FILL, CLOSE),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_files_give_the_reference_figures(files, by_hand, arguments, expected, tolerance):
    _agree(by_hand(files, *arguments), expected, tolerance)


def test_files_give_the_reference_pay_gap(files):
    assert abs(gender_pay_gap(files, "2013-12-31") - GENDER_PAY_GAP_2013) <= CLOSE


def test_revenue_by_region_adds_up_to_revenue_by_quarter():
    assert sum(REVENUE_2013_BY_REGION.values()) == sum(REVENUE_2013.values())


@pytest.fixture(scope="module")
def edition(adventureworks_edition):
    connection = duckdb.connect(str(adventureworks_edition), read_only=True)
    yield connection
    connection.close()


def published(edition, kpi_id: str, grain: str, scope_type: str, key: str, condition: str) -> Figures:
    """The published values of one KPI that are there, by period or scope."""
    rows = edition.execute(
        f"""select {key}, actual_value from scorecard.kpi_scorecard
            where kpi_id = ? and period_grain = ? and scope_type = ? and actual_value is not null and {condition}""",
        [kpi_id, grain, scope_type],
    ).fetchall()
    assert len(rows) == len(dict(rows)), "a period or scope is published twice"
    return dict(rows)


def reason(edition, kpi_id: str, quarter: date) -> str | None:
    """Why a quarter of the company has no published value; None also where it has no row at all."""
    row = edition.execute(
        """select no_value_reason from scorecard.kpi_scorecard where kpi_id = ? and period_grain = 'quarter'
           and scope_type = 'company' and period_start_date = ? and actual_value is null""",
        [kpi_id, quarter],
    ).fetchone()
    return row[0] if row else None


@pytest.mark.parametrize(
    ("kpi_id", "years", "by_hand", "arguments", "tolerance"),
    [
        ("revenue_amount", (2013, 2013), revenue_by_quarter, [2013], Decimal(0)),
        ("operating_expenses_amount", (2013, 2013), operating_expenses_by_quarter, [2013], Decimal(0)),
        ("net_income_amount", (2010, 2013), net_income_by_quarter, [], Decimal(0)),
        ("quick_ratio", (2011, 2013), quick_ratio_by_quarter, [], CLOSE),
        ("budget_variance_amount", (2010, 2013), budget_variance_by_quarter, [], Decimal(0)),
        ("sales_quota_attainment_ratio", (2010, 2013), quota_attainment_by_quarter, [], CLOSE),
        ("supplier_lead_time_days", (2011, 2013), supplier_lead_time_by_quarter, [], CLOSE),
        ("supplier_on_time_ratio", (2011, 2013), suppliers_on_time_by_quarter, [], CLOSE),
        ("supplier_fill_ratio", (2011, 2013), supplier_fill_by_quarter, [], CLOSE),
        ("delivery_lateness_days", (2011, 2013), delivery_lateness_by_quarter, [], CLOSE),
    ],
)
def test_edition_publishes_by_quarter_what_the_files_say(
    edition, files, kpi_id, years, by_hand, arguments, tolerance
):
    expected = {q: v for q, v in by_hand(files, *arguments).items() if years[0] <= q.year <= years[1]}
    # What a quarter cannot say is not published: see test_edition_leaves_the_edges_of_the_calendar_open.
    for gap in EDGES.get(kpi_id, []):
        expected.pop(gap, None)
    condition = f"year(period_start_date) between {years[0]} and {years[1]}"
    if kpi_id == "quick_ratio":  # a balance of November is no quarter end: not compared
        expected.pop(date(2013, 10, 1))
        condition += " and period_start_date < date '2013-10-01'"
    _agree(
        published(edition, kpi_id, "quarter", "company", "period_start_date", condition), expected, tolerance
    )


# Quarters that the data covers in part: the ledger from December 2010 to November 2013, sales from
# 2010-12-29, budgets to November 2011.
EDGES = {
    "net_income_amount": [date(2010, 10, 1), date(2013, 10, 1)],
    "operating_expenses_amount": [date(2013, 10, 1)],
    "budget_variance_amount": [date(2010, 10, 1), date(2011, 10, 1)],
    "sales_quota_attainment_ratio": [date(2010, 10, 1)],
}


@pytest.mark.parametrize(
    ("kpi_id", "quarter"), [(kpi, quarter) for kpi, gaps in EDGES.items() for quarter in gaps]
)
def test_edition_leaves_the_edges_of_the_calendar_open(edition, kpi_id, quarter):
    assert reason(edition, kpi_id, quarter) == "incomplete_period"


@pytest.mark.parametrize(
    ("kpi_id", "quarter"),
    [
        ("sales_quota_attainment_ratio", date(2011, 4, 1)),  # no quotas
        ("sales_quota_attainment_ratio", date(2013, 10, 1)),  # no quotas any more
        ("supplier_lead_time_days", date(2011, 7, 1)),  # nothing received
        ("supplier_on_time_ratio", date(2011, 7, 1)),  # nothing promised
    ],
)
def test_edition_says_no_data_where_the_files_are_silent(edition, kpi_id, quarter):
    assert reason(edition, kpi_id, quarter) == "no_data"


def test_edition_publishes_revenue_by_region(edition, files):
    found = published(
        edition, "revenue_amount", "year", "region", "scope_id", "period_start_date = date '2013-01-01'"
    )
    _agree(found, revenue_by_region(files, 2013))


def test_edition_publishes_gross_margin_by_category(edition, files):
    found = published(
        edition,
        "gross_margin_ratio",
        "year",
        "product_category",
        "scope_id",
        "period_start_date = date '2013-01-01'",
    )
    _agree(found, gross_margin_by_category(files, 2013), CLOSE)


def test_edition_publishes_the_pay_gap_of_2013(edition, files):
    found = published(
        edition,
        "gender_pay_gap_ratio",
        "year",
        "company",
        "scope_id",
        "period_start_date = date '2013-01-01'",
    )
    # published with four decimals: more would give single salaries away
    _agree(found, {"all": gender_pay_gap(files, "2013-12-31")}, Decimal("0.00005"))


def test_edition_compares_no_year_with_the_three_days_of_2010(edition):
    found = published(
        edition,
        "revenue_growth_ratio",
        "year",
        "company",
        "period_start_date",
        "period_start_date < date '2012-01-01'",
    )
    assert found == {}


def test_edition_shows_no_result_of_the_month_in_which_the_set_breaks_off(edition):
    """January 2014 holds internet sales only; set against a whole company's January it would be a fall of 99 %."""
    found = edition.execute(
        "select kpi_id, period_grain, actual_value from scorecard.kpi_scorecard as scorecard"
        " join scorecard.kpi_catalogue using (kpi_id) where period_basis = 'flow'"
        " and period_start_date >= date '2014-01-01' and actual_value is not null"
    ).fetchall()
    assert found == []


@pytest.mark.parametrize(
    "kpi_id",
    [
        "lead_conversion_ratio",
        "pipeline_value_amount",
        "absence_ratio",
        "utilisation_ratio",
        "customer_acquisition_cost_amount",  # the costs are of five organisations, the customers of the world
        "employee_retention_ratio",  # the list knows no leavers
        "employee_turnover_ratio",
        "training_hours_per_employee",
        "employee_engagement_score",
        "order_fulfilment_ratio",
        "backorder_ratio",
        "carbon_per_order_kg",
        "production_cost_per_unit_amount",
        "cycle_time_days",
    ],
)
def test_edition_has_no_value_where_the_files_can_not_tell(edition, kpi_id):
    found = edition.execute(
        "select distinct actual_value from scorecard.kpi_scorecard where kpi_id = ?", [kpi_id]
    ).fetchall()
    assert found == [(None,)]


def test_quotas_are_the_reseller_channels_revenue_target(edition, files):
    found = dict(
        edition.execute(
            "select period_start_date, target_value from scorecard.kpi_scorecard where kpi_id = 'revenue_amount'"
            " and period_grain = 'quarter' and scope_type = 'channel' and scope_id = 'reseller'"
            " and target_value is not null"
        ).fetchall()
    )
    expected = _figures(
        files,
        """select make_date(CalendarYear, 3 * CalendarQuarter - 2, 1), sum(SalesAmountQuota) from quota group by 1""",
    )
    _agree(found, expected)
    assert found[date(2012, 1, 1)] == 8654000


def test_the_budget_is_the_target_of_operating_expenses_where_every_month_has_one(edition, files):
    found = dict(
        edition.execute(
            "select period_start_date, target_value from scorecard.kpi_scorecard"
            " where kpi_id = 'operating_expenses_amount' and period_grain = 'quarter' and scope_type = 'company'"
            " and target_value is not null"
        ).fetchall()
    )
    expected = _figures(
        files,
        f"""select cast(date_trunc('quarter', d) as date), -sum(effect) from {LEDGER}
            where scenario = 2 and (a between 60 and 78 or a between 80 and 85 or a = 87)
            and d between '2011-01-01' and '2011-09-30' group by 1""",
    )
    _agree(found, expected)
    assert len(found) == 3, "the last quarter of 2011 is budgeted for two months only, later ones not at all"
