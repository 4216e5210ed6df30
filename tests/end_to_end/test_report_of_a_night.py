"""The report of a whole night on the demo company, as its files, its text and the terminal say it."""

from __future__ import annotations

import duckdb
import pytest

pytestmark = pytest.mark.night


@pytest.fixture(scope="module")
def night(demo_home):
    """The one row of the report, by column."""
    cursor = duckdb.execute(f"select * from '{demo_home}/reports/nights.parquet'")
    names = [column[0] for column in cursor.description]
    [row] = cursor.fetchall()
    return dict(zip(names, row, strict=True))


def test_the_night_is_told_as_it_was(night, demo_home):
    with duckdb.connect(str(demo_home / "published" / "current.duckdb"), read_only=True) as edition:
        edition_id, run_id, rows = edition.execute(
            "select edition_id, run_id, row_count from scorecard.publication"
        ).fetchone()
    assert (night["outcome"], night["edition_id"], night["run_id"]) == ("published", edition_id, run_id)
    assert night["rows_published"] == rows
    assert str(night["as_of_date"]) == "2025-12-31"
    assert night["exit_code"] in (0, 4)
    assert night["suites_failed"] == 0 and night["kpis_held"] == 0
    assert 0 < night["seconds"] < 3_600 and night["started_at"] < night["finished_at"]


def test_rows_in_are_rows_told(night, demo_home):
    with duckdb.connect(str(demo_home / "warehouse.duckdb"), read_only=True) as warehouse:
        ledger = warehouse.execute(
            "select count(*) filter (where rows_read > 0), sum(rows_read), sum(rows_loaded), sum(rows_rejected) from audit.files"
        ).fetchone()
        table = warehouse.execute("select run_id, exit_code from audit.night_reports").fetchall()
    assert tuple(night[name] for name in ("files_new", "rows_read", "rows_loaded", "rows_rejected")) == ledger
    assert night["rows_read"] == night["rows_loaded"] + night["rows_rejected"]
    assert table == [(night["run_id"], night["exit_code"])], "the warehouse has the same report"
    tables = duckdb.execute(
        f"select count(*), sum(rows_loaded) from '{demo_home}/reports/tables.parquet'"
    ).fetchone()
    assert tables == (39, night["rows_loaded"])


def test_every_step_has_its_seconds(night, demo_home):
    steps = duckdb.execute(
        f"select step, outcome, seconds from '{demo_home}/reports/steps.parquet' where run_id = ?",
        [night["run_id"]],
    ).fetchall()
    assert {"ingest_demo", "plan", "raw_suites", "run_facts", "dbt", "scorecard_suites", "publish"} <= {
        step for step, _, _ in steps
    }
    assert {outcome for _, outcome, _ in steps} == {"done"}
    assert sum(seconds for _, _, seconds in steps) >= night["seconds"] - 2


def test_the_text_is_short_and_ends_the_terminal_s_output(night, demo_home):
    [path] = (demo_home / "reports").glob("2025-12-31-*.txt")
    lines = path.read_text().splitlines()
    assert 9 <= len(lines) <= 20
    assert lines[0].startswith("Night of 2025-12-31: Published a new edition")
    assert (demo_home / "stdout.txt").read_text().rstrip().endswith("\n".join(lines[1:]))
    assert not (demo_home / "reports" / "running.json").exists()


def test_nothing_of_a_person_is_in_any_report(demo_home):
    for path in (demo_home / "reports").iterdir():
        assert b"Testperson" not in path.read_bytes(), path
