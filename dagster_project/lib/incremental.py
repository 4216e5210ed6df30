"""Tables loaded incrementally: of several rows with one key, that of the last file by name counts.

Each file brings new and changed rows. The rows that a later file has replaced are kept in schema `superseded`,
typed as they were, so that they come back when the later file is corrected or taken away. Which row counts
follows from the names of the files alone, so the order in which they came does not matter: whenever a file with
some key comes or goes, all rows with that key are settled anew.
"""

from collections.abc import Sequence

import duckdb

from dagster_project.lib.sources import RawTable
from dagster_project.lib.sql import column_list, identifier


class Versions:
    """The rows of one incremental table: those that count, in schema raw, and those that do not."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: RawTable) -> None:
        """Nothing is touched yet."""
        self.connection = connection
        self.raw = identifier("raw", table.identifier)
        self.superseded = identifier("superseded", table.identifier)
        self.key = column_list(table.key)
        self.same_key = " and ".join(f"standing.{identifier(n)} = touched.{identifier(n)}" for n in table.key)
        self.names = ", ".join(
            [column_list(column.name for column in table.loaded_columns), "_file_id", "_line"]
        )
        flag = table.deleted_flag
        self.is_there = f"not coalesce({identifier(flag)}, false)" if flag else "true"
        self.has_touched = False

    def create(self) -> None:
        """Make the place for superseded rows, empty."""
        self.connection.execute("create schema if not exists superseded")
        self.connection.execute(f"create or replace table {self.superseded} as from {self.raw} limit 0")

    def take_in(self, rows: str) -> None:
        """Take the rows of a file in; `settle` decides which of them count."""
        self._touch(f"select {self.key} from ({rows})")
        self.connection.execute(f"insert into {self.superseded} ({self.names}) {rows}")

    def retire(self, file_ids: Sequence[int]) -> None:
        """Take the rows of files out."""
        ids = ", ".join(map(str, file_ids))
        for place in (self.raw, self.superseded):
            self._touch(f"select {self.key} from {place} where _file_id in ({ids})")
            self.connection.execute(f"delete from {place} where _file_id in ({ids})")

    def settle(self) -> None:
        """Of each key that was touched, put the row of the last file by name where it counts."""
        if not self.has_touched:
            return
        run = self.connection.execute
        run("create or replace temp table touched as select distinct * from temp.touched")
        run(f"""
            insert into {self.superseded} ({self.names})
            select {self.names} from {self.raw} as standing
            where exists (select 1 from temp.touched where {self.same_key})""")
        run(f"delete from {self.raw} as standing using temp.touched where {self.same_key}")
        run(f"""
            create or replace temp table winners as
            select {self.names} from (
                select
                    standing.*,
                    row_number() over (partition by {self.key} order by files.path desc, _line) as _rank
                from {self.superseded} as standing
                inner join audit.files on files.file_id = standing._file_id
                where exists (select 1 from temp.touched where {self.same_key})
            ) as ranked
            where _rank = 1 and {self.is_there}""")
        run(f"insert into {self.raw} ({self.names}) select {self.names} from temp.winners")
        run(f"""
            delete from {self.superseded} as standing using temp.winners
            where winners._file_id = standing._file_id and winners._line = standing._line""")
        run("drop table temp.winners")
        run("drop table temp.touched")
        self.has_touched = False

    def _touch(self, keys: str) -> None:
        if self.has_touched:
            self.connection.execute(f"insert into temp.touched {keys}")
        else:
            self.connection.execute(f"create or replace temp table touched as {keys}")
            self.has_touched = True
