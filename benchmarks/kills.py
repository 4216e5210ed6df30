"""SIGKILL at random instants and at every exact step: the edition stays whole, and a plain rerun converges.

    python -m benchmarks.kills --count 170               # a small company's nights, each one process, no dbt
    python -m benchmarks.kills --nights 30               # whole nights of the demo company, dbt and all
    python -m benchmarks.kills --count 170 --nights 30 --folder trial --json kills.json

Each kill hits a night that has something new to publish. After it, without any repair, a fresh process reads what
readers read: it must be the edition from before or the new one, complete, by the control sums of every table. Every
few kills a plain rerun must end with exactly what a night that was never killed has published. All is drawn from
``--seed``; started again on the same ``--folder``, it goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.small_company import SmallCompany, published_sums
from dagster_project.lib.edition_page import has_page
from dagster_project.lib.kept_editions import whole_current

CHECKOUT = Path(__file__).resolve().parents[1]
Sums = dict[str, tuple[int, str]] | None
# A server that has imported everything once and forks: real processes, without three seconds of imports each.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["benchmarks.small_company", "dagster_project.lib.gx_duckdb"])


class Broken(AssertionError):
    """A kill has done harm; the text says which and how to repeat it."""


@dataclass(frozen=True)
class Kill:
    """One kill and what readers had after it."""

    number: int
    where: str
    after: str  # "the edition before", "the new edition"


@dataclass(frozen=True)
class Kills:
    """All kills of a session, and how many plain reruns in between ended as a night never killed."""

    kills: list[Kill]
    converged: int

    def summary(self) -> dict[str, Any]:
        """Counts for people and for the file."""
        return {
            "kills": len(self.kills),
            "at an exact step": sum(kill.where.startswith("at step") for kill in self.kills),
            "readers had": dict(Counter(kill.after for kill in self.kills)),
            "reruns that ended as if never killed": self.converged,
        }


# What readers see, asked by a process of its own


def _tell_sums(published: str, pipe: Any) -> None:
    path = Path(published)
    pipe.send(published_sums(path) if path.exists() else None)


def read_afresh(published: Path) -> Sums:
    """Control sums of all that is published, read by a process that was not there before."""
    here, there = _PROCESSES.Pipe(duplex=False)
    reader = _PROCESSES.Process(target=_tell_sums, args=(str(published), there))
    reader.start()
    there.close()
    try:
        return here.recv()
    except EOFError:
        raise Broken(f"{published} can't be read") from None
    finally:
        reader.join()


def check_readers(home: Path, before: Sums, after: Sums, how: str) -> str:
    """Which edition readers have now; raises unless it is one of the two, complete."""
    found = read_afresh(home / "published" / "current.duckdb")
    if found is not None and whole_current(home) is None:
        raise Broken(f"{how}: the current edition is not whole")
    if found is not None and not has_page(home / "published" / "current"):
        raise Broken(f"{how}: the current edition has no page, or half of one")
    if found == after:
        return "the new edition"
    if found == before:
        return "the edition before"
    differing = sorted(
        name
        for name in {*(found or {}), *(before or {})}
        if (found or {}).get(name) not in ((before or {}).get(name), (after or {}).get(name))
    )
    raise Broken(f"{how}: readers have neither edition: {', '.join(differing) or 'two of them mixed'}")


def check_ledger(warehouse: Path, how: str) -> None:
    """Every row that was read is loaded or rejected, and every row of a raw table belongs to a loaded file."""
    if not warehouse.exists():
        return
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'raw'"
        ).fetchall()
        if not tables:
            return
        uneven = connection.execute(
            "select path from audit.files where status = 'loaded' and rows_read <> rows_loaded + rows_rejected"
        ).fetchall()
        if uneven:
            raise Broken(f"{how}: rows of {uneven[0][0]} are neither loaded nor rejected")
        for (name,) in tables:
            known, there = connection.execute(
                f"""
                select
                    (select coalesce(sum(rows_loaded), 0) from audit.files
                     where status = 'loaded' and source_system || '__' || table_name = ?),
                    (select count(*) from raw."{name}")
                """,
                [name],
            ).fetchone()
            if known != there:
                raise Broken(f"{how}: the ledger knows {known} rows of raw.{name}, it holds {there}")


# The small company


def deliver(company: SmallCompany, number: int) -> None:
    """What the supplier lands for this night: in turn a corrected month and a file that comes late."""
    if number % 2:
        company.deliver_orders(number % 3 + 1, version=number)
    else:
        company.deliver_orders(number % 3 + 1, part=number + 1)


def _night(folder: str, kill_at: int | None, trace: Any = None) -> None:
    steps: list[str] = []

    def on_step(name: str) -> None:
        steps.append(name)
        if kill_at is not None and len(steps) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    night = SmallCompany(Path(folder)).night(on_step)
    if night.publication is None:
        raise SystemExit(night.message)
    if trace is not None:
        trace.send(steps)


def run_night(company: SmallCompany, kill_at: int | None = None, after: float | None = None) -> int:
    """A night in a process of its own, killed at its n-th step or after some seconds; its exit code."""
    process = _PROCESSES.Process(target=_night, args=(str(company.folder), kill_at))
    process.start()
    process.join(after)
    if process.is_alive():
        process.kill()
    process.join()
    return process.exitcode or 0


def steps_of_a_night(company: SmallCompany) -> tuple[list[str], float]:
    """The names of all steps of an undisturbed night, and how long it takes."""
    here, there = _PROCESSES.Pipe(duplex=False)
    started = time.monotonic()
    process = _PROCESSES.Process(target=_night, args=(str(company.folder), None, there))
    process.start()
    there.close()
    try:
        steps = here.recv()
    except EOFError:
        raise Broken("an undisturbed night of the small company does not publish") from None
    process.join()
    return steps, time.monotonic() - started


def kill_small_nights(folder: Path, count: int, seed: int, rerun_every: int = 5, say: Any = print) -> Kills:
    """Kill ``count`` nights; every ``rerun_every`` kills a plain rerun has to end as an unkilled one."""
    folder.mkdir(parents=True, exist_ok=True)
    killed, twin = SmallCompany(folder / "killed"), SmallCompany(folder / "twin")
    state = folder / "small.json"
    if state.exists():
        kept = json.loads(state.read_text())
    else:
        for company in (killed, twin):
            company.write()
        kept = {"kills": [], "portion": 0, "draws": 0, "steps": [], "seconds": 0.0}
    kills = [Kill(**entry) for entry in kept["kills"]]
    before: Sums = read_afresh(killed.current)
    while len(kills) < count:
        if not kept["steps"]:
            # the twin is never killed: its edition is what this night has to end with
            kept["steps"], kept["seconds"] = steps_of_a_night(twin)
        after, found = read_afresh(twin.current), ""
        aim = min(len(kills) + rerun_every, count)
        while len(kills) < aim and found != "the new edition":
            kept["draws"] += 1
            draw = random.Random(f"{seed} {kept['draws']}")
            if draw.random() < 0.4:
                step = draw.randrange(len(kept["steps"])) + 1
                where = f"at step {step}, {kept['steps'][step - 1]}"
                code = run_night(killed, kill_at=step)
            else:
                seconds = draw.uniform(0.0, kept["seconds"])
                where = f"after {seconds:.3f} s"
                code = run_night(killed, after=seconds)
            how = f"draw {kept['draws']} of seed {seed}, {where}"
            if code not in (0, -signal.SIGKILL):
                raise Broken(f"{how}: the night ended with {code}, before it was killed")
            found = check_readers(killed.home, before, after, how)
            check_ledger(killed.warehouse, how)
            # a night that was done before the signal came is no kill
            if code:
                kills.append(Kill(len(kills) + 1, where, found))
        converge(killed, twin, f"after draw {kept['draws']} of seed {seed}")
        kept["portion"] += 1
        say(f"{len(kills)} of {count} kills, {kept['portion']} reruns converged")
        before = after
        for company in (killed, twin):
            deliver(company, kept["portion"])
        kept |= {"kills": [vars(kill) for kill in kills], "steps": []}
        state.write_text(json.dumps(kept))
    return Kills(kills, kept["portion"])


def converge(killed: SmallCompany, twin: SmallCompany, how: str) -> None:
    """A plain rerun gives what was never killed gives: published tables, raw tables, nothing left lying about."""
    if code := run_night(killed):
        raise Broken(f"{how}: the plain rerun ended with {code}")
    found, wanted = read_afresh(killed.current), read_afresh(twin.current)
    if found != wanted:
        raise Broken(f"{how}: the rerun published other rows than a run that was never killed")
    if killed.raw_sums() != twin.raw_sums():
        raise Broken(f"{how}: the raw tables differ from those of a run that was never killed")
    left = [path.name for path in (killed.home / "published").rglob(".*")]
    if left:
        raise Broken(f"{how}: left lying about: {', '.join(left)}")
    check_ledger(killed.warehouse, how)


# Whole nights of the demo company


def demo_environment(folder: Path, **settings: str) -> dict[str, str]:
    """The environment of a night on this folder's own state and landing folder."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SCORECARD_", "DBT_", "DAGSTER_"))
    }
    return {
        **kept,
        "SCORECARD_HOME": str(folder / "home"),
        "SCORECARD_LANDING": str(folder / "landing"),
        "COLUMNS": "160",
        **settings,
    }


