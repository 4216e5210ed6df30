"""The main job on the demo company: what is published, what a second run does, and numbers had a second way."""

from __future__ import annotations

import json
import re
import stat
from decimal import Decimal

import duckdb
import pytest

from dagster_project.lib.edition_page import PAGE_FILE, has_page
from tests.conftest import CHECKOUT, copy_home, run_cli

pytestmark = pytest.mark.night
LANDING = CHECKOUT / "seeds" / "landing" / "demo"
KPI = """
    select period_start_date, actual_value from scorecard.kpi_scorecard
    where kpi_id = ? and period_grain = ? and scope_type = ? and scope_id = ? and actual_value is not null
    order by 1
"""


@pytest.fixture(scope="module")
def edition(demo_edition):
    with duckdb.connect(str(demo_edition), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def files():
    """The raw files as text, read with nothing of the project."""
    connection = duckdb.connect()
    for name, pattern in {
        "orders": "sales/orders_*.csv",
        "order_lines": "sales/order_lines_*.csv",
        "ledger_entries": "finance/ledger_entries_*.csv",
        "accounts": "finance/accounts.csv",
        "employees": "hr/employees.csv",
    }.items():
        connection.execute(
            f"create view {name} as select * from read_csv('{LANDING}/{pattern}', header=true, all_varchar=true)"
        )
    yield connection
    connection.close()


def published(edition, kpi_id, grain, scope_type="company", scope_id="all"):
    return dict(edition.execute(KPI, [kpi_id, grain, scope_type, scope_id]).fetchall())


def test_every_kpi_of_the_catalogue_has_values_on_the_demo_company(edition):
    without = edition.execute(
        "select kpi_id from scorecard.kpi_catalogue where kpi_id not in"
        " (select kpi_id from scorecard.kpi_scorecard where actual_value is not null)"
    ).fetchall()
    assert without == []
    assert edition.execute("select count(*) from scorecard.kpi_catalogue").fetchone()[0] >= 30


def test_the_scorecard_has_a_story_some_green_some_red(edition):
    counts = dict(
        edition.execute(
            "select status, count(*) from scorecard.kpi_latest"
            " where scope_type = 'company' and period_grain = 'quarter' group by 1"
        ).fetchall()
    )
    assert counts["achieved"] >= 5
    assert counts["off_track"] >= 5
    assert counts["at_risk"] >= 1


def test_no_published_number_is_inf_nan_or_a_float(edition):
    types = edition.execute(
        "select table_name, column_name, data_type from information_schema.columns"
        " where table_schema = 'scorecard' and data_type in ('DOUBLE', 'FLOAT', 'REAL')"
    ).fetchall()
    assert types == []


def test_revenue_and_gross_margin_by_quarter_from_the_order_lines(edition, files):
    rows = files.execute(
        """
        select
            cast(date_trunc('quarter', cast(o.order_date as date)) as date) as quarter,
            sum(cast(l.net_amount as decimal(18, 2))) as revenue,
            sum(cast(l.cost_amount as decimal(18, 2))) as cost
        from order_lines as l join orders as o using (order_id)
        where o.status = 'confirmed' and o.order_date >= '2023-01-01'
        group by 1
        """
    ).fetchall()
    revenue = published(edition, "revenue_amount", "quarter")
    margin = published(edition, "gross_margin_ratio", "quarter")
    assert len(rows) == 12
    for quarter, amount, cost in rows:
        assert revenue[quarter] == amount
        assert abs(margin[quarter] - (amount - cost) / amount) < Decimal("1e-9")


def test_net_income_by_year_from_the_ledger(edition, files):
    """Income and cost accounts are credited and debited: net income is their sum with the sign turned."""
    rows = files.execute(
        """
        select cast(date_trunc('year', cast(l.posting_date as date)) as date), -sum(cast(l.amount as decimal(18, 2)))
        from ledger_entries as l join accounts as a using (account_id)
        where a.account_id >= '3'
        group by 1
        """
    ).fetchall()
    assert published(edition, "net_income_amount", "year") == dict(rows)
    assert len(rows) == 3


def test_headcount_and_retention_from_the_staff_list(edition, files):
    employees = files.execute(
        "select cast(hire_date as date), cast(leave_date as date) from employees"
    ).fetchall()
    (year_end, start) = duckdb.sql("select date '2025-12-31', date '2024-12-31'").fetchone()
    there = [e for e in employees if e[0] <= year_end and (e[1] is None or e[1] >= year_end)]
    before = [e for e in employees if e[0] <= start and (e[1] is None or e[1] >= start)]
    retained = [e for e in before if e[1] is None or e[1] >= year_end]
    (january,) = duckdb.sql("select date '2025-01-01'").fetchone()
    assert published(edition, "headcount", "year")[january] == len(there)
    ratio = published(edition, "employee_retention_ratio", "year")[january]
    assert abs(ratio - Decimal(len(retained)) / len(before)) < Decimal("1e-9")
    assert len(there) == 89


def test_scope_values_of_additive_kpis_sum_to_the_company(edition):
    wrong = edition.execute(
        """
        select kpi_id, period_grain, period_start_date, scope_type, sum(actual_value) as parts, any_value(company)
        from scorecard.kpi_scorecard as s
        join scorecard.kpi_catalogue using (kpi_id)
        join (
            select kpi_id, period_grain, period_start_date, actual_value as company
            from scorecard.kpi_scorecard where scope_type = 'company' and actual_value is not null
        ) using (kpi_id, period_grain, period_start_date)
        where additivity = 'additive' and scope_type <> 'company'
        -- without what is withheld the parts are less: docs/decisions/small-groups.md
        and (kpi_id, period_grain, period_start_date, scope_type) not in (
            select (kpi_id, period_grain, period_start_date, scope_type)
            from scorecard.kpi_scorecard where no_value_reason = 'withheld'
        )
        -- what nobody sold stands under no employee: docs/decisions/sales-by-person.md
        and scope_type <> 'employee'
        -- costs without a department and the income side are the company's only
        and kpi_id not in ('budget_variance_amount')
        group by all having parts <> any_value(company)
        """
    ).fetchall()
    assert wrong == []


def test_parquet_holds_what_the_file_holds(edition, demo_home):
    folder = demo_home / "published" / "current" / "parquet"
    for (name,) in edition.execute("select table_name from scorecard.publication_tables").fetchall():
        difference = edition.execute(
            f"select count(*) from (select * from scorecard.{name} except all from read_parquet('{folder}/{name}.parquet'))"
        ).fetchone()
        assert difference == (0,), name


def test_the_page_lies_beside_the_numbers_and_is_theirs(demo_home):
    current = demo_home / "published" / "current"
    page = current / PAGE_FILE
    assert has_page(current)
    assert page.stat().st_size < 3_000_000
    assert current.resolve().name in page.read_text(encoding="utf-8")
    [report] = (demo_home / "reports").glob("2025-12-31-*.txt")
    assert "  Page      scorecard.html, " in report.read_text()


@pytest.mark.parametrize("guide", ["README.md", "docs/scoring.md", "docs/drivers.md", "docs/outlook.md"])
def test_the_queries_of_the_guides_run_as_they_are_written(edition, guide):
    written = re.findall(r"```sql\n(.*?)```", (CHECKOUT / guide).read_text(), re.DOTALL)
    assert written
    for statement in duckdb.extract_statements("\n".join(written)):
        rows = edition.execute(statement).fetchall()
        # nothing is open at the end of a year, so nothing is said of where it ends
        assert rows or "kpi_outlook" in statement.query, statement.query


def test_published_files_are_not_for_everyone(demo_home):
    for path in (demo_home / "published" / "current").resolve().rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert stat.S_IMODE(path.stat().st_mode) == 0o640, path


def test_terminal_output_names_every_kpi_its_figures_and_the_file(demo_home):
    text = (demo_home / "stdout.txt").read_text()
    for word in (
        "KPI",
        "Actual",
        "Target",
        "Variance",
        "Status",
        "Quality",
        "Gross margin",
        "Off track",
        "Achieved",
    ):
        assert word in text
    assert "published/current.duckdb" in text
    assert "Published a new edition" in text


def test_second_run_publishes_nothing_new_and_says_so(demo_home, tmp_path):
    home = copy_home(demo_home, tmp_path / "home")
    editions = sorted(path.name for path in (home / "published" / "editions").iterdir())
    run = run_cli("nightly", home=home, check=True)
    assert "Nothing new" in run.stdout
    assert "dbt: " not in run.stderr, "dbt is not called when nothing is new"
    assert sorted(path.name for path in (home / "published" / "editions").iterdir()) == editions


def test_the_targets_of_the_edition_are_remembered(demo_home):
    """Publishing writes the ledger; before it, the night only read it."""
    with duckdb.connect(str(demo_home / "warehouse.duckdb"), read_only=True) as warehouse:
        targets = warehouse.execute(
            "select kpi_id, target_value, reason from plan.targets order by all"
        ).fetchall()
        seen = warehouse.execute(
            "select kpi_id, target_value, reason from plan.targets_seen where removed_on is null order by all"
        ).fetchall()
    assert seen == targets and len(seen) > 100


WHOLE_TARGETS = """
    select kpi_id, period_grain, scope_id, {} from scorecard.kpi_scorecard
    where kpi_id in ('operating_expenses_amount', 'ebitda_amount', 'net_income_amount', 'revenue_amount')
    and period_grain <> 'month' and scope_type in ('company', 'channel')
    and (period_grain, period_start_date) in (('quarter', date '2025-04-01'), ('year', date '2025-01-01'))
    order by 1, 2, 3
"""


def test_an_earlier_as_of_day_shows_open_periods_compared_like_for_like(demo_home, tmp_path, files):
    """As of 17 May 2025: May, the second quarter and the year are open."""
    home = copy_home(demo_home, tmp_path / "home")
    run_cli("nightly", home=home, check=True, SCORECARD_AS_OF="2025-05-17")
    with duckdb.connect(str(home / "published" / "current.duckdb"), read_only=True) as edition:
        may = edition.execute(
            "select actual_value, target_value, period_target_value, previous_value, status, period_status"
            " from scorecard.kpi_scorecard where kpi_id = 'revenue_amount' and scope_type = 'company'"
            " and period_grain = 'month' and period_start_date = date '2025-05-01'"
        ).fetchone()
        (growth,) = edition.execute(
            "select actual_value from scorecard.kpi_scorecard where kpi_id = 'revenue_growth_ratio'"
            " and scope_type = 'company' and period_grain = 'year' and period_start_date = date '2025-01-01'"
        ).fetchone()
        achieved = edition.execute(
            "select count(*) from scorecard.kpi_scorecard where period_status = 'open' and status = 'achieved'"
        ).fetchone()
        (outlook,) = edition.execute(
            "select outlook_value from scorecard.kpi_outlook where kpi_id = 'revenue_amount' and scope_type = 'company'"
            " and period_grain = 'month' and method = 'run_rate'"
        ).fetchone()
        last_period = edition.execute(
            "select max(period_start_date) from scorecard.periods where period_grain = 'month'"
        ).fetchone()
        # budgets and quotas are phased once: the whole target of an open period is the settled period's
        whole = edition.execute(WHOLE_TARGETS.format("period_target_value")).fetchall()
        finance = edition.execute(
            "select distinct kpi_id, no_value_reason from scorecard.kpi_scorecard as scorecard"
            " join scorecard.kpi_catalogue using (kpi_id) where domains = 'finance' and period_basis = 'flow' and period_status = 'open'"
            " and scope_type = 'company'"
        ).fetchall()
    with duckdb.connect(str(demo_home / "published" / "current.duckdb"), read_only=True) as settled:
        assert whole == settled.execute(WHOLE_TARGETS.format("target_value")).fetchall()
    assert len(whole) >= 10
    # the ledger's May has sales and no costs yet: no profit is shown before the month is closed
    assert len(finance) >= 10 and {reason for _, reason in finance} == {"incomplete_period", "no_data"}
    # these need a balance sheet of the open period, and there is none
    without_sheet = {"days_sales_outstanding_days", "runway_months"}
    assert {kpi_id for kpi_id, reason in finance if reason == "no_data"} <= without_sheet
    sums = """
        select sum(cast(l.net_amount as decimal(18, 2))) from order_lines as l join orders as o using (order_id)
        where o.status = 'confirmed' and o.order_date between ? and ?
    """
    assert may[0] == files.execute(sums, ["2025-05-01", "2025-05-17"]).fetchone()[0]
    assert may[1] == round(may[2] * 17 / 31, 2)
    by_then, whole_may = (
        files.execute(sums, ["2024-05-01", f"2024-05-{day}"]).fetchone()[0] for day in (17, 31)
    )
    assert float(outlook) == pytest.approx(float(may[0] / (by_then / whole_may)), rel=1e-9)
    assert may[3] is None, "a whole April is no comparison for seventeen days"
    assert may[4] != "achieved" and may[5] == "open"
    this, last = (
        files.execute(sums, [f"{year}-01-01", f"{year}-05-17"]).fetchone()[0] for year in (2025, 2024)
    )
    assert abs(growth - (this - last) / last) < Decimal("1e-9")
    assert achieved == (0,)
    assert str(last_period[0]) == "2025-05-01"


def test_documentation_site_is_generated(demo_home, tmp_path):
    home = copy_home(demo_home, tmp_path / "home")
    run_cli("dbt", "docs", "generate", home=home, check=True)
    catalog = json.loads((home / "dbt" / "target" / "catalog.json").read_text())
    assert "model.scorecard.kpi_scorecard" in catalog["nodes"]
    assert (home / "dbt" / "target" / "index.html").exists()
    manifest = json.loads((home / "dbt" / "target" / "manifest.json").read_text())
    assert {exposure["name"] for exposure in manifest["exposures"].values()} >= {"scorecard_in_bi_tools"}


def test_dbt_unit_tests_pass(demo_home, tmp_path):
    """Every KPI's and measure's worked examples, which the nightly job leaves out."""
    home = copy_home(demo_home, tmp_path / "home")
    run = run_cli("dbt", "test", "--select", "test_type:unit", home=home)
    assert run.returncode == 0, run.stdout[-3000:]
    results = json.loads((home / "dbt" / "target" / "run_results.json").read_text())["results"]
    assert len(results) >= 100
    assert {result["status"] for result in results} == {"pass"}


def test_no_pay_leaves_the_warehouse(edition, files):
    """Neither a mean pay nor enough decimals of the gap to compute one; and no name or birth date anywhere."""
    shown = edition.execute(
        "select count(*) from scorecard.kpi_scorecard where kpi_id = 'gender_pay_gap_ratio'"
        " and (numerator is not null or denominator is not null or actual_value <> round(actual_value, 4))"
    ).fetchone()
    assert shown == (0,)
    columns = {
        name for (name,) in edition.execute("select column_name from information_schema.columns").fetchall()
    }
    assert not columns & {"employee_id", "employee_name", "birth_date", "pay_rate_amount"}
    for (table,) in edition.execute("select table_name from scorecard.publication_tables").fetchall():
        text = "\n".join(str(row) for row in edition.execute(f"select * from scorecard.{table}").fetchall())
        assert "Testperson" not in text, table
