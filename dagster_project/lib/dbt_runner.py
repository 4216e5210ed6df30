"""The dbt project's manifest, made when it is missing or older than what it is made from.

Belongs here: the links dbt runs through, parsing, and the fingerprint of the project's files. The nightly
build itself runs through Dagster (``defs/transform``), so that each model is an asset.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock

from dagster_project.lib.settings import CHECKOUT, DBT_PROJECT, Settings

_PLACES = ("DBT_TARGET_PATH", "DBT_LOG_PATH", "DBT_PROFILES_DIR", "DBT_PROJECT_DIR", "PYTHONPATH")


class DbtFailed(RuntimeError):
    """dbt could not parse the project; the message carries what dbt said."""


def dbt_command() -> list[str]:
    """dbt of the running environment, whatever PATH says, by way of ``dbt_main.py``."""
    return [sys.executable, "-P", str(Path(__file__).parents[1] / "dbt_main.py")]


def project_fingerprint(settings: Settings) -> str:
    """Hash of every file that decides what dbt computes: models, macros, tests, seeds, external systems."""
    kinds = (".sql", ".yml", ".csv")
    parts = [hash_files(DBT_PROJECT, kinds), hash_files(CHECKOUT / "seeds" / "reference", kinds)]
    parts += (f"{system.name} {hash_files(system.folder, ('.sql', '.yml'))}" for system in settings.external)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def hash_files(folder: Path, kinds: tuple[str, ...]) -> str:
    """Hash of the names and contents of the files of these ``kinds`` below ``folder``, wherever it lies."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in kinds and path.is_file():
            digest.update(
                f"{path.relative_to(folder)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\0".encode()
            )
    return digest.hexdigest()


def link_project(settings: Settings) -> None:
    """Make SCORECARD_HOME/dbt/project: links to the checkout's project and to each external system's folder.

    dbt must never be given an absolute model folder: it writes what it compiled to
    ``<target>/<path of the model>``, which for an absolute path is the company's own file.
    """
    project = settings.dbt_project
    wanted = {
        project / path.name: path for path in DBT_PROJECT.iterdir() if path.name not in ("target", "logs")
    }
    wanted[project.parent / "seeds"] = CHECKOUT / "seeds"
    # MetricFlow knows no other place for what dbt has parsed
    wanted[project / "target"] = settings.dbt_target
    wanted |= {project / "external" / system.name: system.folder for system in settings.external}
    (project / "external").mkdir(parents=True, exist_ok=True)
    for link in {*project.iterdir(), *(project / "external").iterdir(), *wanted}:
        if link.is_symlink() and wanted.get(link) != link.readlink():
            link.unlink()
    for link, target in wanted.items():
        if not link.is_symlink():
            link.symlink_to(target)


def ensure_manifest(settings: Settings) -> Path:
    """Path of a manifest that fits the project's files and the settings; parses (about 5 s) if need be.

    Raises:
        DbtFailed: the project does not parse.
    """
    settings.dbt_target.mkdir(parents=True, exist_ok=True)
    manifest = settings.dbt_target / "manifest.json"
    key_file = settings.dbt_target / "manifest.key"
    environment = settings.dbt_environment()
    # where the state folder lies decides nothing that stands in a manifest
    decisive = {name: value for name, value in environment.items() if name not in _PLACES}
    key = hashlib.sha256((project_fingerprint(settings) + json.dumps(decisive)).encode()).hexdigest()
    # webserver, daemon and code server of `dagster dev` load the definitions at the same moment
    with FileLock(settings.dbt_target / "manifest.lock"):
        link_project(settings)
        if manifest.exists() and key_file.exists() and key_file.read_text() == key:
            return manifest
        run = _parse(settings, environment)
        if run.returncode != 0 and (settings.dbt_target / "partial_parse.msgpack").exists():
            # what dbt remembers of an earlier parse can name metrics and tests that are gone
            run = _parse(settings, environment, "--no-partial-parse")
        if run.returncode != 0:
            raise DbtFailed(
                f"dbt could not read the project {settings.dbt_project}:\n{run.stdout}{run.stderr}"
            )
        key_file.write_text(key)
    return manifest


def _parse(
    settings: Settings, environment: Mapping[str, str], *options: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*dbt_command(), "parse", "--quiet", *options],
        cwd=settings.dbt_project,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def read_manifest(path: Path) -> dict[str, Any]:
    """The parsed manifest."""
    return json.loads(path.read_text())
