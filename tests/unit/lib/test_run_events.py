"""What a run's history says, read from a job that is run here: steps, checks, the edition, what went wrong."""

import dagster as dg
import pytest

from dagster_project.lib import run_events
from dagster_project.lib.night_report import PageReport


@dg.asset(key=["published", "publication"])
def publication() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"edition_id": "2025-12-31-aaaaaaaaaa"})


def suite(passed: bool) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=publication, name=run_events.SUITE_CHECK)
    def judged() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=passed, description="Suite scorecard/publication FAILED")

    return judged


def failing(error: Exception) -> dg.AssetsDefinition:
    @dg.asset(name="breaks", deps=[publication])
    def breaks() -> None:
        raise error

    return breaks


def run(*definitions: object):
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([publication, *definitions], instance=instance, raise_on_error=False)
        return run_events.read(instance.all_logs(result.run_id)), run_events.failure_messages(
            result.all_events
        )


def test_steps_checks_and_the_edition_of_a_run_that_went_well():
    events, _ = run(suite(passed=True))
    assert {step.step: step.outcome for step in events.steps} == {
        "published__publication": "done",
        f"published__publication_{run_events.SUITE_CHECK}": "done",
    }
    assert events.judged == {("published", "publication")}
    assert events.built_edition == "2025-12-31-aaaaaaaaaa"
    assert events.failed_steps == []


@pytest.mark.parametrize(
    ("facts", "page"),
    [
        ({}, None),
        (
            {"page_missing": False, "page_bytes": 1_200_000, "page_seconds": 0.8},
            PageReport(False, 1_200_000, 0.8),
        ),
        ({"page_missing": True, "page_bytes": 0, "page_seconds": 0.1}, PageReport(True, 0, 0.1)),
    ],
)
def test_how_the_page_was_made(facts, page):
    @dg.asset(key=["published", "publication"])
    def published() -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata={"edition_id": "2025-12-31-aaaaaaaaaa", **facts})

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([published], instance=instance)
        assert run_events.read(instance.all_logs(result.run_id)).page == page


def test_a_failed_step_is_named_and_its_message_for_people_is_told():
    events, messages = run(failing(dg.Failure(description="Expected a, found b. What to do: c.")))
    assert events.failed_steps == ["breaks"]
    assert messages == ["Expected a, found b. What to do: c."]


def test_a_failed_check_is_told():
    _, messages = run(suite(passed=False))
    assert messages == ["Suite scorecard/publication FAILED"]


def test_an_error_of_a_step_is_told_with_its_step():
    _, messages = run(failing(ZeroDivisionError("by zero")))
    assert len(messages) == 1 and messages[0].startswith("Step breaks: ZeroDivisionError: by zero")


@pytest.mark.parametrize("nested", [False, True])
def test_a_lock_of_the_database_is_never_shown_as_such(nested):
    lock = OSError('IO Error: Could not set lock on file "warehouse.duckdb": Conflicting lock is held')
    error = lock
    if nested:
        error = RuntimeError("dbt failed")
        error.__cause__ = lock
    events, messages = run(failing(error))
    assert messages == [run_events.IN_USE]
    assert "published/current.duckdb" in messages[0] and "Could not set lock" not in messages[0]
    assert events.failed_steps == ["breaks"]


def test_a_step_that_was_under_way_when_the_run_ended_did_not_end_well():
    class Record:
        timestamp = 1.0

        class dagster_event:
            event_type_value = "STEP_START"
            step_key = "dbt"

    assert run_events.read([Record]).failed_steps == ["dbt"]
