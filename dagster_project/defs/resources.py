"""What the steps share: the settings, the manifest and the warehouse with its writer's lock."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import metadata
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DbtCliResource
from packaging.version import Version
from pydantic import PrivateAttr

from dagster_project.lib.connection import clear_scratch, connect
from dagster_project.lib.dbt_runner import dbt_command, ensure_manifest, read_manifest
from dagster_project.lib.lock import only_writer
from dagster_project.lib.settings import Settings


@cache
def settings() -> Settings:
    """The settings of this process; read once."""
    return Settings.from_environment()


@cache
def manifest() -> dict[str, Any]:
    """The dbt manifest that fits the settings; parsed by dbt first if it is missing or stale."""
    return read_manifest(ensure_manifest(settings()))


def raw_key(source_system: str, table: str) -> dg.AssetKey:
    """Asset key of a raw table: its schema and its name."""
    return dg.AssetKey(["raw", f"{source_system}__{table}"])


class QuickDbtCli(DbtCliResource):
    """dbt without the two things dagster-dbt does before it starts it, about six seconds together.

    It asks dbt for its version in one process and imports dbt's adapter in this one, for column metadata
    that nobody here fetches.
    """

    @property
    def _cli_version(self) -> Version:
        return Version(metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Any) -> None:  # noqa: ANN401
        return None


class Warehouse(dg.ConfigurableResource):
    """The private database. Whoever holds this resource is the only writer, for the whole run."""

    _run_id: str = PrivateAttr(default="")

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Warehouse"]:
        """Take the writer's lock for the length of the run."""
        self._run_id = context.run_id or ""
        with only_writer(settings().home, self._run_id, settings().wait_for_writer_seconds):
            clear_scratch(settings().warehouse)
            yield self

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-write connection; closed again, so that dbt can open the file in its own process.

        It reads the landing folders and the databases' extracts, and nothing else.
        """
        connection = connect(settings().warehouse, settings().readable_folders)
        try:
            yield connection
        finally:
            connection.close()


MACHINERY = (
    "Dependencies for step",
    "Skipping step",
    "did not yield or return expected outputs",
    "emitted no result in step",
    "A dbt subsetted execution",
    "Running dbt command",
    "Finished dbt command",
)


@dg.logger(description="One plain line a message: what people read in the terminal and in the run's log.")
def plain_console(init_context: dg.InitLoggerContext) -> Any:  # noqa: ANN401
    """Dagster's console logger without ids and colours, from INFO up."""
    import logging

    logger = logging.Logger("scorecard", level=logging.INFO)
    handler = logging.StreamHandler(sys.stderr)

    class Plain(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            message = getattr(record, "dagster_meta", {}).get("orig_message") or record.getMessage()
            return f"{self.formatTime(record, '%H:%M:%S')}  {message}"

    handler.setFormatter(Plain())
    # Dagster and dagster-dbt log their own doings through the same logger; people want what the steps say
    handler.addFilter(lambda record: not getattr(record, "dagster_meta", {}).get("dagster_event"))
    handler.addFilter(lambda record: not any(words in record.getMessage() for words in MACHINERY))
    logger.addHandler(handler)
    return logger


@dg.definitions
def resources() -> dg.Definitions:
    """The resources and the logger of every job."""
    manifest()  # makes the linked project, which the resource wants to see
    return dg.Definitions(
        resources={
            "warehouse": Warehouse(),
            "dbt": QuickDbtCli(
                project_dir=str(settings().dbt_project),
                profiles_dir=str(settings().dbt_project),
                dbt_executable=dbt_command()[0],
                global_config_flags=dbt_command()[1:],
            ),
        },
        loggers={"console": plain_console},
    )
