"""The commands that a scheduler calls, without a night: which nights are run, what is told, which code comes out."""

import subprocess
import sys
from datetime import date, timedelta
from types import SimpleNamespace

import duckdb
import pytest
from click.testing import CliRunner

from dagster_project import cli_nights
from dagster_project.cli import main
from dagster_project.lib import freshness, night_store
from dagster_project.lib.night_report import PUBLISHED, Details, NightReport, TableReport


@pytest.fixture
def nights(monkeypatch, tmp_path):
    """The nights that a backfill starts, each ending with the code that is set for it (else 0)."""
    monkeypatch.setenv("SCORECARD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "160")

    nights = SimpleNamespace(started=[], codes={})

    def run(command, **_):
        night = command[command.index("--as-of") + 1]
        nights.started.append(night)
        return subprocess.CompletedProcess(command, nights.codes.get(night, 0))

    monkeypatch.setattr(cli_nights.subprocess, "run", run)
    return nights


def call(*arguments: str) -> SimpleNamespace:
    result = CliRunner().invoke(main, list(arguments))
    # the console's width is no part of what is said
    return SimpleNamespace(exit_code=result.exit_code, output=" ".join(result.output.split()))


def edition(home, name: str, as_of: str, company: str = "demo") -> None:
    folder = home / "published" / "editions" / name / "parquet"
    folder.mkdir(parents=True)
    duckdb.execute(
        f"copy (select '{name}' as edition_id, date '{as_of}' as as_of_date, '{company}' as company)"
        f" to '{folder / 'publication.parquet'}' (format parquet)"
    )


def test_a_backfill_runs_each_night_oldest_first(nights):
    result = call("backfill", "2025-11-29", "2025-12-02")
    assert nights.started == ["2025-11-29", "2025-11-30", "2025-12-01", "2025-12-02"]
    assert result.exit_code == 0
    assert "Night 3 of 4, 2025-12-01:" in result.output
    assert "4 run, 0 skipped" in result.output


def test_nights_that_have_an_edition_of_the_company_are_skipped(nights, tmp_path):
    home = tmp_path / "home"
    edition(home, "2025-11-29-aaaaaaaaaa", "2025-11-29")
    edition(home, "2025-11-30-bbbbbbbbbb", "2025-11-30", company="another")
    edition(home, ".building-2025-11-30-cccccccccc", "2025-11-30")
    edition(home, "2025-11-30-dddddddddd", "2025-11-30")
    (home / "published/editions/2025-11-30-dddddddddd/parquet/publication.parquet").write_text("damaged")
    result = call("backfill", "2025-11-29", "2025-11-30")
    assert nights.started == ["2025-11-30"]
    assert "Night 1 of 2, 2025-11-29: has an edition already, skipped" in result.output
    call("backfill", "2025-11-29", "2025-11-29", "--again")
    assert nights.started == ["2025-11-30", "2025-11-29"]


@pytest.mark.parametrize("code", [1, 2, 3])
def test_a_backfill_stops_at_the_first_failure_and_says_how_to_go_on(nights, code):
    nights.codes = {"2025-11-29": 4, "2025-11-30": code}
    result = call("backfill", "2025-11-29", "2025-12-02")
    assert nights.started == ["2025-11-29", "2025-11-30"]
    assert result.exit_code == code
    for words in (
        f"Night 2 of 4, 2025-11-30, ended with code {code}",
        "1 run, 0 skipped",
        "backfill 2025-11-30 2025-12-02",
    ):
        assert words in result.output


def test_a_killed_night_stops_a_backfill_too(nights):
    nights.codes = {"2025-11-29": -9}
    result = call("backfill", "2025-11-29", "2025-11-30")
    assert (result.exit_code, nights.started) == (1, ["2025-11-29"])


def test_a_night_that_needs_a_person_does_not_stop_a_backfill(nights):
    nights.codes = {"2025-11-29": 4}
    result = call("backfill", "2025-11-29", "2025-11-30")
    assert (result.exit_code, len(nights.started)) == (4, 2)


def test_a_range_that_can_not_be_is_refused(nights):
    backwards = call("backfill", "2025-11-30", "2025-11-29")
    assert backwards.exit_code == 2 and "give the older day first" in backwards.output
    tomorrow = str(date.today() + timedelta(days=2))
    ahead = call("backfill", "2025-11-30", tomorrow)
    assert ahead.exit_code == 2 and "has not been yet" in ahead.output
    assert call("nightly", "--as-of", tomorrow).exit_code == 2
    assert call("backfill", "yesterday", "today").exit_code == 2
    assert nights.started == []


@pytest.mark.parametrize("command", [["nightly"], ["backfill", "2025-11-29", "2025-11-29"], ["freshness"]])
def test_a_wrong_setting_is_code_2_for_every_command(nights, monkeypatch, command):
    monkeypatch.setenv("SCORECARD_ALERT_COMMAND", "no-such-program --at-all")
    result = call(*command)
    assert result.exit_code == 2 and nights.started == []
    assert "SCORECARD_ALERT_COMMAND" in result.output and "no-such-program" in result.output


@pytest.fixture
def ended(nights, monkeypatch):
    """Lets `nightly` end in an outcome without running anything; says what it was asked to run, and what it printed."""
    asked = SimpleNamespace(settings=None, is_named=None, scorecards=0)

    def end(code: int, outcome: str) -> SimpleNamespace:
        def run_job(settings, dagster_home, started_at, *, is_named):
            asked.settings, asked.is_named = settings, is_named
            return code, outcome, "Night of 2025-11-30: told.\n"

        monkeypatch.setitem(sys.modules, "dagster_project.cli_run", SimpleNamespace(run_job=run_job))
        return asked

    def scorecard(*_):
        asked.scorecards += 1

    monkeypatch.setattr(cli_nights, "print_current", scorecard)
    return end


@pytest.mark.parametrize(
    ("code", "outcome", "scorecards"),
    [
        (0, "published", 1),
        (0, "nothing_new", 1),
        (4, "published", 1),
        (0, "kept", 0),
        (1, "failed", 0),
        (2, "wrong_setting", 0),
    ],
)
def test_a_night_ends_with_the_code_of_its_outcome_and_with_its_report(ended, code, outcome, scorecards):
    asked = ended(code, outcome)
    result = call("nightly")
    assert (result.exit_code, asked.scorecards, asked.is_named) == (code, scorecards, False)
    assert result.output.endswith("Night of 2025-11-30: told.")


def test_a_night_of_one_s_choice_is_named_as_such(ended):
    asked = ended(0, "published")
    assert call("nightly", "--as-of", "2025-11-30", "--report-only").exit_code == 0
    assert (asked.settings.as_of, asked.is_named, asked.scorecards) == (date(2025, 11, 30), True, 0)


@pytest.fixture
def watched(nights, tmp_path, monkeypatch):
    """A night that found the newest order on a day; one suite that allows two days."""
    suite = tmp_path / "expectations" / "raw" / "demo" / "sales" / "orders.json"
    suite.parent.mkdir(parents=True)
    suite.write_text(
        '{"expectations": [{"type": "newest_date_is_recent", "kwargs": {"column": "order_date", "max_age_days": 2}}]}'
    )
    monkeypatch.setattr(freshness, "EXPECTATIONS", tmp_path / "expectations")

    def found(newest: str) -> None:
        now = night_store.utc_now()
        night = NightReport("run-1", now, now, 1.0, date(2025, 12, 31), PUBLISHED, 0, "e", 1, 1, 1, 0, 0)
        told = TableReport("demo", "orders", newest_date=date.fromisoformat(newest))
        night_store.store(tmp_path / "home", night, Details(tables=[told]), 400)

    return found


def test_fresh_sources_are_code_0(watched):
    watched("2025-12-29")
    result = call("freshness")
    assert result.exit_code == 0
    assert "demo.orders" in result.output and "fresh" in result.output


def test_a_stale_source_is_code_4_with_what_to_do(watched):
    watched("2025-12-28")
    result = call("freshness")
    assert result.exit_code == 4
    for words in ("stale", "3 d", "2 d", "newest data of 2025-12-28", "1 of them are not fresh"):
        assert words in result.output


def test_a_source_that_no_night_has_seen_is_code_4(watched):
    result = call("freshness")
    assert result.exit_code == 4 and "unknown" in result.output


def test_without_a_watched_table_there_is_nothing_to_say(nights, tmp_path, monkeypatch):
    monkeypatch.setattr(freshness, "EXPECTATIONS", tmp_path / "none")
    result = call("freshness")
    assert result.exit_code == 0 and "No source table is watched" in result.output
