"""The nightly job run in this process, for the command line. Importing it takes seconds: Dagster comes along."""

from __future__ import annotations

import contextlib
import logging
import uuid
from datetime import datetime
from pathlib import Path

from rich.panel import Panel

from dagster_project.cli_common import err
from dagster_project.lib import night, night_store
from dagster_project.lib.dbt_runner import DbtFailed
from dagster_project.lib.history import open_instance
from dagster_project.lib.night_report import FAILED, WRONG_SETTING
from dagster_project.lib.publication import current_edition
from dagster_project.lib.run_events import failure_messages
from dagster_project.lib.settings import Settings


def run_job(
    settings: Settings, dagster_home: Path, started_at: datetime, *, is_named: bool
) -> tuple[int, str, str]:
    """The job, and in a panel what went wrong in it; exit code, outcome and report.

    ``is_named`` says that the day of the settings is one that somebody chose for this run alone.
    """
    run_id = str(uuid.uuid4())
    try:
        from dagster_project.definitions import defs

        job = defs.resolve_job_def("nightly")
    except DbtFailed as error:
        err.print(Panel(str(error), title="The dbt project does not parse", border_style="red"))
        report, said = night.close(settings, run_id, started_at, ended=WRONG_SETTING, log=_warn)
        return report.exit_code, report.outcome, said
    # Dagster says of the skipped steps of a quiet night that they gated nothing, which is so, and alarming
    logging.getLogger("dagster").setLevel(logging.ERROR)
    log = settings.dbt_target / "nightly.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    tags = {night.STARTED_TAG: started_at.isoformat()}
    if is_named:
        tags[night.NIGHT_TAG] = str(settings.as_of)
    with log.open("w") as dbt_output, contextlib.redirect_stdout(dbt_output):
        result = job.execute_in_process(
            instance=open_instance(dagster_home),
            run_config={"loggers": {"console": {}}},
            raise_on_error=False,
            run_id=run_id,
            tags=tags,
        )
    if not result.success:
        text = "\n\n".join(failure_messages(result.all_events))
        err.print(Panel(text, title="Nothing was published", title_align="left", border_style="red"))
        edition = current_edition(settings.home)
        err.print(
            f"Readers still see edition {edition['edition_id']}."
            if edition
            else "There is no published edition yet."
        )
        err.print(f"Log of the dbt step: {log}")
    found = night_store.read(settings.home, run_id)
    if found is None:
        # it failed before its first step, or its report could not be written
        ended = None if result.success else FAILED
        found = night.close(settings, run_id, started_at, ended=ended, is_whole=False, log=_warn)
    report, said = found
    if not result.success and report.exit_code == 0:
        # two sources that disagree: the failure counts
        return 1, FAILED, said
    return report.exit_code, report.outcome, said


def _warn(message: str) -> None:
    err.print(message)
