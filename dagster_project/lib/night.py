"""A night from its first second to its report, whoever started it.

Belongs here: putting the report together and sending it where it must go, and whether an edition of a named
night may be shown. A report that can't be written never fails the night that it tells of: the run's mark then
stays, and the next run says so.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import duckdb

from dagster_project.lib import alerts, freshness, night_facts, night_report, night_store
from dagster_project.lib.night_report import (
    FAILED,
    IN_PART,
    KEPT,
    NOTHING_NEW,
    PUBLISHED,
    Details,
    NightReport,
    StepReport,
)
from dagster_project.lib.publication import current_edition
from dagster_project.lib.run_events import RunEvents
from dagster_project.lib.settings import Settings
from dagster_project.lib.sql import literal

# tags of a run in Dagster: the night that it is to build, and when the command line began
NIGHT_TAG = "scorecard/night"
STARTED_TAG = "scorecard/started_at"
PUBLISH_STEP = "publish"

Log = Callable[[str], object]


def may_be_shown(home: Path, company: str, as_of: date, *, is_named: bool) -> bool:
    """Whether readers may get an edition of this day.

    A night that somebody named (a backfill, `--as-of`) never takes a newer edition of the same company away from
    them. A plain night shows what it builds: its day is the installation's own.
    """
    if not is_named:
        return True
    current = current_edition(home)
    return current is None or current["company"] != company or as_of >= current["as_of_date"]


def nights_built(home: Path, company: str) -> set[date]:
    """The days that there is an edition of, shown or kept; one that can't be read is not there."""
    days = set()
    with duckdb.connect() as connection:
        for said in (home / "published" / "editions").glob("[!.]*/parquet/publication.parquet"):
            try:
                rows = connection.execute(
                    f"select as_of_date from read_parquet({literal(str(said))}) where company = ?", [company]
                ).fetchall()
            except duckdb.Error:
                continue
            days |= {day for (day,) in rows}
    return days


def begin(settings: Settings, run_id: str, started_at: datetime, log: Log) -> None:
    """Tell of a run that left no report, and leave this run's mark. The caller holds the writer's lock."""
    try:
        killed = night_store.killed_run(settings.home, _id(current_edition(settings.home)))
        if killed and not night_store.read(settings.home, killed.run_id):
            log(killed.message)
            said = night_store.store(settings.home, killed, Details(), settings.report_days)
            _alert(settings, said, log)
        night_store.begin(settings.home, run_id, settings.as_of, started_at)
    except (OSError, duckdb.Error) as error:
        log(f"The run reports in {night_store.folder(settings.home)} can't be written: {_first_line(error)}.")


def close(
    settings: Settings,
    run_id: str,
    started_at: datetime,
    *,
    ended: str | None = None,
    events: RunEvents | None = None,
    edition_before: str | None = None,
    is_whole: bool = True,
    holds_lock: bool = True,
    is_named: bool = False,
    log: Log = lambda message: None,
) -> tuple[NightReport, str]:
    """Write the report of a run that is over, alert where a person is needed, and send readers the news.

    Without the writer's lock the warehouse is not opened: another run may be at work in it. A night that somebody named
    is none of which readers get news: thirty past nights would be thirty messages. Returns the report and its text.
    """
    events = events or RunEvents()
    current = current_edition(settings.home)
    ended = ended or how_it_ended(events, edition_before, _id(current), is_whole=is_whole)
    finished_at = night_store.utc_now()
    report = NightReport(
        run_id, started_at, finished_at, (finished_at - started_at).total_seconds(), settings.as_of, ended, 0
    )
    said, details = "", Details()
    try:
        # a setting that is wrong is told before the lock is asked for
        is_ours = holds_lock and ended not in (night_report.BUSY, night_report.WRONG_SETTING)
        with _open(settings, is_ours=is_ours) as connection:
            report, details = _filled(report, settings, events, current, connection)
            said = night_store.store(settings.home, report, details, settings.report_days)
            if connection is not None:
                night_store.into_warehouse(connection, settings.home)
        night_store.end(settings.home, run_id)
    except (OSError, duckdb.Error) as error:
        log(
            f"The run report could not be written to {night_store.folder(settings.home)}: {_first_line(error)}."
        )
        report = report if report.message else _decided(report, events, current)
        said = said or night_report.text(report, Details())
    # the report lies there by now: whatever becomes of a message, the night is told as it was
    if holds_lock and not is_named and (told := _notices(settings, report, log)):
        with suppress(OSError, duckdb.Error):
            said = night_store.store(
                settings.home, report, replace(details, notices=told), settings.report_days
            )
    if report.exit_code != night_report.EXIT_OK:
        _alert(settings, said, log)
    return report, said


def how_it_ended(
    events: RunEvents, edition_before: str | None, edition_after: str | None, *, is_whole: bool
) -> str:
    """The name of the outcome of a run that came to its end."""
    if events.failed_steps:
        return FAILED
    if events.built_edition:
        if events.built_edition != edition_after:
            return KEPT
        return PUBLISHED if edition_before != edition_after else NOTHING_NEW
    # a whole night ends in its publication, or leaves it out because nothing is new
    if any(step.step == PUBLISH_STEP for step in events.steps):
        return NOTHING_NEW
    return FAILED if is_whole else IN_PART


