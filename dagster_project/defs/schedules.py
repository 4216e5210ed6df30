"""The nightly job and its schedule, and the same job for a night of one's choice."""

from datetime import date

import dagster as dg

from dagster_project.defs.freshness import check_keys
from dagster_project.defs.resources import settings

# a night that failed on its data fails again; one whose process died is worth another try
RETRIES = {"dagster/max_retries": "2", "dagster/retry_on_asset_or_op_failure": "false"}


def night() -> dg.AssetSelection:
    """All assets and checks but the watch on the sources, which looks at the clock and not at a run."""
    watched = check_keys()
    everything = dg.AssetSelection.all()
    return everything - dg.AssetSelection.checks(*watched) if watched else everything


def first_night() -> str:
    """The first night that can be chosen: where the sources' history begins, else long ago."""
    return (settings().history_from or date(2000, 1, 1)).isoformat()


# A partition is a night, and its key the day that the run is as of (resources.named_night). The assets have no
# partitions: each night makes all of them anew.
NIGHTS = dg.DailyPartitionsDefinition(first_night(), timezone=settings().time_zone)

nightly = dg.define_asset_job(
    name="nightly",
    description="Raw extracts in, an audited edition of the scorecard out.",
    selection=night(),
    # one process: importing dagster, dbt and Great Expectations costs more than the work, and a
    # second process could not open the warehouse anyway
    executor_def=dg.in_process_executor,
    tags=RETRIES,
)

night_of = dg.define_asset_job(
    name="night_of",
    description=(
        "The nightly job as of a chosen day, for backfills. An edition older than the one readers have is "
        "built and kept, and not shown."
    ),
    selection=night(),
    executor_def=dg.in_process_executor,
    config=dg.PartitionedConfig(partitions_def=NIGHTS, run_config_for_partition_key_fn=lambda night: {}),
    tags=RETRIES,
)


@dg.definitions
def schedules() -> dg.Definitions:
    """The nightly schedule; on as soon as the daemon runs."""
    return dg.Definitions(
        jobs=[nightly, night_of],
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
