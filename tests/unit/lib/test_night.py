"""From a run's events to its report, its alert and its exit code; and which editions of past nights are shown."""

import shlex
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from dagster_project.lib import night, night_store
from dagster_project.lib.audit_tables import ensure_audit_tables
from dagster_project.lib.night_report import (
    FAILED,
    IN_PART,
    KEPT,
    KILLED,
    NOTHING_NEW,
    PUBLISHED,
    PageReport,
    StepReport,
)
from dagster_project.lib.run_events import RunEvents
from dagster_project.lib.settings import Settings

KEEP = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read())"
DONE = RunEvents(
    [StepReport("ingest_demo", "done", 1.0), StepReport("publish", "done", 1.0)], set(), "2025-12-31-new"
)
QUIET = RunEvents([StepReport("ingest_demo", "done", 1.0), StepReport("publish", "skipped", 0.0)])
BROKEN = RunEvents([StepReport("plan", "failed", 1.0)])


def edition(home: Path, name: str, as_of: str = "2025-12-31", held: int = 0, company: str = "demo") -> None:
    """An edition that readers have, as far as a report reads it."""
    folder = home / "published" / "editions" / name
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "edition.duckdb")) as connection:
        connection.execute(
            f"""
            create schema scorecard;
            create table scorecard.publication as select
                '{name}' as edition_id, date '{as_of}' as as_of_date, '{company}' as company,
                20 as table_count, 5 as row_count;
            create table scorecard.kpi_scorecard as
            select 'kpi_' || r as kpi_id, 'held' as quality_status from range({held}) as t (r)
            """
        )
    (folder / "scorecard.duckdb").symlink_to("edition.duckdb")
    link = home / "published" / "current"
    link.unlink(missing_ok=True)
    link.symlink_to(f"editions/{name}")


@pytest.fixture
def settings(tmp_path):
    alert = shlex.join([sys.executable, "-c", KEEP, str(tmp_path / "alerts.txt")])
    home = tmp_path / "home"
    home.mkdir()
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        ensure_audit_tables(connection)
    return Settings.from_environment({"SCORECARD_HOME": str(home), "SCORECARD_ALERT_COMMAND": alert})


def alerts(settings: Settings) -> str:
    path = settings.home.parent / "alerts.txt"
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize(
    ("events", "before", "after", "is_whole", "ended"),
    [
        (DONE, "2025-12-30-old", "2025-12-31-new", True, PUBLISHED),
        (DONE, None, "2025-12-31-new", True, PUBLISHED),
        (DONE, "2025-12-31-new", "2025-12-31-new", True, NOTHING_NEW),
        (DONE, "2026-01-01-newer", "2026-01-01-newer", True, KEPT),
        (QUIET, "2025-12-31-new", "2025-12-31-new", True, NOTHING_NEW),
        (BROKEN, "old", "old", True, FAILED),
        (RunEvents([StepReport("dbt", "not finished", 0.0)]), None, None, True, FAILED),
        (RunEvents([StepReport("plan", "done", 1.0)]), None, None, False, IN_PART),
        # it ended before its publication, and nothing says why
        (RunEvents([StepReport("plan", "done", 1.0)]), None, None, True, FAILED),
    ],
)
def test_how_a_run_ended(events, before, after, is_whole, ended):
    assert night.how_it_ended(events, before, after, is_whole=is_whole) == ended


def test_a_published_night_is_reported_in_files_and_in_the_warehouse(settings):
    edition(settings.home, "2025-12-31-new")
    night.begin(settings, "run-1", night_store.utc_now(), print)
    report, said = night.close(settings, "run-1", night_store.utc_now(), events=DONE)
    assert (report.outcome, report.exit_code, report.rows_published, report.files_new) == (PUBLISHED, 0, 5, 0)
    assert "Published a new edition, 2025-12-31-new." in said
    with duckdb.connect(str(settings.warehouse)) as connection:
        rows = connection.execute("select run_id, exit_code, edition_id from audit.night_reports").fetchall()
    assert rows == [("run-1", 0, "2025-12-31-new")]
    assert night_store.killed_run(settings.home, None) is None, "its mark is gone"
    assert alerts(settings) == "", "nobody is woken for a good night"


def test_held_kpis_ask_for_a_person(settings):
    edition(settings.home, "2025-12-31-new", held=3)
    report, said = night.close(settings, "run-1", night_store.utc_now(), events=DONE)
    assert (report.exit_code, report.kpis_held) == (4, 3)
    assert "a person is needed: 3 KPIs held" in said and alerts(settings) == said


def test_a_page_that_is_missing_asks_for_a_person_and_one_that_is_there_is_told(settings):
    edition(settings.home, "2025-12-31-new")
    made = replace(DONE, page=PageReport(False, 1_234_000, 0.84))
    report, said = night.close(settings, "run-1", night_store.utc_now(), events=made)
    assert report.exit_code == 0 and "Page      scorecard.html, 1.23 MB in 0.8 s" in said
    missing = replace(DONE, page=PageReport(True, 0, 0.1))
    report, said = night.close(settings, "run-2", night_store.utc_now(), events=missing)
    assert (report.outcome, report.exit_code) == (PUBLISHED, 4)
    assert "a person is needed: the page could not be made." in said
    assert "Page      not made; why stands in the run's log" in said and alerts(settings) == said


