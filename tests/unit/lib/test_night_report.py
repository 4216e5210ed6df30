"""The one decision on exit code and headline, and the text that people read."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from dagster_project.lib.night_report import (
    BUSY,
    FAILED,
    IN_PART,
    KEPT,
    KILLED,
    NOTHING_NEW,
    PUBLISHED,
    WRONG_SETTING,
    Details,
    NightReport,
    StepReport,
    TableReport,
    combined_code,
    outcome,
    text,
)

START = datetime(2026, 1, 2, 2, 0, 0)
REPORT = NightReport(
    run_id="1a2b3c4d-0000",
    started_at=START,
    finished_at=datetime(2026, 1, 2, 2, 1, 20),
    seconds=80.0,
    as_of_date=date(2026, 1, 1),
    outcome=PUBLISHED,
    exit_code=0,
    edition_id="2026-01-01-aaaaaaaaaa",
    files_new=3,
    rows_read=1_250,
    rows_loaded=1_200,
    rows_rejected=50,
    rows_superseded=10,
    extracts_refused=1,
    suites_failed=1,
    suites_warned=1,
    kpis_held=2,
    kpis_stale=1,
    rows_published=215_745,
    message="Published a new edition, 2026-01-01-aaaaaaaaaa.",
)
DETAILS = Details(
    suites_judged=56,
    failed_suites=["raw/demo/hr/absences"],
    warned_suites=["raw/demo/sales/orders"],
    refused=["demo.orders (sales/orders_2026.csv, line 1)"],
    held=["2 KPIs held by suite keys on demo.absences"],
    stale_tables=["demo.budgets, newest 2025-10-31"],
    tables_published=20,
    steps=[StepReport("dbt", "done", 40.2), StepReport("publish", "failed", 1.0)],
    tables=[TableReport("demo", f"table_{n}", 1, 10, 10 * n, n % 2, 0) for n in range(8)],
)


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        (PUBLISHED, 0),
        (NOTHING_NEW, 0),
        (KEPT, 0),
        (IN_PART, 0),
        (FAILED, 1),
        (KILLED, 1),
        (WRONG_SETTING, 2),
        (BUSY, 3),
    ],
)
def test_every_end_has_a_code_and_says_what_readers_have(ended, code):
    decided = outcome(ended, edition_id="new", current_id="old")
    assert (decided.name, decided.exit_code) == (ended, code)
    if code:
        assert "readers still have edition old" in decided.headline
        assert "no published edition yet" in outcome(ended).headline


@pytest.mark.parametrize(
    ("needs", "words"),
    [
        ({"kpis_held": 1}, "1 KPI held"),
        ({"extracts_refused": 2}, "2 extracts refused"),
        ({"kpis_stale": 3}, "3 KPIs stale"),
        ({"tables_stale": 1}, "1 source table stale"),
        ({"is_page_missing": True}, "the page could not be made."),
        ({"kpis_stale": 3, "tables_stale": 1}, "3 KPIs stale."),
    ],
)
@pytest.mark.parametrize("ended", [PUBLISHED, NOTHING_NEW, KEPT])
def test_a_night_that_needs_a_person_ends_with_4_and_says_why(ended, needs, words):
    decided = outcome(ended, edition_id="new", current_id="old", **needs)
    assert decided.exit_code == 4
    assert "a person is needed" in decided.headline and words in decided.headline


def test_a_kept_edition_says_why_it_is_not_shown():
    assert "of a past night" in outcome(KEPT, edition_id="new", current_id="newer").headline
    rolled_back = outcome(KEPT, edition_id="new", current_id="chosen", is_past=False).headline
    assert "past night" not in rolled_back and "readers stay with chosen" in rolled_back


def test_a_quiet_night_names_the_edition_that_readers_have():
    """After a rollback it is not the one that tonight's inputs make."""
    assert (
        outcome(NOTHING_NEW, current_id="chosen").headline == "Nothing new; readers stay with edition chosen."
    )


def test_a_failure_is_a_failure_whatever_else_is_wrong():
    decided = outcome(FAILED, current_id="old", failed_at=["raw_suites"], kpis_held=5)
    assert decided.exit_code == 1
    assert "failed in raw_suites" in decided.headline


@pytest.mark.parametrize(
    ("codes", "code"), [([], 0), ([0, 0], 0), ([0, 4, 0], 4), ([4, 1], 1), ([0, 3], 3), ([2], 2)]
)
def test_several_runs_have_one_code(codes, code):
    assert combined_code(codes) == code


def test_the_text_tells_all_of_a_night_in_20_lines():
    said = text(REPORT, DETAILS, "var/reports/2026-01-01-1a2b3c4d.txt")
    assert 10 <= len(said.splitlines()) <= 20
    for words in (
        "Night of 2026-01-01: Published a new edition",
        "80 s, exit code 0",
        "3 new files, 1,250 rows: 1,200 loaded, 50 rejected, 10 superseded",
        "demo.table_7",
        "and 3 more tables",
        "demo.orders (sales/orders_2026.csv, line 1)",
        "56 suites, 1 failed, 1 warned: raw/demo/hr/absences; raw/demo/sales/orders",
        "2 held, 1 stale",
        "2 KPIs held by suite keys on demo.absences",
        "demo.budgets, newest 2025-10-31",
        "20 tables, 215,745 rows",
        "dbt 40 s, publish 1 s (failed)",
        "var/reports/2026-01-01-1a2b3c4d.txt",
    ):
        assert words in said
    assert said.index("table_7") < said.index("table_6"), "tables with rejects come first"


def test_what_is_not_known_is_left_out_and_not_told_as_0():
    said = text(
        NightReport(
            "1a2b3c4d", START, START, 0.0, date(2026, 1, 1), FAILED, 1, message="Nothing was published."
        ),
        Details(),
    )
    assert "Came in" not in said and "KPIs" not in said and "Checks" not in said


def test_a_quiet_night_says_so():
    quiet = replace(REPORT, files_new=0, rows_superseded=0)
    assert "no new file" in text(quiet, Details())
