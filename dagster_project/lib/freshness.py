"""How old the newest data of each watched source table is, against the age that its suite allows.

Belongs here: which tables are watched, the verdict, and its Parquet file. It looks at the reports of the nights
and at the landing folders, never at the warehouse, so it can be asked at any time, also while a run is writing.
Judging the rows themselves is the gate's.

A table is watched when its suite has an expectation whose name begins with `newest_date_is_recent`, with a
`column` and a `max_age_days`. Age is counted to the day that a night begun now would be as of: so the watch and
the suite never disagree, and a company whose files end on a fixed day does not grow stale.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib import night_store
from dagster_project.lib.gate import find_suites
from dagster_project.lib.night_report import TableReport
from dagster_project.lib.settings import EXPECTATIONS, STAGING, Settings
from dagster_project.lib.sql import identifier

EXPECTATION = "newest_date_is_recent"
FRESH, STALE, UNKNOWN = "fresh", "stale", "unknown"


@dataclass(frozen=True)
class Rule:
    """The age that a table's suite allows, and where its files land."""

    source_system: str
    table_name: str
    column: str
    max_age_days: int
    files: str | None = None
    landing: Path | None = None
    ends_on: date | None = None
    """The last day the system has data of, where its declaration fixes one."""


@dataclass(frozen=True)
class Verdict:
    """How fresh a table is; a row of reports/freshness.parquet."""

    source_system: str
    table_name: str
    newest_date: date | None
    measured_on: date
    age_days: int | None
    max_age_days: int
    last_delivery: datetime | None
    is_waiting: bool
    """Whether a file landed since the last night began: the next night may mend it."""
    verdict: str

    @property
    def is_stale(self) -> bool:
        """Whether a person should look: what is not known counts as stale."""
        return self.verdict != FRESH

    @property
    def sentence(self) -> str:
        """The verdict for people: what is allowed, what was found, what to do."""
        name = f"{self.source_system}.{self.table_name}"
        allowed = f"at most {self.max_age_days} day{'s' * (self.max_age_days != 1)} before {self.measured_on}"
        if self.verdict == FRESH:
            return f"{name}: newest data of {self.newest_date}, {allowed}."
        found = (
            f"newest data of {self.newest_date} ({self.age_days} days)" if self.newest_date else "no data yet"
        )
        delivered = (
            f"last delivery {self.last_delivery:%Y-%m-%d %H:%M} UTC"
            if self.last_delivery
            else "no file landed"
        )
        if self.is_waiting:
            do = "A file has landed since the last night: run it."
        elif self.newest_date is None:
            do = "Run a night: none has told of this table yet, or it holds no such day."
        else:
            do = "Ask the source's owner for the missing delivery; it is picked up by the next night."
        return f"{name}: {self.verdict}. Expected newest data {allowed}; found {found}; {delivered}. {do}"


def rules(settings: Settings) -> list[Rule]:
    """The watched tables of the domains that their systems feed."""
    by_name = {system.name: system for system in settings.systems}
    fed = {(domain, name) for domain, names in settings.domain_feeds.items() for name in names}
    found = []
    for suite in find_suites(EXPECTATIONS, settings.systems, [], STAGING):
        system = by_name[suite.source_system]
        table = next(table for table in system.tables if table.name == suite.table_name)
        allowed = allowed_age(suite.path)
        if allowed and (table.domain, system.name) in fed:
            found.append(
                Rule(
                    system.name,
                    table.name,
                    *allowed,
                    files=getattr(table, "files", None),
                    landing=settings.landing.get(system.name),
                    ends_on=system.as_of,
                )
            )
    return found


