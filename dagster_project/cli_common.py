"""What the commands share: the consoles, the settings or a message, the writer's lock or a message."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.panel import Panel

from dagster_project.lib.lock import WarehouseInUse, WriterBusy, only_writer
from dagster_project.lib.night_report import EXIT_BUSY, EXIT_SETTING
from dagster_project.lib.printable import PlainConsole
from dagster_project.lib.settings import CHECKOUT, Settings, SettingsError
from dagster_project.lib.sources import DeclarationError

# No markup: messages quote file contents, and a cell that holds "[/red]" is not a style. A pipe has no
# width, and 80 columns are too few for a table that somebody reads in a log.
WIDTH = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else 130
out = PlainConsole(width=WIDTH)
err = PlainConsole(stderr=True, width=WIDTH)
GRAINS = ("day", "week", "month", "quarter", "year")


def load_settings() -> Settings:
    """The settings, or a message and exit code 2."""
    try:
        return Settings.from_environment()
    except (SettingsError, DeclarationError) as error:
        err.print(Panel(str(error), title="A setting is wrong", border_style="red"))
        sys.exit(EXIT_SETTING)


@contextlib.contextmanager
def told_if_not_written(target: Path) -> Iterator[None]:
    """A message and exit code 2 where the file can't be written."""
    try:
        yield
    except OSError as error:
        err.print(f"{target} can't be written: {error.strerror or error}.")
        sys.exit(EXIT_SETTING)


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
        sys.exit(EXIT_SETTING)
    if not (home / "dagster.yaml").exists():
        # its content alone: the checkout's file may be read by everybody
        shutil.copyfile(CHECKOUT / "dagster_project" / "dagster.yaml", home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(home)
    os.environ["SCORECARD_HOME"] = str(settings.home)
    os.environ.update(settings.dbt_environment())
    return home


@contextlib.contextmanager
def only_this_run(settings: Settings, name: str) -> Iterator[None]:
    """Hold the state folder for what follows; a message and exit code 3 where it is taken."""
    try:
        with only_writer(settings.home, name, settings.wait_for_writer_seconds):
            yield
    except WriterBusy as busy:
        title = (
            "Another program has the warehouse"
            if isinstance(busy, WarehouseInUse)
            else "Another run is writing"
        )
        err.print(Panel(str(busy), title=title, title_align="left", border_style="yellow"))
        sys.exit(EXIT_BUSY)


def print_current(settings: Settings, grain: str, language: str, level: str = "strategic") -> None:
    """The scorecard of the current edition."""
    from dagster_project.lib.terminal import print_scorecard

    shown = None if level == "all" else level
    print_scorecard(settings.home / "published" / "current.duckdb", out, grain, language, shown)
