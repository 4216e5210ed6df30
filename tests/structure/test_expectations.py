"""Every raw and published table has a suite, and every expectation says how bad a failure is and why."""

from __future__ import annotations

import json

import pytest

from dagster_project.lib.gate import find_suites
from dagster_project.lib.publication import PUBLISHED_TABLES
from dagster_project.lib.settings import EXPECTATIONS, STAGING
from dagster_project.lib.sources import find_systems, load_system

SYSTEMS = [load_system(folder) for folder in find_systems([STAGING]).values()]
SUITES = find_suites(EXPECTATIONS, SYSTEMS, PUBLISHED_TABLES, STAGING)


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_table_has_a_suite_whose_expectations_have_severity_and_reason(suite):
    assert suite.path.exists(), f"{suite.path} is missing"
    content = json.loads(suite.path.read_text())
    assert content["expectations"], "an empty suite checks nothing"
    for expectation in content["expectations"]:
        assert expectation.get("severity") in {"critical", "warning", "info"}, expectation
        assert len((expectation.get("meta") or {}).get("reason", "")) > 15, expectation


def test_no_suite_file_is_without_a_table():
    known = {suite.path for suite in SUITES}
    assert set(EXPECTATIONS.rglob("*.json")) == known
