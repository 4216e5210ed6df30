"""Editions of a few rows, for tests of what reads an edition and of what compares two: files, link and log of flips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib import flips
from dagster_project.lib.flips import Flip

PERIODS = {
    "month": ["2025-09", "2025-10", "2025-11", "2025-12"],
    "quarter": ["2025 Q3", "2025 Q4"],
    "year": ["2025"],
}
KPIS = {
    # id: title_en, title_sv, display_format, level, weight
    "margin": ("Gross margin", "Bruttomarginal", "percent", "strategic", 2),
    "revenue": ("Revenue", "Intäkter", "amount", "strategic", 1),
    "lead_time": ("Lead time", "Ledtid", "days", "operational", 0),
    "returns": ("Returns", "Returer", "percent", "operational", 1),
    "visits": ("Visits", "Besök", "count", "operational", 0),
}
LABELS = {
    "on_track": ("On track", "På rätt spår"),
    "at_risk": ("At risk", "I riskzonen"),
    "off_track": ("Off track", "Avspårad"),
    "held": ("Held", "Pausad"),
    "no_data": ("No data", "Data saknas"),
    "no_target": ("No target", "Mål saknas"),
}


def start_of(period: str) -> str:
    """The first day of a period by its name."""
    if "Q" in period:
        year, quarter = period.split(" Q")
        return f"{year}-{int(quarter) * 3 - 2:02}-01"
    return f"{period}-01" if "-" in period else f"{period}-01-01"


def grain_of(period: str) -> str:
    """The grain of a period by its name."""
    return "quarter" if "Q" in period else "month" if "-" in period else "year"


def series(
    kpi_id: str,
    *statuses: str,
    actual: Any = "0.341",
    target: Any = "0.375",
    scope: tuple[str, str, str] = ("company", "all", "Demo AB"),
    quality: str = "passed",
    held_check: str | None = None,
    data_as_of: str | None = None,
    signal: str | None = None,
    **limits: Any,
) -> dict[str, Any]:
    """A series of an edition: `2025-10 at_risk` is a steady status and the period since when; the last one is now's."""
    return {
        "kpi_id": kpi_id,
        "events": [tuple(one.rsplit(" ", 1)) for one in statuses],
        "actual": actual,
        "target": target,
        "scope": scope,
        "quality": quality,
        "held_check": held_check,
        "data_as_of": data_as_of,
        "signal": signal,
        "limits": limits,
    }


