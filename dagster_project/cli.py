"""The command line: run the nightly job, print the scorecard, call dbt or MetricFlow with the run's settings.

Thin: it prepares the environment, hands over to Dagster, dbt or MetricFlow, and says in plain words what came out.
The commands that a scheduler calls are in ``cli_nights.py``, those about editions, notices and the page in files of
their own; what all commands share is in ``cli_common.py``.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import click
from rich.panel import Panel

from dagster_project.cli_common import (
    GRAINS,
    err,
    load_settings,
    only_this_run,
    out,
    prepare_dagster_home,
    print_current,
    told_if_not_written,
)
from dagster_project.cli_editions import register
from dagster_project.cli_nights import NIGHT_COMMANDS
from dagster_project.cli_notices import notify
from dagster_project.cli_page import page
from dagster_project.lib.settings import CHECKOUT

# tools of the environment that can't be let in beside a run: sqlfluff has dbt compile the models
OPENS_THE_WAREHOUSE = ("sqlfluff", "dbt", "mf")


@click.group()
def main() -> None:
    """KPI scorecard pipeline."""


for command in (*NIGHT_COMMANDS, notify, page):
    main.add_command(command)


@main.command()
@click.option(
    "--grain",
    type=click.Choice(GRAINS),
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
@click.option("--grain", type=click.Choice(GRAINS), help="[default: quarter]")
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
    alone = only_this_run(settings, f"of {command[0]} by hand")
    with alone if Path(program).name in OPENS_THE_WAREHOUSE else contextlib.nullcontext():
        run = subprocess.run([program, *command[1:]], cwd=CHECKOUT, check=False)
    sys.exit(run.returncode)


@main.command()
@click.option("--port", default=3000, show_default=True)
def dev(port: int) -> None:
    """Open the Dagster UI on loopback, with the schedule's daemon."""
    settings = load_settings()
    prepare_dagster_home(settings)
    # nobody sits in front of a run from the queue: it waits for a run from the command line to end
    os.environ.setdefault("SCORECARD_WAIT_FOR_WRITER", "7200")
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


@main.command()
def catalogue() -> None:
    """Write the catalogue's pages, docs/kpis/, from the seed."""
    from dagster_project.lib.catalogue import catalogue_rows
    from dagster_project.lib.catalogue_pages import write_pages

    for path in write_pages(CHECKOUT / "docs" / "kpis", catalogue_rows()):
        out.print(f"wrote {path.relative_to(CHECKOUT)}")


@main.command()
def conservation() -> None:
    """Print where every row and every cent that came in is: loaded, rejected or superseded."""
    settings = load_settings()
    if not settings.warehouse.exists():
        err.print(f"There is no warehouse at {settings.warehouse} yet: run make nightly first.")
        sys.exit(2)
    import duckdb

    from dagster_project.lib.connection import connect
    from dagster_project.lib.conservation import conservation_report
    from dagster_project.lib.terminal import conservation_table

    try:
        with connect(settings.warehouse, read_only=True) as connection:
            lines = conservation_report(connection)
    except duckdb.CatalogException:
        err.print(
            "The warehouse is of an earlier version and knows no conservation yet: run make nightly once."
        )
        sys.exit(2)
    except duckdb.IOException:
        err.print("The warehouse is being written; try again when the run is over.")
        sys.exit(3)
    out.print(conservation_table(lines))
    if not all(line.is_conserved for line in lines):
        sys.exit(1)


register(main)

if __name__ == "__main__":
    main()
