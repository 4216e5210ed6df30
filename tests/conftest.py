"""Shared fixtures: the nightly job run once for each company, in a state folder of the tests.

A nightly run takes the better part of a minute, so every test that only looks at its outcome shares one,
also across the processes of pytest-xdist. A test that changes state copies the folder first.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

CHECKOUT = Path(__file__).resolve().parents[1]
SHARED_DATA = Path(os.environ.get("SCORECARD_SHARED_DATA") or CHECKOUT.parent / "shared" / "data")


def run_cli(
    *arguments: str, home: Path, check: bool = False, **settings: str
) -> subprocess.CompletedProcess[str]:
    """The command line as a user or a scheduler calls it, with SCORECARD_* settings of its own."""
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("SCORECARD_", "DBT_", "DAGSTER_"))
    }
    environment |= {
        "SCORECARD_HOME": str(home),
        "SCORECARD_WAIT_FOR_WRITER": "0",
        "COLUMNS": "160",
        **settings,
    }
    run = subprocess.run(
        [sys.executable, "-m", "dagster_project.cli", *arguments],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if check and run.returncode != 0:
        raise AssertionError(f"{arguments} ended with {run.returncode}\n{run.stdout}\n{run.stderr}")
    return run


@pytest.fixture(scope="session")
def shared_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Runs the nightly job once a session for a name, whatever the number of test processes; gives its home."""
    base = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        base = base.parent

    def run(name: str, **settings: str) -> Path:
        home = base / f"home_{name}"
        with FileLock(base / f"home_{name}.lock"):
            if not (home / "stdout.txt").exists():
                result = run_cli("nightly", home=home, check=True, **settings)
                (home / "stderr.txt").write_text(result.stderr)
                (home / "stdout.txt").write_text(result.stdout)
        return home

    return run


@pytest.fixture(scope="session")
def demo_home(shared_run: Callable[..., Path]) -> Path:
    """State folder after one nightly run on the demo company. Read only: copy it to change it."""
    return shared_run("demo")


@pytest.fixture(scope="session")
def demo_edition(demo_home: Path) -> Path:
    """The published file of the demo company."""
    return demo_home / "published" / "current.duckdb"


@pytest.fixture(scope="session")
def adventureworks_landing() -> Path:
    """The AdventureWorks files; they are real data that is not part of the project."""
    folder = SHARED_DATA / "adventureworks"
    if not folder.is_dir():
        pytest.skip(
            f"the AdventureWorks files are not at {folder}; set SCORECARD_SHARED_DATA to their parent folder"
        )
    return folder


@pytest.fixture(scope="session")
def adventureworks_home(shared_run: Callable[..., Path], adventureworks_landing: Path) -> Path:
    """State folder after one nightly run on AdventureWorks."""
    return shared_run(
        "adventureworks", SCORECARD_SOURCES="adventureworks", SCORECARD_LANDING=str(adventureworks_landing)
    )


@pytest.fixture(scope="session")
def adventureworks_edition(adventureworks_home: Path) -> Path:
    """The published file of AdventureWorks."""
    return adventureworks_home / "published" / "current.duckdb"


@pytest.fixture(scope="session")
def adventureworks_warehouse(adventureworks_home: Path) -> Path:
    """The private warehouse of AdventureWorks."""
    return adventureworks_home / "warehouse.duckdb"
