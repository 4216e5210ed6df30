"""The order of the layers: a model reads its own layer and those before it, and KPI files read metrics."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_project.lib import outlook_tables
from dagster_project.lib.counterfactual import is_about_people
from dagster_project.lib.dbt_runner import ensure_manifest, read_manifest
from dagster_project.lib.lineage import kpi_definitions, kpi_inputs, kpi_models, layer_of, upstream
from dagster_project.lib.page.edition import NEEDED
from dagster_project.lib.publication import PUBLISHED_TABLES, PUBLISHED_VIEWS
from dagster_project.lib.settings import CHECKOUT, Settings

ALLOWED = {
    "staging": {"raw", "staging"},
    "core": {"staging", "core", "reference", "audit"},
    "metrics": {"core", "metrics", "reference"},
    "kpis": {"metrics", "core"},
    "scorecard": {"core", "metrics", "kpis", "scorecard", "reference", "audit", "plan"},
}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    return read_manifest(ensure_manifest(Settings.from_environment({"SCORECARD_HOME": str(home)})))


def wrong_reads(manifest) -> list[str]:
    nodes = {**manifest["nodes"], **manifest["sources"]}
    wrong = []
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] != "model":
            continue
        for parent in manifest["parent_map"][unique_id]:
            if layer_of(nodes[parent]) not in ALLOWED[layer_of(node)]:
                wrong.append(
                    f"{node['name']} ({layer_of(node)}) reads {nodes[parent]['name']} ({layer_of(nodes[parent])})"
                )
    return wrong


def test_layers_read_only_what_lies_before_them(manifest):
    assert not wrong_reads(manifest)


def test_a_wrong_read_is_found(manifest):
    """The test above can fail: a core model that reads a KPI is named."""
    broken = json.loads(json.dumps(manifest))
    kpi = kpi_models(broken)["gross_margin_ratio"]
    broken["parent_map"]["model.scorecard.fct_orders"].append(kpi)
    assert wrong_reads(broken) == ["fct_orders (core) reads gross_margin_ratio (kpis)"]


def test_kpi_files_read_only_periodic_measures_and_the_calendar(manifest):
    for kpi_id, unique_id in kpi_models(manifest).items():
        parents = [manifest["nodes"][parent]["name"] for parent in manifest["parent_map"][unique_id]]
        strangers = [
            name
            for name in parents
            if not name.endswith("_periodic") and name not in {"dim_coverage", "dim_periods"}
        ]
        assert not strangers, f"{kpi_id} reads {strangers}"


def test_a_kpi_is_built_from_the_raw_tables_its_formula_needs(manifest):
    inputs = {}
    for kpi_id, _, table in kpi_inputs(manifest):
        inputs.setdefault(kpi_id, set()).add(table)
    assert {"orders", "order_lines"} <= inputs["gross_margin_ratio"]
    assert "ledger_entries" not in inputs["gross_margin_ratio"]
    assert {"ledger_entries", "accounts"} <= inputs["net_income_amount"]
    assert set(inputs) == set(kpi_models(manifest)), "every KPI has an input on the demo company"


def test_definition_hash_changes_with_any_code_behind_the_kpi_and_with_nothing_else(manifest):
    before = dict(kpi_definitions(manifest))
    broken = json.loads(json.dumps(manifest))
    broken["nodes"]["model.scorecard.fct_order_lines"]["checksum"]["checksum"] = "another"
    after = dict(kpi_definitions(broken))
    assert before["gross_margin_ratio"] != after["gross_margin_ratio"]
    assert before["women_share_ratio"] == after["women_share_ratio"]


def test_everything_published_is_upstream_of_an_exposure(manifest):
    seen = set()
    for unique_id in manifest["exposures"]:
        seen |= upstream(manifest, unique_id)
    # the outlook is made after dbt
    published = {*PUBLISHED_TABLES, *PUBLISHED_VIEWS} - set(outlook_tables.COLUMNS)
    assert {f"model.scorecard.{name}" for name in published} <= seen


def test_importing_the_command_line_is_cheap():
    """A wrong setting is told in a moment: neither Dagster nor Great Expectations is imported for it."""
    code = "import sys, dagster_project.cli; print([m for m in ('dagster', 'great_expectations', 'dbt') if m in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    assert run.stdout.strip() == "[]"


def test_the_page_is_an_exposure_of_all_that_it_is_made_of(manifest):
    read = manifest["exposures"]["exposure.scorecard.scorecard_page"]["depends_on"]["nodes"]
    made_after_dbt = {"publication", *outlook_tables.COLUMNS}
    assert {node.split(".")[-1] for node in read} == set(NEEDED) - made_after_dbt


def test_what_can_be_withheld_is_about_people(manifest):
    """No value in between is computed for a KPI whose own code, or anything behind it, knows small groups."""
    models = kpi_models(manifest)
    knows = {
        kpi_id
        for kpi_id, unique_id in models.items()
        for node in upstream(manifest, unique_id) & set(manifest["nodes"])
        if "minimum_group_size" in manifest["nodes"][node].get("raw_code", "")
        or "'withheld'" in manifest["nodes"][node].get("raw_code", "")
    }
    about_people = {kpi_id for kpi_id in models if is_about_people(manifest, kpi_id)}
    assert knows <= about_people
    assert {"gender_pay_gap_ratio", "gender_pay_gap_median_ratio", "absence_ratio"} <= knows
    assert not about_people & {"gross_margin_ratio", "on_time_delivery_ratio"}


def test_what_is_about_people_is_not_broken_down(manifest):
    """Contributions of parts could give a withheld figure away: such a KPI is listed, with all its dimensions."""
    with (CHECKOUT / "seeds" / "reference" / "kpis_without_drivers.csv").open() as file:
        listed = {row["kpi_id"]: row for row in csv.DictReader(file) if not row["scope_type"]}
    models = kpi_models(manifest)
    about_people = {kpi_id for kpi_id in models if is_about_people(manifest, kpi_id)}
    assert about_people == {
        kpi_id for kpi_id, row in listed.items() if row["reason"] == "It is about people."
    }


def test_what_has_no_drivers_is_a_kpi_and_a_dimension_of_it():
    with (CHECKOUT / "seeds" / "reference" / "kpis.csv").open() as file:
        scopes = {row["kpi_id"]: row["scopes"].split(",") for row in csv.DictReader(file)}
    with (CHECKOUT / "seeds" / "reference" / "kpis_without_drivers.csv").open() as file:
        for row in csv.DictReader(file):
            assert row["scope_type"] in ["", *scopes[row["kpi_id"]]], row
