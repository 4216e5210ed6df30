"""What may stand in the sheet `targets`, and the ledger that no target ever leaves."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from dagster_project.lib.plan import (
    LEDGER,
    REMOVED,
    SCHEMA,
    SHEETS,
    PlanError,
    plan_hash,
    read_plan,
    remember_targets,
    write_plan,
)
from dagster_project.lib.settings import SHIPPED_PLAN

COLUMNS = [column.name for column in next(sheet for sheet in SHEETS if sheet.name == "targets").columns]
GOAL = {
    "kpi_id": "gross_margin_ratio",
    "scope_type": "company",
    "target_value": "0.375",
    "set_by": "chief_executive",
    "set_on": "2024-12-12",
    "reason": "Carries the branch offices.",
    "valid_from": "2025-01-01",
}
YEAR = {
    **GOAL,
    "kpi_id": "revenue_amount",
    "target_value": "1200",
    "scope_id": "all",
    "period_grain": "year",
    "period_start_date": "2025-01-01",
}


@pytest.fixture
def write(tmp_path):
    """Write targets.csv with these rows; the folder."""

    def written(*rows):
        with (tmp_path / "targets.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        return tmp_path

    return written


@pytest.mark.parametrize(
    ("good", "change", "column", "message"),
    [
        pytest.param(
            GOAL, {"kpi_id": "hires_count"}, "kpi_id", "shown without a target", id="a KPI without targets"
        ),
        pytest.param(
            GOAL | {"scope_type": "region", "scope_id": "Skåne"},
            {"scope_type": "warehouse"},
            "scope_type",
            'published by company,region,channel,product_category,customer_segment,employee, not by "warehouse"',
            id="a scope it is not published by",
        ),
        pytest.param(GOAL | {"scope_id": "all"}, {"scope_id": "North"}, "scope_id", 'is "all"', id="company"),
        pytest.param(
            GOAL | {"kpi_id": "net_margin_ratio", "period_grain": "month"},
            {"period_grain": "week"},
            "period_grain",
            "published by month,quarter,year, not by week",
            id="a grain it is not published by",
        ),
        pytest.param(GOAL, {"target_value": ""}, "target_value", "expected a number", id="no value"),
        pytest.param(
            GOAL,
            {"target_upper": "0.4"},
            "target_upper",
            "expected an empty cell for a KPI whose direction is higher, found 0.4",
            id="a band beside a value",
        ),
        pytest.param(
            GOAL | {"kpi_id": "utilisation_ratio", "target_value": "", "target_lower": "0.68"},
            {"target_value": "0.7"},
            "target_value",
            "expected an empty cell for a KPI whose direction is band",
            id="a value for a band",
        ),
        pytest.param(
            GOAL | {"kpi_id": "utilisation_ratio", "target_value": "", "target_upper": "0.8"},
            {"target_upper": ""},
            "target_lower",
            "expected a number for a KPI whose direction is band",
            id="a band without ends",
        ),
        pytest.param(
            GOAL | {"target_kind": "growth", "target_value": "", "growth_ratio": "0.15"},
            {"growth_ratio": ""},
            "growth_ratio",
            "expected a number for a target by growth",
            id="growth of nothing",
        ),
        pytest.param(
            GOAL | {"target_kind": "growth", "target_value": "", "growth_ratio": "-0.05"},
            {"target_value": "3"},
            "target_value",
            "expected an empty cell for a target by growth, found 3",
            id="growth and a value",
        ),
        pytest.param(
            GOAL, {"growth_ratio": "0.1"}, "growth_ratio", "expected an empty cell", id="value and growth"
        ),
        pytest.param(
            GOAL | {"target_kind": "growth", "target_value": "", "growth_ratio": "0.1"},
            {"kpi_id": "utilisation_ratio"},
            "target_kind",
            "is best inside a band",
            id="growth of a band",
        ),
        pytest.param(
            GOAL | {"kpi_id": "quick_ratio", "target_kind": "benchmark", "target_value": ""},
            {"kpi_id": "gross_margin_ratio"},
            "target_kind",
            "has no benchmark_value in the catalogue",
            id="a benchmark that is not there",
        ),
        pytest.param(
            GOAL | {"kpi_id": "quick_ratio", "target_kind": "benchmark", "target_value": ""},
            {"target_value": "1"},
            "target_value",
            "expected an empty cell for a target by benchmark",
            id="benchmark and a value",
        ),
        pytest.param(
            YEAR,
            {"period_grain": ""},
            "period_grain",
            "grain of the period that begins on 2025-01-01",
            id="grain",
        ),
        pytest.param(
            YEAR | {"period_start_date": "2025-07-01"},
            {"period_start_date": "2025-07-02"},
            "period_start_date",
            "a year begins on the 1st of a month, found 2025-07-02",
            id="a year from the 2nd",
        ),
        pytest.param(
            YEAR | {"period_grain": "week", "period_start_date": "2024-12-30"},
            {"period_start_date": "2025-01-01"},
            "period_start_date",
            "a week begins on a Monday, 2025-01-01 is none",
            id="a week from Wednesday",
        ),
        pytest.param(
            YEAR | {"phasing": "linear"},
            {"period_start_date": ""},
            "phasing",
            "linear needs a period to share out",
            id="phasing of no period",
        ),
        pytest.param(
            YEAR | {"kpi_id": "headcount", "target_value": "", "target_lower": "80", "phasing": "linear"},
            {"kpi_id": "active_customers_count", "target_value": "900", "target_lower": ""},
            "phasing",
            "set one for each grain",
            id="distinct customers are not phased",
        ),
        pytest.param(
            YEAR
            | {
                "kpi_id": "late_payment_days",
                "scope_type": "customer",
                "scope_id": "C1",
                "phasing": "linear",
            },
            {"scope_id": ""},
            "phasing",
            "name the customer in scope_id, or write none",
            id="every day of every customer",
        ),
        pytest.param(
            YEAR | {"kpi_id": "qualified_leads_count", "scope_type": "campaign", "scope_id": ""},
            {"phasing": "working_days"},
            "phasing",
            "name the campaign in scope_id, or write none",
            id="every day of every campaign",
        ),
        pytest.param(
            GOAL | {"valid_to": "2025-12-31"},
            {"period_grain": "year", "period_start_date": "2025-01-01"},
            "valid_to",
            "ends with the period",
            id="a named period with an end of its own",
        ),
        pytest.param(
            GOAL | {"valid_to": "2025-01-01"},
            {"valid_to": "2024-12-31"},
            "valid_to",
            "lies before",
            id="ends first",
        ),
        pytest.param(
            GOAL | {"kpi_id": "revenue_amount", "period_grain": "month"},
            {"period_grain": ""},
            "period_grain",
            "adds up over time, so a target for it needs a grain",
            id="a day held to a year",
        ),
        pytest.param(
            GOAL | {"kpi_id": "training_hours_per_employee", "period_grain": "year"},
            {"period_grain": ""},
            "period_grain",
            "grows with the length of the period, so a target for it needs a grain",
            id="a month held to a year's hours",
        ),
        pytest.param(
            GOAL | {"kpi_id": "employee_retention_ratio", "period_grain": "year"},
            {"period_grain": ""},
            "period_grain",
            "shrinks with the length of the period",
            id="a month held to a year's retention",
        ),
        pytest.param(
            GOAL | {"kpi_id": "active_customers_count", "period_grain": "year"},
            {"period_grain": ""},
            "period_grain",
            "is another figure for each length of period",
            id="a month held to a year's customers",
        ),
        pytest.param(
            GOAL | {"baseline_value": "0.375"},
            {"baseline_value": "0.4"},
            "baseline_value",
            "the target 0.375 is worse than the baseline 0.4 and progress would count backwards; leave the baseline empty",
            id="lower than where one starts, higher is better",
        ),
        pytest.param(
            GOAL | {"kpi_id": "order_fulfilment_days", "target_value": "30", "baseline_value": "40"},
            {"baseline_value": "20"},
            "baseline_value",
            "lower is better for order_fulfilment_days, so the target 30 is worse than the baseline 20",
            id="higher than where one starts, lower is better",
        ),
        pytest.param(
            GOAL
            | {
                "kpi_id": "quick_ratio",
                "target_kind": "benchmark",
                "target_value": "",
                "baseline_value": "0.1",
            },
            {"baseline_value": "99"},
            "baseline_value",
            "is worse than the baseline 99",
            id="a benchmark below where one starts",
        ),
        pytest.param(
            GOAL, {"kpi_id": "no_such_ratio"}, "kpi_id", 'there is no KPI "no_such_ratio"', id="unknown"
        ),
    ],
)
def test_one_cell_is_wrong_and_is_named(write, good, change, column, message):
    """The row is read as it is; with one thing changed it is refused, by row and column."""
    assert len(read_plan(write(good))["targets"]) == 1
    with pytest.raises(PlanError) as error:
        read_plan(write(good | change))
    (line,) = [line for line in str(error.value).splitlines() if f"column {column}:" in line]
    assert line.startswith(f"- targets.csv, line 2, column {column}: ") and message in line


def test_a_growth_amount_may_stand_for_every_grain(write):
    row = GOAL | {
        "kpi_id": "revenue_amount",
        "target_kind": "growth",
        "target_value": "",
        "growth_ratio": "0.1",
    }
    assert read_plan(write(row))["targets"][0]["period_grain"] is None


def test_two_rows_may_not_say_the_same(write):
    later = GOAL | {"valid_from": "2026-01-01", "target_value": "0.4"}
    assert len(read_plan(write(GOAL, later))["targets"]) == 2
    with pytest.raises(PlanError, match="line 3: says the same"):
        read_plan(write(GOAL, GOAL | {"target_value": "0.4"}))


def test_the_company_is_one_scope_whether_its_id_is_given_or_not(write):
    with pytest.raises(PlanError, match="line 3: says the same"):
        read_plan(write(GOAL | {"scope_id": ""}, GOAL | {"scope_id": "all", "target_value": "0.4"}))
    region = GOAL | {"scope_type": "region"}
    assert len(read_plan(write(region | {"scope_id": ""}, region | {"scope_id": "all"}))["targets"]) == 2


def test_the_shipped_plan_is_in_order():
    targets = read_plan(SHIPPED_PLAN)["targets"]
    assert {row["target_kind"] for row in targets} == {"value", "growth", "benchmark"}
    assert {row["phasing"] for row in targets} == {"none", "linear", "working_days", "same_as_last_year"}
    assert all(
        row["valid_to"] for row in targets if row["company"] == "demo" and row["period_start_date"] is None
    ), "a goal without an end is not bound in time"


@pytest.fixture
def warehouse():
    with duckdb.connect() as connection:
        yield connection


def night(warehouse, folder, as_of, published=True):
    """The steps of a night that have to do with the plan; what the edition's name makes of it."""
    write_plan(warehouse, read_plan(folder), as_of)
    content = plan_hash(warehouse)
    if published:
        remember_targets(warehouse, as_of)
    return content


