"""Building a published edition again, from its recorded inputs and commit, to prove that it follows from them.

Belongs here: laying out a state folder as it was before the edition's night, running that night there, comparing. Does
not belong here: recording the inputs (archive.py, publication.py).

What a night reads beside files and settings is laid out too: the tables that earlier editions left behind, the edition
readers had and the newest one. What can't be the same again is left out of the comparison: the clock, and why a value
changed, which is found out from the raw tables of the night before.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib import flips, value_history
from dagster_project.lib.archive import archived
from dagster_project.lib.audit_tables import ensure_audit_tables
from dagster_project.lib.control_sums import control_sum
from dagster_project.lib.databases import attach, has_table, table_names
from dagster_project.lib.edition import git_commit
from dagster_project.lib.kept_editions import (
    EDITION_FILE,
    SCHEMA,
    current_folder,
    edition_folders,
    flips_told_by,
    publication_row,
    read_edition,
)
from dagster_project.lib.publication import Input
from dagster_project.lib.settings import CHECKOUT
from dagster_project.lib.sql import column_list, identifier, literal

# told by the run, not by the inputs
_RUN = {
    "publication": None,
    "publication_tables": None,
    "publication_history": ("happened_at", "made_by", "control_sum"),
}
_HISTORY = {
    value_history.TABLE: (*value_history.CLOCKS, *value_history.EXPLANATIONS),
    value_history.VIEW: (
        "published_at",
        "causes",
        *(name for name in value_history.EXPLANATIONS if name != "reason"),
    ),
}


class NotReproducible(Exception):
    """It was not tried; the text says what is missing and what to do."""


class RunFailed(Exception):
    """The night was run again and failed; the text is what it said."""


@dataclass(frozen=True)
class Compared:
    """One published table, then and again."""

    name: str
    verdict: str  # equal, different, not compared
    note: str = ""


def reproduce(
    home: Path,
    edition: str,
    folder: Path,
    *,
    force: bool = False,
    tell: Callable[[str], object] = lambda text: None,
    environment: Mapping[str, str] = os.environ,
) -> list[Compared]:
    """Run the edition's night again in a new folder and compare every table with what was published.

    Raises:
        NotReproducible: an input is missing, or the code here is not the recorded one.
        RunFailed: the night was run and published nothing.
    """
    published = home / "published"
    source = published / "editions" / edition
    kept = [known.name for known in edition_folders(published)]
    if edition not in kept:
        raise NotReproducible(
            f'No edition "{edition}" is kept in {published}. Kept: {", ".join(kept[-3:]) or "none"}. '
            "What to do: name one of these; `editions` lists all."
        )
    if read_edition(source) is None:
        raise NotReproducible(f"{source} is not whole. What to do: put it back from a backup.")
    row = publication_row(source)
    if not row.get("settings"):
        raise NotReproducible(
            f"Edition {edition} is from before inputs were recorded; it can't be built again."
        )
    if folder.exists() and any(folder.iterdir()):
        raise NotReproducible(f"{folder} is not empty. What to do: name a folder that is not there yet.")
    check_code(row["git_commit"], force)
    inputs = read_inputs(source)
    check_inputs(home, inputs)
    settings = lay_out(home, source, row, inputs, folder.resolve())
    tell(f"Running the night of edition {edition} again in {folder} ...")
    run = subprocess.run(
        [sys.executable, "-m", "dagster_project.cli", "nightly"],
        cwd=CHECKOUT,
        env=_environment(environment) | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    again = current_folder(folder.resolve() / "home" / "published")
    # 4: published, and a person is needed; so it was then
    if run.returncode not in (0, 4) or again is None or again.name == row["parent_edition_id"]:
        raise RunFailed(f"The night did not publish again (code {run.returncode}):\n{run.stderr[-3000:]}")
    return compare(source, again, has_past=_base(source, published) is not None or row["sequence"] == 1)


def check_code(recorded: str | None, force: bool) -> None:
    """Raise unless the checkout is at the recorded commit, without changes."""
    here = git_commit()
    if not force and (recorded is None or recorded != here or recorded.endswith("-dirty")):
        raise NotReproducible(
            f"The edition was made with the code of commit {recorded or '(not recorded)'}; here is {here or 'none'}. "
            "What to do: check that commit out (git worktree add <folder> <commit>) and call `reproduce` there with "
            "SCORECARD_HOME set to this state folder; or add --force to see what this code makes of the same inputs."
        )


def read_inputs(source: Path) -> list[Input]:
    """What an edition was made from."""
    with duckdb.connect() as connection:
        attach(connection, source / EDITION_FILE, "edition")
        if not has_table(connection, SCHEMA, "publication_inputs", "edition"):
            return []
        rows = connection.execute(
            f"select kind, source_system, table_name, path, sha256, bytes from edition.{SCHEMA}.publication_inputs"
            " order by all"
        ).fetchall()
    return [Input(*row) for row in rows]


def check_inputs(home: Path, inputs: Sequence[Input]) -> None:
    """Raise unless every input lies in the archive as it was read."""
    problems = []
    for wanted in inputs:
        path = archived(home, wanted.sha256)
        place = " ".join(part for part in (wanted.kind, wanted.source_system, wanted.path) if part)
        if not wanted.sha256 or not path.is_file():
            problems.append(f"{place}: not in the archive")
        else:
            with path.open("rb") as content:
                found = hashlib.file_digest(content, "sha256").hexdigest()
            if found != wanted.sha256:
                problems.append(f"{place}: {path} holds something else")
    if problems:
        listed = "\n".join(f"- {problem}" for problem in problems[:20])
        more = f"\n... and {len(problems) - 20} more" if len(problems) > 20 else ""
        raise NotReproducible(
            f"{len(problems)} of {len(inputs)} inputs are missing, expected by content in {home / 'archive'}:\n{listed}"
            f"{more}\nWhat to do: put them back from a backup. SCORECARD_KEEP_INPUTS=0 keeps none, and a file that "
            "comes from a database or was loaded before there was an archive is not in it."
        )


def lay_out(
    home: Path, source: Path, row: Mapping[str, Any], inputs: Sequence[Input], folder: Path
) -> dict[str, str]:
    """Make the state folder, the landing folders and the plan; return the settings that go with them."""
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    scratch = folder / "home"
    scratch.mkdir(mode=0o750)
    systems = sorted({i.source_system for i in inputs if i.kind == "file" and i.source_system})
    for wanted in inputs:
        if wanted.kind == "file":
            _copy(home, wanted, folder / "landing" / str(wanted.source_system))
        elif wanted.kind == "plan":
            _copy(home, wanted, folder / "plan")
    _write_memory(home, scratch / "warehouse.duckdb", [i for i in inputs if i.kind == "memory"])
    _write_past(home / "published", source, row, scratch / "published")
    plan = [i.path for i in inputs if i.kind == "plan"]
    book = plan[0] if len(plan) == 1 and plan[0].lower().endswith(".xlsx") else ""
    return {
        **json.loads(row["settings"]),
        "SCORECARD_HOME": str(scratch),
        "SCORECARD_LANDING": ",".join(f"{name}:{folder / 'landing' / name}" for name in systems),
        "SCORECARD_PLAN": str(folder / "plan" / book),
        "SCORECARD_KEEP_INPUTS": "0",
        "SCORECARD_KEEP_EDITIONS": "0",
        "SCORECARD_KEEP_DAYS": "0",
    }


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The caller's, without settings of its own but for the folder of source systems that are not shipped."""
    own = re.compile(r"(SCORECARD|DBT|DAGSTER)_")
    return {
        name: value
        for name, value in environment.items()
        if not own.match(name) or name == "SCORECARD_SOURCES_DIR"
    }


