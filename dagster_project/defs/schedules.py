"""The nightly job and its schedule."""

import dagster as dg

from dagster_project.defs.resources import settings

nightly = dg.define_asset_job(
    name="nightly",
    description="Raw extracts in, an audited edition of the scorecard out.",
    selection=dg.AssetSelection.all(),
    # one process: importing dagster, dbt and Great Expectations costs more than the work, and a
    # second process could not open the warehouse anyway
    executor_def=dg.in_process_executor,
    # a night that failed on its data fails again; one whose process died is worth another try
    tags={"dagster/max_retries": "2", "dagster/retry_on_asset_or_op_failure": "false"},
)


@dg.definitions
def schedules() -> dg.Definitions:
    """The nightly schedule; on as soon as the daemon runs."""
    return dg.Definitions(
        jobs=[nightly],
        executor=dg.in_process_executor,
        schedules=[
            dg.ScheduleDefinition(
                name="every_night",
                job=nightly,
                cron_schedule=settings().schedule,
                execution_timezone=settings().time_zone,
                default_status=dg.DefaultScheduleStatus.RUNNING,
            )
        ],
    )