def allowed_age(suite: Path) -> tuple[str, int] | None:
    """The column and the age in days that a suite file declares; None where it declares none.

    A suite that can't be read is the gate's to fail.
    """
    try:
        expectations = json.loads(suite.read_text(encoding="utf-8"))["expectations"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    for entry in expectations if isinstance(expectations, list) else []:
        said = allowed_by(entry) if isinstance(entry, dict) else None
        if said:
            return said
    return None


def allowed_by(entry: Mapping[str, Any]) -> tuple[str, int] | None:
    """The column and the age of one expectation, where it is one of ours."""
    names = (entry.get("type"), entry.get("description"), (entry.get("meta") or {}).get("check"))
    if not any(isinstance(name, str) and name.startswith(EXPECTATION) for name in names):
        return None
    said = {**entry, **(entry.get("kwargs") or {})}
    column, days = said.get("column"), said.get("max_age_days")
    return (column, days) if isinstance(column, str) and isinstance(days, int) and days >= 0 else None


def as_of_now(settings: Settings, now: datetime | None = None) -> date:
    """The day that a night begun now would be as of."""
    return settings.as_of_on((now or datetime.now(settings.zone)).date())


def judge(
    watched: Iterable[Rule],
    tables: Mapping[tuple[str, str], TableReport],
    as_of: date,
    last_night: datetime | None = None,
) -> list[Verdict]:
    """A verdict for each rule, stale ones first."""
    verdicts = []
    for rule in watched:
        known = tables.get((rule.source_system, rule.table_name))
        newest = known.newest_date if known else None
        measured_on = min(as_of, rule.ends_on or as_of)
        age = max(0, (measured_on - newest).days) if newest else None
        delivered = last_delivery(rule)
        verdicts.append(
            Verdict(
                rule.source_system,
                rule.table_name,
                newest,
                measured_on,
                age,
                rule.max_age_days,
                delivered,
                delivered is not None and (last_night is None or delivered > last_night),
                UNKNOWN if age is None else FRESH if age <= rule.max_age_days else STALE,
            )
        )
    return sorted(verdicts, key=lambda one: (not one.is_stale, one.source_system, one.table_name))


def last_delivery(rule: Rule) -> datetime | None:
    """When the newest file of a table was written into the landing folder, in UTC."""
    if not rule.files or not rule.landing:
        return None
    times = []
    for path in rule.landing.glob(rule.files):
        try:
            times.append(path.stat().st_mtime)
        except OSError:
            # it was taken away while we looked
            continue
    if not times:
        return None
    return datetime.fromtimestamp(max(times), UTC).replace(tzinfo=None, microsecond=0)


def watch(settings: Settings, now: datetime | None = None) -> list[Verdict]:
    """Judge all watched tables by the reports and write the verdicts to reports/freshness.parquet."""
    verdicts = judge(
        rules(settings),
        night_store.latest_tables(settings.home),
        as_of_now(settings, now),
        night_store.last_start(settings.home),
    )
    write(settings.home, verdicts)
    return verdicts


def write(home: Path, verdicts: Sequence[Verdict]) -> None:
    """Replace reports/freshness.parquet."""
    with night_store.locked(home), duckdb.connect() as connection:
        connection.execute(
            "create table freshness (source_system varchar, table_name varchar, newest_date date, measured_on date,"
            " age_days integer, max_age_days integer, last_delivery timestamp, is_waiting boolean, verdict varchar)"
        )
        if verdicts:
            connection.executemany(
                "insert into freshness values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [tuple(asdict(one).values()) for one in verdicts],
            )
        night_store.write_parquet(
            connection, "select * from freshness", night_store.parquet(home, "freshness")
        )


def newest_dates(
    connection: duckdb.DuckDBPyConnection, watched: Iterable[Rule], up_to: date
) -> dict[tuple[str, str], date]:
    """The newest day of each watched table in the warehouse; a day that has not come yet proves nothing."""
    found = {}
    for rule in watched:
        column = identifier(rule.column)
        table = identifier("raw", f"{rule.source_system}__{rule.table_name}")
        try:
            (newest,) = connection.execute(
                f"select cast(max({column}) as date) from {table} where cast({column} as date) <= ?",
                [up_to],
            ).fetchone()
        except duckdb.Error:
            # no such table or column: the gate says so, here it is not known
            continue
        if newest:
            found[(rule.source_system, rule.table_name)] = newest
    return found
