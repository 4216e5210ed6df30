"""Every expectation on a published table: the demo's tables meet it, and each planted fault breaks it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from dagster_project.lib.gate import find_suites
from dagster_project.lib.publication import PUBLISHED_TABLES
from dagster_project.lib.settings import EXPECTATIONS, STAGING
from tests.planted_faults import Warehouse, assert_met_and_broken, night_in_memory

SUITES = find_suites(EXPECTATIONS, [], PUBLISHED_TABLES, STAGING)


@pytest.fixture(scope="module")
def warehouse(demo_home: Path) -> Iterator[Warehouse]:
    """The finished tables in memory, to be changed."""
    audit = ("run_settings", "holds", "held_values")
    tables = (*(f"audit.{name}" for name in audit), *(f"scorecard.{suite.table}" for suite in SUITES))
    with night_in_memory(demo_home, *tables) as night:
        yield night


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_expectations_are_met_by_the_demo_and_broken_by_each_planted_fault(suite, warehouse):
    assert isinstance(warehouse.as_of, date)
    for entry in json.loads(suite.path.read_text())["expectations"]:
        assert_met_and_broken(warehouse, suite, entry, entry["severity"] != "critical")
