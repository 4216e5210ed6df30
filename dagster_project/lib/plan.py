"""The plan: what people have set for the company to reach - targets, objectives, weights - read and checked.

Belongs here: which sheets there are, with which columns, and what must hold in them. Does not belong here: how files
are read (``plan_files.py``), what follows from the plan (the scorecard models), or the catalogue and other reference
data that every company shares (dbt seeds in ``seeds/reference``).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from dagster_project.lib.catalogue import catalogue_rows
from dagster_project.lib.databases import transaction
from dagster_project.lib.plan_cells import Cell, Place, UnreadableCell, as_date, as_number, as_text, shown
from dagster_project.lib.plan_files import Table, UnreadableFile, read_tables
from dagster_project.lib.plan_objectives import (
    SCOPES_OF,
    PlacedFinding,
    can_be_divided_by,
    fits_its_framework,
    has_a_kpi_that_can_tell,
    is_one_period,
    is_positive,
    leads_to_the_top,
    lies_within_its_objective,
    takes_only_a_kpi_off,
    wants_better_than_its_baseline,
    weighs_a_kpi_once,
)

SCHEMA = "plan"
# every target that was ever published, so that a row taken out of the plan is not forgotten
LEDGER = "targets_seen"
# those of them that are not in today's plan: what follows from ledger and plan, and changes neither
REMOVED = "targets_removed"
_SQL_TYPES = {"text": "varchar", "date": "date", "number": "decimal(38, 10)"}
_ARROW_TYPES = {"text": pa.string(), "date": pa.date32(), "number": pa.decimal128(38, 10)}
_SHOWN_PROBLEMS = 20
# their number grows with the business: each of them times each day is more than the whole scorecard
_UNBOUNDED_SCOPES = ("customer", "campaign")
_WHAT_TO_DO = (
    "What to do: mend what is named and run again (`make plan` checks a plan alone). Until then the last published "
    "edition stands."
)

Row = Mapping[str, Any]
# what a rule about a whole row finds: the column to look at, and what is wrong there
Finding = tuple[str, str]


@dataclass(frozen=True)
class Column:
    """A column of a sheet: its type, whether it may be empty, and which words it may hold."""

    name: str
    type: str = "text"
    required: bool = False
    allowed: tuple[str, ...] = ()
    default: str | None = None


@dataclass(frozen=True)
class Sheet:
    """A sheet of the plan: its columns, what names a row, and what must hold within a row."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rules: tuple[Callable[[Row], Iterable[Finding]], ...] = ()
    # column -> (sheet, column) where its value must be found
    references: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    # what must hold between rows: given those of this sheet and all sheets
    rules_between: tuple[
        Callable[[Sequence[Row], Mapping[str, Sequence[Row]]], Iterable[PlacedFinding]], ...
    ] = ()


@dataclass(frozen=True)
class PlacedRow:
    """A row with the place people find it at, such as ``targets.csv, line 12``."""

    place: Place
    values: dict[str, Any]


class PlanError(ValueError):
    """The plan can't be used; the message names every row and column that is wrong, and what was expected."""


@cache
def kpi_ids() -> frozenset[str]:
    """The KPIs of the catalogue."""
    return frozenset(kpi["kpi_id"] for kpi in catalogue_rows())


def is_known_kpi(row: Row) -> Iterator[Finding]:
    """A KPI must be in the catalogue."""
    if row["kpi_id"] and row["kpi_id"] not in kpi_ids():
        yield "kpi_id", f'there is no KPI "{row["kpi_id"]}" in the catalogue (seeds/reference/kpis.csv)'


def is_in_order(first: str, second: str) -> Callable[[Row], Iterator[Finding]]:
    """Rule that ``first`` is not after ``second`` where both are given."""

    def rule(row: Row) -> Iterator[Finding]:
        if row[first] is not None and row[second] is not None and row[first] > row[second]:
            yield second, f"{row[second]} lies before {first}, which is {row[first]}"

    return rule