def demo_night(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """A whole night by the command line, as a scheduler starts it."""
    return subprocess.run(
        [sys.executable, "-m", "dagster_project.cli", "nightly"],
        cwd=CHECKOUT,
        env=demo_environment(folder, **settings),
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def deliver_demo(folder: Path, number: int) -> None:
    """A corrected file: some more web sessions on the last day, other ones every night."""
    path = folder / "landing" / "marketing" / "web_sessions.csv"
    original = CHECKOUT / "seeds" / "landing" / "demo" / "marketing" / "web_sessions.csv"
    *rows, last = original.read_text().splitlines()
    day, channel, sessions, visitors = last.split(",")
    path.write_text("\n".join([*rows, f"{day},{channel},{int(sessions) + number},{visitors}"]) + "\n")


def prepare_demo(folder: Path) -> None:
    """A published demo night with a landing folder of its own."""
    shutil.copytree(CHECKOUT / "seeds" / "landing" / "demo", folder / "landing")
    run = demo_night(folder)
    if run.returncode not in (0, 4):
        raise SystemExit(f"The first night failed:\n{run.stderr}")


def kill_a_demo_night(folder: Path, seconds: float) -> tuple[bool, str]:
    """Kill the night and all it started after some seconds: whether it was still running, and its last log line."""
    night = subprocess.Popen(
        [sys.executable, "-m", "dagster_project.cli", "nightly"],
        cwd=CHECKOUT,
        env=demo_environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    lines: list[str] = []
    listener = threading.Thread(target=lambda: lines.extend(night.stderr or ()))
    listener.start()
    try:
        night.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(night.pid, signal.SIGKILL)
    night.wait()
    listener.join()
    said = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return night.returncode == -signal.SIGKILL, said[:100]


def kill_demo_nights(folder: Path, count: int, seed: int, rerun_every: int = 8, say: Any = print) -> Kills:
    """Kill ``count`` whole nights of the demo company, dbt with them."""
    killed, twin = folder / "demo_killed", folder / "demo_twin"
    state = folder / "demo.json"
    if state.exists():
        kept = json.loads(state.read_text())
    else:
        for name in (killed, twin):
            shutil.rmtree(name, ignore_errors=True)
        prepare_demo(killed)
        shutil.copytree(killed, twin, symlinks=True)
        kept = {"kills": [], "portion": 0, "draws": 0}
    kills = [Kill(**entry) for entry in kept["kills"]]
    while len(kills) < count:
        before = read_afresh(killed / "home" / "published" / "current.duckdb")
        for name in (killed, twin):
            deliver_demo(name, kept["portion"] + 1)
        started = time.monotonic()
        run = demo_night(twin)
        length = time.monotonic() - started
        if run.returncode not in (0, 4):
            raise Broken(f"the night that nobody kills ended with {run.returncode}:\n{run.stderr}")
        after = read_afresh(twin / "home" / "published" / "current.duckdb")
        aim, found = min(len(kills) + rerun_every, count), ""
        while len(kills) < aim and found != "the new edition":
            kept["draws"] += 1
            seconds = random.Random(f"demo {seed} {kept['draws']}").uniform(0.5, length)
            was_running, said = kill_a_demo_night(killed, seconds)
            how = f"draw {kept['draws']} of seed {seed}, {seconds:.1f} s into a whole night"
            found = check_readers(killed / "home", before, after, how)
            check_ledger(killed / "home" / "warehouse.duckdb", how)
            if was_running:
                kills.append(Kill(len(kills) + 1, f"{seconds:.1f} s: {said}", found))
            say(f"{how}: {found}  ({said})")
        run = demo_night(killed)
        if run.returncode not in (0, 4):
            raise Broken(
                f"after kill {len(kills)}: the plain rerun ended with {run.returncode}:\n{run.stderr}"
            )
        if read_afresh(killed / "home" / "published" / "current.duckdb") != after:
            raise Broken(f"after kill {len(kills)}: the rerun published other rows than a run never killed")
        check_ledger(killed / "home" / "warehouse.duckdb", f"after kill {len(kills)}")
        kept["portion"] += 1
        kept["kills"] = [vars(kill) for kill in kills]
        state.write_text(json.dumps(kept))
        say(f"{len(kills)} of {count} whole nights killed, {kept['portion']} reruns converged")
    return Kills(kills, kept["portion"])


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=0, help="nights of the small company to kill")
    parser.add_argument("--nights", type=int, default=0, help="whole nights of the demo company to kill")
    parser.add_argument("--rerun-every", type=int, help="kills between two plain reruns [5; whole nights 8]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--folder", type=Path, help="kept, so that a second call goes on; else a temporary one"
    )
    parser.add_argument("--json", type=Path, help="write the counts there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        every, results, started = arguments.rerun_every, {}, time.monotonic()
        if arguments.count:
            small = kill_small_nights(folder, arguments.count, arguments.seed, every or 5)
            results["small nights"] = small.summary()
        if arguments.nights:
            whole = kill_demo_nights(folder, arguments.nights, arguments.seed, every or 8)
            results["whole nights"] = whole.summary()
        results["seconds"] = round(time.monotonic() - started)
        print(json.dumps(results, indent=2))
        if arguments.json:
            arguments.json.write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