def test_a_failed_night_is_reported_with_the_step_and_the_edition_that_stands(settings):
    edition(settings.home, "2025-12-30-old")
    report, said = night.close(settings, "run-1", night_store.utc_now(), events=BROKEN)
    assert (report.outcome, report.exit_code, report.edition_id) == (FAILED, 1, None)
    assert report.files_new is None, "it did not come to look at the files"
    assert "failed in plan; readers still have edition 2025-12-30-old" in said
    assert alerts(settings) == said


def test_a_report_is_written_while_somebody_reads_the_warehouse(settings, held_warehouse):
    edition(settings.home, "2025-12-31-new")
    held_warehouse(settings.warehouse)
    report, _ = night.close(settings, "run-1", night_store.utc_now(), events=DONE)
    assert report.exit_code == 0 and report.files_new is None
    assert night_store.read(settings.home, "run-1")[0] == report


def test_who_has_not_the_lock_leaves_the_warehouse_alone(settings):
    """The daemon tells of a dead run while the next one may be at work, which must be alone with the warehouse."""
    edition(settings.home, "2025-12-30-old")
    before = settings.warehouse.read_bytes()
    night.close(settings, "dead", night_store.utc_now(), ended=KILLED, holds_lock=False)
    assert night_store.read(settings.home, "dead")[0].outcome == KILLED
    assert settings.warehouse.read_bytes() == before
    with duckdb.connect(str(settings.warehouse)) as connection:
        assert connection.execute("select count(*) from audit.night_reports").fetchone() == (0,)
    night.close(settings, "own", night_store.utc_now(), ended=KILLED)
    with duckdb.connect(str(settings.warehouse)) as connection:
        assert connection.execute("select count(*) from audit.night_reports").fetchone() == (2,)


def test_a_killed_run_is_reported_and_alerted_by_the_next_one(settings):
    night.begin(settings, "run-1", night_store.utc_now(), print)
    told: list[str] = []
    night.begin(settings, "run-2", night_store.utc_now(), told.append)
    assert len(told) == 1 and "ended without a report" in told[0]
    assert night_store.read(settings.home, "run-1")[0].outcome == KILLED
    assert "ended without a report" in alerts(settings)
    night.close(settings, "run-2", night_store.utc_now(), events=QUIET)
    again: list[str] = []
    night.begin(settings, "run-3", night_store.utc_now(), again.append)
    assert again == [], "a killed run is told once"


def test_a_report_that_can_not_be_written_does_not_fail_the_night(settings):
    edition(settings.home, "2025-12-31-new")
    night_store.folder(settings.home).write_text("a file where the folder should be")
    told: list[str] = []
    night.begin(settings, "run-1", night_store.utc_now(), told.append)
    report, said = night.close(settings, "run-1", night_store.utc_now(), events=DONE, log=told.append)
    assert report.exit_code == 0 and "Published a new edition" in said
    assert len(told) == 2 and all("can't be written" in one or "could not be written" in one for one in told)


def test_no_row_and_no_secret_gets_into_a_report(settings):
    """What a step said when it failed may quote a row or an address; the report names the step."""
    edition(settings.home, "2025-12-31-new")
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute(
            "insert into audit.check_results (suite, source_system, table_name, severity, success, observed, details)"
            " values ('raw/demo/hr/employees', 'demo', 'employees', 'critical', false, 'Testperson', '[Testperson]')"
        )
        connection.execute(
            "insert into audit.rejects (path, value, row_json) values ('x', 'Testperson', 'Testperson')"
        )
    events = RunEvents(DONE.steps, {("raw", "demo__employees")}, DONE.built_edition)
    night.close(settings, "run-1", night_store.utc_now(), events=events)
    written = [path.read_bytes() for path in night_store.folder(settings.home).iterdir()]
    assert any(b"raw/demo/hr/employees" in content for content in written)
    assert not any(b"Testperson" in content for content in written)


@pytest.mark.parametrize(
    ("as_of", "company", "is_named", "shown"),
    [
        ("2025-12-30", "demo", True, False),
        ("2025-12-31", "demo", True, True),
        ("2026-01-01", "demo", True, True),
        # the installation's own day, or another company in the same folder
        ("2025-12-30", "demo", False, True),
        ("2025-12-30", "other", True, True),
    ],
)
def test_a_named_night_never_takes_a_newer_edition_from_readers(settings, as_of, company, is_named, shown):
    edition(settings.home, "2025-12-31-new")
    assert night.may_be_shown(settings.home, company, date.fromisoformat(as_of), is_named=is_named) is shown


def test_the_first_edition_is_shown(settings):
    assert night.may_be_shown(settings.home, "demo", date(2020, 1, 1), is_named=True)


def test_reports_are_pruned_by_the_setting(settings):
    few = replace(settings, report_days=1)
    old = night_store.utc_now().replace(year=2020)
    night.close(few, "old", old, events=QUIET)
    night.close(few, "new", night_store.utc_now(), events=QUIET)
    assert night_store.read(few.home, "old") is None and night_store.read(few.home, "new")