def _kpi(row: Row) -> Mapping[str, str]:
    """The KPI's row of the catalogue; of an unknown one nothing is known, so nothing more is said about it."""
    return next((kpi for kpi in catalogue_rows() if kpi["kpi_id"] == row["kpi_id"]), {})


def stands_where_its_kpi_does(row: Row) -> Iterator[Finding]:
    """The KPI has targets, and is published at the target's scope and grain."""
    kpi = _kpi(row)
    if not kpi:
        return
    if kpi["target_rule"] == "none":
        yield (
            "kpi_id",
            f"{row['kpi_id']} is shown without a target (its target_rule in the catalogue is none)",
        )
    if row["scope_type"] not in kpi["scopes"].split(","):
        yield "scope_type", f'{row["kpi_id"]} is published by {kpi["scopes"]}, not by "{row["scope_type"]}"'
    if row["scope_type"] == "company" and row["scope_id"] not in (None, "all"):
        yield "scope_id", f'the company as a whole is "all", found "{row["scope_id"]}"'
    if row["period_grain"] and row["period_grain"] not in kpi["grains"].split(","):
        yield "period_grain", f"{row['kpi_id']} is published by {kpi['grains']}, not by {row['period_grain']}"


def says_one_thing(row: Row) -> Iterator[Finding]:
    """A value or a band, as the KPI's direction asks; a growth; or the benchmark - and nothing beside it."""
    kpi, kind = _kpi(row), row["target_kind"]
    if not kpi:
        return
    is_band = kpi["direction"] == "band"
    bounds = ("target_lower", "target_upper")
    may_hold = {
        "value": bounds if is_band else ("target_value",),
        "growth": ("growth_ratio",),
        "benchmark": (),
    }[kind]
    what = f"a target by {kind}" if kind != "value" else f"a KPI whose direction is {kpi['direction']}"
    for column in ("target_value", *bounds, "growth_ratio"):
        if row[column] is not None and column not in may_hold:
            yield column, f"expected an empty cell for {what}, found {row[column]}"
    if may_hold and all(row[column] is None for column in may_hold):
        yield may_hold[0], f"expected a number for {what}, found an empty cell"
    if kind != "value" and is_band:
        yield "target_kind", f"{row['kpi_id']} is best inside a band, so its target is a band, not a {kind}"
    if kind == "benchmark" and not kpi["benchmark_value"]:
        yield "target_kind", f"{row['kpi_id']} has no benchmark_value in the catalogue"


def begins_with_its_period(row: Row) -> Iterator[Finding]:
    """A named period has a grain and begins on its first day; quarters and years of any fiscal year on a 1st."""
    start, grain = row["period_start_date"], row["period_grain"]
    if start is None:
        return
    if grain is None:
        yield "period_grain", f"expected the grain of the period that begins on {start}, found an empty cell"
    elif grain == "week" and start.weekday() != 0:
        yield "period_start_date", f"a week begins on a Monday, {start} is none"
    elif grain in ("month", "quarter", "year") and start.day != 1:
        yield "period_start_date", f"a {grain} begins on the 1st of a month, found {start}"


def is_phased_only_within_a_period(row: Row) -> Iterator[Finding]:
    """Only the target of a named period can be shared out over its days, and only if the KPI allows it."""
    if row["phasing"] == "none":
        return
    if row["period_start_date"] is None:
        yield (
            "phasing",
            f"{row['phasing']} needs a period to share out: fill in period_start_date, or write none",
        )
    if _kpi(row).get("target_phasing") == "none":
        yield (
            "phasing",
            f"{row['kpi_id']} for a part of the year does not follow from that of the year; set one for each grain",
        )
    if row["scope_id"] is None and row["scope_type"] in _UNBOUNDED_SCOPES:
        yield (
            "phasing",
            f"one target for every {row['scope_type']} can't be shared out over the days of each: name the"
            f" {row['scope_type']} in scope_id, or write none",
        )


def ends_with_its_period(row: Row) -> Iterator[Finding]:
    """A target for a named period ends with it."""
    if row["period_start_date"] is not None and row["valid_to"] is not None:
        yield "valid_to", "a target for a named period ends with the period; leave the cell empty"


