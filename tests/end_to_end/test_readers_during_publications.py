"""Four readers in a loop while ten editions are published: no error, and never two editions mixed."""

import json
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import duckdb

from dagster_project.lib.gate import Suite, judge
from dagster_project.lib.publication import Edition, publish

READERS = 4
EDITIONS = 10

# As an analyst would: open the public path, ask, close, again. One line per look at the published file.
READER = """
import glob, os, sys, duckdb
path, stop = sys.argv[1], sys.argv[2]
while True:
    last = os.path.exists(stop)
    with duckdb.connect(path, read_only=True) as connection:
        [(one, rows, total)] = connection.execute(
            "select min(edition_id), count(*), sum(number) from scorecard.kpi_scorecard").fetchall()
        [(two, said)] = connection.execute(
            "select edition_id, row_count from scorecard.publication_tables where table_name = 'kpi_scorecard'").fetchall()
        [(three,)] = connection.execute("select edition_id from scorecard.publication").fetchall()
        [(four,)] = connection.execute("select max(edition_id) from scorecard.kpi_scorecard").fetchall()
    folder = os.path.realpath(os.path.dirname(path) + "/current")
    [(five, parquet_rows)] = duckdb.execute(
        f"select min(edition_id), count(*) from '{folder}/parquet/kpi_scorecard.parquet'").fetchall()
    mixed = len({one, two, three, four}) > 1 or rows != said or parquet_rows != 1000 * int(five)
    print(one, rows, total, "MIXED" if mixed else "whole", flush=True)
    if last:
        break
"""


def build(warehouse: Path, number: int) -> Edition:
    edition = Edition(
        *(str(number), date(2025, 12, 31), "demo", "Demo AB", "SEK", f"run-{number}"),
        parent_edition_id=str(number - 1) if number > 1 else None,
    )
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            f"""
            create or replace table scorecard.kpi_scorecard as
            select
                '{number}' as edition_id, {number} as number, 'kpi_' || r as kpi_id, 'year' as period_grain,
                date '2025-01-01' as period_start_date, 'company' as scope_type, 'all' as scope_id,
                cast({number} as decimal(38, 10)) as actual_value, cast(null as decimal(38, 10)) as target_value,
                cast(null as decimal(38, 10)) as target_lower, cast(null as decimal(38, 10)) as target_upper,
                cast(null as decimal(38, 10)) as variance, 'no_target' as status, 'passed' as quality_status,
                cast(null as varchar) as no_value_reason, 'd1' as definition_hash
            from range({number} * 1000) as t (r)
            """
        )
    return edition


def test_readers_never_see_an_error_or_two_editions(tmp_path):
    warehouse = tmp_path / "warehouse.duckdb"
    path = tmp_path / "kpi_scorecard.json"
    rule = {
        "type": "expect_column_values_to_not_be_null",
        "kwargs": {"column": "kpi_id"},
        "severity": "critical",
    }
    path.write_text(json.dumps({"expectations": [rule]}))
    suite = Suite("scorecard/kpi_scorecard", path, "scorecard", "kpi_scorecard", "kpi_scorecard")
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            """
            create schema scorecard; create schema audit;
            create table audit.check_results (
                suite varchar, source_system varchar, table_name varchar, expectation varchar, severity varchar,
                success boolean, observed varchar, unexpected_count bigint, details varchar, reason varchar,
                content_hash varchar, suite_hash varchar, checked_at timestamp, run_id varchar
            )
            """
        )

    def publish_number(number):
        edition = build(warehouse, number)
        judge(warehouse, [suite], edition.run_id)
        assert publish(warehouse, tmp_path, edition, ["kpi_scorecard"], [], [suite]).flipped

    publish_number(1)
    stop = tmp_path / "stop"
    current = tmp_path / "published" / "current.duckdb"
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(current), str(stop)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(READERS)
    ]
    try:
        time.sleep(1)
        for number in range(2, EDITIONS + 1):
            publish_number(number)
        stop.touch()
        outputs = [reader.communicate(timeout=30) for reader in readers]
    finally:
        for reader in readers:
            reader.kill()
    assert [reader.returncode for reader in readers] == [0] * READERS, [error for _, error in outputs]
    for output, error in outputs:
        looks = [line.split() for line in output.splitlines()]
        assert error == ""
        for edition, rows, total, whole in looks:
            assert (rows, total, whole) == (f"{int(edition) * 1000}", f"{int(edition) ** 2 * 1000}", "whole")
        numbers = [int(look[0]) for look in looks]
        assert numbers == sorted(numbers), "a reader went back to an older edition"
        assert len(set(numbers)) > EDITIONS // 2 and numbers[-1] == EDITIONS
