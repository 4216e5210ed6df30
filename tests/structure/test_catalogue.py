"""Both directions of KPI files, catalogue, targets and union line: what is in one is in all."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
import yaml

from dagster_project.lib.catalogue_pages import pages
from dagster_project.lib.scaffold import FILL_IN

CHECKOUT = Path(__file__).resolve().parents[2]
KPIS = CHECKOUT / "dbt_project" / "models" / "kpis"
SEEDS = CHECKOUT / "seeds"
CONTRACT = {
    "kpi_id": "varchar",
    "period_grain": "varchar",
    "period_start_date": "date",
    "scope_type": "varchar",
    "scope_id": "varchar",
    "numerator": "decimal(38, 10)",
    "denominator": "decimal(38, 10)",
    "actual_value": "decimal(38, 10)",
    "no_value_reason": "varchar",
}


def rows(name: str) -> list[dict[str, str]]:
    folder = "plan" if (SEEDS / "plan" / f"{name}.csv").exists() else "reference"
    with (SEEDS / folder / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def kpi_files() -> dict[str, Path]:
    return {path.stem: path for path in KPIS.rglob("*.sql")}


CATALOGUE = {row["kpi_id"]: row for row in rows("kpis")}
THE_THIRTY = """
    revenue_amount revenue_growth_ratio gross_profit_amount gross_margin_ratio average_order_value_amount
    new_customers_count sales_quota_attainment_ratio net_income_amount net_margin_ratio ebitda_amount
    debt_to_equity_ratio quick_ratio operating_expenses_amount budget_variance_amount budget_variance_ratio
    inventory_turnover_ratio order_fulfilment_days on_time_delivery_ratio supplier_lead_time_days
    supplier_reject_ratio headcount hires_count women_share_ratio gender_pay_gap_ratio
    customer_acquisition_cost_amount lead_conversion_ratio pipeline_value_amount absence_ratio
    employee_retention_ratio utilisation_ratio
