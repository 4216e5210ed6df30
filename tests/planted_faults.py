"""Planting faults under expectations, so that no expectation is one that can't fail.

Belongs here: judging one expectation of one suite, and the faults that must break it. Which suites, and on which
tables, is for tests/unit/expectations (raw tables) and tests/end_to_end/test_scorecard_suites.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from dagster_project.lib.gate import Suite
from dagster_project.lib.gx_duckdb import Examiner
from dagster_project.lib.history_checks import (
    NEWEST_DATE,
    ROW_COUNT,
    RawState,
    examine_history,
    is_history_check,
)
from dagster_project.lib.sql import identifier


class NeverCommits:
    """A connection for the library, which would end a transaction that is not its own."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def commit(self) -> None:
        """The test's transaction stays open."""

    def rollback(self) -> None:
        """The planted fault stays until the test is done with it."""


@dataclass
class Warehouse:
    """The raw tables of one system, and what judges them."""

    connection: duckdb.DuckDBPyConnection
    examiner: Examiner
    as_of: date

    def verdict(self, suite: Suite, entry: dict) -> tuple[bool, int]:
        """Whether the expectation is met now, and by how many rows it is not."""
        if is_history_check(entry):
            finding = examine_history(self.connection, entry, self.state(suite), self.as_of)
            assert finding.error is None, finding.error
            return finding.success, 0
        [outcome] = self.examiner.examine(suite.schema, suite.table, [entry], [], float("inf"))
        assert outcome.error is None, outcome.error
        if outcome.success:
            return True, 0
        count = outcome.result.get("unexpected_count", outcome.result.get("observed_value"))
        return False, count if isinstance(count, int) else 0

    def state(self, suite: Suite) -> RawState:
        relation = identifier(suite.schema, suite.table)
        found = self.connection.execute(f"select * from {relation} limit 0").description
        columns = tuple(column[0] for column in found)
        rows = self.connection.execute(f"select count(*) from {relation}").fetchone()[0]
        return RawState(suite.source_system, suite.table_name, relation, columns, "as planted", rows)

    @contextmanager
    def planted(self, suite: Suite, *statements: str) -> Iterator[None]:
        """The tables with a fault, for the time being."""
        self.connection.execute("begin")
        try:
            for statement in statements:
                batch = identifier(suite.schema, suite.table)
                self.connection.execute(statement.replace("{batch}", batch))
            yield
        finally:
            self.connection.execute("rollback")

    def count(self, suite: Suite) -> int:
        return self.state(suite).row_count


