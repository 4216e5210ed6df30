"""The command line: run the nightly job, print the scorecard, call dbt or MetricFlow with the run's settings.

Thin: it prepares the environment, hands over to Dagster, dbt or MetricFlow, and says in plain words what came out.
Exit codes for a scheduler: 0 published or nothing new, 1 the run failed and the last edition stands,
2 a setting or declaration is wrong, 3 another run is writing.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
from rich.panel import Panel

from dagster_project.lib.lock import WriterBusy, only_writer
from dagster_project.lib.printable import PlainConsole
from dagster_project.lib.settings import CHECKOUT, Settings, SettingsError
from dagster_project.lib.sources import DeclarationError

# No markup: messages quote file contents, and a cell that holds "[/red]" is not a style. A pipe has no
# width, and 80 columns are too few for a table that somebody reads in a log.
WIDTH = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else 130
out = PlainConsole(width=WIDTH)
err = PlainConsole(stderr=True, width=WIDTH)


def load_settings() -> Settings:
    """The settings, or a message and exit code 2."""
    try:
        return Settings.from_environment()
    except (SettingsError, DeclarationError) as error:
        err.print(Panel(str(error), title="A setting is wrong", border_style="red"))
        sys.exit(2)


def prepare_dagster_home(settings: Settings) -> Path:
    """DAGSTER_HOME with the shipped instance settings, unless the installation has its own."""
    # pay, absences and rejected rows lie in there
    os.umask(0o027)
    home = settings.home / "dagster"
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        err.print(
            Panel(
                f"SCORECARD_HOME is {settings.home}, which can not be written: {error.strerror}.",
                title="A setting is wrong",
                border_style="red",
            )
        )
        sys.exit(2)
    if not (home / "dagster.yaml").exists():
        # its content alone: the checkout's file may be read by everybody
        shutil.copyfile(CHECKOUT / "dagster_project" / "dagster.yaml", home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(home)
    os.environ["SCORECARD_HOME"] = str(settings.home)
    os.environ.update(settings.dbt_environment())
    return home


@contextlib.contextmanager
def only_this_run(settings: Settings, name: str) -> Iterator[None]:
    """Hold the state folder for what follows; a message and exit code 3 where another run holds it."""
    try:
        with only_writer(settings.home, name, settings.wait_for_writer_seconds):
            yield
    except WriterBusy as busy:
        err.print(Panel(str(busy), title="Another run is writing", title_align="left", border_style="yellow"))
        sys.exit(3)


@click.group()
def main() -> None:
    """KPI scorecard pipeline."""


@main.command()
@click.option(
    "--grain",
    type=click.Choice(["day", "week", "month", "quarter", "year"]),
    default="quarter",
    show_default=True,
)
@click.option("--language", type=click.Choice(["en", "sv"]), default="en", show_default=True)
def nightly(grain: str, language: str) -> None:
    """Run the job `nightly` in this process, then print the scorecard."""
    started = time.monotonic()
    settings = load_settings()
    dagster_home = prepare_dagster_home(settings)
    domains = ", ".join(
        f"{domain}: {'+'.join(names) or 'none'}" for domain, names in settings.domain_feeds.items()
    )
    err.print(f"Nightly run as of {settings.as_of}; {domains}.")
    with only_this_run(settings, f"of {datetime.now():%H:%M:%S}"):
        code = run_nightly(settings, dagster_home, started, grain, language)
    sys.exit(code)


def run_nightly(settings: Settings, dagster_home: Path, started: float, grain: str, language: str) -> int:
    """The job, and what came out of it in words; the exit code."""
    # imported late: a wrong setting should not take seconds to be told
    from dagster_project.lib.dbt_runner import DbtFailed
    from dagster_project.lib.history import open_instance
    from dagster_project.lib.publication import current_edition

    before = current_edition(settings.home)
    try:
        from dagster_project.definitions import defs

        job = defs.resolve_job_def("nightly")
    except DbtFailed as error:
        err.print(Panel(str(error), title="The dbt project does not parse", border_style="red"))
        return 2
    # Dagster says of the skipped steps of a quiet night that they gated nothing, which is so, and alarming
    logging.getLogger("dagster").setLevel(logging.ERROR)
    log = settings.dbt_target / "nightly.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as dbt_output, contextlib.redirect_stdout(dbt_output):
        result = job.execute_in_process(
            instance=open_instance(dagster_home),
            run_config={"loggers": {"console": {}}},
            raise_on_error=False,
        )
    seconds = time.monotonic() - started
    edition = current_edition(settings.home)
    if not result.success:
        text = "\n\n".join(failure_messages(result))
        err.print(Panel(text, title="Nothing was published", title_align="left", border_style="red"))
        err.print(
            f"Readers still see edition {edition['edition_id']}."
            if edition
            else "There is no published edition yet."
        )
        err.print(f"Log of the dbt step: {log}")
        return 1
    print_current(settings, grain, language)
    if before and edition and before["edition_id"] == edition["edition_id"]:
        out.print(f"Nothing new: this edition was already published. ({seconds:.0f} s)")
    else:
        out.print(f"Published a new edition. ({seconds:.0f} s)")
    return 0


def failure_messages(result: "dg.ExecuteInProcessResult") -> list[str]:  # noqa: F821, UP037
    """What went wrong, each thing once: messages for people first, a step's own error otherwise."""
    events = result.get_step_failure_events()
    told = [event.step_failure_data.user_failure_data for event in events]
    messages = [failure.description for failure in told if failure and failure.description]
    for evaluation in result.get_asset_check_evaluations():
        if not evaluation.passed and evaluation.severity.value == "ERROR":
            text = evaluation.description or f"{evaluation.check_name} failed"
            # a failed dbt step has told what its own tests found
            if not any(text in message for message in messages):
                messages.append(text)
    if not messages:
        for event in events:
            error = event.step_failure_data.error
            while error.cause:
                error = error.cause
            messages.append(f"Step {event.step_key}: {error.message.strip()}")
    return list(dict.fromkeys(messages)) or ["The run failed before its first step; see the messages above."]