def names_the_grain_of_an_amount(row: Row) -> Iterator[Finding]:
    """What grows with time is for one grain: a day must not be held to the target of a year."""
    if row["period_grain"] or row["period_start_date"] or row["target_kind"] == "growth":
        return
    what = {
        "adds_up": "adds up over time",
        "grows": "grows with the length of the period",
        "shrinks": "shrinks with the length of the period",
        "none": "is another figure for each length of period",
    }.get(_kpi(row).get("target_phasing", ""))
    if what:
        yield "period_grain", f"{row['kpi_id']} {what}, so a target for it needs a grain"


WHO_AND_WHY = (
    Column("set_by", required=True),
    Column("set_on", "date", required=True),
    Column("reason", required=True),
    Column("valid_from", "date", required=True),
)
GRAINS = ("day", "week", "month", "quarter", "year")
OBJECTIVE_SCOPES = tuple(scope for scopes in SCOPES_OF.values() for scope in scopes)
PERSPECTIVES = ("financial", "customer", "internal_process", "learning_growth")

# An empty company means every company: a plan of one's own has no need of the column.
SHEETS = (
    Sheet(
        "targets",
        (
            Column("company"),
            Column("kpi_id", required=True),
            Column("scope_type", required=True),
            Column("scope_id"),
            Column("period_grain", allowed=GRAINS),
            Column("period_start_date", "date"),
            Column("target_kind", allowed=("value", "growth", "benchmark"), default="value"),
            Column("target_value", "number"),
            Column("target_lower", "number"),
            Column("target_upper", "number"),
            Column("growth_ratio", "number"),
            Column("baseline_value", "number"),
            Column(
                "phasing", allowed=("none", "linear", "working_days", "same_as_last_year"), default="none"
            ),
            *WHO_AND_WHY,
            Column("valid_to", "date"),
        ),
        key=(
            "company",
            "kpi_id",
            "scope_type",
            "scope_id",
            "period_grain",
            "period_start_date",
            "valid_from",
        ),
        rules=(
            is_known_kpi,
            is_in_order("valid_from", "valid_to"),
            is_in_order("target_lower", "target_upper"),
            stands_where_its_kpi_does,
            says_one_thing,
            begins_with_its_period,
            is_phased_only_within_a_period,
            ends_with_its_period,
            names_the_grain_of_an_amount,
            wants_better_than_its_baseline,
        ),
    ),
    Sheet(
        "objectives",
        (
            Column("objective_id", required=True),
            Column("company"),
            Column("framework", allowed=("okr", "kra", "mbo"), default="okr"),
            Column("parent_objective_id"),
            Column("weight", "number", default="1"),
            Column("scope_type", required=True, allowed=OBJECTIVE_SCOPES),
            Column("scope_id", required=True),
            Column("title_en", required=True),
            Column("title_sv", required=True),
            Column("owner_role", required=True),
            Column("period_start_date", "date", required=True),
            Column("period_end_date", "date", required=True),
        ),
        key=("objective_id",),
        rules=(
            is_in_order("period_start_date", "period_end_date"),
            is_positive("weight"),
            fits_its_framework,
        ),
        references={"parent_objective_id": ("objectives", "objective_id")},
        rules_between=(leads_to_the_top,),
    ),
    Sheet(
        "key_results",
        (
            Column("key_result_id", required=True),
            Column("objective_id", required=True),
            Column("kpi_id", required=True),
            Column("scope_type", required=True),
            Column("scope_id", required=True),
            Column("title_en", required=True),
            Column("title_sv", required=True),
            Column("baseline_value", "number"),
            Column("target_value", "number", required=True),
            Column("start_date", "date", required=True),
            Column("end_date", "date", required=True),
            Column("weight", "number", default="1"),
        ),
        key=("key_result_id",),
        rules=(
            is_known_kpi,
            is_in_order("start_date", "end_date"),
            is_one_period,
            has_a_kpi_that_can_tell,
            wants_better_than_its_baseline,
            can_be_divided_by,
            is_positive("weight"),
        ),
        references={"objective_id": ("objectives", "objective_id")},
        rules_between=(lies_within_its_objective,),
    ),
    Sheet(
        "initiatives",
        (
            Column("initiative_id", required=True),
            Column("objective_id", required=True),
            Column("title_en", required=True),
            Column("title_sv", required=True),
            Column("owner_role", required=True),
            Column("due_date", "date", required=True),
            Column("state", required=True, allowed=("planned", "started", "done", "stopped")),
        ),
        key=("initiative_id",),
        references={"objective_id": ("objectives", "objective_id")},
    ),
    # a row without a KPI weighs the perspective itself; one with a KPI puts it on the balanced scorecard
    Sheet(
        "weights",
        (
            Column("company"),
            Column("perspective", required=True, allowed=PERSPECTIVES),
            Column("kpi_id"),
            Column("weight", "number", required=True),
            *(column for column in WHO_AND_WHY),
        ),
        key=("company", "perspective", "kpi_id", "valid_from"),
        rules=(is_known_kpi, takes_only_a_kpi_off),
        rules_between=(weighs_a_kpi_once,),
    ),
)

