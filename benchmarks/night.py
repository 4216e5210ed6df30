"""What one night costs: CPU seconds and elapsed seconds of each phase, on the demo company in an empty state folder.

    python -m benchmarks.night                  # empty state folder: the first night of an installation
    python -m benchmarks.night --again          # and after it a second night as of the day before: all is built again

A phase ends when the night says so in its log. CPU seconds are those of the whole tree of processes, the pipeline's
own and dbt's apart, read from /proc (so: Linux). They vary with what else the machine does by about a tenth;
compare the sums of two versions on the same machine, not figures from different days.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
TICK = os.sysconf("SC_CLK_TCK")
# the line of the log that ends each phase
PHASES = (
    ("start, parse, ingest", re.compile(r"\d+ of \d+ tables from")),
    ("raw suites", re.compile(r"raw_suites:")),
    ("run facts", re.compile(r"This run builds edition")),
    ("dbt build, scorecard suites", re.compile(r"scorecard_suites:")),
    ("publication", re.compile(r"is published")),
    ("end", re.compile(r"$^")),
)


@dataclass(frozen=True)
class Reading:
    """CPU seconds up to a moment: of the pipeline's own process, of ``dbt parse`` and of ``dbt build``."""

    at: float
    own: float
    parse: float
    build: float


class Meter:
    """Reads the CPU seconds of a process and of all that it starts."""

    def __init__(self, pid: int) -> None:
        """Of the process with this number."""
        self.pid = pid
        self.children: dict[int, tuple[str, float]] = {}
        self.own = 0.0

    def read(self) -> Reading:
        """The state now; a process that has ended keeps what was last seen of it, a twentieth of a second ago."""
        own = _cpu(self.pid)
        self.own = max(self.own, own or 0.0)
        for pid in _below(self.pid):
            seconds = _cpu(pid)
            command = self.children[pid][0] if pid in self.children else _command(pid)
            if seconds is not None:
                self.children[pid] = (command, seconds)
        sums: dict[str, float] = defaultdict(float)
        for command, seconds in self.children.values():
            sums[command] += seconds
        return Reading(time.monotonic(), self.own + sums["other"], sums["parse"], sums["build"])


def _cpu(pid: int) -> float | None:
    """User and system seconds of one process, its threads included, its children not."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / TICK


def _command(pid: int) -> str:
    """Which of the three kinds of process it is."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return "other"
    # the script that starts it may stand behind an option of Python's
    is_dbt = any(Path(word).name in ("dbt", "dbt_main.py") for word in words[:4])
    return next((kind for kind in ("parse", "build") if is_dbt and kind in words), "other")


def _below(pid: int) -> list[int]:
    """The process's children, and theirs."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(text) for text in task.read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *_below(child)]
    return found


def measure(home: Path, **settings: str) -> list[tuple[str, Reading]]:
    """One night: the reading at the end of each phase, the start first."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SCORECARD_")}
    night = subprocess.Popen(
        [sys.executable, "-m", "dagster_project.cli", "nightly"],
        cwd=CHECKOUT,
        env={**environment, "SCORECARD_HOME": str(home), **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    meter = Meter(night.pid)
    started = meter.read()
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(night.stderr))
    reader.start()
    readings = [("", started)]
    waiting = list(PHASES)
    told = 0
    while night.poll() is None:
        reading = meter.read()
        for line in lines[told:]:
            if waiting[0][1].search(line):
                readings.append((waiting.pop(0)[0], reading))
        told = len(lines)
        time.sleep(0.05)
    reader.join()
    if night.returncode != 0:
        raise SystemExit("The night failed:\n" + "".join(lines))
    readings.append(("end", Reading(time.monotonic(), reading.own, reading.parse, reading.build)))
    return readings


def report(title: str, readings: list[tuple[str, Reading]]) -> None:
    """One line a phase."""
    print(f"\n{title}")
    print(f"{'':30}{'elapsed':>9}{'CPU':>9}{'pipeline':>10}{'dbt parse':>11}{'dbt build':>11}")
    for (_, before), (phase, after) in [
        *pairwise(readings),
        (readings[0], ("whole night", readings[-1][1])),
    ]:
        own, parse, build = after.own - before.own, after.parse - before.parse, after.build - before.build
        print(
            f"{phase:30}{after.at - before.at:9.1f}{own + parse + build:9.1f}{own:10.1f}{parse:11.1f}{build:11.1f}"
        )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--again", action="store_true", help="measure a second night in the same state folder"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report("First night, empty state folder", measure(Path(folder)))
        if arguments.again:
            report("Another night", measure(Path(folder), SCORECARD_AS_OF="2025-12-30"))


if __name__ == "__main__":
    main()
