"""The DuckDB connection on which landed data is processed: it reads the landing folders and nothing else.

Whatever stands in a file's name, header or cells, a statement on such a connection can read only the folders it
was given, attach no other file, install or load nothing, and change no setting. Publishing copies the warehouse
into another file, which this connection forbids; it opens its own (`publication.py`).

One process opens a file with one configuration at a time: whoever opens the warehouse to process data does it
through `connect`, and closes it before somebody else opens it.
"""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import duckdb

from dagster_project.lib.sql import literal

_SCRATCH = "scratch"
COPIES = "scorecard-"
# What reading a landed file needs, on whatever connection.
READ_AS_IT_LIES = (
    # line numbers come from the order in which rows are read
    "set global preserve_insertion_order = true",
    # a file that was replaced within a moment by one of the same size would be read as it was before
    "set global enable_external_file_cache = false",
)


def connect(
    warehouse: Path | str, readable_folders: Iterable[Path] = (), read_only: bool = False
) -> duckdb.DuckDBPyConnection:
    """Open a database file so that it can read only these folders, and a scratch folder beside itself."""
    connection = duckdb.connect(str(warehouse), read_only=read_only)
    try:
        lock_down(connection, warehouse, readable_folders)
    except BaseException:
        connection.close()
        raise
    return connection


def lock_down(
    connection: duckdb.DuckDBPyConnection, warehouse: Path | str, readable_folders: Iterable[Path]
) -> None:
    """Take from an open connection, and all others of its process to the same file, what it must not do."""
    if connection.execute("select current_setting('lock_configuration')").fetchone()[0]:
        return
    scratch = Path(warehouse).absolute().parent / _SCRATCH
    scratch.mkdir(parents=True, exist_ok=True)
    folders = {str(scratch)}
    for folder in readable_folders:
        # also by its real path: DuckDB compares after following links
        folders |= {str(folder.absolute()), str(folder.resolve())}
    for statement in (
        # global: what is set for one session is not there in the next, and a locked one cannot set it
        "set global TimeZone = 'UTC'",
        *READ_AS_IT_LIES,
        "set autoinstall_known_extensions = false",
        "set autoload_known_extensions = false",
        "set allow_community_extensions = false",
        f"set temp_directory = {literal(str(scratch))}",
        f"set allowed_directories = [{', '.join(literal(name) for name in sorted(folders))}]",
        "set enable_external_access = false",
        "set lock_configuration = true",
    ):
        connection.execute(statement)


def read_as_it_lies(connection: duckdb.DuckDBPyConnection) -> None:
    """Have landed files read in order and anew; a locked connection does so already."""
    if not connection.execute("select current_setting('lock_configuration')").fetchone()[0]:
        for statement in READ_AS_IT_LIES:
            connection.execute(statement)


def scratch_folder(connection: duckdb.DuckDBPyConnection) -> str:
    """Where a file can be put that this connection can read: for the copies that some formats need."""
    locked, folder = connection.execute(
        "select not current_setting('enable_external_access'), current_setting('temp_directory')"
    ).fetchone()
    return folder if locked else tempfile.gettempdir()


def clear_scratch(warehouse: Path) -> None:
    """Remove copies that a killed run has left; only for the one writer."""
    for left in (warehouse.absolute().parent / _SCRATCH).glob(f"{COPIES}*"):
        shutil.rmtree(left, ignore_errors=True)
