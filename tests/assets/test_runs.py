"""What the Warehouse resource does around a run, whoever starts it: the lock, the day, the mark, the report.

The jobs are small ones of the test's own: that the real job takes its day from the same place is held by
``test_the_backfill_page_has_the_nights`` and by the settings that its steps read.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import dagster as dg
import duckdb
import pytest
from dagster._core.errors import DagsterResourceFunctionError

from dagster_project.defs import alerts, freshness, resources
from dagster_project.defs.resources import Warehouse, named_night, settings
from dagster_project.lib import night_store
from dagster_project.lib.freshness import Rule, judge
from dagster_project.lib.lock import WriterBusy
from dagster_project.lib.night import NIGHT_TAG, STARTED_TAG
from dagster_project.lib.night_report import TableReport
from dagster_project.lib.notices import digest
from dagster_project.lib.settings import Settings

NIGHTS = dg.DailyPartitionsDefinition("2025-11-01")


@pytest.fixture
def own(tmp_path, monkeypatch) -> Settings:
    mine = Settings.from_environment(
        {"SCORECARD_HOME": str(tmp_path / "home"), "SCORECARD_WAIT_FOR_WRITER": "0"}
    )
    monkeypatch.setattr(resources, "_own_settings", lambda: mine)
    return mine


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def held(start_holding):
    """Lets another process hold a state folder."""
    holders = []

    def hold(home):
        holders.append(start_holding(home))
        return holders[-1]

    yield hold
    for holder in holders:
        holder.kill()
        holder.wait(30)


def job(step) -> dg.JobDefinition:
    """A job of one step, which says what it sees, with a partition for each night."""

    @dg.asset(name="publish")
    def publish(warehouse: Warehouse) -> None:
        step(warehouse)

    night_of = dg.define_asset_job(
        "night_of",
        selection=[publish],
        executor_def=dg.in_process_executor,
        config=dg.PartitionedConfig(partitions_def=NIGHTS, run_config_for_partition_key_fn=lambda night: {}),
    )
    return dg.Definitions(
        assets=[publish], jobs=[night_of], resources={"warehouse": Warehouse()}
    ).resolve_job_def("night_of")


def reports(own: Settings) -> list[tuple]:
    nights = night_store.parquet(own.home, "nights")
    return duckdb.execute(f"select as_of_date, outcome, exit_code from '{nights}' order by 1").fetchall()


def test_two_nights_of_a_backfill_are_each_as_of_their_own_day(own, instance):
    seen = []
    nightly = job(
        lambda warehouse: seen.append((settings().as_of, warehouse.may_be_shown("demo", settings().as_of)))
    )
    for night in ("2025-11-29", "2025-11-30"):
        assert nightly.execute_in_process(partition_key=night, instance=instance).success
    assert seen == [(date(2025, 11, 29), True), (date(2025, 11, 30), True)]
    assert settings().as_of == own.as_of == date(2025, 12, 31), "the day goes with the run"
    assert reports(own) == [(date(2025, 11, 29), "nothing_new", 0), (date(2025, 11, 30), "nothing_new", 0)]


def test_a_run_without_a_named_night_is_as_of_the_settings(own, instance):
    seen = []
    job(lambda warehouse: seen.append(settings().as_of)).execute_in_process(
        instance=instance, partition_key="2025-11-30", tags={NIGHT_TAG: "2025-11-15"}
    )
    assert seen == [date(2025, 11, 15)]
    assert named_night({}) is None
    assert named_night({"dagster/partition": "2025-11-30"}) == date(2025, 11, 30)


def test_readers_get_news_of_a_night_that_dagster_starts_and_of_none_that_somebody_named(
    own, instance, monkeypatch
):
    """The schedule's runs name no night; those of a backfill do. The message is sent where the report is written."""
    told = []
    mine = replace(own, notify=("json://127.0.0.1:1/",))
    monkeypatch.setattr(resources, "_own_settings", lambda: mine)
    monkeypatch.setattr(digest, "tell", lambda settings, *, is_new: told.append((settings.as_of, is_new)))
    publish = job(lambda _: None)
    publish.execute_in_process(instance=instance, partition_key="2025-11-30")
    assert told == []

    @dg.asset(name="publish")
    def step(warehouse: Warehouse) -> None:
        pass

    scheduled = dg.Definitions(
        assets=[step],
        jobs=[dg.define_asset_job("nightly", executor_def=dg.in_process_executor)],
        resources={"warehouse": Warehouse()},
    ).resolve_job_def("nightly")
    assert scheduled.execute_in_process(instance=instance).success
    assert told == [(date(2025, 12, 31), False)]


def test_a_failed_run_has_its_report_and_gives_the_day_back(own, instance):
    def fail(_: Warehouse) -> None:
        raise dg.Failure(description="Testperson, born 1970", allow_retries=False)

    result = job(fail).execute_in_process(partition_key="2025-11-30", instance=instance, raise_on_error=False)
    assert not result.success and settings().as_of == own.as_of
    report, said = night_store.read(own.home, result.run_id)
    assert (report.outcome, report.exit_code, report.as_of_date) == ("failed", 1, date(2025, 11, 30))
    assert "failed in publish" in said and "Testperson" not in said
    assert night_store.killed_run(own.home, None) is None


