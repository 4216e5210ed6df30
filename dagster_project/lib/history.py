"""Dagster's run history, written without opening its files anew for each event.

Belongs here: how this process opens the instance. Where the history lies and how long it is kept is
``dagster.yaml``'s, and every other Dagster process reads the same files with Dagster's own class.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log import SqliteEventLogStorage
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool


class HistoryKeptOpen(SqliteEventLogStorage):
    """The same files and tables, with one connection to a file for as long as the process lives.

    Dagster's own class connects, compiles its SQL, writes through to the disk and disconnects for each of the two
    thousand events of a night and each of the questions it asks of them: a third of the night's processor time.
    """

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:  # noqa: ANN401
        """As Dagster's own."""
        self._engines: dict[str, Engine] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> HistoryKeptOpen:  # noqa: ANN401
        """As Dagster makes it from the settings below."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        # the lock is held while the connection is used, so one is enough for all threads
        with self._db_lock:
            if shard not in self._engines:
                engine = create_engine(
                    self.conn_string_for_shard(shard),
                    poolclass=StaticPool,
                    connect_args={"timeout": 30, "check_same_thread": False},
                )
                event.listen(engine, "connect", _flush_less)
                self._engines[shard] = engine
            if shard not in self._initialized_dbs:
                self._initdb(self._engines[shard])
                self._initialized_dbs.add(shard)
            with self._engines[shard].connect() as connection, connection.begin():
                yield connection

    def dispose(self) -> None:
        """Let go of the files."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


def _flush_less(connection: Any, _: object) -> None:  # noqa: ANN401
    # a power cut may lose the last events of a history, and never harms the file
    connection.execute("pragma synchronous = normal")


def open_instance(dagster_home: Path) -> dg.DagsterInstance:
    """The instance of this DAGSTER_HOME; its history is kept open where it lies in the usual files."""
    instance = dg.DagsterInstance.get()
    storage = instance.event_log_storage
    settings = (dagster_home / "dagster.yaml").read_text()
    if type(storage) is not SqliteEventLogStorage or "\nstorage:" in f"\n{settings}":
        return instance
    folder = os.fspath(storage._base_dir)
    instance.dispose()
    history = {"module": __name__, "class": HistoryKeptOpen.__name__, "config": {"base_dir": folder}}
    return dg.DagsterInstance.from_ref(
        InstanceRef.from_dir(os.fspath(dagster_home), overrides={"event_log_storage": history})
    )