def ledger(warehouse):
    return warehouse.execute(
        f"select target_value, first_seen_on, last_seen_on, removed_on from {SCHEMA}.{LEDGER} order by 1, 2"
    ).fetchall()


def removed(warehouse):
    return warehouse.execute(
        f"select target_value, removed_on from {SCHEMA}.{REMOVED} order by all"
    ).fetchall()


JAN, FEB, MAR = date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 31)
WAS = Decimal("0.375")


def test_a_target_that_is_taken_out_stays_in_the_ledger(warehouse, write):
    other = YEAR | {"target_value": "7"}
    night(warehouse, write(GOAL, other), JAN)
    night(warehouse, write(other), FEB)
    night(warehouse, write(other), MAR)
    # missed for the first time in February
    assert ledger(warehouse) == [(WAS, JAN, JAN, FEB), (7, JAN, MAR, None)]
    assert removed(warehouse) == [(WAS, FEB)]


def test_a_target_that_is_changed_in_its_place_is_two(warehouse, write):
    night(warehouse, write(GOAL), JAN)
    night(warehouse, write(GOAL | {"target_value": "0.4"}), FEB)
    assert ledger(warehouse) == [(WAS, JAN, JAN, FEB), (Decimal("0.4"), FEB, FEB, None)]
    assert removed(warehouse) == [(WAS, FEB)]


