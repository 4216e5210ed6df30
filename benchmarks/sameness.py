"""The same input gives the same tables: whole nights in empty state folders, at one thread and at two.

    python -m benchmarks.sameness                      # three nights of the demo company
    python -m benchmarks.sameness --nights 3 --json sameness.json

Each night begins from nothing. Control sums of every published table are compared, names and types of the columns
included; of `publication` only what does not say when and by which run it was made.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.kills import demo_night, read_afresh
from benchmarks.small_company import OF_THE_RUN

CHECKOUT = Path(__file__).resolve().parents[1]
# what each night in turn is told; the first is what the others are compared with
THREADS = ("2", "1", "2")


def run_nights(count: int, folder: Path) -> list[dict[str, Any]]:
    """Facts and control sums of so many nights from nothing."""
    nights = []
    for number in range(count):
        threads = THREADS[number % len(THREADS)]
        home = folder / str(number)
        home.mkdir()
        (home / "landing").symlink_to(CHECKOUT / "seeds" / "landing" / "demo")
        started = time.monotonic()
        run = demo_night(home, SCORECARD_THREADS=threads)
        if run.returncode not in (0, 4):
            raise SystemExit(f"Night {number + 1} failed:\n{run.stderr}")
        sums = read_afresh(home / "home" / "published" / "current.duckdb")
        nights.append({"threads": threads, "seconds": round(time.monotonic() - started, 1), "sums": sums})
        print(f"night {number + 1}: {threads} thread(s), {len(sums or {})} tables", flush=True)
    return nights


def differing(nights: list[dict[str, Any]]) -> list[str]:
    """Names of the tables that are not the same in every night."""
    names = sorted({name for night in nights for name in night["sums"]})
    return [name for name in names if len({str(night["sums"].get(name)) for night in nights}) > 1]


def main() -> None:
    """The command; exit code 1 where two nights differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nights", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the control sums there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        nights = run_nights(arguments.nights, Path(folder))
    different = differing(nights)
    rows = sum(rows for rows, _ in nights[0]["sums"].values())
    result = {
        "nights": len(nights),
        "threads": [night["threads"] for night in nights],
        "tables compared": len(nights[0]["sums"]),
        "not compared": list(OF_THE_RUN),
        "rows": rows,
        "tables that differ": different,
    }
    print(json.dumps(result, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps({**result, "sums": nights[0]["sums"]}, indent=2))
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
