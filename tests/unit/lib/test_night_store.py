"""Reports are written whole, read while the warehouse is taken, brought into it, and pruned."""

import json
import os
from dataclasses import replace
from datetime import date, datetime, timedelta

import duckdb
import pytest

from dagster_project.lib import night_store
from dagster_project.lib.night_report import KILLED, PUBLISHED, Details, NightReport, StepReport, TableReport

NOW = night_store.utc_now()
FIRST = NightReport(
    "run-1", NOW, NOW, 1.0, date(2026, 1, 1), PUBLISHED, 0, "e1", 2, 9, 8, 1, 0, message="Published."
)
DETAILS = Details(
    steps=[StepReport("plan", "done", 0.5), StepReport("dbt", "failed", 2.0)],
    tables=[TableReport("demo", "orders", 2, newest_date=date(2025, 12, 30))],
)


def rows(home, name, query="select * from '{}' order by all"):
    return duckdb.execute(query.format(night_store.parquet(home, name))).fetchall()


def test_a_report_is_in_all_files_and_in_its_text(tmp_path):
    said = night_store.store(tmp_path, FIRST, DETAILS, 400)
    assert [row[:2] for row in rows(tmp_path, "nights")] == [("run-1", NOW)]
    assert rows(tmp_path, "steps") == [("run-1", 1, "plan", "done", 0.5), ("run-1", 2, "dbt", "failed", 2.0)]
    assert rows(tmp_path, "tables")[0][1:4] == ("demo", "orders", 2)
    assert night_store.read(tmp_path, "run-1") == (FIRST, said)
    assert (tmp_path / "reports" / "2026-01-01-run_1.txt").read_text() == said
    assert night_store.read(tmp_path, "another") is None
    left = [path.name for path in (tmp_path / "reports").iterdir() if path.name.endswith(".part")]
    assert left == []


def test_reports_are_not_for_everyone(tmp_path):
    night_store.store(tmp_path, FIRST, DETAILS, 400)
    for name in ("nights.parquet", "steps.parquet", "tables.parquet", "2026-01-01-run_1.txt"):
        assert (tmp_path / "reports" / name).stat().st_mode & 0o007 == 0, name


def test_a_run_has_one_report_and_the_other_runs_keep_theirs(tmp_path):
    night_store.store(tmp_path, FIRST, DETAILS, 400)
    night_store.store(tmp_path, replace(FIRST, run_id="run-2"), Details(), 400)
    night_store.store(tmp_path, replace(FIRST, message="Again."), Details(steps=DETAILS.steps[:1]), 400)
    told = rows(tmp_path, "nights", "select run_id, message from '{}' order by 1")
    assert told == [("run-1", "Again."), ("run-2", "Published.")]
    assert len(rows(tmp_path, "steps")) == 1


def test_the_warehouse_gets_what_the_files_hold(tmp_path):
    night_store.store(tmp_path, FIRST, DETAILS, 400)
    with duckdb.connect() as connection:
        night_store.into_warehouse(connection, tmp_path)
        night_store.store(tmp_path, replace(FIRST, run_id="run-2"), DETAILS, 400)
        # the night in between could not open it: nothing is missing afterwards
        night_store.into_warehouse(connection, tmp_path)
        night_store.into_warehouse(connection, tmp_path)
        counts = connection.execute(
            "select (select count(*) from audit.night_reports), (select count(*) from audit.night_report_steps),"
            " (select count(*) from audit.night_report_tables)"
        ).fetchone()
        names = [row[0] for row in connection.execute("describe audit.night_reports").fetchall()]
    assert counts == (2, 4, 2)
    assert names[:7] == [
        "run_id",
        "started_at",
        "finished_at",
        "seconds",
        "as_of_date",
        "outcome",
        "exit_code",
    ]


def test_old_reports_are_pruned_and_young_ones_stay(tmp_path):
    old = replace(FIRST, run_id="old", started_at=NOW - timedelta(days=11), as_of_date=date(2025, 12, 1))
    night_store.store(tmp_path, old, DETAILS, 400)
    text = tmp_path / "reports" / "2025-12-01-old.txt"
    before = (NOW - timedelta(days=11)).timestamp()
    os.utime(text, (before, before))
    night_store.store(tmp_path, FIRST, DETAILS, 10)
    assert [row[0] for row in rows(tmp_path, "nights")] == ["run-1"]
    assert {row[0] for row in rows(tmp_path, "steps")} == {"run-1"}
    assert not text.exists() and (tmp_path / "reports" / "2026-01-01-run_1.txt").exists()


def test_a_killed_run_is_told_at_the_next_start(tmp_path):
    assert night_store.killed_run(tmp_path, "e0") is None
    night_store.begin(tmp_path, "run-0", date(2026, 1, 1), datetime(2026, 1, 2, 2, 0))
    killed = night_store.killed_run(tmp_path, "e0")
    assert (killed.run_id, killed.outcome, killed.exit_code) == ("run-0", KILLED, 1)
    assert killed.as_of_date == date(2026, 1, 1)
    assert "readers still have edition e0" in killed.message
    night_store.end(tmp_path, "another run")
    assert night_store.marked_run(tmp_path) == "run-0"
    night_store.end(tmp_path, "run-0")
    assert night_store.marked_run(tmp_path) is None
    assert night_store.killed_run(tmp_path, "e0") is None


@pytest.mark.parametrize("mark", ["", "{", json.dumps({"run_id": "x"}), json.dumps([1])])
def test_a_mark_that_was_cut_short_still_tells_of_a_run(tmp_path, mark):
    night_store.folder(tmp_path).mkdir()
    (night_store.folder(tmp_path) / "running.json").write_text(mark)
    assert night_store.killed_run(tmp_path, None).outcome == KILLED


def test_a_damaged_file_is_set_aside_and_the_report_is_written(tmp_path):
    night_store.store(tmp_path, FIRST, DETAILS, 400)
    night_store.parquet(tmp_path, "nights").write_text("not a Parquet file")
    night_store.store(tmp_path, replace(FIRST, run_id="run-2"), DETAILS, 400)
    assert [row[0] for row in rows(tmp_path, "nights")] == ["run-2"]
    assert [path.read_text() for path in (tmp_path / "reports").glob("nights.unreadable-*")] == [
        "not a Parquet file"
    ]


def test_the_latest_state_of_each_table_counts(tmp_path):
    assert night_store.latest_tables(tmp_path) == {} and night_store.last_start(tmp_path) is None
    night_store.store(tmp_path, FIRST, DETAILS, 400)
    later = replace(FIRST, run_id="run-2", finished_at=NOW + timedelta(hours=1))
    newer = TableReport("demo", "orders", newest_date=date(2025, 12, 31))
    night_store.store(tmp_path, later, Details(tables=[newer]), 400)
    # a night that failed before it looked at a table says nothing of it
    night_store.store(tmp_path, replace(later, run_id="run-3", files_new=None), Details(), 400)
    assert night_store.latest_tables(tmp_path) == {("demo", "orders"): newer}
    assert night_store.last_start(tmp_path) == NOW


def test_a_hostile_run_id_stays_in_the_folder(tmp_path):
    night_store.store(tmp_path, replace(FIRST, run_id="../../x"), Details(), 400)
    assert [path.parent.name for path in tmp_path.rglob("*.txt")] == ["reports"]
