"""Commands about editions that are published: list them, roll back, build one again from its inputs.

Thin, like cli.py, whose settings and lock they use. Exit codes: 0 done, or nothing to do; 1 it can't be done, readers
keep what they have; 2 the command or a setting is wrong; 3 another run is writing.
"""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

import click


def register(main: click.Group) -> None:
    """Add the commands."""
    for command in (editions, rollback, reproduce):
        main.add_command(command)


@click.command()
def editions() -> None:
    """List the kept editions, the newest first."""
    from rich.table import Table

    from dagster_project.cli_common import err, load_settings, out
    from dagster_project.lib import flips
    from dagster_project.lib.kept_editions import list_editions

    settings = load_settings()
    try:
        known = flips.publications(flips.read(settings.home / "published"))
    except flips.FlipsDamaged as damaged:
        err.print(str(damaged))
        sys.exit(1)
    rows = list_editions(settings.home)
    if not rows:
        err.print(f"Nothing is published in {settings.home} yet. Run `make nightly` first.")
        sys.exit(1)
    table = Table("", "No.", "Edition", "Published (UTC)", "As of", "Rows", "Quality", "MB")

    def number(row: dict) -> int:
        line = known.get(row["edition_id"])
        return (line.sequence if line else row.get("sequence")) or 0

    for row in sorted(rows, key=number, reverse=True):
        folder = row["path"].parent
        size = sum(
            path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()
        )
        shown = known and row["edition_id"] not in known and not row["is_current"]
        table.add_row(
            "current" if row["is_current"] else "",
            str(number(row) or ""),
            row["edition_id"],
            f"{row['published_at']:%Y-%m-%d %H:%M:%S}" if "published_at" in row else "",
            str(row.get("as_of_date", "")),
            f"{row['row_count']:,}" if "row_count" in row else "",
            "damaged" if "error" in row else "never shown" if shown else row["quality_status"],
            f"{size / 1e6:.1f}",
        )
    out.print(table)


@click.command()
@click.argument("edition", required=False)
def rollback(edition: str | None) -> None:
    """Show readers EDITION again, by default the one before; forward too. A name's beginning or end is enough."""
    from dagster_project.cli_common import err, load_settings, only_this_run, out
    from dagster_project.lib.flips import FORWARD, FlipsDamaged
    from dagster_project.lib.kept_editions import PublicationError
    from dagster_project.lib.rollback import RollbackRefused, UnknownEdition, show

    os.umask(0o027)
    settings = load_settings()
    if not (settings.home / "published").is_dir():
        err.print(f"Nothing is published in {settings.home} yet. Run `make nightly` first.")
        sys.exit(1)
    with only_this_run(settings, "of rollback by hand"):
        try:
            done = show(settings.home, edition, f"user {_user()}")
        except UnknownEdition as refusal:
            err.print(str(refusal))
            sys.exit(2)
        except (RollbackRefused, FlipsDamaged, PublicationError, OSError) as refusal:
            err.print(str(refusal))
            sys.exit(1)
    if done.action is None:
        out.print(f"Readers have edition {done.edition_id} already; nothing was changed.")
        return
    out.print(
        f"Readers have edition {done.edition_id} now, {'forward' if done.action == FORWARD else 'back'} from "
        f"{done.previous}. The nightly job keeps it so until there are new inputs; `rollback {done.previous}` "
        "undoes it."
    )


def _user() -> str:
    """Who calls; a container may know no names."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


@click.command()
@click.argument("edition")
@click.option(
    "--out", "folder", type=click.Path(path_type=Path), required=True, help="A new folder to build it in."
)
@click.option("--force", is_flag=True, help="Also where the code here is not the code it was made with.")
def reproduce(edition: str, folder: Path, force: bool) -> None:
    """Build EDITION again from its recorded inputs, and compare every table with what was published."""
    from dagster_project.cli_common import err, load_settings, out
    from dagster_project.lib.reproduce import NotReproducible, RunFailed
    from dagster_project.lib.reproduce import reproduce as again

    settings = load_settings()
    try:
        compared = again(settings.home, edition, folder, force=force, tell=err.print)
    except NotReproducible as refusal:
        err.print(str(refusal))
        sys.exit(2)
    except RunFailed as failure:
        err.print(str(failure))
        sys.exit(1)
    for table in compared:
        out.print(f"{table.verdict:<13} {table.name}{f': {table.note}' if table.note else ''}")
    different = [table.name for table in compared if table.verdict == "different"]
    if different:
        out.print(f"Edition {edition} was not reproduced: {', '.join(different)} differ.")
        sys.exit(1)
    out.print(
        f"Edition {edition} was reproduced: {sum(t.verdict == 'equal' for t in compared)} tables are equal."
    )