_TARGETS = next(sheet for sheet in SHEETS if sheet.name == "targets")
_NAMES = ", ".join(column.name for column in _TARGETS.columns)
_SAME = " and ".join(
    f"ledger.{column.name} is not distinct from targets.{column.name}" for column in _TARGETS.columns
)


class Problems:
    """What is wrong with a plan: the first problems in words, the others counted."""

    def __init__(self) -> None:
        """None yet."""
        self.shown: list[str] = []
        self.count = 0

    def add(self, problem: str) -> None:
        """Note one more."""
        self.count += 1
        if len(self.shown) < _SHOWN_PROBLEMS:
            self.shown.append(problem)


def read_plan(source: Path, tell: Callable[[str], None] | None = None) -> dict[str, list[dict[str, Any]]]:
    """The rows of every sheet of the plan at ``source``, a folder of CSV files or an Excel workbook.

    Values are str, date, Decimal or None. Empty cells are None, or the column's default. A missing sheet has no rows,
    which ``tell`` is told; the sheet of targets must be there.

    Raises:
        PlanError: anything is wrong; all of it is named at once.
    """
    problems = Problems()
    try:
        tables = read_tables(source, [sheet.name for sheet in SHEETS], problems.add)
    except UnreadableFile as error:
        raise PlanError(f"The plan {source} can't be used: {error}.\n{_WHAT_TO_DO}") from error
    for sheet in SHEETS:
        if sheet.name in tables:
            continue
        if sheet is _TARGETS:
            problems.add(
                f"there is no sheet {sheet.name}; if there are to be none, keep it with its header alone"
            )
        elif tell:
            tell(f"there is no sheet {sheet.name}, so it has no rows")
    sheets = {
        sheet.name: list(_rows_of(sheet, tables[sheet.name], problems.add)) if sheet.name in tables else []
        for sheet in SHEETS
    }
    for sheet in SHEETS:
        for problem in _problems_of(sheet, sheets):
            problems.add(problem)
    if problems.count:
        more = problems.count - len(problems.shown)
        raise PlanError(
            f"The plan {source} can't be used:\n"
            + "\n".join(f"- {problem}" for problem in problems.shown)
            + (f"\n... and {more:,} more." if more > 0 else "")
            + f"\n{_WHAT_TO_DO}"
        )
    return {name: [row.values for row in rows] for name, rows in sheets.items()}


def counted(plan: Mapping[str, Sequence[Row]]) -> str:
    """How many rows each sheet has, in words."""
    return ", ".join(f"{len(rows):,} {name.replace('_', ' ')}" for name, rows in plan.items())