@contextmanager
def night_in_memory(home: Path, *tables: str) -> Iterator[Warehouse]:
    """Tables of a night's warehouse, copied to be changed; audit.run_settings is one of them."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home / 'warehouse.duckdb'}' as night (read_only)")
        connection.execute("create schema scorecard; create schema audit")
        for table in tables:
            connection.execute(f"create table {table} as from night.{table}")
        connection.execute("detach night")
        [(as_of,)] = connection.execute("select as_of_date from audit.run_settings").fetchall()
        night = Warehouse(connection, Examiner(NeverCommits(connection)), as_of)
        yield night
        night.examiner.close()


def assert_met_and_broken(warehouse: Warehouse, suite: Suite, entry: dict, may_fail: bool) -> None:
    """The tables as they are meet the expectation, and each of its counter-examples breaks it."""
    about = f"{suite.path}: {entry['meta']['reason']}"
    met, rows = warehouse.verdict(suite, entry)
    assert met or may_fail, f"{about}: not met by the data as they are"
    if mended := entry["meta"].get("mends_with"):
        assert not met, f"{about}: met by the data as they are, so there is nothing to mend"
        with warehouse.planted(suite, mended):
            assert warehouse.verdict(suite, entry)[0], f"{about}: still broken after {mended}"
        return
    faults = list(counter_examples(suite, entry, warehouse))
    assert faults, f"{about}: nothing breaks it"
    for fault in faults:
        with warehouse.planted(suite, *fault):
            still_met, now = warehouse.verdict(suite, entry)
        # one that is broken already must at least count more rows
        assert not still_met and (met or now > rows), f"{about}: not noticed: {'; '.join(fault)}"


def counter_examples(suite: Suite, entry: dict, warehouse: Warehouse) -> Iterator[list[str]]:
    """Lists of statements, each of which must break the expectation."""
    if "breaks_with" in entry["meta"]:
        declared = entry["meta"]["breaks_with"]
        yield from ([fault] for fault in ([declared] if isinstance(declared, str) else declared))
    elif is_history_check(entry):
        yield from (statements for allowed, statements in borders(suite, entry, warehouse) if not allowed)
    else:
        yield from ([fault] for fault in GENERIC[entry["type"]](entry["kwargs"]))


def borders(suite: Suite, entry: dict, warehouse: Warehouse) -> Iterator[tuple[bool, list[str]]]:
    """The last state that a history check allows, and the first one that it does not."""
    arguments = entry["kwargs"]
    if entry["type"] == ROW_COUNT:
        rows = warehouse.count(suite)
        past = (
            "insert into audit.row_counts values "
            f"('{suite.source_system}', '{suite.table_name}', 'earlier', {rows}, null, '2000-01-01', 'test')"
        )
        if "max_drop_ratio" in arguments:
            least = next(n for n in range(rows + 1) if n >= rows * (1 - arguments["max_drop_ratio"]))
            for left in (least, least - 1):
                gone = f"delete from {{batch}} where rowid not in (select rowid from {{batch}} limit {left})"
                yield left == least, [past, gone]
        if "max_growth_ratio" in arguments:
            most = int(rows * (1 + arguments["max_growth_ratio"]))
            for more in (most - rows, most - rows + 1):
                come = f"insert into {{batch}} select t.* from {{batch}} as t, range(2) limit {more}"
                yield rows + more == most, [past, come]
    elif entry["type"] == NEWEST_DATE:
        column, days = identifier(arguments["column"]), arguments["max_age_days"]
        for age in (days, days + 1):
            last = warehouse.as_of - timedelta(days=age)
            gone = f"update {{batch}} set {column} = date '{last}' where {column} > date '{last}'"
            # a date to come must not hide that the past has stopped
            ahead = f"update {{batch}} set {column} = date '2999-01-01' where _line = 2"
            there = f"insert into {{batch}} by name select * replace (date '{last}' as {column}) from {{batch}} limit 1"
            yield age == days, [gone, ahead, there]


def _outside_set(arguments: dict) -> list[str]:
    odd = "-1" if all(isinstance(value, int | float) for value in arguments["value_set"]) else "'nowhere'"
    return [f"update {{batch}} set {identifier(arguments['column'])} = {odd}"]


def _outside_bounds(arguments: dict) -> list[str]:
    faults = []
    for name, step in (("min", -1), ("max", 1)):
        bound = arguments.get(f"{name}_value")
        if bound is None:
            continue
        step = 0 if arguments.get(f"strict_{name}") else step
        literal = f"date '{bound}'" if isinstance(bound, str) else str(bound)
        faults.append(f"update {{batch}} set {identifier(arguments['column'])} = {literal} + {step}")
    return faults


def _missing(arguments: dict) -> list[str]:
    return [f"update {{batch}} set {identifier(arguments['column'])} = null"]


def _other_row_count(arguments: dict) -> list[str]:
    faults = []
    if "min_value" in arguments:
        few = arguments["min_value"] - 1
        faults.append(f"delete from {{batch}} where rowid not in (select rowid from {{batch}} limit {few})")
    if "max_value" in arguments:
        faults.append("insert into {batch} select * from {batch}")
    return faults


GENERIC = {
    "expect_column_values_to_be_in_set": _outside_set,
    "expect_column_values_to_be_between": _outside_bounds,
    "expect_column_values_to_not_be_null": _missing,
    "expect_table_row_count_to_be_between": _other_row_count,
}