def test_a_target_that_comes_back_is_there_again(warehouse, write):
    night(warehouse, write(GOAL), JAN)
    night(warehouse, write(), FEB)
    night(warehouse, write(GOAL), MAR, published=False)
    assert removed(warehouse) == [], "from the first night on that finds it"
    night(warehouse, write(GOAL), MAR)
    assert ledger(warehouse) == [(WAS, JAN, MAR, None)]


def test_the_same_plan_is_the_same_edition_whenever_it_is_read(warehouse, write):
    """Nights in which nobody touches the plan change nothing, an earlier as-of day included."""
    first = night(warehouse, write(GOAL, YEAR), FEB)
    assert night(warehouse, write(YEAR, GOAL), MAR) == first, "the order of the rows is nothing"
    assert night(warehouse, write(GOAL, YEAR), JAN) == first


def test_a_removed_target_is_part_of_the_edition(warehouse, write):
    """It is published, so an edition that shows it is another one; but each further night is the same again."""
    night(warehouse, write(GOAL, YEAR), JAN)
    without = night(warehouse, write(YEAR), FEB)
    assert night(warehouse, write(YEAR), MAR) == without
    with duckdb.connect() as fresh:
        assert night(fresh, write(YEAR), FEB) != without, "a warehouse that never saw it doesn't show it"


