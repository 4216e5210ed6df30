"""How large the scorecard page is and how soon it is seen, on an edition and on one with many times its parts.

    python -m benchmarks.page                                   # the edition that readers have, and twenty times
    python -m benchmarks.page --edition editions/2025-12-31-x/edition.duckdb --times 1 5 20 --json page.json

The larger edition is the same one with every part of the company but the whole (regions, channels, suppliers, ...)
copied under new names, by SQL. Seconds to make the page are those of a fresh process. Paint is what Chromium itself
says of a page opened from disk in a new window, the middle of several: the first paint with content, and when the
KPIs stand there. All vary with what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from dagster_project.lib.kept_editions import EDITION_FILE, SCHEMA
from dagster_project.lib.settings import Settings
from dagster_project.lib.sql import identifier

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

# the history of values is not on the page, and by far the largest table; what people plan they plan by name
LEFT_OUT = (
    "kpi_value_history",
    "kpi_targets",
    "objectives",
    "key_results",
    "initiatives",
    "scorecard_warnings",
)
LOADS = 5
# Promises, which can be waited for: asking again and again would be `eval`, and the policy of the page forbids that.
# That KPIs stand there is the page's own sign of being shown.
WATCH = """
const within = (watch) => new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("nothing is shown after a minute")), 60000);
    watch(resolve);
});
window.shownAfter = within((resolve) => {
    const look = () => requestAnimationFrame(
        document.querySelector("main [data-kpi]") ? () => resolve(performance.now()) : look
    );
    look();
});
window.firstPaint = within((resolve) => {
    new PerformanceObserver((list) => {
        for (const entry of list.getEntriesByName("first-contentful-paint")) resolve(entry.startTime);
    }).observe({ type: "paint", buffered: true });
});
"""


@dataclass(frozen=True)
class Measure:
    """One page of one edition."""

    times: int
    scopes: int
    rows: int
    edition_megabytes: float
    page_megabytes: float
    seconds_to_make: float
    first_paint_ms: float | None
    shown_ms: float | None


def multiply_scopes(edition: Path, times: int) -> None:
    """Make the edition file hold every part of the company `times` times: `Skåne`, `Skåne 2`, `Skåne 3`, ..."""
    with duckdb.connect(str(edition)) as connection:
        connection.execute("set enable_progress_bar = false")
        tables: dict[str, set[str]] = {}
        for table, column in connection.execute(
            """
            select columns.table_name, columns.column_name
            from information_schema.columns as columns
            inner join information_schema.tables as tables
                on columns.table_schema = tables.table_schema and columns.table_name = tables.table_name
            where columns.table_schema = ? and tables.table_type = 'BASE TABLE'
            """,
            [SCHEMA],
        ).fetchall():
            tables.setdefault(table, set()).add(column)
        for table, columns in tables.items():
            if not {"scope_type", "scope_id"} <= columns or table in LEFT_OUT:
                continue
            changed = ["scope_id || ' ' || copies.copy as scope_id"]
            if "scope_name" in columns:
                changed.append("scope_name || ' ' || copies.copy as scope_name")
            if {"parent_scope_type", "parent_scope_id"} <= columns:
                # a copy of a team belongs to the copy of its department, and to the one company there is
                changed.append(
                    "case when parent_scope_type = 'company' then parent_scope_id"
                    " else parent_scope_id || ' ' || copies.copy end as parent_scope_id"
                )
            name = identifier(SCHEMA, table)
            connection.execute(
                f"""
                insert into {name}
                select original.* replace ({", ".join(changed)})
                from {name} as original cross join range(2, ?) as copies (copy)
                where original.scope_type <> 'company'
                """,
                [times + 1],
            )
        connection.execute("checkpoint")


def make(edition: Path, target: Path) -> float:
    """The seconds to make the page of an edition file, in a process that has made none before."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_make, args=(edition, target, there))
    process.start()
    there.close()
    try:
        return here.recv()
    finally:
        process.join()