def counted_by_company(plan: Mapping[str, Sequence[Row]], company: str) -> str:
    """For whom the rows are, in words: a company whose name is mistyped shows up among the others."""
    owned = [sheet.name for sheet in SHEETS if any(column.name == "company" for column in sheet.columns)]
    counts = Counter(row["company"] for name in owned for row in plan[name])
    others = {name: count for name, count in counts.items() if name not in (None, company)}
    named = ", ".join(f"{name} ({count:,})" for name, count in sorted(others.items()))
    return (
        f"Of its {', '.join(owned[:-1])} and {owned[-1]}, {counts[company]:,} are for {company}, the company of this "
        f"run, {counts[None]:,} for every company and {sum(others.values()):,} for others"
        + (f", which count here for nothing: {named}." if others else ".")
    )


def write_plan(connection: duckdb.DuckDBPyConnection, plan: Mapping[str, Sequence[Row]], as_of: date) -> None:
    """Replace the tables of schema `plan` by these rows, all in one transaction; the ledger stays as it is.

    ``as_of`` is the day on which a target that the ledger holds and the plan doesn't is missed, unless a published
    edition missed it before.
    """
    with _transaction(connection):
        connection.execute(f"create schema if not exists {SCHEMA}")
        for sheet in SHEETS:
            columns = ", ".join(f"{column.name} {_SQL_TYPES[column.type]}" for column in sheet.columns)
            connection.execute(f"create or replace table {SCHEMA}.{sheet.name} ({columns})")
            # all rows in one go: row by row, a plan of some thousand takes seconds
            rows = pa.table(
                {
                    column.name: pa.array(
                        [row[column.name] for row in plan[sheet.name]], _ARROW_TYPES[column.type]
                    )
                    for column in sheet.columns
                }
            )
            connection.from_arrow(rows).insert_into(f"{SCHEMA}.{sheet.name}")
        _prepare_ledger(connection)
        connection.execute(
            f"create or replace table {SCHEMA}.{REMOVED} as"
            f" select {_NAMES}, coalesce(removed_on, cast($1 as date)) as removed_on"
            f" from {SCHEMA}.{LEDGER} as ledger"
            f" where not exists (select 1 from {SCHEMA}.targets as targets where {_SAME})",
            [as_of],
        )


