"""Locks down the connection of dbt, and of MetricFlow, which opens the warehouse by the same profile.

dbt-duckdb calls this when it opens the file (`plugins` in profiles.yml): its own `settings` are set anew for each
cursor, which a locked configuration refuses, and `config_options` cannot name folders. dbt reads the seeds and
nothing else from outside the warehouse.
"""

import os
from pathlib import Path

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from dagster_project.lib.connection import lock_down


class Plugin(BasePlugin):
    """The name that dbt-duckdb looks for."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Leave dbt the warehouse and the seeds."""
        project = Path(os.environ.get("DBT_PROJECT_DIR") or ".").absolute()
        lock_down(conn, self.creds.path, [project.parent / "seeds" / "reference"])
