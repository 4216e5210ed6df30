"""Showing readers another edition that is kept: back, or forward again.

Belongs here: choosing, proving and flipping. Does not belong here: making editions (publication.py). The caller holds
the writer's lock. The nightly job leaves a rollback alone until new inputs make a new edition.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dagster_project.lib import flips
from dagster_project.lib.flips import Flip
from dagster_project.lib.kept_editions import PUBLIC_FILE, edition_folders, known_flips, read_edition
from dagster_project.lib.publication import flip


class RollbackRefused(Exception):
    """It was not done, or not all of it; the text says why, what readers have, and what to do."""


class UnknownEdition(RollbackRefused):
    """There is no such edition, or it is not clear which one is meant."""


class EditionDamaged(RollbackRefused):
    """The edition is not as it was published."""


@dataclass(frozen=True)
class Flipped:
    """What readers have now, and had before."""

    edition_id: str
    previous: str | None
    action: str | None  # None: they had it already


def show(
    home: Path,
    wanted: str | None,
    by: str,
    *,
    on_step: Callable[[str], None] = lambda step: None,
) -> Flipped:
    """Flip readers to a kept edition; without a name, to the one they had before the current one was published.

    Raises:
        RollbackRefused: readers keep what they have, or the flip could not be written down.
    """
    published = home / "published"
    known = known_flips(published)
    current = flips.linked(published)
    kept = [folder.name for folder in edition_folders(published) if folder.name in flips.publications(known)]
    if not kept:
        raise RollbackRefused(f"Nothing is published in {home} yet. What to do: run the nightly job.")
    unshown = [
        folder.name for folder in edition_folders(published) if folder.name in flips.kept_unshown(known)
    ]
    if wanted and _fitting(wanted, unshown) and not _fitting(wanted, kept):
        edition_id = named_edition(wanted, unshown)
        raise RollbackRefused(
            f"Edition {edition_id} is of a past night, built when readers had a newer one and never shown: the history "
            f"of what was shown does not go through it. Readers still have {current}. What to do: to look into it, "
            f"open {published / 'editions' / edition_id / PUBLIC_FILE}."
        )
    edition_id = named_edition(wanted, kept) if wanted else _before(known, kept, current)
    if edition_id == current:
        return Flipped(edition_id, current, None)
    if read_edition(published / "editions" / edition_id) is None:
        raise EditionDamaged(
            f"Edition {edition_id} is not whole: expected the tables and files that were published, with their control "
            f"sums; {published / 'editions' / edition_id} holds something else. Readers still have {current}. "
            "What to do: put the folder back from a backup, or choose another edition; `editions` lists them."
        )
    on_step("verified")
    action = flips.action_to(known, current, edition_id)
    flip(published, edition_id)
    on_step("flipped")
    try:
        flips.append(published, Flip(flips.now(), action, edition_id, current, by))
    except OSError as error:
        raise RollbackRefused(
            f"Readers have edition {edition_id} now, but that could not be written down in {published / flips.LOG} "
            f"({error}). What to do: make room or give the right to write there; the next run writes the line."
        ) from error
    on_step("recorded")
    return Flipped(edition_id, current, action)


def named_edition(wanted: str, kept: list[str]) -> str:
    """The edition with this name, or the only one whose name begins or ends so."""
    if wanted in kept:
        return wanted
    fitting = _fitting(wanted, kept)
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UnknownEdition(f'"{wanted}" may be any of {", ".join(fitting)}. What to do: name one of them.')
    nearest = difflib.get_close_matches(wanted, kept, n=3, cutoff=0.4) or kept[-3:]
    raise UnknownEdition(
        f'No edition "{wanted}" is kept. The nearest: {", ".join(nearest)}. What to do: name one of these; `editions` '
        "lists all that are kept."
    )


def _fitting(wanted: str, names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(wanted) or name.endswith(wanted)]


def _before(known: list[Flip], kept: list[str], current: str | None) -> str:
    publications = flips.publications(known)
    line = publications.get(current or "")
    parent = line.parent_edition_id or line.previous if line else None
    if parent in kept:
        return parent
    if line is None:
        return kept[-1]
    if parent is None:
        raise UnknownEdition(
            f"Readers have {current}, the first edition there was: there is none before it. What to do: name an "
            "edition; `editions` lists those that are kept."
        )
    raise UnknownEdition(
        f"Edition {parent}, which readers had before {current}, is not kept any more. What to do: name one of "
        f"{', '.join(kept[-3:])}."
    )
