"""Great Expectations on DuckDB: run expectations over one table on one connection that stays open.

Belongs here: everything that touches the Great Expectations library, so that importing the gate stays cheap
(this import takes seconds). Does not belong here: what a result means (gate.py).
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

# Read when the library is imported: no usage statistics leave this machine.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

import duckdb
import sqlalchemy as sa
from duckdb_sqlalchemy import ConnectionWrapper
from great_expectations.core.batch import Batch, LegacyBatchDefinition
from great_expectations.core.id_dict import IDDict
from great_expectations.core.result_format import ResultFormat
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
from great_expectations.expectations.core import UnexpectedRowsExpectation
from great_expectations.expectations.expectation import (
    ColumnMapExpectation,
    ColumnPairMapExpectation,
    Expectation,
    MulticolumnMapExpectation,
)
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.validator.validator import Validator

from dagster_project.lib.sql import identifier

MAP_EXPECTATIONS = (ColumnMapExpectation, ColumnPairMapExpectation, MulticolumnMapExpectation)
_POSITION = "gate_position"


class TimeLimitPassed(Exception):
    """The suite used up its time."""


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """The library's SQL engine on one DuckDB connection that is never closed in between.

    The stock engine fetches results after it has closed the connection, which DuckDB answers with nothing.
    """

    deadline: float = float("inf")

    @contextmanager
    def get_connection(self) -> Generator[sa.Connection, None, None]:
        """Yield the one connection, and none any more once the time is up."""
        if time.monotonic() > self.deadline:
            raise TimeLimitPassed
        if self._connection is None:
            self._connection = self.engine.connect()
        yield self._connection


class QuietValidator(Validator):
    """The library's validator without a data context, which would leave a folder behind in /tmp."""

    def _determine_progress_bars(self) -> bool:
        return False


@dataclass(frozen=True)
class Outcome:
    """What the library found for one expectation."""

    success: bool
    error: str | None
    result: dict[str, Any]
    is_map: bool


class Examiner:
    """Runs expectations on the tables of one open DuckDB connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Use this connection from now on."""
        # The library logs a stack trace for every expectation that raises; the verdict carries the message.
        logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
        # Autocommit: inside an open transaction one failing query would make every later one fail too.
        engine = sa.create_engine(
            "duckdb://",
            creator=lambda: ConnectionWrapper(connection),
            poolclass=sa.pool.StaticPool,
            isolation_level="AUTOCOMMIT",
        )
        self._engine = DuckDBExecutionEngine(engine=engine, create_temp_table=False)

    def examine(
        self,
        schema: str,
        table: str,
        expectations: Sequence[dict[str, Any]],
        row_columns: Sequence[str],
        deadline: float,
        examples: int = 5,
    ) -> list[Outcome]:
        """Run the expectations on one table and return one outcome each, in their order.

        Counting comes first, bundled by the library into few queries; only an expectation that failed is run
        once more to fetch a few offending rows with `row_columns`.
        """
        self._engine.deadline = deadline
        configurations: dict[int, ExpectationConfiguration] = {}
        outcomes: dict[int, Outcome] = {}
        counted, measured, rows, maps = [], [], [], set()
        for position, expectation in enumerate(expectations):
            try:
                configuration, domain_object = _configure(expectation, position, identifier(schema, table))
            except Exception as error:
                outcomes[position] = Outcome(False, _first_line(error), {}, False)
                continue
            configurations[position] = configuration
            is_map = isinstance(domain_object, MAP_EXPECTATIONS)
            # Without `mostly`, success means none was unexpected: nothing but the count is needed.
            only_count = is_map and getattr(domain_object, "mostly", 1) == 1
            (counted if only_count else measured).append(position)
            if is_map:
                maps.add(position)
            if is_map or isinstance(domain_object, UnexpectedRowsExpectation):
                rows.append(position)

        validator = self._validator(schema, table)
        for positions, result_format in (
            (counted, {"result_format": ResultFormat.BOOLEAN_ONLY}),
            (measured, {"result_format": ResultFormat.BASIC}),
        ):
            outcomes |= _run(validator, configurations, positions, result_format, maps)
        failed = [p for p in rows if not outcomes[p].success and outcomes[p].error is None]
        for position in failed:
            is_map = position in maps
            with_rows = {
                # SUMMARY fetches `examples` rows; COMPLETE is the only format in which a query of one's own
                # gives rows, at most 200 of them.
                "result_format": ResultFormat.SUMMARY if is_map else ResultFormat.COMPLETE,
                "partial_unexpected_count": examples,
            }
            if is_map:
                own = judged_columns(expectations[position])
                with_rows["unexpected_index_column_names"] = list(dict.fromkeys([*row_columns, *own]))
            again = _run(validator, configurations, [position], with_rows, maps)[position]
            # The verdict stands already; an error while fetching examples must not change or hide it.
            if again.error is None and not again.success:
                outcomes[position] = again
        return [outcomes[position] for position in range(len(expectations))]

    def close(self) -> None:
        """Give the connection up: it is closed with everything that was built on it."""
        if self._engine._connection is not None:
            self._engine._connection.close()
            self._engine._connection = None
        self._engine.engine.dispose()

    def _validator(self, schema: str, table: str) -> Validator:
        self._engine._inspector = None
        data = SqlAlchemyBatchData(
            execution_engine=self._engine,
            selectable=sa.select(sa.text("*")).select_from(sa.table(table, schema=schema)),
            source_schema_name=schema,
            source_table_name=table,
            create_temp_table=False,
        )
        definition = LegacyBatchDefinition("gate", "gate", f"{schema}.{table}", IDDict())
        return QuietValidator(
            execution_engine=self._engine,
            batches=[Batch(data=data, batch_definition=definition)],
        )