def print_current(settings: Settings, grain: str, language: str, level: str = "strategic") -> None:
    """The scorecard of the current edition."""
    from dagster_project.lib.terminal import print_scorecard

    shown = None if level == "all" else level
    print_scorecard(settings.home / "published" / "current.duckdb", out, grain, language, shown)


@main.command()
@click.option(
    "--grain",
    type=click.Choice(["day", "week", "month", "quarter", "year"]),
    default="quarter",
    show_default=True,
)
@click.option("--language", type=click.Choice(["en", "sv"]), default="en", show_default=True)
@click.option(
    "--level", type=click.Choice(["strategic", "operational", "all"]), default="strategic", show_default=True
)
@click.option("--svg", type=click.Path(path_type=Path), help="Save what is printed as a picture.")
def scorecard(grain: str, language: str, level: str, svg: Path | None) -> None:
    """Print the scorecard of the published edition."""
    settings = load_settings()
    out.record = svg is not None
    if not (settings.home / "published" / "current.duckdb").exists():
        err.print(f"Nothing is published in {settings.home} yet. Run `make nightly` first.")
        sys.exit(1)
    print_current(settings, grain, language, level)
    if svg:
        from dagster_project.lib.terminal import SVG_FORMAT

        out.save_svg(str(svg), title="make scorecard", code_format=SVG_FORMAT)


@main.command()
@click.option("--period", help='A period of the edition, such as "2025 Q4"; else the latest settled one.')
@click.option(
    "--grain", type=click.Choice(["day", "week", "month", "quarter", "year"]), help="[default: quarter]"
)
@click.option("--scope", default="company", show_default=True, help="company, or such as region:Skåne")
@click.option("--language", type=click.Choice(["en", "sv"]), default="en", show_default=True)
@click.option(
    "--out", "target", type=click.Path(path_type=Path), default=Path("scorecard.xlsx"), show_default=True
)
@click.option("--force", is_flag=True, help="Write over a file that is already there.")
def workbook(
    period: str | None, grain: str | None, scope: str, language: str, target: Path, force: bool
) -> None:
    """Write the published scorecard of a period as an Excel workbook."""
    settings = load_settings()
    published = settings.home / "published" / "current.duckdb"
    if not published.exists():
        err.print(f"Nothing is published in {settings.home} yet. Run `make nightly` first.")
        sys.exit(1)
    refuse_other_than_new_workbook(target, force)
    import duckdb

    from dagster_project.lib.workbook.book import write_workbook
    from dagster_project.lib.workbook.data import UnknownChoice, read_scorecard

    try:
        with duckdb.connect(str(published), read_only=True) as connection:
            card = read_scorecard(
                connection, period, grain or (None if period else "quarter"), scope, language
            )
    except UnknownChoice as error:
        err.print(str(error))
        sys.exit(2)
    with told_if_not_written(target):
        write_workbook(card, language, target)
    place = ", ".join(dict.fromkeys((card.edition.company, card.scope.name, card.period.name)))
    out.print(f"wrote {target}: {place}.")


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def dbt(arguments: tuple[str, ...]) -> None:
    """Call dbt with the run's settings, for example: dbt build --select +gross_margin_ratio."""
    settings = load_settings()
    prepare_dagster_home(settings)
    from dagster_project.lib.dbt_runner import dbt_command, link_project

    with only_this_run(settings, "of dbt by hand"):
        link_project(settings)
        run = subprocess.run([*dbt_command(), *arguments], cwd=settings.dbt_project, check=False)
    sys.exit(run.returncode)


