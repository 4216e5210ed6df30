"""The rules of objectives, key results and weights: each with a row that passes and rows that do not."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest

from dagster_project.lib.plan import SHEETS, PlanError, read_plan
from dagster_project.lib.plan_objectives import (
    can_be_divided_by,
    fits_its_framework,
    has_a_kpi_that_can_tell,
    is_one_period,
    is_positive,
    leads_to_the_top,
    lies_within_its_objective,
    takes_only_a_kpi_off,
    wants_better_than_its_baseline,
    weighs_a_kpi_once,
)
from dagster_project.lib.settings import SHIPPED_PLAN

KEY_RESULT = {
    "objective_id": "o",
    "kpi_id": "gross_margin_ratio",
    "scope_type": "company",
    "baseline_value": None,
    "target_value": Decimal("0.4"),
    "start_date": date(2025, 1, 1),
    "end_date": date(2025, 12, 31),
}


def objective(objective_id: str, parent: str | None = None, company: str | None = "demo") -> dict:
    return {"objective_id": objective_id, "parent_objective_id": parent, "company": company}


def columns_of(findings) -> list[str]:
    return [finding[-2] for finding in findings]


@pytest.mark.parametrize(
    ("weight", "is_fine"), [("0.1", True), ("1", True), ("0", False), ("-1", False), ("1000001", False)]
)
def test_a_weight_is_positive(weight, is_fine):
    assert columns_of(is_positive("weight")({"weight": Decimal(weight)})) == ([] if is_fine else ["weight"])


@pytest.mark.parametrize(
    ("kpi_id", "weight", "is_fine"),
    [
        ("gross_margin_ratio", "2", True),
        ("gross_margin_ratio", "0", True),
        ("gross_margin_ratio", "-1", False),
        (None, "0.5", True),
        (None, "0", False),
        (None, "1000001", False),
    ],
)
def test_weight_0_takes_a_kpi_off_and_no_perspective(kpi_id, weight, is_fine):
    found = takes_only_a_kpi_off({"kpi_id": kpi_id, "weight": Decimal(weight)})
    assert columns_of(found) == ([] if is_fine else ["weight"])


@pytest.mark.parametrize(
    ("framework", "scope_type", "is_fine"),
    [
        ("okr", "company", True),
        ("okr", "department", True),
        ("okr", "team", True),
        ("okr", "role", False),
        ("kra", "role", True),
        ("kra", "employee", False),
        ("mbo", "employee", True),
        ("mbo", "company", False),
    ],
)
def test_a_framework_has_its_kind_of_scope(framework, scope_type, is_fine):
    found = fits_its_framework({"framework": framework, "scope_type": scope_type})
    assert columns_of(found) == ([] if is_fine else ["scope_type"])


@pytest.mark.parametrize(
    ("first", "last", "is_fine"),
    [
        ("2025-02-01", "2025-02-28", True),
        ("2024-02-01", "2024-02-28", False),  # of a leap year
        ("2025-01-01", "2025-03-31", True),
        ("2024-05-01", "2025-04-30", True),
        ("2025-01-01", "2025-06-30", False),
        ("2025-01-02", "2026-01-01", False),
        ("2025-01-01", "2025-12-30", False),
        ("2024-01-01", "2025-12-31", False),
    ],
)
def test_a_key_result_is_measured_over_one_period(first, last, is_fine):
    row = KEY_RESULT | {"start_date": date.fromisoformat(first), "end_date": date.fromisoformat(last)}
    assert columns_of(is_one_period(row)) == ([] if is_fine else ["end_date"])


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({}, []),
        ({"scope_type": "employee"}, []),
        ({"scope_type": "supplier"}, ["scope_type"]),
        ({"kpi_id": "brand_awareness_ratio"}, []),
        ({"kpi_id": "brand_awareness_ratio", "end_date": date(2025, 1, 31)}, ["end_date"]),
        ({"kpi_id": "women_share_ratio"}, ["baseline_value"]),
        ({"kpi_id": "women_share_ratio", "baseline_value": Decimal("0.4")}, ["baseline_value"]),
        ({"kpi_id": "women_share_ratio", "baseline_value": Decimal("0.3")}, []),
        ({"baseline_value": Decimal("0.4")}, []),  # to keep what there is
        ({"kpi_id": "unheard_of"}, []),  # said by another rule
    ],
)
def test_a_key_result_has_a_kpi_that_can_tell(change, wrong):
    assert columns_of(has_a_kpi_that_can_tell(KEY_RESULT | change)) == wrong


@pytest.mark.parametrize(
    ("kpi_id", "baseline", "target", "is_fine"),
    [
        ("gross_margin_ratio", "0.3", "0.4", True),
        ("gross_margin_ratio", "0.4", "0.4", True),  # to keep what there is
        ("gross_margin_ratio", "0.41", "0.4", False),
        ("gross_margin_ratio", None, "0.4", True),
        ("customer_acquisition_cost_amount", "90000", "85000", True),
        ("customer_acquisition_cost_amount", "80000", "85000", False),
        ("women_share_ratio", "0.5", "0.4", True),  # into a band from either side
        ("unheard_of", "2", "1", True),  # said by another rule
    ],
)
def test_a_target_is_better_than_its_baseline(kpi_id, baseline, target, is_fine):
    row = {
        "kpi_id": kpi_id,
        "baseline_value": baseline and Decimal(baseline),
        "target_value": Decimal(target),
    }
    assert columns_of(wants_better_than_its_baseline(row)) == ([] if is_fine else ["baseline_value"])


@pytest.mark.parametrize(
    ("baseline", "target", "is_fine"),
    [(None, "0.1", True), (None, "0", False), (None, "-5", False), ("3", "0", True), ("-9", "-5", True)],
)
def test_a_target_of_0_or_less_needs_a_baseline(baseline, target, is_fine):
    row = {"baseline_value": baseline and Decimal(baseline), "target_value": Decimal(target)}
    assert columns_of(can_be_divided_by(row)) == ([] if is_fine else ["baseline_value"])


def weight(
    perspective: str, year: int, value: str = "1", company: str | None = "demo", kpi_id: str = "k"
) -> dict:
    return {
        "kpi_id": kpi_id,
        "perspective": perspective,
        "valid_from": date(year, 1, 1),
        "weight": Decimal(value),
        "company": company,
    }


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ([weight("customer", 2024), weight("customer", 2025)], []),
        ([weight("customer", 2024), weight("financial", 2024, kpi_id="other")], []),
        ([weight("customer", 2024), weight("financial", 2024, company="other")], []),
        ([weight("customer", 2024), weight("financial", 2024)], [1]),
        ([weight("customer", 2025), weight("financial", 2024)], [0]),
        ([weight("customer", 2024, company=None), weight("financial", 2024)], [1]),
        # it moves: taken off there, weighed here
        ([weight("customer", 2024), weight("customer", 2025, "0"), weight("financial", 2025)], []),
        ([weight("customer", 2024), weight("customer", 2026, "0"), weight("financial", 2025)], [2]),
        # everybody weighs it under customers, the company takes it off there
        (
            [
                weight("customer", 2024, company=None),
                weight("customer", 2024, "0"),
                weight("financial", 2024),
            ],
            [],
        ),
        ([weight("customer", 2024, kpi_id=None), weight("financial", 2024, kpi_id=None)], []),
    ],
)
def test_a_company_weighs_a_kpi_in_one_perspective_at_a_time(rows, wrong):
    found = list(weighs_a_kpi_once(rows, {}))
    assert [number for number, *_ in found] == wrong
    assert columns_of(found) == ["perspective"] * len(wrong)


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        (
            [
                objective("a"),
                objective("b", "a"),
                objective("c", "b"),
                objective("d", "c"),
                objective("e", "d"),
            ],
            [],
        ),
        (
            [objective("a")] + [objective(child, parent) for parent, child in ("ab", "bc", "cd", "de", "ef")],
            [(5, "expected at most 5 levels, found 6: f -> e -> d -> c -> b -> a")],
        ),
        ([objective("a", "a")], [(0, "objectives serve each other in a circle: a -> a")]),
        (
            [objective("a", "b"), objective("b", "a")],
            [
                (0, "objectives serve each other in a circle: a -> b -> a"),
                (1, "objectives serve each other in a circle: b -> a -> b"),
            ],
        ),
        ([objective("a"), objective("b", "a", company=None)], []),
        ([objective("a"), objective("b", "a", company="other")], [(1, "it is an objective of demo")]),
        ([objective("a", "unheard_of")], []),  # said by another rule
    ],
)
def test_objectives_lead_to_the_top(rows, wrong):
    expected = [(number, "parent_objective_id", message) for number, message in wrong]
    assert list(leads_to_the_top(rows, {})) == expected


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({}, []),
        ({"end_date": date(2025, 6, 30)}, []),
        ({"start_date": date(2024, 12, 1)}, ["start_date"]),
        ({"end_date": date(2026, 1, 1)}, ["end_date"]),
        ({"objective_id": "unheard_of", "end_date": date(2030, 1, 1)}, []),  # said by another rule
    ],
)
def test_a_key_result_lies_within_its_objective(change, wrong):
    o = {"objective_id": "o", "period_start_date": date(2025, 1, 1), "period_end_date": date(2025, 12, 31)}
    rows = [KEY_RESULT, KEY_RESULT | change]
    found = list(lies_within_its_objective(rows, {"objectives": [o]}))
    assert [number for number, *_ in found] == [1] * len(wrong)
    assert columns_of(found) == wrong


def test_the_rules_are_asked_when_a_plan_is_read_and_name_the_row(tmp_path):
    """The shipped plan passes; with one cell changed in each sheet every rule has its say."""
    read_plan(SHIPPED_PLAN)
    sheets = {sheet.name: list(rows_of(sheet.name)) for sheet in SHEETS}
    sheets["objectives"][0]["parent_objective_id"] = sheets["objectives"][0]["objective_id"]
    sheets["objectives"][1] |= {"framework": "mbo", "weight": "0"}
    sheets["key_results"][0] |= {"end_date": "2026-06-30", "weight": "0", "scope_type": "supplier"}
    sheets["key_results"][1]["target_value"] = "0.1"
    sheets["key_results"][2] |= {"baseline_value": "", "target_value": "0"}
    sheets["weights"][0]["weight"] = "0"
    twice = next(row for row in sheets["weights"] if row["kpi_id"] == "revenue_growth_ratio")
    sheets["weights"].append(twice | {"perspective": "customer"})
    for name, rows in sheets.items():
        with (tmp_path / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    with pytest.raises(PlanError) as error:
        read_plan(tmp_path)
    text = str(error.value)
    for expected in (
        "objectives.csv, line 2, column parent_objective_id: objectives serve each other in a circle",
        "objectives.csv, line 3, column scope_type: expected employee for mbo",
        "objectives.csv, line 3, column weight: expected a number above 0",
        "key_results.csv, line 2, column end_date: expected one whole month, quarter or year",
        "key_results.csv, line 2, column end_date: 2026-06-30 lies outside its objective's time",
        "key_results.csv, line 2, column weight: expected a number above 0",
        "key_results.csv, line 2, column scope_type: revenue_growth_ratio is published for company,",
        "key_results.csv, line 3, column baseline_value: higher is better for gross_margin_ratio",
        "key_results.csv, line 4, column baseline_value: a target of 0 needs a baseline",
        "column perspective: revenue_growth_ratio is weighed in financial too, from 2023-01-01 on",
        "weights.csv, line 2, column weight: expected a number above 0 for a perspective",
    ):
        assert expected in text


def rows_of(sheet: str) -> list[Mapping[str, str]]:
    with (SHIPPED_PLAN / f"{sheet}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