def _make(edition: Path, target: Path, pipe) -> None:
    from dagster_project.lib.page import render

    started = time.perf_counter()
    target.write_text(render(edition), encoding="utf-8")
    pipe.send(time.perf_counter() - started)


def chromium() -> str | None:
    """Where the browser is: SCORECARD_CHROMIUM, or Debian's package; None where there is none."""
    return os.environ.get("SCORECARD_CHROMIUM") or shutil.which("chromium")


def launch(playwright: Playwright) -> Browser:
    """A window-less browser; as root, which has no sandbox, without one."""
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=chromium(), args=options)


def paint(page: Path, loads: int = LOADS) -> tuple[float, float] | None:
    """Milliseconds to the first paint with content and until the KPIs stand there; None without a browser."""
    if chromium() is None:
        return None
    from playwright.sync_api import sync_playwright

    first, shown = [], []
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for _ in range(loads + 1):
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            tab = context.new_page()
            tab.add_init_script(WATCH)
            tab.goto(page.resolve().as_uri())
            first.append(tab.evaluate("window.firstPaint"))
            shown.append(tab.evaluate("window.shownAfter"))
            context.close()
        browser.close()
    # the first window warms the browser up, and nobody's is cold
    return statistics.median(first[1:]), statistics.median(shown[1:])


def measure(edition: Path, times: int, folder: Path) -> Measure:
    """The page of an edition with `times` its parts."""
    copy = folder / f"times-{times}.duckdb"
    shutil.copyfile(edition, copy)
    copy.chmod(0o640)
    if times > 1:
        multiply_scopes(copy, times)
    with duckdb.connect(str(copy), read_only=True) as connection:
        (scopes,) = connection.execute(f"select count(*) from {SCHEMA}.scopes").fetchone()
        (rows,) = connection.execute(f"select count(*) from {SCHEMA}.kpi_scorecard").fetchone()
    page = folder / f"times-{times}.html"
    seconds = make(copy, page)
    painted = paint(page) or (None, None)
    measured = Measure(
        times, scopes, rows, copy.stat().st_size / 1e6, page.stat().st_size / 1e6, seconds, *painted
    )
    copy.unlink()
    return measured


def table(measures: Sequence[Measure]) -> str:
    """One line a page, and the last one against the first."""
    head = ("", "scopes", "rows", "edition MB", "page MB", "made in s", "first paint ms", "KPIs shown ms")
    lines = [[f"{one.times}x", *_figures(one)] for one in measures]
    if len(measures) > 1:
        first, last = measures[0], measures[-1]
        pairs = zip(list(asdict(first).values())[1:], list(asdict(last).values())[1:], strict=True)
        lines.append(["ratio", *(f"{b / a:.2f}" if a and b is not None else "-" for a, b in pairs)])
    widths = [max(len(row[n]) for row in [head, *lines]) for n in range(len(head))]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in [head, *lines]
    )


def _figures(one: Measure) -> list[str]:
    return [
        f"{one.scopes:,}",
        f"{one.rows:,}",
        f"{one.edition_megabytes:.1f}",
        f"{one.page_megabytes:.2f}",
        f"{one.seconds_to_make:.2f}",
        *("-" if ms is None else f"{ms:.0f}" for ms in (one.first_paint_ms, one.shown_ms)),
    ]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--edition", type=Path, help="an edition's database file; else the one that readers have"
    )
    parser.add_argument("--times", type=int, nargs="+", default=[1, 20])
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    arguments = parser.parse_args()
    edition = arguments.edition
    if edition is None:
        edition = Settings.from_environment().home / "published" / "current" / EDITION_FILE
    if not edition.is_file():
        raise SystemExit(f"There is no edition at {edition}: run `make nightly` first.")
    with tempfile.TemporaryDirectory() as folder:
        measures = [measure(edition, times, Path(folder)) for times in arguments.times]
    print(table(measures))
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in measures], indent=2) + "\n")


if __name__ == "__main__":
    main()
