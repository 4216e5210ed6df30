"""The page's place in an edition: `scorecard.html` beside the database, made from it, whole or not there.

Belongs here: writing the file and telling whether it is as it was written. Does not belong here: what stands on it
(lib/page/), and when it is made (publication.py).

An edition's control sums stand in its tables, and the page is made from those, so it carries its own: the last line
names the edition and the sum of all that stands above it.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dagster_project.lib.durable import write_whole
from dagster_project.lib.kept_editions import EDITION_FILE

PAGE_FILE = "scorecard.html"
Render = Callable[[Path], str]
_SEAL = re.compile(rb"\n<!-- edition ([A-Za-z0-9._-]+), sha256 ([0-9a-f]{64}) -->\n\Z")
_SEAL_BYTES = 300


@dataclass(frozen=True)
class Page:
    """How the making of a page went: its size and the seconds it took, or what went wrong."""

    bytes: int | None = None
    seconds: float = 0.0
    problem: str | None = None


def write_page(folder: Path, edition_id: str, render: Render) -> Page:
    """Make the page of the edition in this folder; what goes wrong is told and raises nothing, and leaves no page.

    The numbers are right without it: readers wait for no drawing.
    """
    started = time.perf_counter()
    try:
        content = sealed(render(folder / EDITION_FILE), edition_id)
        write_whole(folder / PAGE_FILE, content)
    except Exception as error:
        # whatever it is: a template, a full disk, a table of another shape
        return Page(None, time.perf_counter() - started, f"{type(error).__name__}: {error}")
    return Page(len(content), time.perf_counter() - started)


def sealed(html: str, edition_id: str) -> bytes:
    """The page with its last line."""
    content = html.encode()
    return (
        content + f"\n<!-- edition {edition_id}, sha256 {hashlib.sha256(content).hexdigest()} -->\n".encode()
    )


def has_page(folder: Path) -> bool:
    """Whether the edition in this folder has its page, as it was written."""
    # through a link that is flipped meanwhile, one edition's page would be held against another one's name
    folder = folder.resolve()
    try:
        content = (folder / PAGE_FILE).read_bytes()
    except OSError:
        return False
    seal = _SEAL.search(content, max(len(content) - _SEAL_BYTES, 0))
    return (
        seal is not None
        and seal[1].decode() == folder.name
        and seal[2].decode() == hashlib.sha256(content[: seal.start()]).hexdigest()
    )
