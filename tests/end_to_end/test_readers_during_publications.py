"""Ten readers while a hundred editions are published: no error, never two editions mixed, nothing taken away."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb

from dagster_project.lib import publication
from dagster_project.lib.audit_tables import ensure_audit_tables
from dagster_project.lib.gate import Suite, current_hashes
from dagster_project.lib.publication import Edition, publish

# half of them open, ask and close again and again; half stay as they are and keep their edition
LOOKING = 5
STAYING = 5
EDITIONS = 100
ROWS = 10

# As an analyst would: open the public path, ask, close, again. One line per look at the published file.
READER = """
import os, sys, time, duckdb
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
    mixed = len({one, two, three, four}) > 1 or rows != said or parquet_rows != 10 * int(five)
    print(one, rows, total, "MIXED" if mixed else "whole", flush=True)
    if last:
        break
    # ten readers without a pause leave the publisher no processor
    time.sleep(0.5)
"""
# One connection, held for as long as the test lasts; asked before, while and after others are published.
STAYER = """
import os, sys, time, duckdb
path, stop = sys.argv[1], sys.argv[2]
connection = duckdb.connect(path, read_only=True)
last = False
while not last:
    last = os.path.exists(stop)
    print(*connection.execute(
        "select min(edition_id), max(edition_id), count(*), sum(number) from scorecard.kpi_scorecard").fetchone(), flush=True)
    time.sleep(0.5)
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
                'settled' as period_status,
                date '2025-01-01' as period_start_date, 'company' as scope_type, 'all' as scope_id,
                cast({number} as decimal(38, 10)) as actual_value, cast(null as decimal(38, 10)) as target_value,
                cast(null as decimal(38, 10)) as target_lower, cast(null as decimal(38, 10)) as target_upper,
                cast(null as decimal(38, 10)) as variance, 'no_target' as status, 'passed' as quality_status,
                cast(null as varchar) as no_value_reason, 'd1' as definition_hash
            from range({number} * {ROWS}) as t (r)
            """
        )
    return edition


def reader(code: str, current: Path, stop: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, str(current), str(stop)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_readers_never_see_an_error_or_two_editions(tmp_path, monkeypatch):
    # making an edition durable is the disk's work and no reader's business; a hundred times it takes a minute
    monkeypatch.setattr(publication, "sync", lambda path: None)
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
        connection.execute("create schema scorecard")
        ensure_audit_tables(connection)

    def publish_number(number: int) -> None:
        edition = build(warehouse, number)
        with duckdb.connect(str(warehouse)) as connection:
            passed_by_the_gate(connection, suite, edition.run_id)
        assert publish(warehouse, tmp_path, edition, ["kpi_scorecard"], [], [suite]).flipped

    publish_number(1)
    stop = tmp_path / "stop"
    current = tmp_path / "published" / "current.duckdb"
    looking = [reader(READER, current, stop) for _ in range(LOOKING)]
    staying = [reader(STAYER, current, stop) for _ in range(STAYING)]
    try:
        first = [one.stdout.readline() for one in staying]
        for number in range(2, EDITIONS + 1):
            publish_number(number)
        stop.touch()
        outputs = [one.communicate(timeout=60) for one in [*looking, *staying]]
    finally:
        for one in [*looking, *staying]:
            one.kill()
    assert [one.returncode for one in [*looking, *staying]] == [0] * (LOOKING + STAYING), outputs
    assert [error for _, error in outputs] == [""] * (LOOKING + STAYING)
    for output, _ in outputs[:LOOKING]:
        looks = [line.split() for line in output.splitlines()]
        for edition, rows, total, whole in looks:
            assert (rows, total, whole) == (f"{int(edition) * ROWS}", f"{int(edition) ** 2 * ROWS}", "whole")
        numbers = [int(look[0]) for look in looks]
        assert numbers == sorted(numbers), "a reader went back to an older edition"
        assert len(set(numbers)) > EDITIONS // 20 and numbers[-1] == EDITIONS
    for kept, (output, _) in zip(first, outputs[LOOKING:], strict=True):
        assert kept == f"1 1 {ROWS} {ROWS}\n"
        assert set(output.splitlines(keepends=True)) == {kept}, "an open reader keeps its edition"
    assert len(list((tmp_path / "published" / "editions").iterdir())) == EDITIONS


def passed_by_the_gate(connection: duckdb.DuckDBPyConnection, suite: Suite, run_id: str) -> None:
    """What the gate writes of a suite that passed: judging a hundred times would be most of this test."""
    content_hash, suite_hash = current_hashes(connection, [suite])[suite.name]
    connection.execute("delete from audit.check_results")
    connection.execute(
        "insert into audit.check_results (suite, table_name, expectation, severity, success, content_hash, suite_hash,"
        " run_id) values (?, 'kpi_scorecard', 'not_null', 'critical', true, ?, ?, ?)",
        [suite.name, content_hash, suite_hash, run_id],
    )
