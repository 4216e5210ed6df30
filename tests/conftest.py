"""Shared fixtures: the nightly job run once for each company, in a state folder of the tests.

A nightly run takes the better part of a minute, so every test that only looks at its outcome shares one,
also across the processes of pytest-xdist. A test that changes state copies the folder first. Nights in other state
folders share what dbt has parsed, if their source systems have the same names; dbt itself sees what differs
in the files and settings, and parses that.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from filelock import FileLock
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from dagster_project.lib.settings import Settings, SettingsError
from dagster_project.lib.sources import DeclarationError

CHECKOUT = Path(__file__).resolve().parents[1]
SHARED_DATA = Path(os.environ.get("SCORECARD_SHARED_DATA") or CHECKOUT.parent / "shared" / "data")

# what dbt and the pipeline keep of a parse
PARSED_FILES = ("partial_parse.msgpack", "manifest.json", "manifest.key", "semantic_manifest.json")
# what this session's homes share of them; set below
parses: Path | None = None


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "night: runs the nightly job or a build of its own; begins first")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long tests, so that no process is left alone with one."""
    items.sort(key=lambda item: item.get_closest_marker("night") is None)


class NightsTogether(LoadScopeScheduling):
    """Tests go to whichever process is free, but for modules that share a night of their own: those stay together.

    A scheduler, since marks of a group do nothing under the structured node ids of pytest 9.2 (pytest-xdist 3.8).
    """

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return module if _is_together(module) else nodeid


@cache
def _is_together(module: str) -> bool:
    return "pytest.mark.night(together=True)" in (CHECKOUT / module).read_text(encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> NightsTogether:
    return NightsTogether(config, log)


@pytest.fixture(scope="session", autouse=True)
def share_parses(tmp_path_factory: pytest.TempPathFactory) -> None:
    global parses
    parses = session_folder(tmp_path_factory) / "parsed"
    parses.mkdir(exist_ok=True)


def session_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this session, the same in all of its processes."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


def recall_parse(settings: Settings) -> None:
    """Give a new state folder what dbt has parsed for the same source systems in another one."""
    known = _parse_of(settings)
    if known and known.exists() and not settings.dbt_target.exists():
        shutil.copytree(known, settings.dbt_target)


def remember_parse(settings: Settings) -> None:
    """Keep what dbt has parsed for these source systems, for the next state folder."""
    known = _parse_of(settings)
    if not known or not (settings.dbt_target / PARSED_FILES[0]).exists():
        return
    with FileLock(f"{known}.lock"):
        if not known.exists():
            part = known.with_suffix(".part")
            part.mkdir()
            for path in map(settings.dbt_target.joinpath, PARSED_FILES):
                if path.exists():
                    shutil.copy(path, part)
            part.rename(known)


def _parse_of(settings: Settings) -> Path | None:
    names = [system.name for system in settings.systems] + [
        f"external-{system.name}" for system in settings.external
    ]
    return parses / "_".join(names) if parses else None


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
    try:
        # a wrong setting is for the command to tell
        known = Settings.from_environment(environment) if arguments == ("nightly",) else None
    except (SettingsError, DeclarationError):
        known = None
    if known:
        recall_parse(known)
    run = subprocess.run(
        [sys.executable, "-m", "dagster_project.cli", *arguments],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if known:
        remember_parse(known)
    if check and run.returncode != 0:
        raise AssertionError(f"{arguments} ended with {run.returncode}\n{run.stdout}\n{run.stderr}")
    return run


@pytest.fixture(scope="session")
def shared_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Runs the nightly job once a session for a name, whatever the number of test processes; gives its home.

    ``after`` is the home of another night: this one then is the next night there, in a copy.
    """
    base = session_folder(tmp_path_factory)

    def run(name: str, after: Path | None = None, **settings: str) -> Path:
        home = base / f"home_{name}"
        with FileLock(base / f"home_{name}.lock"):
            if not (home / "stdout.txt").exists():
                if after:
                    copy_home(after, home)
                result = run_cli("nightly", home=home, check=True, **settings)
                (home / "stderr.txt").write_text(result.stderr)
                (home / "stdout.txt").write_text(result.stdout)
        return home

    return run


def copy_home(home: Path, to: Path) -> Path:
    """A state folder to change, without what the tests wrote beside it."""
    return shutil.copytree(home, to, symlinks=True, ignore=shutil.ignore_patterns("stdout.txt", "stderr.txt"))


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


READ = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
connection.execute("select 1").fetchall()
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def held_warehouse() -> Iterator[Callable[[Path], subprocess.Popen[str]]]:
    """Opens a database read-only in another process, as a notebook or a BI tool would, until the test is over."""
    readers = []

    def hold(database: Path) -> subprocess.Popen[str]:
        reader = subprocess.Popen(
            [sys.executable, "-c", READ, str(database)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        readers.append(reader)
        assert reader.stdout.readline() == "open\n"
        return reader

    yield hold
    for reader in readers:
        reader.kill()
        reader.wait(30)


HOLD = """
import sys
from pathlib import Path
from dagster_project.lib.lock import only_writer
with only_writer(Path(sys.argv[1]), "first", 0):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="session")
def start_holding() -> Callable[[Path], subprocess.Popen[str]]:
    """Starts a process that holds a state folder, as another run would, until its input ends."""

    def hold(home: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(home)],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout.readline() == "held\n"
        return process

    return hold
