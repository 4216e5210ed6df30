"""The command that opens the scorecard page of an edition, or writes it to a file.

Thin, like cli.py. Exit codes: 0 done; 1 there is no such page, or it can't be made; 2 the command or a setting is
wrong; with --build the code of the night where that has failed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import click

from dagster_project.lib.settings import CHECKOUT, Settings


@click.command()
@click.argument("edition", required=False)
@click.option("--as-of", "night", type=click.DateTime(["%Y-%m-%d"]), help="The newest edition of this day.")
@click.option(
    "--build", is_flag=True, help="Run the night first: the plain one, or that of --as-of if it was not run."
)
@click.option(
    "--out",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the page to a file, to send it.",
)
@click.option("--force", is_flag=True, help="Write over a file that is already there.")
@click.option("--language", type=click.Choice(["en", "sv"]), help="[default: the browser's]")
@click.option("--no-open", is_flag=True, help="Print where it is and open no browser.")
def page(
    edition: str | None,
    night: datetime | None,
    build: bool,
    target: Path | None,
    force: bool,
    language: str | None,
    no_open: bool,
) -> None:
    """Open the scorecard page of EDITION, by default of the one that readers have. A name's end is enough."""
    from dagster_project.cli_common import err, load_settings, out

    if edition and (night or build):
        raise click.UsageError("EDITION is one that is there: it goes with neither --as-of nor --build.")
    settings = load_settings()
    if target and target.exists() and not force:
        err.print(f"{target} is already there; add --force to write over it, or choose another name.")
        sys.exit(2)
    if build:
        build_night(settings, night.date() if night else None)
    place = chosen(settings, edition, night.date() if night else None)
    # readers may be given another one meanwhile: what is looked at and told of is one edition
    folder = place.resolve()

    from dagster_project.lib.edition_page import PAGE_FILE, has_page

    there = place / PAGE_FILE
    if target:
        write_copy(folder, target)
        there = target.resolve()
        out.print(f"wrote {target}: the page of edition {folder.name}, {target.stat().st_size / 1e6:.1f} MB.")
    elif not has_page(folder):
        err.print(
            f"Edition {folder.name} has no page: it is of a version that made none, or its page could not be "
            "made. What to do: --out FILE makes one of its tables; for the newest edition the next night does."
        )
        sys.exit(1)
    address = there.as_uri() + (f"#lang={language}" if language else "")
    if no_open or not opened(address):
        out.print(f"The page: {there}" if target is None else f"Open {address}", soft_wrap=True)
    else:
        out.print(f"Opened {there} in your browser.", soft_wrap=True)


def build_night(settings: Settings, night: date | None) -> None:
    """Run the night in a process of its own, as a scheduler would; end with its code where it has failed."""
    from dagster_project.cli_common import err
    from dagster_project.lib.edition_page import has_page
    from dagster_project.lib.night_report import EXIT_OK, EXIT_PERSON

    there = of_day(settings, night) if night else None
    if there is not None and has_page(there):
        err.print(f"The night of {night} has an edition already (`nightly --as-of {night}` runs it again).")
        return
    named = ["--as-of", str(night)] if night else []
    command = [sys.executable, "-m", "dagster_project.cli", "nightly", "--report-only", *named]
    code = subprocess.run(command, cwd=CHECKOUT, check=False).returncode
    if code not in (EXIT_OK, EXIT_PERSON):
        sys.exit(code if code > 0 else 1)


def of_day(settings: Settings, night: date) -> Path | None:
    """The folder of the company's newest edition of a day, shown to readers or kept."""
    from dagster_project.lib.kept_editions import list_editions

    names = [
        row["edition_id"]
        for row in list_editions(settings.home)
        if row.get("as_of_date") == night and row.get("company") == settings.company
    ]
    return settings.home / "published" / "editions" / names[-1] if names else None


def chosen(settings: Settings, edition: str | None, night: date | None) -> Path:
    """The folder of the edition that is meant, or a message and an exit code."""
    from dagster_project.cli_common import err
    from dagster_project.lib.kept_editions import current_folder, edition_folders
    from dagster_project.lib.rollback import RollbackRefused, named_edition

    published = settings.home / "published"
    if current_folder(published) is None:
        err.print(f"Nothing is published in {settings.home} yet. Run `make nightly` first.")
        sys.exit(1)
    if night:
        found = of_day(settings, night)
        if found is None:
            err.print(
                f"There is no edition as of {night}. Run `page --build --as-of {night}`, or choose another day."
            )
            sys.exit(1)
        return found
    if edition is None:
        return published / "current"
    try:
        return (
            published / "editions" / named_edition(edition, [one.name for one in edition_folders(published)])
        )
    except RollbackRefused as unknown:
        err.print(str(unknown))
        sys.exit(2)


def write_copy(folder: Path, target: Path) -> None:
    """The page of the edition as a file of its own: its own page, or one made now where it has none."""
    from dagster_project.cli_common import err, told_if_not_written
    from dagster_project.lib.edition_page import PAGE_FILE, has_page, sealed
    from dagster_project.lib.kept_editions import EDITION_FILE

    if has_page(folder):
        with told_if_not_written(target):
            shutil.copyfile(folder / PAGE_FILE, target)
        return
    from dagster_project.lib.page import PageError, render

    try:
        content = sealed(render(folder / EDITION_FILE), folder.name)
    except PageError as error:
        err.print(f"No page can be made of edition {folder.name}: {error}")
        sys.exit(1)
    with told_if_not_written(target):
        target.write_bytes(content)


def opened(address: str) -> bool:
    """Whether a browser was given the address; a machine without a screen has none."""
    has_screen = sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
    if not has_screen:
        return False
    import webbrowser

    return webbrowser.open(address)
