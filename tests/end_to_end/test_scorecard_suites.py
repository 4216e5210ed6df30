"""Every expectation on a published table: the demo's tables meet it, and each planted fault breaks it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from dagster_project.lib.gate import find_suites
from dagster_project.lib.gx_duckdb import Examiner
from dagster_project.lib.publication import PUBLISHED_TABLES
from dagster_project.lib.settings import EXPECTATIONS, STAGING
from tests.planted_faults import NeverCommits, Warehouse, assert_met_and_broken

SUITES = find_suites(EXPECTATIONS, [], PUBLISHED_TABLES, STAGING)


@pytest.fixture(scope="module")
def warehouse(demo_home: Path) -> Iterator[Warehouse]:
    """The finished tables in memory, to be changed."""
    connection = duckdb.connect()
    connection.execute(f"attach '{demo_home / 'warehouse.duckdb'}' as night (read_only)")
    connection.execute("create schema scorecard; create schema audit")
    audit = ("run_settings", "holds", "held_values")
    for table in (*(f"audit.{name}" for name in audit), *(f"scorecard.{suite.table}" for suite in SUITES)):
        connection.execute(f"create table {table} as from night.{table}")
    connection.execute("detach night")
    [(as_of,)] = connection.execute("select as_of_date from audit.run_settings").fetchall()
    warehouse = Warehouse(connection, Examiner(NeverCommits(connection)), as_of)
    yield warehouse
    warehouse.examiner.close()


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_expectations_are_met_by_the_demo_and_broken_by_each_planted_fault(suite, warehouse):
    assert isinstance(warehouse.as_of, date)
    for entry in json.loads(suite.path.read_text())["expectations"]:
        assert_met_and_broken(warehouse, suite, entry, entry["severity"] != "critical")
