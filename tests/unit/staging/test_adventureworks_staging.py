"""What the AdventureWorks mapping makes of the files, checked on a built staging schema.

What belongs elsewhere: figures of whole KPIs (tests/end_to_end/test_adventureworks_by_hand.py) and rules on
the raw tables (expectations/raw/adventureworks).
"""

import os
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

CHECKOUT = Path(__file__).parents[3]
DATA = Path(os.environ.get("SCORECARD_SHARED_DATA", CHECKOUT.parent / "shared" / "data")) / "adventureworks"

pytestmark = pytest.mark.skipif(
    not (DATA / "dw").is_dir(),
    reason=f"the AdventureWorks files are not in {DATA} (set SCORECARD_SHARED_DATA)",
)


@pytest.fixture(scope="module")
def warehouse(adventureworks_warehouse):
    connection = duckdb.connect(str(adventureworks_warehouse), read_only=True)
    yield connection
    connection.close()


def one(warehouse, sql: str):
    rows = warehouse.sql(sql).fetchall()
    assert len(rows) == 1
    return rows[0]


def months_from(first_year: int, first_month: int, count: int) -> list[tuple[int, int]]:
    return [(first_year + (first_month - 1 + i) // 12, (first_month - 1 + i) % 12 + 1) for i in range(count)]


def test_balances_have_one_snapshot_in_each_month_from_december_2010_to_november_2013(warehouse):
    snapshots = warehouse.sql(
        """select year(balance_date), month(balance_date), count(distinct balance_date)
           from staging.stg_finance__balances group by all order by all"""
    ).fetchall()
    assert snapshots == [(*month, 1) for month in months_from(2010, 12, 36)]


def test_a_label_on_the_first_closes_the_month_before(warehouse):
    dates = warehouse.sql(
        """select distinct strftime(posting_date, '%Y-%m-%d') from staging.stg_finance__postings
           where year(posting_date) = 2011 order by 1"""
    ).fetchall()
    assert [d for (d,) in dates] == [
        "2011-01-29", "2011-02-28", "2011-03-31", "2011-04-30", "2011-05-31", "2011-06-30",
        "2011-07-31", "2011-08-29", "2011-09-29", "2011-10-29", "2011-11-29", "2011-12-28", "2011-12-29",
    ]  # fmt: skip


def test_each_balance_sheet_foots_to_the_cent(warehouse):
    unequal = warehouse.sql(
        """select balance_date, sum(case when account_class in ('cash', 'receivable', 'inventory',
                  'other_current_asset', 'non_current_asset') then balance_amount else -balance_amount end) as off
           from staging.stg_finance__balances join staging.stg_finance__accounts using (account_id)
           group by 1 having sum(case when account_class in ('cash', 'receivable', 'inventory',
                  'other_current_asset', 'non_current_asset') then balance_amount else -balance_amount end) <> 0"""
    ).fetchall()
    assert unequal == []


def test_the_allowance_for_bad_debt_is_added_to_the_receivables(warehouse):
    row = one(
        warehouse,
        """select min(balance_amount) > 0, any_value(account_class) from staging.stg_finance__balances
           join staging.stg_finance__accounts using (account_id) where account_id = '8'""",
    )
    assert row == (True, "receivable")


@pytest.mark.parametrize("day", ["2011-12-28", "2012-12-27", "2013-12-28"])
def test_adjusting_days_carry_income_that_nets_to_nothing_and_no_balances(warehouse, day):
    postings = one(
        warehouse,
        f"""select count(*), sum(profit_effect_amount), list_sort(list(distinct account_id))
            from staging.stg_finance__postings where posting_date = date '{day}'""",
    )
    assert postings == (15, Decimal(0), ["85", "92", "93"])
    assert one(
        warehouse, f"select count(*) from staging.stg_finance__balances where balance_date = '{day}'"
    ) == (0,)


def test_net_income_equals_the_operator_tree_walked_from_the_leaves(warehouse):
    by_tree = warehouse.sql(
        """with recursive paths as (
               select AccountKey as leaf, AccountKey, ParentAccountKey, case Operator when '-' then -1 else 1 end as sign
               from raw.adventureworks__account
               union all
               select paths.leaf, parent.AccountKey, parent.ParentAccountKey,
                      paths.sign * case parent.Operator when '-' then -1 else 1 end
               from paths join raw.adventureworks__account as parent on paths.ParentAccountKey = parent.AccountKey)
           select case when day(Date) = 1 then Date - 1 else Date end, sum(Amount * sign)
           from raw.adventureworks__finance join paths on leaf = raw.adventureworks__finance.AccountKey
           where paths.AccountKey = 47 and ScenarioKey = 1 and OrganizationKey in (3, 4, 5, 6, 7)
           group by 1 order by 1"""
    ).fetchall()
    staged = warehouse.sql(
        "select posting_date, sum(profit_effect_amount) from staging.stg_finance__postings group by 1 order by 1"
    ).fetchall()
    assert len(staged) == 39
    assert [(str(day)[:10], amount) for day, amount in staged] == [
        (str(day)[:10], amount) for day, amount in by_tree
    ]


def test_signs_say_what_helps_the_result(warehouse):
    signs = dict(
        warehouse.sql(
            """select account_class, sign(sum(profit_effect_amount)) from staging.stg_finance__postings
               join staging.stg_finance__accounts using (account_id) group by 1"""
        ).fetchall()
    )
    costs = {
        "cost_of_goods_sold",
        "operating_expense",
        "depreciation",
        "amortisation",
        "interest_expense",
        "tax",
    }
    assert {name: int(sign) for name, sign in signs.items() if name != "other_income"} == {
        "revenue": 1, "interest_income": 1, **dict.fromkeys(costs, -1)
    }  # fmt: skip
    reductions = one(
        warehouse,
        """select max(case when account_id in ('53', '54') then 'reduces' end), sum(profit_effect_amount) < 0
           from staging.stg_finance__postings where account_id in ('53', '54')""",
    )
    assert reductions == ("reduces", True)


def test_no_cost_has_a_function_because_costs_are_american_and_customers_are_not(warehouse):
    """Otherwise the acquisition cost would divide the costs of five organisations by the world's customers."""
    functions = "select count(*), count(cost_function) from staging.stg_finance__accounts where account_class = 'operating_expense'"
    accounts, with_function = one(warehouse, functions)
    assert accounts > 10
    assert with_function == 0


def test_budget_covers_december_2010_to_november_2011(warehouse):
    months = warehouse.sql(
        "select distinct year(budget_date), month(budget_date) from staging.stg_finance__budget_lines order by all"
    ).fetchall()
    assert months == months_from(2010, 12, 12)


def test_quotas_lie_in_the_quarter_of_their_label(warehouse):
    quotas = warehouse.sql(
        """select strftime(period_start_date, '%Y-%m'), count(*), cast(sum(quota_amount) as bigint)
           from staging.stg_sales__quotas group by 1 order by 1"""
    ).fetchall()
    assert quotas == [
        ("2010-10", 10, 3886000),
        ("2011-01", 10, 5627000),
        ("2011-07", 20, 9818000),  # two a person; 2011-04 has none
        ("2011-10", 13, 10537000),
        ("2012-01", 14, 8654000),
        ("2012-04", 14, 5913000),
        ("2012-07", 14, 8039000),
        ("2012-10", 17, 13733000),
        ("2013-01", 17, 11097000),
        ("2013-04", 17, 8051000),
        ("2013-07", 17, 10359000),
    ]


def test_quotas_and_orders_name_the_same_salespeople(warehouse):
    sellers = "select distinct salesperson_id from staging.stg_sales__orders where channel = 'reseller'"
    quoted = "select distinct salesperson_id from staging.stg_sales__quotas"
    assert one(warehouse, f"select count(*) from ({quoted})") == (17,)
    assert (
        warehouse.sql(f"({sellers} except {quoted}) union all ({quoted} except {sellers})").fetchall() == []
    )


def test_order_lines_lose_nothing_of_either_channel(warehouse):
    lines = one(
        warehouse, "select count(*), sum(net_amount), sum(cost_amount) from staging.stg_sales__order_lines"
    )
    assert lines == (121253, Decimal("109809274.2030"), Decimal("97257907.9547"))
    orders = warehouse.sql(
        "select channel, count(*) from staging.stg_sales__orders group by 1 order by 1"
    ).fetchall()
    assert orders == [("internet", 27659), ("reseller", 3796)]


def test_products_are_the_current_version_of_606(warehouse):
    categories = warehouse.sql(
        "select product_category, count(*) from staging.stg_sales__products group by 1 order by 1"
    ).fetchall()
    assert categories == [
        ("Accessories", 29), ("Bikes", 97), ("Clothing", 35), ("Components", 134), ("unassigned", 209)
    ]  # fmt: skip


def test_nothing_sold_is_unassigned(warehouse):
    unassigned = """select count(*) from staging.stg_sales__order_lines
                    join staging.stg_sales__products using (product_id) where product_category = 'unassigned'"""
    assert one(warehouse, unassigned) == (0,)


def test_stock_value_is_that_of_the_file(warehouse):
    row = one(
        warehouse,
        """select count(*), sum(quantity * unit_cost_amount),
                  (select sum(UnitsBalance * UnitCost) from raw.adventureworks__product_inventory)
           from staging.stg_logistics__stock""",
    )
    # 43 month ends of 504 products; averaging versions may round a ten-thousandth a unit
    assert row[0] == 43 * 504
    assert row[2] == Decimal("985726118.9700")
    assert abs(row[1] - row[2]) < Decimal("1")


def test_purchase_orders_are_received_nine_or_twentyfive_days_after_the_order(warehouse):
    lags = warehouse.sql(
        """select date_diff('day', ordered_date, received_date), count(*) from staging.stg_logistics__purchase_orders
           group by 1 order by 1"""
    ).fetchall()
    assert lags == [(9, 4000), (25, 12)]


def test_purchase_order_lines_keep_the_units(warehouse):
    units = one(
        warehouse,
        """select count(*), sum(ordered_quantity), sum(received_quantity), sum(rejected_quantity)
           from staging.stg_logistics__purchase_order_lines""",
    )
    assert units == (8845, 2348637, 2327299, 72700)


def test_employees_are_84_women_and_206_men_and_nobody_has_left(warehouse):
    people = warehouse.sql(
        "select gender, count(*), count(leave_date) from staging.stg_hr__employees group by 1 order by 1"
    ).fetchall()
    assert people == [("man", 206, 0), ("woman", 84, 0)]


def test_leaders_are_told_by_their_titles(warehouse):
    leaders = one(
        warehouse,
        "select count(*), count(distinct role), count(*) filter (gender = 'woman') from staging.stg_hr__employees where is_leader",
    )
    assert leaders == (46, 31, 14)
    others = warehouse.sql(
        """select role from staging.stg_hr__employees where not is_leader
           and (role like '%Chief%' or role like '%Manage%' or role like '%Super%')"""
    ).fetchall()
    assert others == [("Assistant to the Chief Financial Officer",)]


def test_teams_are_the_shifts_of_departments_that_work_several(warehouse):
    teams = warehouse.sql(
        """select department, string_agg(distinct team, ', ' order by team) from staging.stg_hr__assignments
           where team is not null group by 1 order by 1"""
    ).fetchall()
    assert dict(teams) == {
        "Document Control": "Day, Evening, Night",
        "Facilities and Maintenance": "Day, Evening, Night",
        "Information Services": "Day, Evening",
        "Production": "Day, Evening, Night",
        "Production Control": "Day, Evening, Night",
        "Quality Assurance": "Day, Evening, Night",
        "Shipping and Receiving": "Day, Evening, Night",
    }


def test_nothing_personal_is_loaded(warehouse):
    columns = {
        name.lower()
        for (name,) in warehouse.sql(
            """select column_name from information_schema.columns
               where table_schema = 'raw' and table_name in ('adventureworks__customer', 'adventureworks__employee')"""
        ).fetchall()
    }
    assert columns - {"_file_id", "_line"} == {
        "customerkey", "geographykey", "businessentityid", "gender", "hiredate", "currentflag", "jobtitle"
    }  # fmt: skip
