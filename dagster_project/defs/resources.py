"""What the steps share: the settings, the manifest and the warehouse with its writer's lock."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from importlib import metadata
from typing import Any

import dagster as dg
import duckdb
from dagster._core.storage.tags import PARTITION_NAME_TAG
from dagster_dbt import DbtCliResource
from packaging.version import Version
from pydantic import PrivateAttr

from dagster_project.lib import run_events
from dagster_project.lib.connection import clear_scratch, lock_down
from dagster_project.lib.dbt_runner import dbt_command, ensure_manifest, read_manifest
from dagster_project.lib.lock import WarehouseInUse, WarehouseUnreadable, connect_to_write, only_writer
from dagster_project.lib.night import NIGHT_TAG, STARTED_TAG, begin, close, may_be_shown
from dagster_project.lib.night_report import FAILED
from dagster_project.lib.night_store import utc_now
from dagster_project.lib.printable import printable
from dagster_project.lib.publication import current_edition
from dagster_project.lib.settings import Settings


@cache
def _own_settings() -> Settings:
    return Settings.from_environment()


# the day of the run that is under way in this process, where somebody named one
_night: date | None = None


def settings() -> Settings:
    """The settings of this process, read once; inside a run of a named night as of that night."""
    own = _own_settings()
    return own if _night is None else replace(own, as_of=_night)


@contextmanager
def of_night(night: date | None) -> Iterator[None]:
    """Let ``settings()`` be as of this night. One run at a time is in a process: the executor is in-process."""
    global _night
    before, _night = _night, night
    try:
        yield
    finally:
        _night = before


def named_night(tags: Mapping[str, str]) -> date | None:
    """The night that a run's tags name: a partition of `night_of`, or what the command line was told."""
    said = tags.get(NIGHT_TAG) or tags.get(PARTITION_NAME_TAG)
    return date.fromisoformat(said) if said else None


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

    _is_named_night: bool = PrivateAttr(default=False)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Warehouse"]:
        """Take the writer's lock for the length of the run, set its day, and report on it when it is over."""
        run_id, tags = (context.run.run_id, context.run.tags) if context.run else ("", {})
        night = named_night(tags)
        self._is_named_night = night is not None
        with (
            only_writer(settings().home, run_id, settings().wait_for_writer_seconds),
            of_night(night),
            reported(context),
        ):
            clear_scratch(settings().warehouse)
            yield self

    def may_be_shown(self, company: str, as_of: date) -> bool:
        """Whether readers may get an edition of this day from this run."""
        return may_be_shown(settings().home, company, as_of, is_named=self._is_named_night)

    @contextmanager
    def connect(self, *, locked: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-write connection; closed again, so that dbt can open the file in its own process.

        It reads the landing folders and the databases' extracts, and nothing else; not ``locked`` it can read and
        write editions and the archive too, which is for steps that touch no landed data.
        """
        try:
            connection = connect_to_write(settings().warehouse)
        except (WarehouseInUse, WarehouseUnreadable) as closed:
            raise dg.Failure(description=str(closed), allow_retries=False) from closed
        try:
            if locked:
                lock_down(connection, settings().warehouse, settings().readable_folders)
            yield connection
        finally:
            connection.close()


@contextmanager
def reported(context: dg.InitResourceContext) -> Iterator[None]:
    """The run's mark while it is under way and its report when it is over, also when it failed."""
    run, instance = context.run, context.instance
    if run is None or instance is None:
        # no run of a job: a resource that somebody tries by hand
        yield
        return

    def log(message: str) -> None:
        context.log.warning(message)

    said = run.tags.get(STARTED_TAG)
    started_at = datetime.fromisoformat(said) if said else utc_now()
    before = current_edition(settings().home)
    begin(settings(), run.run_id, started_at, log)
    ended = None
    try:
        yield
    except BaseException:
        ended = FAILED
        raise
    finally:
        wanted = {dg.DagsterEventType[name] for name in run_events.WANTED}
        close(
            settings(),
            run.run_id,
            started_at,
            ended=ended,
            events=run_events.read(instance.all_logs(run.run_id, of_type=wanted)),
            edition_before=before["edition_id"] if before else None,
            is_whole=run.asset_selection is None and run.step_keys_to_execute is None,
            is_named=named_night(run.tags) is not None,
            log=log,
        )


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
            return f"{self.formatTime(record, '%H:%M:%S')}  {printable(message)}"

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
