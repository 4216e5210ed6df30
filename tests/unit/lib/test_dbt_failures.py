"""What people are told of a failed dbt build: the rule, the rows that break it, what to do, and nobody's pay."""

from __future__ import annotations

import json

import duckdb
import pytest

from dagster_project.lib.dbt_failures import findings, forget_results, read_results, rule_in_words

CONTRACT = {
    "resource_type": "model",
    "fqn": ["scorecard", "staging", "contract", "hr", "stg_hr__pay"],
    "name": "stg_hr__pay",
    "columns": {"employee_id": {}, "valid_from": {}, "annual_amount": {}},
}


def generic(name, columns, **more):
    return {
        "resource_type": "test",
        "name": f"{name}_stg_hr__pay",
        "original_file_path": "models/staging/contract/hr/stg_hr__pay.yml",
        "attached_node": "model.stg_hr__pay",
        "test_metadata": {"name": name, "kwargs": {"columns": columns, "model": "{{ ... }}"}},
        "config": {"meta": {}},
        "raw_code": "",
        **more,
    }


def singular(raw_code, **meta):
    return {
        "resource_type": "test",
        "name": "assert_rates__are_there",
        "original_file_path": "tests/assert_rates__are_there.sql",
        "config": {"meta": meta},
        "raw_code": raw_code,
    }


@pytest.fixture
def manifest():
    return {
        "nodes": {
            "model.stg_hr__pay": CONTRACT,
            "model.stg_finance__exchange_rates": {
                **CONTRACT,
                "name": "stg_finance__exchange_rates",
                "fqn": ["scorecard", "staging", "contract", "finance", "stg_finance__exchange_rates"],
            },
            "test.complete": generic("complete", ["employee_id", "valid_from", "annual_amount"]),
            "test.unique": generic("unique_together", ["employee_id", "valid_from"]),
        },
        "sources": {
            "source.bank.rates": {"source_name": "bank", "config": {"meta": {"files": "rates_*.csv"}}}
        },
        "parent_map": {"model.stg_finance__exchange_rates": ["source.bank.rates"]},
    }


@pytest.fixture
def warehouse(tmp_path):
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table pay (employee_id varchar, valid_from date, annual_amount int)")
        connection.execute("insert into pay values ('E1', null, 410000), ('E2', '2024-01-01', null)")
    return path


def result(unique_id, sql, status="fail", failures=1, message=None):
    return {
        "unique_id": unique_id,
        "status": status,
        "failures": failures,
        "compiled_code": sql,
        "message": message,
    }


def test_the_rule_is_the_comment_a_singular_test_begins_with(manifest):
    code = "{{ config(meta={'dagster': {'ref': {'name': 'x'}}}) }}\n-- Every amount has a rate,\n-- or none.\nselect 1 -- not this"
    assert rule_in_words(manifest, singular(code)) == "Every amount has a rate, or none."
    assert rule_in_words(manifest, singular("select 1")) == ""


def test_a_singular_test_tells_rule_rows_and_what_to_do(manifest, warehouse):
    manifest["nodes"]["test.rates"] = singular(
        "-- Every amount has a rate.\nselect 1", what_to_do="Deliver them.", needs="exchange_rates"
    )
    sql = "select 'USD' as currency_code, n as days from range(8) as r (n) -- a comment at the end"
    messages = findings(manifest, [result("test.rates", sql, failures=8)], warehouse)
    assert messages["test.rates"].splitlines() == [
        "assert_rates__are_there FAILED: 8 rows.",
        "  the rule: Every amount has a rate.",
        *(f"    currency_code=USD, days={day}" for day in range(5)),
        "    … and 3 more",
        "  What to do: Deliver them. The entity exchange_rates is read from rates_*.csv of bank.",
        "  File: dbt_project/tests/assert_rates__are_there.sql",
    ]


def test_an_entity_that_nobody_delivers_is_said_to_be_missing(manifest, warehouse):
    manifest["parent_map"] = {}
    manifest["nodes"]["test.rates"] = singular("-- A rule.\nselect 1", needs="exchange_rates")
    (message,) = findings(manifest, [result("test.rates", "select 1 as x")], warehouse).values()
    assert "No source system of this run delivers the entity exchange_rates" in message


def test_whole_rows_show_their_key_and_what_is_missing_and_no_pay(manifest, warehouse):
    sql = "select * from pay where employee_id is null or valid_from is null or annual_amount is null"
    (message,) = findings(manifest, [result("test.complete", sql, failures=2)], warehouse).values()
    assert "complete in stg_hr__pay (columns: employee_id, valid_from, annual_amount)." in message
    assert "    employee_id=E1, valid_from=NULL\n" in message
    assert "    employee_id=E2, valid_from=2024-01-01, annual_amount=NULL\n" in message
    assert "410000" not in message
    assert "mapping SQL" in message, "a broken contract is the mapping's or the extract's"


def test_a_warning_says_that_it_is_one_and_what_holds_says_nothing(manifest, warehouse):
    manifest["nodes"]["test.rates"] = singular("-- A rule.\nselect 1")
    results = [
        result("test.rates", "select 1 as x", status="warn"),
        result("test.unique", "select 1 as x", status="pass", failures=0),
        result("test.complete", "select 1 as x", status="skipped", failures=None),
    ]
    messages = findings(manifest, results, warehouse)
    assert list(messages) == ["test.rates"]
    assert messages["test.rates"].startswith("assert_rates__are_there does not hold (a warning): 1 row.")


def test_a_model_that_raised_tells_what_dbt_said(manifest, warehouse):
    manifest["nodes"]["model.stg_hr__pay"] = {**CONTRACT, "original_file_path": "models/stg_hr__pay.sql"}
    said = result("model.stg_hr__pay", "", status="error", failures=None, message="Conversion Error: 12,5")
    (message,) = findings(manifest, [said], warehouse).values()
    assert (
        message
        == "stg_hr__pay could not be run: Conversion Error: 12,5\n  File: dbt_project/models/stg_hr__pay.sql"
    )


def test_results_of_an_earlier_command_are_forgotten(tmp_path):
    (tmp_path / "run_results.json").write_text(json.dumps({"results": [{"unique_id": "old"}]}))
    assert read_results(tmp_path) == [{"unique_id": "old"}]
    forget_results(tmp_path)
    forget_results(tmp_path)
    assert read_results(tmp_path) == []
