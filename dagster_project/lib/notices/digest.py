"""Whether there is a digest to send after a night, to whom, and what was sent before.

Belongs here: the decision and its memory, `<home>/notices.json`: the edition that each address was last told of, or had
no news from. An address is told what is new since then, so that after a failed delivery the next digest holds both
nights. The file knows addresses by their fingerprints alone. The caller holds the writer's lock.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib import flips
from dagster_project.lib.durable import write_whole
from dagster_project.lib.edition_page import PAGE_FILE
from dagster_project.lib.kept_editions import EDITION_FILE, current_edition
from dagster_project.lib.notices import words
from dagster_project.lib.notices.addresses import fingerprint
from dagster_project.lib.notices.news import Choice, News, compared, read_state
from dagster_project.lib.notices.post import DONE, named, post
from dagster_project.lib.settings import Settings

MEMORY = "notices.json"


@dataclass(frozen=True)
class Told:
    """What was sent: a line for the run's report, and what a person should look at."""

    line: str
    problems: tuple[str, ...] = ()


def tell(settings: Settings, *, is_new: bool) -> Told | None:
    """Send the digest of the edition that readers have to each address that was not told of it; None where none waits.

    `is_new` says that the run has published it. An address that is new in the setting is told of the next edition that
    is published, not of one that has been there. Nothing is sent of an edition that somebody has rolled back to.
    """
    if not settings.notify:
        return None
    published = settings.home / "published"
    current, newest = current_edition(settings.home), flips.newest(flips.read(published))
    if current is None or newest is None or newest.edition_id != current["edition_id"]:
        return None
    edition_id = current["edition_id"]
    memory = _read(settings.home)
    last = {address: memory.get(fingerprint(address), ...) for address in settings.notify}
    if is_new:
        parent = current.get("parent_edition_id")
        last = {address: parent if told is ... else told for address, told in last.items()}
    waiting = [address for address, told in last.items() if told is not ... and told != edition_id]
    if not waiting:
        return None
    # before anything is sent: what fails now waits for the next run
    _write(settings.home, last)
    lines, problems = [], []
    for since in dict.fromkeys(last[address] for address in waiting):
        asked = [address for address in waiting if last[address] == since]
        found = what_is_new(settings, current, since)
        if found is None or found.is_empty:
            sent = [DONE] * len(asked)
            lines.append("nothing to compare with" if found is None else "nothing new to tell")
        else:
            language = settings.notify_language
            title = words.title(found, language)
            sent = post(asked, title, words.body(found, language, place(settings)))
            lines.append(f"{title!r} sent to {sent.count(DONE)} of {len(asked)} addresses")
        for address, said in zip(asked, sent, strict=True):
            if said == DONE:
                last[address] = edition_id
            else:
                name = named(settings.notify.index(address) + 1, address)
                problems.append(
                    f"The notice was not sent: {name} {said}. What to do: `notify --test` tries it; the next run "
                    "sends what is new by then."
                )
        _write(settings.home, last)
    return Told("; ".join(lines), tuple(problems))


def what_is_new(settings: Settings, current: Mapping[str, Any], since: str | None) -> News | None:
    """What is new in the current edition since another one; None where there is none to compare with."""
    editions = settings.home / "published" / "editions"
    choice = Choice(settings.notify_level, settings.notify_scopes)
    now = read_state(editions / current["edition_id"] / EDITION_FILE, choice)
    # one that was removed or damaged meanwhile gives way to the one before the current one
    for name in (since, current.get("parent_edition_id")):
        with suppress(duckdb.Error):
            then = read_state(editions / name / EDITION_FILE, choice) if name else None
            if then is not None:
                return compared(now, then, choice) if then.company == now.company else None
    return None


def place(settings: Settings) -> str:
    """Where readers look: what the installation says, else the page beside the edition, else the edition."""
    if settings.notify_link:
        return settings.notify_link
    current = settings.home / "published" / "current"
    return str(
        current / PAGE_FILE if (current / PAGE_FILE).is_file() else current.with_name("current.duckdb")
    )


def _read(home: Path) -> dict[str, str | None]:
    """The edition that each address was last told of; nothing where the file can't be read."""
    try:
        said = json.loads((home / MEMORY).read_text(encoding="utf-8"))
        return {str(name): edition for name, edition in said["told"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _write(home: Path, last: Mapping[str, Any]) -> None:
    """Replace the memory whole; addresses that are no longer in the setting are forgotten."""
    told = {fingerprint(address): edition for address, edition in last.items() if edition is not ...}
    write_whole(home / MEMORY, json.dumps({"told": told}, sort_keys=True).encode() + b"\n")