def _copy(home: Path, wanted: Input, root: Path) -> None:
    target = (root / wanted.path).resolve()
    if not target.is_relative_to(root.resolve()):
        raise NotReproducible(
            f"The recorded path {wanted.path!r} leads out of its folder; nothing was written there."
        )
    target.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    shutil.copyfile(archived(home, wanted.sha256), target)


def _write_memory(home: Path, warehouse: Path, memory: Iterable[Input]) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        ensure_audit_tables(connection)
        for wanted in memory:
            schema, table = str(wanted.source_system), str(wanted.table_name)
            connection.execute(f"create schema if not exists {identifier(schema)}")
            connection.execute(
                f"create or replace table {identifier(schema, table)} as"
                f" select * from read_parquet({literal(str(archived(home, wanted.sha256)))})"
            )


def _base(source: Path, published: Path) -> Path | None:
    """The edition published before, whose history goes on, if it is kept."""
    told = flips.publications(flips_told_by(source)[:-1])
    newest = next(reversed(told), None)
    folder = published / "editions" / newest if newest else None
    return folder if folder and (folder / EDITION_FILE).is_file() else None


def _write_past(published: Path, source: Path, row: Mapping[str, Any], scratch: Path) -> None:
    """What readers had then, and the newest edition: as far as they are kept, by name alone otherwise."""
    (scratch / "editions").mkdir(mode=0o750, parents=True)
    parent = row["parent_edition_id"]
    base = _base(source, published)
    if base:
        kept = {base, published / "editions" / parent} if parent else {base}
        for folder in kept:
            if folder.is_dir():
                shutil.copytree(folder, scratch / "editions" / folder.name, symlinks=True)
        for flip in flips_told_by(source)[:-1]:
            flips.append(scratch, flip)
    if parent:
        # a name is all that the next edition's name takes from it
        (scratch / "current").symlink_to(f"editions/{parent}")