""".split()


OBSERVED = {kpi_id for kpi_id, row in CATALOGUE.items() if row["domains"] == "observed"}
DERIVED = set(CATALOGUE) - OBSERVED


def test_every_kpi_file_has_a_catalogue_row_and_every_row_a_file():
    """Observed KPIs share one file: there is no formula of ours to find."""
    assert set(kpi_files()) == DERIVED | {"observed_kpis"}
    assert OBSERVED


def test_the_first_thirty_kpis_are_there():
    assert set(THE_THIRTY) <= set(CATALOGUE)


def test_every_kpi_is_in_the_union_line_exactly_once():
    union = (CHECKOUT / "dbt_project" / "models" / "scorecard" / "kpi_results.sql").read_text()
    listed = re.findall(r"select \* from \{\{ ref\('(\w+)'\) \}\}", union)
    assert listed == sorted(DERIVED | {"observed_kpis"}), "alphabetical, each once"


@pytest.mark.parametrize("kpi_id", sorted(DERIVED))
def test_kpi_folder_is_its_department(kpi_id):
    assert kpi_files()[kpi_id].parent.name == CATALOGUE[kpi_id]["department"]


@pytest.mark.parametrize("kpi_id", sorted(DERIVED | {"observed_kpis"}))
def test_kpi_has_a_twin_with_the_contract_and_two_unit_tests(kpi_id):
    twin = yaml.safe_load(kpi_files()[kpi_id].with_suffix(".yml").read_text())
    (model,) = twin["models"]
    assert model["name"] == kpi_id
    assert len(model["description"]) > 40
    assert {column["name"]: column["data_type"] for column in model["columns"]} == CONTRACT
    names = [test["name"] for test in twin["unit_tests"]]
    assert len(names) >= 2, "one with figures to check by hand, one edge"
    assert all(name.startswith(f"{kpi_id}__") for name in names)
    assert all(test["expect"]["rows"] for test in twin["unit_tests"]), (
        "a test that expects nothing can not fail"
    )


@pytest.mark.parametrize("kpi_id", sorted(DERIVED))
def test_kpi_file_starts_with_its_formula_in_words(kpi_id):
    text = kpi_files()[kpi_id].read_text()
    assert text.startswith("--"), "the first line says the formula"
    assert f"'{kpi_id}' as kpi_id" in text


@pytest.mark.parametrize("kpi_id", sorted(CATALOGUE))
def test_kpi_has_a_metric_of_its_name_or_a_note_why_not(kpi_id):
    row = CATALOGUE[kpi_id]
    file = kpi_files()["observed_kpis" if kpi_id in OBSERVED else kpi_id]
    twin = yaml.safe_load(file.with_suffix(".yml").read_text())
    metrics = {metric["name"]: metric["label"] for metric in twin.get("metrics", [])}
    if row["metric_layer_note"]:
        assert not metrics, "it has a metric, so there is nothing to explain"
    else:
        assert metrics.pop(kpi_id) == row["title_en"]
        assert not metrics.keys() & CATALOGUE.keys(), "another KPI's metric stands in that KPI's twin"


def test_semantic_models_stand_beside_their_models_and_metrics_beside_kpis():
    for path in (CHECKOUT / "dbt_project" / "models").rglob("*.yml"):
        twin = yaml.safe_load(path.read_text())
        assert "metrics" not in twin or path.is_relative_to(KPIS), path
        for model in twin.get("semantic_models", []):
            assert model["model"] == f"ref('{path.stem}')", path
            assert not path.stem.endswith("_periodic"), "a period is what MetricFlow makes of days"


def test_what_still_rises_after_its_period_says_for_how_long():
    rising = {kpi_id for kpi_id, row in CATALOGUE.items() if "Young periods still rise" in row["note"]}
    declared = {kpi_id: row for kpi_id, row in CATALOGUE.items() if row["final_after_days"]}
    assert rising and rising == declared.keys()
    for row in declared.values():
        assert int(row["final_after_days"]) > 0
        assert row["period_basis"] == "flow", "nothing is counted into a level later"


@pytest.mark.parametrize("kpi_id", sorted(CATALOGUE))
def test_kpi_has_a_target_rule_and_the_rule_is_true(kpi_id):
    """`set` and `quota` KPIs have rows for the demo company; `none` has none anywhere."""
    rule = CATALOGUE[kpi_id]["target_rule"]
    targets = [row for row in rows("targets") if row["kpi_id"] == kpi_id]
    if rule == "none":
        assert not targets
    elif rule == "set":
        assert any(row["company"] == "demo" and row["scope_type"] == "company" for row in targets)
    elif rule == "budget":
        model = (
            CHECKOUT / "dbt_project" / "models" / "metrics" / "metrics_finance__budget_targets_periodic.sql"
        )
        assert f"'{kpi_id}'" in model.read_text()
    else:
        assert rule == "quota"
        assert f"'{kpi_id}'" in (CHECKOUT / "dbt_project/models/scorecard/kpi_targets.sql").read_text()


def test_what_adds_up_over_time_is_an_additive_flow_and_nothing_else():
    for kpi_id, row in CATALOGUE.items():
        is_additive_flow = (row["additivity"], row["period_basis"]) == ("additive", "flow")
        assert (row["target_phasing"] == "adds_up") == is_additive_flow, kpi_id
        assert row["target_phasing"] in {"adds_up", "grows", "shrinks", "same", "none"}, kpi_id
        if row["period_basis"] == "snapshot":
            assert row["target_phasing"] == "same", kpi_id


def test_targets_fit_the_direction_of_their_kpi():
    for row in rows("targets"):
        kpi = CATALOGUE[row["kpi_id"]]
        has_band = bool(row["target_lower"]) and bool(row["target_upper"])
        if kpi["direction"] == "band":
            assert has_band and not row["target_value"], row
            assert float(row["target_lower"]) <= float(row["target_upper"]), row
        elif row["target_kind"] == "value":
            assert row["target_value"] and not row["target_lower"] and not row["target_upper"], row
        assert row["scope_type"] in kpi["scopes"].split(","), row
        assert not row["period_grain"] or row["period_grain"] in kpi["grains"].split(","), row


@pytest.mark.parametrize("column", ["title", "description"])
def test_catalogue_speaks_both_languages(column):
    for kpi_id, row in CATALOGUE.items():
        assert row[f"{column}_en"] and row[f"{column}_sv"], kpi_id
        if column == "description":
            assert row["description_en"] != row["description_sv"], kpi_id
            assert row["description_en"].endswith(".") and row["description_sv"].endswith("."), kpi_id


def test_key_results_are_bound_to_kpis_at_published_scopes():
    objectives = {row["objective_id"] for row in rows("objectives")}
    assert objectives
    for row in rows("key_results"):
        assert row["kpi_id"] in CATALOGUE
        assert row["objective_id"] in objectives
        assert row["scope_type"] in CATALOGUE[row["kpi_id"]]["scopes"].split(",")


def test_nothing_is_left_to_fill_in():
    """`make kpi` marks what a person has to write."""
    left = [
        path.relative_to(CHECKOUT)
        for folder in (KPIS, SEEDS / "reference", SEEDS / "plan")
        for path in folder.rglob("*.*")
        if FILL_IN in path.read_text()
    ]
    assert not left, f"{FILL_IN!r} stands in {', '.join(map(str, left))}"


def test_the_readme_says_how_many_kpis_there_are():
    assert f"[{len(CATALOGUE)} KPIs]" in (CHECKOUT / "README.md").read_text()


def test_the_pages_are_those_of_the_catalogue():
    written = {path.name: path.read_text() for path in (CHECKOUT / "docs" / "kpis").glob("*.md")}
    assert written == pages(CATALOGUE.values()), "run `make catalogue`"
