"""Every table has a suite, every expectation says how bad a failure is and why, every raw suite has all six kinds."""

from __future__ import annotations

import json
import re

import pytest

from dagster_project.lib.gate import find_suites, raw_tables_read
from dagster_project.lib.history_checks import NEWEST_DATE, ROW_COUNT
from dagster_project.lib.publication import PUBLISHED_TABLES
from dagster_project.lib.settings import CHECKOUT, EXPECTATIONS, STAGING
from dagster_project.lib.sources import find_systems, load_system

SYSTEMS = [load_system(folder) for folder in find_systems([STAGING]).values()]
SUITES = find_suites(EXPECTATIONS, SYSTEMS, PUBLISHED_TABLES, STAGING)
RAW = [suite for suite in SUITES if suite.schema == "raw"]
COLUMNS = {
    f"{system.name}__{table.name}": {column.name for column in table.columns if column.load}
    for system in SYSTEMS
    for table in system.tables
}

NEEDED_KINDS = {"volume", "freshness", "key", "reference", "domain", "rule"}
KINDS = NEEDED_KINDS | {"distribution"}
# counter-examples of these follow from their arguments: tests/planted_faults.py
OWN_COUNTER_EXAMPLE = {
    "expect_column_values_to_be_in_set",
    "expect_column_values_to_be_between",
    "expect_column_values_to_not_be_null",
    "expect_table_row_count_to_be_between",
    ROW_COUNT,
    NEWEST_DATE,
}
# what a name of a column says of people
PERSONAL = re.compile(
    r"gender|pay|salary|birth|mail|phone|^rate$|stated_group|absence_type|^hours_", re.IGNORECASE
)


def content_of(suite):
    return json.loads(suite.path.read_text())


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_table_has_a_suite_whose_expectations_have_severity_and_reason(suite):
    assert suite.path.exists(), f"{suite.path} is missing"
    content = content_of(suite)
    assert content["expectations"], "an empty suite checks nothing"
    for expectation in content["expectations"]:
        assert expectation.get("severity") in {"critical", "warning", "info"}, expectation
        assert len((expectation.get("meta") or {}).get("reason", "")) > 15, expectation


def test_no_suite_file_is_without_a_table():
    known = {suite.path for suite in SUITES}
    assert set(EXPECTATIONS.rglob("*.json")) == known


@pytest.mark.parametrize("suite", RAW, ids=lambda suite: suite.name)
def test_raw_suite_has_all_six_kinds_or_a_reason_for_each_that_is_missing(suite):
    content = content_of(suite)
    kinds = {expectation["meta"].get("kind") for expectation in content["expectations"]}
    assert kinds <= KINDS, f"{suite.path}: unknown kinds {kinds - KINDS}"
    without = (content.get("meta") or {}).get("without") or {}
    assert NEEDED_KINDS - kinds == set(without), (
        f"{suite.path}: each missing kind has its reason, no other one"
    )
    assert not {"volume", "key", "domain"} & set(without), "every table has rows, a key and columns"
    for kind, reason in without.items():
        assert len(reason) > 15, f"{suite.path}: say why there is no {kind}"


@pytest.mark.parametrize("suite", RAW, ids=lambda suite: suite.name)
def test_kind_is_what_the_expectation_does(suite):
    sides = set()
    for expectation in content_of(suite)["expectations"]:
        kind, type_, arguments = expectation["meta"]["kind"], expectation["type"], expectation["kwargs"]
        query = arguments.get("unexpected_rows_query", "")
        assert (type_ == NEWEST_DATE) == (kind == "freshness"), expectation
        if type_ == ROW_COUNT:
            sides |= {(name, expectation["severity"]) for name in arguments if name.startswith("max_")}
        if kind == "reference":
            assert re.search(r"\braw\.\w+__\w+", query), f"a reference reads another table: {expectation}"
        if kind == "key":
            assert all(re.search(rf"\b{column}\b", query) for column in suite.key), expectation
        if type_ == NEWEST_DATE:
            # a table that stops coming makes figures old, not wrong
            assert expectation["severity"] == "warning", expectation
            assert arguments["column"] in COLUMNS[suite.table], expectation
    assert sides == {("max_drop_ratio", "critical"), ("max_growth_ratio", "warning")}


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_expectation_carries_a_counter_example_unless_its_arguments_are_one(suite):
    for expectation in content_of(suite)["expectations"]:
        named = {"breaks_with", "mends_with"} & set(expectation["meta"])
        assert len(named) == 1 or (not named and expectation["type"] in OWN_COUNTER_EXAMPLE), expectation
    queries = " ".join(
        expectation["kwargs"].get("unexpected_rows_query", "")
        for expectation in content_of(suite)["expectations"]
    )
    # a counter-example alone must not bring a table into the night
    assert raw_tables_read(suite) == set(re.findall(r"\braw\.(\w+__\w+)", queries))


@pytest.mark.parametrize("suite", RAW, ids=lambda suite: suite.name)
def test_values_of_people_are_kept_out_of_results(suite):
    loaded = {name for name in COLUMNS[suite.table] if PERSONAL.search(name)} - NOT_OF_PEOPLE.get(
        suite.name, set()
    )
    masked = set((content_of(suite).get("meta") or {}).get("personal_columns") or ())
    assert loaded <= masked, f"{suite.path}: personal_columns lacks {sorted(loaded - masked)}"


NOT_OF_PEOPLE = {"raw/demo/finance/exchange_rates": {"rate"}}


def test_the_guide_names_every_kind():
    text = (CHECKOUT / "docs" / "connecting_a_source.md").read_text()
    assert all(f"`{kind}`" in text for kind in KINDS)