def edition_file(
    path: Path,
    rows: Sequence[Mapping[str, Any]],
    edition_id: str = "2025-12-31-bbbbbbbbbb",
    parent: str | None = None,
    as_of: str = "2025-12-31",
    latest: Mapping[str, str] | None = None,
    company_name: str = "Demo AB",
    company: str = "demo",
    titles: Mapping[str, tuple[str, str]] | None = None,
    knows_signals: bool = True,
) -> Path:
    """The database file of an edition; `latest` is the latest settled period of each grain."""
    latest = latest or {grain: names[-1] for grain, names in PERIODS.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute(_TABLES)
        connection.execute(
            "insert into scorecard.publication values (?, ?, ?, ?, 'SEK', ?, 20, 5)",
            [edition_id, as_of, company, company_name, parent],
        )
        for grain, names in PERIODS.items():
            for name in names:
                connection.execute(
                    "insert into scorecard.periods values (?, ?, ?)", [grain, start_of(name), name]
                )
        for status, labels in LABELS.items():
            connection.execute("insert into scorecard.statuses values (?, ?, ?)", [status, *labels])
        for kpi_id, (english, swedish, shown, level, weight) in KPIS.items():
            english, swedish = (titles or {}).get(kpi_id, (english, swedish))
            connection.execute(
                "insert into scorecard.kpi_catalogue values (?, ?, ?, ?, ?)",
                [kpi_id, english, swedish, shown, level],
            )
            if weight:
                connection.execute(
                    "insert into scorecard.balanced_scorecard_kpis values (?, '2025-01-01', 'company', ?)",
                    [kpi_id, weight],
                )
        for row in rows:
            _add(connection, row, latest)
        if not knows_signals:
            connection.execute("drop table scorecard.kpi_signals")
    return path


def _add(connection: duckdb.DuckDBPyConnection, row: Mapping[str, Any], latest: Mapping[str, str]) -> None:
    scope_type, scope_id, scope_name = row["scope"]
    grain = grain_of(row["events"][-1][0])
    place = [row["kpi_id"], grain, scope_type, scope_id]
    period = start_of(latest[grain])
    for number, (since, status) in enumerate(row["events"], start=1):
        is_current = number == len(row["events"])
        connection.execute(
            "insert into scorecard.kpi_status_events values (?, ?, ?, ?, ?, ?, ?)",
            [*place, start_of(since), status, is_current],
        )
    status = row["events"][-1][1]
    connection.execute(
        "insert into scorecard.kpi_latest values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null, null, ?, ?, ?)",
        [
            *place,
            period,
            scope_name,
            "held" if row["quality"] == "held" else status,
            row["quality"],
            row["actual"],
            row["target"],
            row["held_check"],
            "2025-12-30" if row["held_check"] else None,
            row["data_as_of"],
        ],
    )
    if row["signal"]:
        limits = row["limits"]
        connection.execute(
            "insert into scorecard.kpi_signals values (?, ?, ?, ?, ?, true, ?, ?, ?, ?, ?, ?)",
            [
                *place,
                period,
                row["signal"],
                *(limits.get(name) for name in ("centre", "lower", "upper", "run_length", "is_favourable")),
            ],
        )


_TABLES = """
create schema scorecard;
create table scorecard.publication (
    edition_id varchar, as_of_date date, company varchar, company_name varchar, reporting_currency varchar,
    parent_edition_id varchar, table_count bigint, row_count bigint
);
create table scorecard.periods (period_grain varchar, period_start_date date, period_name varchar);
create table scorecard.statuses (status varchar, label_en varchar, label_sv varchar);
create table scorecard.kpi_catalogue (
    kpi_id varchar, title_en varchar, title_sv varchar, display_format varchar, level varchar
);
create table scorecard.balanced_scorecard_kpis (
    kpi_id varchar, period_start_date date, scope_type varchar, weight decimal(38, 10)
);
create table scorecard.kpi_status_events (
    kpi_id varchar, period_grain varchar, scope_type varchar, scope_id varchar, period_start_date date,
    to_status varchar, is_current boolean
);
create table scorecard.kpi_latest (
    kpi_id varchar, period_grain varchar, scope_type varchar, scope_id varchar, period_start_date date,
    scope_name varchar, status varchar, quality_status varchar, actual_value decimal(38, 10),
    target_value decimal(38, 10), target_lower decimal(38, 10), target_upper decimal(38, 10), held_check varchar,
    held_since date, data_as_of date
);
create table scorecard.kpi_scorecard as select kpi_id, quality_status from scorecard.kpi_latest;
create table scorecard.kpi_signals (
    kpi_id varchar, period_grain varchar, scope_type varchar, scope_id varchar, period_start_date date,
    is_signal boolean, signal_rule varchar, centre_line decimal(38, 10), lower_limit decimal(38, 10),
    upper_limit decimal(38, 10), run_length bigint, is_favourable boolean
);
"""


def publish(home: Path, name: str, rows: Sequence[Mapping[str, Any]], **facts: Any) -> None:
    """An edition that readers have from now on, and the line that says so."""
    published = home / "published"
    parent = flips.linked(published)
    folder = published / "editions" / name
    edition_file(folder / "edition.duckdb", rows, name, parent, **facts)
    (folder / "scorecard.duckdb").symlink_to("edition.duckdb")
    show(home, name)
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    number = len(flips.publications(flips.read(published))) + 1
    flips.append(published, Flip(at, flips.PUBLISH, name, parent, "run", parent, number))


def show(home: Path, name: str) -> None:
    """Let readers have an edition that is there."""
    link = home / "published" / "current"
    link.unlink(missing_ok=True)
    link.symlink_to(f"editions/{name}")