def _filled(
    report: NightReport,
    settings: Settings,
    events: RunEvents,
    current: dict | None,
    connection: duckdb.DuckDBPyConnection | None,
) -> tuple[NightReport, Details]:
    """All that can be known of the run."""
    edition = current["path"] if current else None
    watched = freshness.rules(settings)
    tables: list[night_report.TableReport] = []
    refused, suites = None, night_facts.Suites()
    if connection is not None:
        up_to = max(settings.as_of, freshness.as_of_now(settings))
        newest = freshness.newest_dates(connection, watched, up_to)
        tables = night_facts.raw_tables(connection, report.run_id, report.started_at, newest)
        refused = night_facts.refused_extracts(connection, report.run_id)
        suites = night_facts.suites(connection, events.judged)
    held = night_facts.held(connection, edition)
    by_name = {(table.source_system, table.table_name): table for table in tables}
    stale = (
        [one for one in freshness.judge(watched, by_name, settings.as_of) if one.is_stale] if tables else []
    )
    ours = report.outcome in (PUBLISHED, NOTHING_NEW)
    came_in = [step for step in events.steps if step.step.startswith("ingest_")]
    table_count, row_count = (
        night_facts.published_rows(edition) if report.outcome == PUBLISHED else (None, None)
    )
    facts = {
        "edition_id": events.built_edition or (_id(current) if ours else None),
        "suites_failed": len(suites.failed) if events.judged else None,
        "suites_warned": len(suites.warned) if events.judged else None,
        "extracts_refused": len(refused) if refused is not None else None,
        "kpis_held": held.kpis_held if edition else None,
        "kpis_stale": held.kpis_stale if edition else None,
        "rows_published": row_count,
    }
    if came_in and connection is not None:
        for name in ("files_new", "rows_read", "rows_loaded", "rows_rejected", "rows_superseded"):
            facts[name] = sum(getattr(table, name) for table in tables)
    report = replace(report, **facts)
    decided = _decided(report, events, current, len(stale))
    return decided, Details(
        suites.judged,
        suites.failed,
        suites.warned,
        refused or (),
        held.causes,
        [f"{one.source_system}.{one.table_name}, newest {one.newest_date}" for one in stale],
        table_count,
        _steps(events, report),
        tables,
        events.page,
    )


def _decided(
    report: NightReport, events: RunEvents, current: dict | None, tables_stale: int = 0
) -> NightReport:
    return night_report.with_outcome(
        report,
        night_report.outcome(
            report.outcome,
            edition_id=events.built_edition,
            current_id=_id(current),
            failed_at=events.failed_steps,
            is_past=current is not None and report.as_of_date < current["as_of_date"],
            extracts_refused=report.extracts_refused or 0,
            kpis_held=report.kpis_held or 0,
            kpis_stale=report.kpis_stale or 0,
            tables_stale=tables_stale,
            is_page_missing=events.page is not None and events.page.is_missing,
        ),
    )


def _steps(events: RunEvents, report: NightReport) -> list[StepReport]:
    """The steps, and what was spent outside of them: starting, and writing this report."""
    outside = round(report.seconds - sum(step.seconds for step in events.steps), 1)
    return [*events.steps, *([StepReport("outside the steps", "done", outside)] if outside > 0 else [])]


@contextmanager
def _open(settings: Settings, *, is_ours: bool) -> Generator[duckdb.DuckDBPyConnection | None, None, None]:
    """The warehouse, or None where it is not there or somebody reads it: the report is written all the same."""
    connection = None
    if is_ours and settings.warehouse.exists():
        try:
            connection = duckdb.connect(str(settings.warehouse))
        except duckdb.Error:
            connection = None
    try:
        yield connection
    finally:
        if connection is not None:
            connection.close()


def _notices(settings: Settings, report: NightReport, log: Log) -> str:
    """The line of the report about the digest for readers; empty where nothing was to be sent."""
    if not settings.notify or report.outcome not in (PUBLISHED, NOTHING_NEW):
        return ""
    from dagster_project.lib.notices.digest import tell

    try:
        told = tell(settings, is_new=report.outcome == PUBLISHED)
    except Exception as error:
        # whatever it is, a night that is published does not fail by its notice; the text might quote an address
        log(
            f"The notice could not be made ({type(error).__name__}). What to do: `notify --dry-run` shows what it "
            "would say; the next run tries again."
        )
        return "could not be made"
    for problem in told.problems if told else ():
        log(problem)
    return told.line if told else ""


def _alert(settings: Settings, said: str, log: Log) -> None:
    problem = alerts.send(settings.alert_command, said)
    if problem:
        log(problem)


def _id(edition: dict | None) -> str | None:
    return edition["edition_id"] if edition else None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