# its own --help is MetricFlow's
@main.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def mf(arguments: tuple[str, ...]) -> None:
    """Query KPIs as metrics: mf query --metrics gross_margin_ratio --group-by metric_time__month,region."""
    settings = load_settings()
    prepare_dagster_home(settings)
    os.environ["SCORECARD_WAREHOUSE"] = str(settings.warehouse)
    if not settings.warehouse.exists():
        err.print(f"There is no warehouse in {settings.home} yet. Run `make nightly` first.")
        sys.exit(1)
    from dagster_project.lib.dbt_runner import DbtFailed, ensure_manifest

    with only_this_run(settings, "of mf by hand"):
        try:
            ensure_manifest(settings)
        except DbtFailed as error:
            err.print(Panel(str(error), title="The dbt project does not parse", border_style="red"))
            sys.exit(2)
        from dbt_metricflow.cli import main as metricflow

        # each call would ask a package index for a newer version; the lock file says which one it is
        metricflow.UpdateChecker.check = lambda *_: None
        metricflow.cli.main(list(arguments), prog_name="mf")


@main.command(name="with-settings", context_settings={"ignore_unknown_options": True})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def with_settings(command: tuple[str, ...]) -> None:
    """Call any tool of the environment with the run's settings, for example: sqlfluff lint dbt_project."""
    settings = load_settings()
    prepare_dagster_home(settings)
    os.environ["SCORECARD_WAREHOUSE"] = str(settings.warehouse)
    program = str(Path(sys.executable).with_name(command[0]))
    sys.exit(subprocess.run([program, *command[1:]], cwd=CHECKOUT, check=False).returncode)


@main.command()
@click.option("--port", default=3000, show_default=True)
def dev(port: int) -> None:
    """Open the Dagster UI on loopback, with the schedule's daemon."""
    settings = load_settings()
    prepare_dagster_home(settings)
    command = [str(Path(sys.executable).with_name("dagster")), "dev", "-m", "dagster_project.definitions"]
    sys.exit(
        subprocess.run([*command, "-h", "127.0.0.1", "-p", str(port)], cwd=CHECKOUT, check=False).returncode
    )


@main.command()
@click.argument("kpi_id")
@click.argument("department")
@click.option("--measures", default="metrics_sales__order_lines_periodic", show_default=True)
def kpi(kpi_id: str, department: str, measures: str) -> None:
    """Write the files and lines of a new KPI; what is left to fill in says so and fails."""
    from dagster_project.lib.scaffold import FILL_IN, ScaffoldError, new_kpi

    try:
        written = new_kpi(CHECKOUT, kpi_id, department, measures)
    except ScaffoldError as error:
        err.print(Panel(str(error), title="No KPI was made", title_align="left", border_style="red"))
        sys.exit(2)
    for path in written:
        out.print(f"wrote {path.relative_to(CHECKOUT)}")
    out.print(f"Now replace every {FILL_IN!r} in them; docs/adding_a_kpi.md walks one real example.")
    out.print(f'Then: make dbt ARGS="build --select {kpi_id}" and make test ARGS="tests/structure".')


@main.command()
@click.option("--check", "checked", type=click.Path(path_type=Path), help="A plan other than SCORECARD_PLAN.")
@click.option(
    "--out", "target", type=click.Path(path_type=Path), help="Write it as an Excel workbook to edit."
)
@click.option("--force", is_flag=True, help="Write over a file that is already there.")
def plan(checked: Path | None, target: Path | None, force: bool) -> None:
    """Check the plan (targets, objectives, weights); with --out, write it as a workbook to edit."""
    settings = load_settings()
    source = checked or settings.plan
    from dagster_project.lib.plan import PlanError, counted, counted_by_company, read_plan

    missing: list[str] = []

    try:
        sheets = read_plan(source, missing.append)
    except PlanError as error:
        err.print(Panel(str(error), title="The plan is not in order", title_align="left", border_style="red"))
        sys.exit(2)
    out.print(f"The plan is in order: {counted(sheets)}.")
    out.print(counted_by_company(sheets, settings.company))
    for sheet in missing:
        out.print(f"Note: {sheet}.")
    if target:
        from dagster_project.lib.plan_template import write_template

        refuse_other_than_new_workbook(target, force)
        with told_if_not_written(target):
            write_template(sheets, target)
        out.print(f"wrote {target}")


def refuse_other_than_new_workbook(target: Path, force: bool) -> None:
    """A message and exit code 2 where the file has another ending, or is there already."""
    if target.suffix.lower() != ".xlsx":
        err.print(f"--out is {target}; expected a file that ends in .xlsx.")
        sys.exit(2)
    if target.exists() and not force:
        err.print(f"{target} is already there; add --force to write over it, or choose another name.")
        sys.exit(2)


@contextlib.contextmanager
def told_if_not_written(target: Path) -> Iterator[None]:
    """A message and exit code 2 where the file can't be written."""
    try:
        yield
    except OSError as error:
        err.print(f"{target} can't be written: {error.strerror or error}.")
        sys.exit(2)


@main.command()
def catalogue() -> None:
    """Write the catalogue's pages, docs/kpis/, from the seed."""
    from dagster_project.lib.catalogue import catalogue_rows
    from dagster_project.lib.catalogue_pages import write_pages

    for path in write_pages(CHECKOUT / "docs" / "kpis", catalogue_rows()):
        out.print(f"wrote {path.relative_to(CHECKOUT)}")


if __name__ == "__main__":
    main()