def test_a_night_that_is_not_published_leaves_no_trace(warehouse, write):
    """Plan A, a trial with plan B that fails, and A again is the edition of A, with nothing removed."""
    first = night(warehouse, write(GOAL, YEAR), JAN)
    before = ledger(warehouse)
    assert night(warehouse, write(GOAL | {"target_value": "0.9"}), JAN, published=False) != first
    assert removed(warehouse) == [(WAS, JAN), (1200, JAN)], "the trial itself shows what it lacks"
    assert night(warehouse, write(GOAL, YEAR), JAN, published=False) == first
    assert (removed(warehouse), ledger(warehouse)) == ([], before)


def test_what_is_missed_in_vain_has_the_day_of_the_first_edition_that_shows_it(warehouse, write):
    night(warehouse, write(GOAL, YEAR), JAN)
    failed = night(warehouse, write(YEAR), FEB, published=False)
    assert night(warehouse, write(YEAR), MAR) != failed
    assert removed(warehouse) == [(WAS, MAR)]


def test_plans_that_are_published_in_turn_show_what_each_of_them_lacks(warehouse, write):
    """A, B and A again: the rows of A are back, and those of B alone are shown as removed."""
    first = night(warehouse, write(GOAL), JAN)
    night(warehouse, write(GOAL | {"target_value": "0.4"}), FEB)
    third = night(warehouse, write(GOAL), MAR)
    assert removed(warehouse) == [(Decimal("0.4"), MAR)]
    assert third != first, "it shows a row that the first does not"
    assert ledger(warehouse) == [(WAS, JAN, MAR, None), (Decimal("0.4"), FEB, FEB, MAR)]
    assert night(warehouse, write(GOAL), MAR) == third


def test_a_run_that_is_killed_before_readers_see_it_builds_the_same_edition_again(warehouse, write):
    """The ledger is written and nothing is flipped: the same inputs are the same name and the same rows."""
    night(warehouse, write(GOAL, YEAR), JAN)
    killed, shown = night(warehouse, write(YEAR), FEB), removed(warehouse)
    assert night(warehouse, write(YEAR), FEB) == killed
    assert removed(warehouse) == shown == [(WAS, FEB)]


def test_the_ledger_is_written_as_a_whole_or_not_at_all(warehouse, write):
    night(warehouse, write(GOAL, YEAR), JAN)
    before = ledger(warehouse)
    write_plan(warehouse, read_plan(write(GOAL | {"target_value": "0.4"})), FEB)
    # the last of its statements fails: a new row has no note
    warehouse.execute(f"alter table {SCHEMA}.{LEDGER} add column note varchar")
    warehouse.execute(f"update {SCHEMA}.{LEDGER} set note = ''")
    warehouse.execute(f"alter table {SCHEMA}.{LEDGER} alter note set not null")
    with pytest.raises(duckdb.ConstraintException):
        remember_targets(warehouse, FEB)
    assert ledger(warehouse) == before


def test_a_ledger_of_an_older_version_gets_the_columns_of_today(warehouse, write):
    night(warehouse, write(GOAL), JAN)
    warehouse.execute(f"alter table {SCHEMA}.{LEDGER} drop column valid_to")
    night(warehouse, write(GOAL), FEB)
    assert ledger(warehouse) == [(WAS, JAN, FEB, None)]