def test_a_run_that_was_killed_is_told_by_the_next(own, instance):
    night_store.begin(own.home, "killed-run", date(2025, 12, 30), night_store.utc_now())
    job(lambda _: None).execute_in_process(partition_key="2025-11-30", instance=instance)
    assert reports(own) == [(date(2025, 11, 30), "nothing_new", 0), (date(2025, 12, 30), "killed", 1)]


def dead_run(run_id: str, **tags: str) -> dg.DagsterRun:
    return dg.DagsterRun(
        job_name="night_of", run_id=run_id, tags={f"dagster/{k}": v for k, v in tags.items()}
    )


def test_a_killed_run_is_reported_while_another_one_is_at_work(own, held):
    """By the daemon's sensor, which holds no lock: the warehouse and the other run's mark are left alone."""
    started = night_store.utc_now()
    night_store.begin(own.home, "killed-run", date(2025, 11, 30), started)
    held(own.home)
    told = []
    run = dead_run("killed-run", partition="2025-11-30")
    assert alerts.report_of_the_dead(run, started, told.append)
    assert reports(own) == [(date(2025, 11, 30), "killed", 1)]
    assert not own.warehouse.exists() and told == []
    assert not alerts.report_of_the_dead(run, started, told.append), "once"


def test_a_run_that_never_began_is_reported_and_another_one_s_mark_stays(own):
    night_store.begin(own.home, "at-work", date(2025, 12, 31), night_store.utc_now())
    assert alerts.report_of_the_dead(dead_run("never-began"), night_store.utc_now(), print)
    assert reports(own) == [(date(2025, 12, 31), "failed", 1)]
    assert night_store.marked_run(own.home) == "at-work"


def test_a_failed_run_that_reported_itself_is_left_alone(own, instance):
    def fail(_: Warehouse) -> None:
        raise dg.Failure(description="no", allow_retries=False)

    result = job(fail).execute_in_process(partition_key="2025-11-30", instance=instance, raise_on_error=False)
    run = instance.get_run_by_id(result.run_id)
    assert not alerts.report_of_the_dead(run, night_store.utc_now(), print)


def test_the_command_line_s_start_counts_as_the_start(own, instance):
    result = job(lambda _: None).execute_in_process(
        partition_key="2025-11-30", instance=instance, tags={STARTED_TAG: "2025-12-01T02:00:00"}
    )
    report, _ = night_store.read(own.home, result.run_id)
    assert str(report.started_at) == "2025-12-01 02:00:00"


def test_a_run_that_finds_another_one_writing_touches_nothing(own, instance, held):
    held(own.home)
    seen = []
    with pytest.raises(DagsterResourceFunctionError) as failure:
        job(seen.append).execute_in_process(partition_key="2025-11-30", instance=instance)
    busy = failure.value.__cause__
    assert isinstance(busy, WriterBusy) and "run first" in str(busy)
    assert not seen and not night_store.parquet(own.home, "nights").exists()


def test_a_run_may_wait_for_another_one(own, instance, held, monkeypatch):
    monkeypatch.setattr(resources, "_own_settings", lambda: replace(own, wait_for_writer_seconds=30))
    held(own.home).stdin.close()
    assert job(lambda _: None).execute_in_process(partition_key="2025-11-30", instance=instance).success


@pytest.fixture
def old_and_new(own, monkeypatch) -> dict[str, TableReport]:
    """Two watched tables of one system, and what the last night found in them."""
    tables = {
        name: TableReport("demo", name, newest_date=date(2025, 12, day))
        for name, day in (("orders", 31), ("leads", 1))
    }
    watched = [Rule("demo", name, "day", 2) for name in tables]
    monkeypatch.setattr(
        freshness,
        "watch",
        lambda _: judge(
            watched, {("demo", name): table for name, table in tables.items()}, date(2025, 12, 31)
        ),
    )
    return tables


def test_the_watch_reports_a_stale_source_once_and_again_when_it_is_mended(old_and_new, instance):
    def look(cursor: str | None) -> dg.SensorResult:
        return freshness.freshness_watch(dg.build_sensor_context(instance=instance, cursor=cursor))

    first = look(None)
    assert {(event.asset_key.path[-1], event.passed) for event in first.asset_events} == {
        ("demo__orders", True),
        ("demo__leads", False),
    }
    stale = next(event for event in first.asset_events if not event.passed)
    assert stale.check_name == freshness.CHECK and "Expected newest data at most 2 days" in stale.description
    second = look(first.cursor)
    assert second.asset_events == [] and "1 are not fresh" in second.skip_reason.skip_message
    old_and_new["leads"] = replace(old_and_new["leads"], newest_date=date(2025, 12, 31))
    [mended] = look(second.cursor).asset_events
    assert mended.passed and mended.asset_key == resources.raw_key("demo", "leads")


def test_the_watch_looks_every_five_minutes_and_by_itself():
    sensor = freshness.freshness_watch
    assert sensor.minimum_interval_seconds == 300
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING


def test_a_source_that_has_grown_old_is_alerted_once(old_and_new, own, instance, tmp_path, monkeypatch):
    sent = []
    monkeypatch.setattr(freshness.alerts, "send", lambda command, text: sent.append(text))
    first = freshness.freshness_watch(dg.build_sensor_context(instance=instance))
    freshness.freshness_watch(dg.build_sensor_context(instance=instance, cursor=first.cursor))
    assert len(sent) == 1 and "demo.leads" in sent[0] and "demo.orders" not in sent[0]
