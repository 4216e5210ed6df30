"""What a night was: its outcome, its exit code, and the short text that people read.

Belongs here: the columns of a report, the one decision on code and headline, and the wording. Does not belong
here: where the figures come from (``night_facts.py``, ``run_events.py``) and where reports lie
(``night_store.py``). A report names files, tables, checks and KPIs; it never quotes a row or an error's text,
since those may hold people's data or a connection string.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime

PUBLISHED, NOTHING_NEW, KEPT, IN_PART = "published", "nothing_new", "kept", "in_part"
FAILED, WRONG_SETTING, BUSY, KILLED = "failed", "wrong_setting", "busy", "killed"
# what a scheduler is told; docs/operating.md says what it should do
EXIT_OK, EXIT_FAILED, EXIT_SETTING, EXIT_BUSY, EXIT_PERSON = 0, 1, 2, 3, 4
_FAILURES = {FAILED: EXIT_FAILED, KILLED: EXIT_FAILED, WRONG_SETTING: EXIT_SETTING, BUSY: EXIT_BUSY}
_SHOWN = 5


@dataclass(frozen=True)
class Outcome:
    """How a run ended: a name for queries, a code for schedulers, a sentence for people."""

    name: str
    exit_code: int
    headline: str


@dataclass(frozen=True)
class StepReport:
    """How long one step took, and whether it ended well."""

    step: str
    outcome: str
    seconds: float


@dataclass(frozen=True)
class PageReport:
    """How the page of the edition was made."""

    is_missing: bool
    bytes: int
    seconds: float


@dataclass(frozen=True)
class TableReport:
    """What a night brought to one raw table, and how the table stands after it."""

    source_system: str
    table_name: str
    files_new: int = 0
    rows_read: int = 0
    rows_loaded: int = 0
    rows_rejected: int = 0
    rows_superseded: int = 0
    is_refused: bool = False
    row_count: int | None = None
    data_as_of: date | None = None
    newest_date: date | None = None
    loaded_at: datetime | None = None


@dataclass(frozen=True)
class NightReport:
    """One row of audit.night_reports, in its order; None where the run ended before it could be known."""

    run_id: str
    started_at: datetime
    finished_at: datetime
    seconds: float
    as_of_date: date
    outcome: str
    exit_code: int
    edition_id: str | None = None
    files_new: int | None = None
    rows_read: int | None = None
    rows_loaded: int | None = None
    rows_rejected: int | None = None
    rows_superseded: int | None = None
    extracts_refused: int | None = None
    suites_failed: int | None = None
    suites_warned: int | None = None
    kpis_held: int | None = None
    kpis_stale: int | None = None
    rows_published: int | None = None
    message: str = ""


@dataclass(frozen=True)
class Details:
    """What the text says beyond the row: names, each of them safe to read by anyone."""

    suites_judged: int = 0
    failed_suites: Sequence[str] = ()
    warned_suites: Sequence[str] = ()
    refused: Sequence[str] = ()
    held: Sequence[str] = ()
    stale_tables: Sequence[str] = ()
    tables_published: int | None = None
    steps: Sequence[StepReport] = field(default=())
    tables: Sequence[TableReport] = field(default=())
    page: PageReport | None = None
    notices: str = ""


def outcome(
    ended: str,
    *,
    edition_id: str | None = None,
    current_id: str | None = None,
    failed_at: Sequence[str] = (),
    is_past: bool = True,
    extracts_refused: int = 0,
    kpis_held: int = 0,
    kpis_stale: int = 0,
    tables_stale: int = 0,
    is_page_missing: bool = False,
) -> Outcome:
    """Decide code and headline of a run that ``ended`` as one of the names above.

    ``edition_id`` is the edition that the run built, ``current_id`` the one that readers have after it,
    ``failed_at`` the steps it failed in, ``is_past`` whether the run's day is older than that of the edition that
    readers have.
    """
    if ended in _FAILURES:
        return Outcome(ended, _FAILURES[ended], _why_not(ended, failed_at, current_id))
    sentence = {
        PUBLISHED: f"Published a new edition, {edition_id}",
        NOTHING_NEW: f"Nothing new; readers stay with edition {current_id}",
        KEPT: (
            f"Built edition {edition_id} of a past night and kept it; readers stay with the newer {current_id}"
            if is_past
            else f"Built edition {edition_id} and kept it; readers stay with {current_id}, chosen for them"
        ),
        IN_PART: "A part of the night was run; nothing was published",
    }[ended]
    reasons = [
        _many(kpis_held, "KPI", "held"),
        _many(extracts_refused, "extract", "refused"),
        _many(kpis_stale, "KPI", "stale"),
        # a stale table whose KPIs are marked is one thing to mend, not two
        "" if kpis_stale else _many(tables_stale, "source table", "stale"),
        "the page could not be made" if is_page_missing else "",
    ]
    told = [reason for reason in reasons if reason]
    if told:
        return Outcome(ended, EXIT_PERSON, f"{sentence}; a person is needed: {', '.join(told)}.")
    return Outcome(ended, EXIT_OK, f"{sentence}.")


def _why_not(ended: str, failed_at: Sequence[str], current_id: str | None) -> str:
    still = f"readers still have edition {current_id}" if current_id else "there is no published edition yet"
    where = f" in {', '.join(failed_at)}" if failed_at else ""
    return {
        FAILED: f"Nothing was published: the run failed{where}; {still}.",
        KILLED: f"The run ended without a report (killed, or the disk was full); {still}. Run it again.",
        WRONG_SETTING: f"Nothing was run: a setting, a declaration or the dbt project is wrong; {still}.",
        BUSY: f"Nothing was run: another run or program has the warehouse; {still}.",
    }[ended]


def _many(count: int, noun: str, state: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)} {state}" if count else ""


def combined_code(codes: Sequence[int]) -> int:
    """The code of several runs: the failure that ended them, else 4 where any of them needs a person."""
    failures = [code for code in codes if code in (EXIT_FAILED, EXIT_SETTING, EXIT_BUSY)]
    return failures[-1] if failures else max(codes, default=EXIT_OK)


def columns(kind: type) -> list[str]:
    """The names of a report's columns, in order."""
    return [one.name for one in fields(kind)]