def remember_targets(connection: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Enter the plan's targets into the ledger; those that are gone get the day they were first missed on.

    To be called before readers see the edition that shows them. Nights that publish nothing leave no trace; a run
    that is killed in between has remembered what it builds again, under the same name. A row that was changed in
    its place is two rows: the old one is gone, the new one is new. A row that comes back is there again.
    """
    found = f"exists (select 1 from {SCHEMA}.targets as targets where {_SAME})"
    with _transaction(connection):
        connection.execute(
            f"update {SCHEMA}.{LEDGER} as ledger set removed_on = null,"
            f" first_seen_on = least(first_seen_on, $1), last_seen_on = greatest(last_seen_on, $1) where {found}",
            [as_of],
        )
        connection.execute(
            f"update {SCHEMA}.{LEDGER} as ledger set removed_on = $1 where removed_on is null and not {found}",
            [as_of],
        )
        connection.execute(
            f"insert into {SCHEMA}.{LEDGER} ({_NAMES}, first_seen_on, last_seen_on)"
            f" select {_NAMES}, $1, $1 from {SCHEMA}.targets as targets"
            f" where not exists (select 1 from {SCHEMA}.{LEDGER} as ledger where {_SAME})",
            [as_of],
        )


def plan_hash(connection: duckdb.DuckDBPyConnection) -> str:
    """Hash of the plan's content in the warehouse: another file with the same rows is the same plan.

    Targets that were taken out are part of it, since they are published too, with the day that is published. What
    the ledger knows beside that is not: the same plan has the same hash before and after it is remembered.
    """
    digest = hashlib.sha256()
    for table in (*(sheet.name for sheet in SHEETS), REMOVED):
        for row in connection.execute(f"select * from {SCHEMA}.{table} order by all").fetchall():
            digest.update(f"{table}\0{row!r}\n".encode())
    return digest.hexdigest()


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of it or nothing."""
    with transaction(connection):
        yield


def _prepare_ledger(connection: duckdb.DuckDBPyConnection) -> None:
    """The ledger as it is, with the columns that a target has today."""
    connection.execute(
        f"create table if not exists {SCHEMA}.{LEDGER} (first_seen_on date, last_seen_on date, removed_on date)"
    )
    for column in _TARGETS.columns:
        connection.execute(
            f"alter table {SCHEMA}.{LEDGER} add column if not exists {column.name} {_SQL_TYPES[column.type]}"
        )


def _wrong_header(sheet: Sheet, header: Sequence[str]) -> str | None:
    """What is wrong with the names of the columns; columns may stand in any order, optional ones may be left out."""
    known = {column.name for column in sheet.columns}
    needed = {column.name for column in sheet.columns if column.required}
    if "" in header:
        return f"column {list(header).index('') + 1} has no name; name it or take it out"
    if unknown := [name for name in header if name not in known]:
        expected = ", ".join(column.name for column in sheet.columns)
        return f"unknown column {', '.join(unknown)}; expected {expected}"
    if missing := sorted(needed - set(header)):
        return f"the column {', '.join(missing)} is missing"
    if twice := sorted({name for name in header if list(header).count(name) > 1}):
        return f"the column {', '.join(twice)} stands there twice"
    return None


def _rows_of(sheet: Sheet, table: Table, report: Callable[[str], None]) -> Iterator[PlacedRow]:
    """Typed rows; a cell that can't be read is a problem and the row is left out of what follows."""
    if not table.header:
        return
    if unfit := _wrong_header(sheet, table.header):
        report(f"{table.place}: {unfit}")
        return
    for place, cells in table.rows:
        given = dict(zip(table.header, cells, strict=True))
        values: dict[str, Any] = {}
        wrong = False
        for column in sheet.columns:
            try:
                values[column.name] = _typed(column, given.get(column.name))
            except ValueError as error:
                report(f"{place.at(column.name)}: {error}")
                wrong = True
        if not wrong:
            yield PlacedRow(place, values)


def _typed(column: Column, cell: Cell) -> str | Decimal | date | None:
    """The value of a cell in the column's type.

    Raises:
        ValueError: what was expected and what was found.
    """
    if isinstance(cell, UnreadableCell):
        raise ValueError(cell.message)
    if isinstance(cell, str):
        cell = cell.strip()
    if cell is None or cell == "":
        if column.required:
            raise ValueError("expected a value, found an empty cell")
        if column.default is None:
            return None
        cell = column.default
    if column.type == "date":
        return as_date(cell)
    if column.type == "number":
        return as_number(cell)
    text = as_text(cell)
    if column.allowed and text not in column.allowed:
        raise ValueError(f'expected one of {", ".join(column.allowed)}, found "{shown(text)}"')
    return text


def _problems_of(sheet: Sheet, sheets: Mapping[str, Sequence[PlacedRow]]) -> Iterator[str]:
    """What is wrong between cells and between rows."""
    seen: dict[tuple[Any, ...], Place] = {}
    known = {
        (other, name): {found.values[name] for found in sheets[other]}
        for other, name in sheet.references.values()
    }
    values = {name: [row.values for row in rows] for name, rows in sheets.items()}
    for between in sheet.rules_between:
        for number, column, message in between(values[sheet.name], values):
            yield f"{sheets[sheet.name][number].place.at(column)}: {message}"
    for row in sheets[sheet.name]:
        for rule in sheet.rules:
            for column, message in rule(row.values):
                yield f"{row.place.at(column)}: {message}"
        for column, (other, name) in sheet.references.items():
            value = row.values[column]
            if value is not None and value not in known[other, name]:
                yield f'{row.place.at(column)}: there is no "{value}" in the sheet {other}'
        key = tuple(_named(row.values, column) for column in sheet.key)
        if key in seen:
            yield f"{row.place}: says the same ({', '.join(sheet.key)}) as {seen[key]}"
        seen.setdefault(key, row.place)


def _named(row: Row, column: str) -> Any:  # noqa: ANN401
    """A part of what names a row; of the company there is one, whether its id is given or not."""
    if column == "scope_id" and row["scope_type"] == "company":
        return row[column] or "all"
    return row[column]
