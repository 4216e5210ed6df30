"""Locks down the connection of dbt, and of MetricFlow, which opens the warehouse by the same profile.

It also finds the seeds: dbt remembers the folder of an earlier parse, which is gone once the checkout or the state
folder has moved, and would read the seeds of the old one while it is there.

dbt-duckdb calls this when it opens the file (`plugins` in profiles.yml): its own `settings` are set anew for each
cursor, which a locked configuration refuses, and `config_options` cannot name folders. dbt reads the seeds and
nothing else from outside the warehouse.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.impl import DuckDBAdapter
from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from dagster_project.lib.connection import lock_down


def project_folder() -> Path:
    """Where the project lies that dbt runs now."""
    return Path(os.environ.get("DBT_PROJECT_DIR") or ".").absolute()


def seed_file(_: DuckDBAdapter, model: Mapping[str, Any]) -> str:
    """The file of a seed, wherever the project lay when dbt parsed it."""
    return os.path.normpath(project_folder() / model["original_file_path"])


DuckDBAdapter.get_seed_file_path = seed_file


class Plugin(BasePlugin):
    """The name that dbt-duckdb looks for."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Leave dbt the warehouse and the seeds."""
        lock_down(conn, self.creds.path, [project_folder().parent / "seeds" / "reference"])
