"""The command about notices to readers: try the addresses, or see what a digest would say.

Thin, like cli.py. Exit codes: 0 done, or nothing to tell; 1 an address did not take the message, or there is no
edition; 2 the command or a setting is wrong.
"""

from __future__ import annotations

import sys

import click


@click.command()
@click.option(
    "--test", "is_test", is_flag=True, help="Send a short message to each address of SCORECARD_NOTIFY."
)
@click.option("--dry-run", is_flag=True, help="Print the digest of the published edition; send nothing.")
@click.option(
    "--since", metavar="EDITION", help="With --dry-run: compare with this edition. [default: its parent]"
)
@click.option("--language", type=click.Choice(["en", "sv"]), help="[default: SCORECARD_NOTIFY_LANGUAGE]")
def notify(is_test: bool, dry_run: bool, since: str | None, language: str | None) -> None:
    """Try the notices to readers: --test sends a message, --dry-run prints what is new."""
    from dagster_project.cli_common import err, load_settings, out

    if is_test == dry_run:
        raise click.UsageError("Say either --test or --dry-run.")
    if since and not dry_run:
        raise click.UsageError("--since goes with --dry-run.")
    settings = load_settings()
    spoken = language or settings.notify_language
    from dagster_project.lib.notices import words

    if is_test:
        if not settings.notify:
            err.print(
                "SCORECARD_NOTIFY is not set: nobody gets notices. What to do: set it to one or more addresses of "
                "Apprise, such as mailto://… or json://…, or to a file of them (docs/notices.md)."
            )
            sys.exit(2)
        from dagster_project.lib.notices.post import DONE, named, post

        said = words.WORDS[spoken]
        sent = post(settings.notify, said["test_title"], said["test_body"] + "\n")
        for number, (address, how) in enumerate(zip(settings.notify, sent, strict=True), start=1):
            out.print(f"{named(number, address)}: {'took it' if how == DONE else how}")
        sys.exit(0 if set(sent) == {DONE} else 1)

    from dagster_project.lib.kept_editions import current_edition
    from dagster_project.lib.notices.digest import place, what_is_new

    current = current_edition(settings.home)
    if current is None:
        err.print(f"Nothing is published in {settings.home} yet. Run `make nightly` first.")
        sys.exit(1)
    if since and not (settings.home / "published" / "editions" / since / "edition.duckdb").is_file():
        err.print(f"There is no edition {since!r} in {settings.home}; `editions` lists them.")
        sys.exit(2)
    found = what_is_new(settings, current, since)
    if found is None:
        out.print(f"Edition {current['edition_id']} has none before it to compare with: no digest.")
    elif found.is_empty:
        out.print(
            f"Nothing new in edition {current['edition_id']} since {found.then.edition_id}: no digest is sent."
        )
    else:
        out.print(words.title(found, spoken))
        out.print()
        out.print(words.body(found, spoken, place(settings)), soft_wrap=True)