def judged_columns(expectation: dict[str, Any]) -> list[str]:
    """Return the columns that an expectation names as the ones it judges."""
    arguments = expectation.get("kwargs") or {}
    named = [arguments.get(key) for key in ("column", "column_A", "column_B")]
    return [name for name in [*named, *(arguments.get("column_list") or [])] if name]


def _configure(
    expectation: dict[str, Any], position: int, relation: str
) -> tuple[ExpectationConfiguration, Expectation]:
    meta = {**(expectation.get("meta") or {}), _POSITION: position}
    arguments = dict(expectation.get("kwargs") or {})
    if isinstance(query := arguments.get("unexpected_rows_query"), str) and "{batch}" in query:
        # The library puts `(select …) as subselect` for {batch}, without the alias where it sees a JOIN:
        # an alias of one's own works in some queries only. The table's plain name works in all of them; the
        # library still wants to see the word, and gets it in a comment.
        arguments["unexpected_rows_query"] = "/* {batch} */ " + query.replace("{batch}", relation)
    configuration = ExpectationConfiguration(**{**expectation, "kwargs": arguments, "meta": meta})
    domain_object = configuration.to_domain_obj()
    return domain_object.configuration, domain_object


def _run(
    validator: Validator,
    configurations: dict[int, ExpectationConfiguration],
    positions: Sequence[int],
    result_format: dict[str, Any],
    maps: set[int],
) -> dict[int, Outcome]:
    if not positions:
        return {}
    results = validator.graph_validate(
        configurations=[configurations[position] for position in positions],
        runtime_configuration={"result_format": result_format, "catch_exceptions": True},
    )
    outcomes = {}
    for result in results:
        # Results that raised come first, whatever order was asked for: each names its own position.
        position = result.expectation_config.meta[_POSITION]
        error = _raised(result.exception_info)
        success = result.success is True and error is None
        outcomes[position] = Outcome(success, error, dict(result.result or {}), position in maps)
    for position in positions:
        outcomes.setdefault(position, Outcome(False, "the library gave no result", {}, False))
    return outcomes


def _raised(exception_info: dict[str, Any] | None) -> str | None:
    # Either one {'raised_exception': …}, or one such entry per metric that raised.
    info = exception_info or {}
    entries = [info] if "raised_exception" in info else list(info.values())
    for entry in entries:
        if entry.get("raised_exception"):
            return _first_line(entry.get("exception_message") or "raised without a message")
    return None


def _first_line(error: object) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = " ".join(lines[:3]) if lines else repr(error)
    return text[:400]
