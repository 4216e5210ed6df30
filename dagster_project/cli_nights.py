"""The commands that a scheduler calls: one night, a range of past nights, how fresh the sources are, a backup.

Their exit codes are for it to act on: 0 published or nothing new, 1 failed and the last edition stands, 2 a
setting or declaration is wrong, 3 another run or program has the warehouse, 4 published (or nothing new), but a
person is needed. ``lib/night_report.py`` decides which; docs/operating.md says what to do.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from dagster_project.cli_common import (
    GRAINS,
    err,
    load_settings,
    only_this_run,
    out,
    prepare_dagster_home,
    print_current,
)
from dagster_project.lib.night_report import (
    EXIT_OK,
    EXIT_PERSON,
    EXIT_SETTING,
    KEPT,
    combined_code,
)
from dagster_project.lib.settings import CHECKOUT, Settings

if TYPE_CHECKING:
    from dagster_project.lib.holds import Told

DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--grain", type=click.Choice(GRAINS), default="quarter", show_default=True)
@click.option("--language", type=click.Choice(["en", "sv"]), default="en", show_default=True)
@click.option("--as-of", "night", type=DAY, help="A past night; never takes a newer edition from readers.")
@click.option("--report-only", is_flag=True, help="Print the run's report and no scorecard.")
def nightly(grain: str, language: str, night: datetime | None, report_only: bool) -> None:
    """Run the job `nightly` in this process, then print the scorecard and the run's report."""
    started_at = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    settings = load_settings()
    if night:
        refuse_days_to_come(settings, night.date())
        settings = replace(settings, as_of=night.date())
    dagster_home = prepare_dagster_home(settings)
    domains = ", ".join(
        f"{domain}: {'+'.join(names) or 'none'}" for domain, names in settings.domain_feeds.items()
    )
    err.print(f"Nightly run as of {settings.as_of}; {domains}.")
    with only_this_run(settings, f"of {datetime.now():%H:%M:%S}"):
        # imported late: a wrong setting should not take seconds to be told
        from dagster_project.cli_run import run_job

        code, outcome, said = run_job(settings, dagster_home, started_at, is_named=night is not None)
        told = what_is_held(settings) if code == EXIT_PERSON else None
    if code in (EXIT_OK, EXIT_PERSON) and outcome != KEPT and not report_only:
        print_current(settings, grain, language)
    # after the scorecard: the last lines are the ones that people see
    if told:
        err.print(Panel(told.text, title=told.title, title_align="left", border_style="yellow"))
    out.print()
    out.print(said.rstrip(), soft_wrap=True)
    sys.exit(code)


def what_is_held(settings: Settings) -> Told | None:
    """The messages of what is held, refused or old in the edition of this run."""
    import duckdb

    from dagster_project.lib.holds import what_needs_a_person

    try:
        with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
            return what_needs_a_person(connection)
    except duckdb.Error:
        # somebody has opened the warehouse meanwhile: the report below says it in short
        return None


def refuse_days_to_come(settings: Settings, *days: date) -> None:
    """A message and exit code 2 where a night has not been yet."""
    today = datetime.now(settings.zone).date()
    late = [day for day in days if day > today]
    if late:
        err.print(
            Panel(
                f"{late[0]} has not been yet: today is {today} in {settings.time_zone}. Name a day up to today.",
                title="A setting is wrong",
                border_style="red",
            )
        )
        sys.exit(EXIT_SETTING)


