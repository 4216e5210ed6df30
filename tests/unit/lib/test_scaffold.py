"""`make kpi` writes all of a new KPI's places or none, and what it writes is not mistaken for finished."""

from __future__ import annotations

import csv
import re
import shutil

import pytest
import yaml

from dagster_project.lib.scaffold import FILL_IN, ScaffoldError, new_kpi
from tests.conftest import CHECKOUT

MEASURES = "metrics_sales__order_lines_periodic"


@pytest.fixture
def root(tmp_path):
    for folder in ("dbt_project/models", "seeds/reference"):
        shutil.copytree(CHECKOUT / folder, tmp_path / folder)
    return tmp_path


def test_every_place_of_a_kpi_is_written(root):
    written = new_kpi(root, "returns_ratio", "sales", MEASURES)
    folder = root / "dbt_project/models/kpis/sales"
    assert set(written) == {
        folder / "returns_ratio.sql",
        folder / "returns_ratio.yml",
        root / "dbt_project/models/scorecard/kpi_results.sql",
        root / "seeds/reference/kpis.csv",
    }
    assert "'returns_ratio' as kpi_id" in (folder / "returns_ratio.sql").read_text()
    twin = yaml.safe_load((folder / "returns_ratio.yml").read_text())
    assert len(twin["models"][0]["columns"]) == 9 and len(twin["unit_tests"]) == 2
    union = (root / "dbt_project/models/scorecard/kpi_results.sql").read_text()
    names = re.findall(r"ref\('(\w+)'\)", union)
    assert names == sorted(names) and "returns_ratio" in names
    with (root / "seeds/reference/kpis.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[-1]["kpi_id"] == "returns_ratio" and rows[-1]["domains"] == "sales"
    with (CHECKOUT / "seeds/reference/kpis.csv").open(newline="") as file:
        assert rows[:-1] == list(csv.DictReader(file)), "the other rows stay as they are"


def test_what_is_left_to_a_person_is_marked(root):
    for path in new_kpi(root, "returns_ratio", "sales", MEASURES):
        assert path.name == "kpi_results.sql" or FILL_IN in path.read_text()


@pytest.mark.parametrize(
    ("kpi_id", "department", "measures", "words"),
    [
        ("returns", "sales", MEASURES, "its unit at the end: _ratio, _amount"),
        ("Returns_ratio", "sales", MEASURES, "in lower case"),
        ("../returns_ratio", "sales", MEASURES, "in lower case"),
        (
            "gross_margin_ratio",
            "sales",
            MEASURES,
            "There is a KPI or a model named gross_margin_ratio already",
        ),
        ("returns_ratio", "../sales", MEASURES, "use one of company, "),
        ("returns_ratio", "sales", "fct_orders", "metrics_sales__orders_periodic"),
    ],
)
def test_what_can_not_be_made_is_said_and_nothing_is_written(root, kpi_id, department, measures, words):
    before = {path: path.read_bytes() for path in root.rglob("*.*") if path.is_file()}
    with pytest.raises(ScaffoldError) as error:
        new_kpi(root, kpi_id, department, measures)
    assert words in str(error.value)
    assert before == {path: path.read_bytes() for path in root.rglob("*.*") if path.is_file()}
