"""Every expectation on a raw table: the shipped data meet it, and one planted fault breaks it.

A query carries its counter-examples in its suite (`breaks_with`); those of the library's own types follow from
their arguments. Each fault is planted in a transaction that is rolled back, so one load serves them all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import duckdb
import pytest

from dagster_project.lib.gate import Suite, find_suites
from dagster_project.lib.gx_duckdb import Examiner
from dagster_project.lib.history_checks import is_history_check
from dagster_project.lib.ingest import ingest_table
from dagster_project.lib.settings import CHECKOUT, EXPECTATIONS, STAGING
from dagster_project.lib.sources import find_systems, load_system
from tests.planted_faults import NeverCommits, Warehouse, assert_met_and_broken, borders

SYSTEMS = {name: load_system(folder) for name, folder in find_systems([STAGING]).items()}
SUITES = find_suites(EXPECTATIONS, SYSTEMS.values(), [], STAGING)


@pytest.fixture(scope="module")
def warehouses(request: pytest.FixtureRequest) -> Iterator[dict[str, Warehouse]]:
    """Loaded when a test first asks for its system, and kept for the others."""
    loaded: dict[str, Warehouse] = {}
    yield loaded
    for warehouse in loaded.values():
        warehouse.examiner.close()


@pytest.fixture
def warehouse(suite: Suite, warehouses: dict[str, Warehouse], request: pytest.FixtureRequest) -> Warehouse:
    name = suite.source_system
    if name not in warehouses:
        landing = CHECKOUT / (SYSTEMS[name].landing or "")
        if name == "adventureworks":
            landing = request.getfixturevalue("adventureworks_landing")
        connection = duckdb.connect()
        for table in SYSTEMS[name].tables:
            ingest_table(connection, table, landing, run_id="test")
        warehouses[name] = Warehouse(connection, Examiner(NeverCommits(connection)), SYSTEMS[name].as_of)
    return warehouses[name]


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_expectations_are_met_by_the_shipped_data_and_broken_by_each_planted_fault(suite, warehouse):
    for entry in json.loads(suite.path.read_text())["expectations"]:
        # made-up data meet everything; of real data a known fact may be told, and nothing held for it
        may_fail = suite.source_system != "demo" and entry["severity"] in {"warning", "info"}
        assert_met_and_broken(warehouse, suite, entry, may_fail)


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_volume_and_freshness_allow_as_much_as_they_say_and_no_more(suite, warehouse):
    for entry in json.loads(suite.path.read_text())["expectations"]:
        if not is_history_check(entry):
            continue
        for allowed, statements in borders(suite, entry, warehouse):
            with warehouse.planted(suite, *statements):
                assert warehouse.verdict(suite, entry)[0] == allowed, (suite.name, entry, statements)