@click.command()
@click.argument("first", type=DAY)
@click.argument("last", type=DAY)
@click.option("--again", is_flag=True, help="Run nights that have an edition already, too.")
def backfill(first: datetime, last: datetime, again: bool) -> None:
    """Run the nights FIRST to LAST, oldest first, each as of its own day; those that have an edition are skipped.

    An edition older than the one that readers have is built and kept, and not shown to them.
    """
    settings = load_settings()
    if last < first:
        err.print(
            f"The range begins on {first:%Y-%m-%d} and ends on {last:%Y-%m-%d}, before it; give the older day first."
        )
        sys.exit(EXIT_SETTING)
    nights = [first.date() + timedelta(days=n) for n in range((last - first).days + 1)]
    refuse_days_to_come(settings, nights[-1])
    from dagster_project.lib.night import nights_built

    done = set() if again else nights_built(settings.home, settings.company)
    codes: list[int] = []
    for number, night in enumerate(nights, 1):
        progress = f"Night {number} of {len(nights)}, {night}"
        if night in done:
            err.print(f"{progress}: has an edition already, skipped (--again runs it anyway).")
            continue
        err.print(f"{progress}:")
        # a process each: settings and definitions are read once a process, and between two of them the lock is
        # free for a run that waits for it
        codes.append(
            subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "dagster_project.cli",
                    "nightly",
                    "--as-of",
                    str(night),
                    "--report-only",
                ],
                cwd=CHECKOUT,
                check=False,
            ).returncode
        )
        if codes[-1] not in (EXIT_OK, EXIT_PERSON):
            err.print(
                Panel(how_to_go_on(nights, number, codes), title="The backfill stopped", title_align="left")
            )
            sys.exit(codes[-1] if codes[-1] > 0 else 1)
    skipped = len(nights) - len(codes)
    out.print(
        f"All {len(nights)} nights from {nights[0]} to {nights[-1]} are there: {len(codes)} run, {skipped} skipped."
    )
    sys.exit(combined_code(codes))


def how_to_go_on(nights: Sequence[date], number: int, codes: Sequence[int]) -> str:
    """What is done, what failed, and the command for the rest."""
    done = f"The nights before it are done: {len(codes) - 1} run, {number - len(codes)} skipped."
    return (
        f"Night {number} of {len(nights)}, {nights[number - 1]}, ended with code {codes[-1]}; its message stands "
        f"above. {done if number > 1 else 'Nothing is done yet.'}\n"
        f"What to do: mend what it says, then run the same command again, or the rest of it:\n"
        f"  python -m dagster_project.cli backfill {nights[number - 1]} {nights[-1]}"
    )


@click.command()
def freshness() -> None:
    """Print how old the newest data of each watched source table is; exit code 4 where any is too old."""
    settings = load_settings()
    from dagster_project.lib.freshness import STALE, watch

    verdicts = watch(settings)
    if not verdicts:
        out.print(
            "No source table is watched: no suite of this run's tables has an expectation newest_date_is_recent."
        )
        return
    table = Table(header_style="bold", pad_edge=False)
    for heading in (
        "Source table",
        "Newest data",
        "Measured on",
        "Age",
        "Allowed",
        "Last delivery (UTC)",
        "Verdict",
    ):
        table.add_column(heading, justify="right" if heading in ("Age", "Allowed") else "left")
    for one in verdicts:
        waiting = ", a file is waiting" if one.is_waiting and one.is_stale else ""
        table.add_row(
            f"{one.source_system}.{one.table_name}",
            str(one.newest_date or "–"),
            str(one.measured_on),
            "–" if one.age_days is None else f"{one.age_days} d",
            f"{one.max_age_days} d",
            f"{one.last_delivery:%Y-%m-%d %H:%M}" if one.last_delivery else "–",
            Text(one.verdict + waiting, style="red" if one.verdict == STALE else ""),
        )
    out.print(table)
    stale = [one for one in verdicts if one.is_stale]
    for one in stale:
        out.print(one.sentence)
    out.print(f"{len(verdicts)} source tables are watched, {len(stale)} of them are not fresh.")
    sys.exit(EXIT_PERSON if stale else EXIT_OK)


@click.command()
@click.argument("to", type=click.Path(path_type=Path))
def backup(to: Path) -> None:
    """Copy the state folder to TO, which must not be there yet, while no run is writing."""
    settings = load_settings()
    from dagster_project.lib.backup import BackupFailed, back_up

    with only_this_run(settings, "of a backup"):
        try:
            size = back_up(settings.home, to)
        except BackupFailed as error:
            err.print(Panel(str(error), title="There is no backup", title_align="left", border_style="red"))
            sys.exit(1)
    out.print(
        f"wrote {to}: {size / 1e6:,.0f} MB. To restore: copy it to an empty SCORECARD_HOME and run a night."
    )


NIGHT_COMMANDS = (nightly, backfill, freshness, backup)
