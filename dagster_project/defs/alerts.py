"""Runs that ended without a chance to report: they are reported, and alerted, from outside.

A run reports on itself when it lets go of the warehouse. One that was killed, that waited in vain for another one,
or whose process did not come up, can't; Dagster's daemon sees all of them.
"""

from dataclasses import replace
from datetime import UTC, datetime

import dagster as dg

from dagster_project.defs.resources import named_night, settings
from dagster_project.lib import night, night_store
from dagster_project.lib.freshness import as_of_now
from dagster_project.lib.night_report import FAILED, KILLED


def report_of_the_dead(run: dg.DagsterRun, started_at: datetime, log: night.Log) -> bool:
    """Write the report of a failed run that left none; whether there was one to write."""
    own = settings()
    if night_store.read(own.home, run.run_id):
        return False
    as_of = named_night(run.tags) or as_of_now(own)
    ended = KILLED if night_store.marked_run(own.home) == run.run_id else FAILED
    # another run may be writing by now: this one only tells
    night.close(replace(own, as_of=as_of), run.run_id, started_at, ended=ended, holds_lock=False, log=log)
    return True


@dg.run_failure_sensor(
    name="runs_without_a_report",
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=60,
    description="Reports failed runs that could not report themselves, and sends the alert of each.",
)
def runs_without_a_report(context: dg.RunFailureSensorContext) -> None:
    """Look at each failed run once."""
    record = context.instance.get_run_record_by_id(context.dagster_run.run_id)
    began = record.start_time if record and record.start_time else None
    started_at = (
        datetime.fromtimestamp(began, UTC).replace(tzinfo=None, microsecond=0)
        if began
        else night_store.utc_now()
    )
    report_of_the_dead(context.dagster_run, started_at, context.log.warning)