def compare(then: Path, again: Path, has_past: bool) -> list[Compared]:
    """Control sums of every table, then and again, without what the run's own clock tells."""
    compared = []
    with duckdb.connect() as connection:
        for name, folder in (("was", then), ("again", again)):
            attach(connection, folder / EDITION_FILE, name)
        tables = [table_names(connection, SCHEMA, name) for name in ("was", "again")]
        for name in sorted(tables[0] | tables[1]):
            if name in _RUN and _RUN[name] is None:
                compared.append(Compared(name, "not compared", "it tells of the run"))
            elif not has_past and name in {*_HISTORY, "publication_history"}:
                compared.append(Compared(name, "not compared", "the edition before is not kept any more"))
            elif not (name in tables[0] and name in tables[1]):
                compared.append(Compared(name, "different", "it is in one of the two only"))
            else:
                compared.append(_compared(connection, name, is_renamed=then.name != again.name))
    if then.name != again.name:
        compared.append(Compared("edition_id", "different", f"{then.name} then, {again.name} again"))
    return compared


def _compared(connection: duckdb.DuckDBPyConnection, name: str, *, is_renamed: bool) -> Compared:
    without = (*(_RUN.get(name) or ()), *_HISTORY.get(name, ()))
    if is_renamed:
        # other code gives another name: what it makes of the same inputs is compared all the same
        columns = connection.execute(f"describe was.{identifier(SCHEMA, name)}").fetchall()
        without += tuple(column for column, *_ in columns if column.endswith("edition_id"))
        without += ("inputs_hash",) if name == "publication_history" else ()
    but = f"exclude ({column_list(without)})" if without else ""
    sums = [
        control_sum(connection, f"(select * {but} from {identifier(which, SCHEMA, name)})")
        for which in ("was", "again")
    ]
    note = f"without {', '.join(without)}" if without else ""
    if sums[0] == sums[1]:
        return Compared(name, "equal", note)
    return Compared(name, "different", f"{sums[0][0]:,} rows then, {sums[1][0]:,} again")