def short_id(run_id: str) -> str:
    """As much of a run's id as people need to tell runs apart."""
    return run_id[:8]


def text(report: NightReport, details: Details, place: str = "") -> str:
    """The report in 10 to 20 lines."""
    lines = [
        f"Night of {report.as_of_date}: {report.message}",
        _line(
            "Run",
            f"{short_id(report.run_id)}, {report.started_at:%Y-%m-%d %H:%M:%S} to {report.finished_at:%H:%M:%S} UTC, "
            f"{report.seconds:,.0f} s, exit code {report.exit_code}",
        ),
    ]
    if report.files_new is not None:
        lines.append(_line("Came in", _came_in(report)))
        lines += _tables(details.tables)
        lines.append(_line("Refused", _listed(details.refused) or "no extract"))
    if details.suites_judged:
        lines.append(_line("Checks", _checks(report, details)))
    if report.kpis_held is not None:
        lines.append(_line("KPIs", f"{report.kpis_held} held, {report.kpis_stale or 0} stale"))
        lines += [_line("", held) for held in _first(details.held)]
    if details.stale_tables:
        lines.append(_line("Stale", _listed(details.stale_tables)))
    if report.rows_published is not None:
        said = f"{details.tables_published} tables, {report.rows_published:,} rows"
        lines.append(_line("Published", f"{report.edition_id}, {said}"))
    if details.page:
        lines.append(_line("Page", _page(details.page)))
    if details.notices:
        lines.append(_line("Notices", details.notices))
    if details.steps:
        lines.append(_line("Steps", ", ".join(_step(step) for step in details.steps)))
    if place:
        lines.append(_line("Kept in", place))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _line(label: str, said: str) -> str:
    return f"  {label:<10}{said}"


def _page(page: PageReport) -> str:
    if page.is_missing:
        return "not made; why stands in the run's log"
    return f"scorecard.html, {page.bytes / 1e6:.2f} MB in {page.seconds:.1f} s"


def _came_in(report: NightReport) -> str:
    if not report.files_new and not report.rows_superseded:
        return "no new file"
    return (
        f"{report.files_new:,} new file{'s' * (report.files_new != 1)}, {report.rows_read:,} rows: "
        f"{report.rows_loaded:,} loaded, {report.rows_rejected:,} rejected, {report.rows_superseded:,} superseded"
    )


def _tables(tables: Sequence[TableReport]) -> list[str]:
    """The tables that something came in for, those with rejects first."""
    busy = sorted(
        (table for table in tables if table.files_new or table.rows_superseded),
        key=lambda table: (-table.rows_rejected, -table.rows_loaded, table.table_name),
    )
    lines = [
        _line(
            "",
            f"{f'{table.source_system}.{table.table_name}':<36}{table.files_new:>4} new"
            f"{table.rows_loaded:>11,} loaded{table.rows_rejected:>8,} rejected{table.rows_superseded:>9,} superseded",
        )
        for table in busy[:_SHOWN]
    ]
    if len(busy) > _SHOWN:
        lines.append(_line("", f"and {len(busy) - _SHOWN} more tables, in reports/tables.parquet"))
    return lines


def _checks(report: NightReport, details: Details) -> str:
    said = f"{details.suites_judged} suites, {report.suites_failed or 0} failed, {report.suites_warned or 0} warned"
    named = _listed([*details.failed_suites, *details.warned_suites])
    return f"{said}: {named}" if named else said


def _step(step: StepReport) -> str:
    return f"{step.step} {step.seconds:,.0f} s{'' if step.outcome == 'done' else f' ({step.outcome})'}"


def _first(names: Sequence[str]) -> list[str]:
    return [*names[:_SHOWN], *([f"and {len(names) - _SHOWN} more"] if len(names) > _SHOWN else [])]


def _listed(names: Sequence[str]) -> str:
    return "; ".join(_first(names))


def with_outcome(report: NightReport, decided: Outcome) -> NightReport:
    """The report with the outcome that was decided for it."""
    return replace(report, outcome=decided.name, exit_code=decided.exit_code, message=decided.headline)
