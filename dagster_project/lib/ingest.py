"""Loading raw tables: nothing lost, nothing twice, nothing half.

`ingest_table` brings one raw table into line with its landing folder, in one transaction. What the table
holds follows from the files alone, not from the order or the nights in which they came:

- A file is known by its content. The same content again, also under another name, adds nothing.
- `by_file`: the table is the union of its files; a changed file replaces its own rows. `full`: the last file
  by name is the table. `incremental`: each file brings new and changed rows, see `incremental.py`.
- `by_file`: of several rows with the same key, the one in the first file by name, there on the first line, is loaded;
  the others are rejects. A late file with an earlier name therefore takes a key over, and when the row that
  was loaded goes, the next one comes back out of the rejects.
- A file that disappears from the landing folder keeps its rows: folders get tidied, and history must not go
  with them. So which files ever lay there does matter. A file that still lies there but no longer fits the
  pattern gives its rows up.
- Rejects are kept for the files that are in the table; the ledger keeps the counts of all that ever were.
- When the declaration of columns, types or format changes, the table is built again from its files.

The shape of files is judged in `extract.py`, single values in `casts.py`, and `conservation.py` insists that
nothing went missing. What a delivery changes is decided in `ledger.py`, and done here.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from dagster_project.lib.audit_tables import ensure_audit_tables
from dagster_project.lib.before import keep
from dagster_project.lib.casts import Cast, casts, describe, explain
from dagster_project.lib.connection import read_as_it_lies
from dagster_project.lib.conservation import FOREIGN_HAND, ConservationBroken, measure, settle
from dagster_project.lib.databases import has_table, transaction
from dagster_project.lib.extract import (
    ExtractRefused,
    FileChanged,
    LandedFile,
    Shape,
    check_fields,
    diagnose,
    find_files,
    identify,
    line_breaks,
    readable,
    reader,
)
from dagster_project.lib.header import is_reordered
from dagster_project.lib.incremental import Versions
from dagster_project.lib.ledger import LedgerFile, Plan, content_hash, declaration_hash, plan_changes
from dagster_project.lib.sources import RawTable
from dagster_project.lib.sql import column_list, identifier, literal

__all__ = [
    "ConservationBroken",
    "ExtractRefused",
    "IngestResult",
    "ensure_audit_tables",
    "ensure_raw_table",
    "ingest_table",
]

# From this many unreadable values on, and more than half of a column, the file is not the declared one.
_MANY = 3
_SHOWN_REJECTS = 5


@dataclass(frozen=True)
class IngestResult:
    """What a run did to a raw table, and how the table stands after it."""

    source_system: str
    table_name: str
    unchanged: bool
    files_seen: int
    files_loaded: tuple[str, ...]
    files_retired: tuple[str, ...]
    rows_read: int
    rows_loaded: int
    rows_rejected: int
    rows_superseded: int
    row_count: int
    rejected_count: int
    data_as_of: date | None
    content_hash: str
    rejects: tuple[str, ...] = field(default=())
    """The first few rejected rows of the table, in words and without their values."""
    notes: tuple[str, ...] = field(default=())
    """What a person should know though nothing is wrong."""


def ingest_table(
    connection: duckdb.DuckDBPyConnection, table: RawTable, landing: Path, run_id: str
) -> IngestResult:
    """Bring a raw table into line with its landing folder, or raise ExtractRefused and leave all as it was.

    The connection must not be inside a transaction. A file that is replaced while it is read is read once
    more; if it changes again, the extract is refused.
    """
    ensure_audit_tables(connection)
    read_as_it_lies(connection)
    for last_try in (False, True):
        try:
            return _in_transaction(connection, table, landing, run_id)
        except FileChanged as changed:
            if last_try:
                raise ExtractRefused(
                    table, file=str(changed), expected="a file that stays as it is while it is read",
                    found="it was changed or removed, twice",
                    action="run again once the delivery is complete",
                ) from None  # fmt: skip
    raise AssertionError("unreachable")


def ensure_raw_table(connection: duckdb.DuckDBPyConnection, table: RawTable) -> bool:
    """See to it that a refused table can be read: empty and typed, where it was never loaded.

    Returns whether it has good data: whether a file of it was ever loaded.
    """
    ensure_audit_tables(connection)
    with transaction(connection):
        loader = _Loader(connection, table, Path(), "")
        has_good_data = bool(loader._active_files())
        if not has_good_data:
            loader._empty()
            loader._result(Plan(), rebuild=True, files_seen=0)
    return has_good_data


def _in_transaction(
    connection: duckdb.DuckDBPyConnection, table: RawTable, landing: Path, run_id: str
) -> IngestResult:
    found = find_files(table, landing)
    # Of a full load only the newest file counts; the older ones are not even read.
    counting = [max(found)] if table.load == "full" else found
    landed = [_identified(table, relative, found[relative]) for relative in counting]
    try:
        with transaction(connection):
            return _Loader(connection, table, landing, run_id).run(landed, found)
    except FileNotFoundError as error:
        raise FileChanged(Path(error.filename or "").name) from None


def _identified(table: RawTable, relative: str, path: Path) -> LandedFile:
    try:
        return identify(relative, path)
    except OSError as error:
        raise ExtractRefused(
            table, file=relative, expected="a file that can be read", found=error.strerror or str(error),
            action="give the user that the pipeline runs as the right to read it, or deliver it again",
        ) from None  # fmt: skip


class _Loader:
    """One table, one transaction. Temporary: `incoming`, a file's typed rows, and `texts`, as they stand."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, table: RawTable, landing: Path, run_id: str
    ) -> None:
        self.connection, self.table, self.landing, self.run_id = connection, table, landing, run_id
        self.columns = table.loaded_columns
        self.raw = identifier("raw", table.identifier)
        self.now = datetime.now(UTC).replace(tzinfo=None)
        self.declaration = declaration_hash(table)
        self.first_rowid: dict[str, int] = {}
        self.incoming = self.line = ""
        self.notes: list[str] = []
        self.versions = Versions(connection, table) if table.load == "incremental" else None

    def run(self, landed: Sequence[LandedFile], fitting: Collection[str]) -> IngestResult:
        active = self._active_files()
        rebuild = self._must_rebuild()
        unfitting = {
            old.path for old in active if old.path not in fitting and (self.landing / old.path).exists()
        }
        plan = plan_changes(landed, active, load=self.table.load, unfitting=unfitting, rebuild=rebuild)
        # the extracts of a database are taken anew when its columns change, and the older ones put aside
        gone = () if rebuild and self.table.query_from else plan.gone
        if rebuild and gone:
            raise self._cannot_rebuild(gone)
        plan = Plan(plan.load, plan.retire, self._unrecorded(plan.copies), gone)
        if rebuild or plan.load or plan.retire:
            keep(self.connection, self.table.system, self.table.name)
        if rebuild or (plan.retire and len(plan.retire) == len(active)):
            self._empty()
        else:
            self._retire(plan.retire)
        loaded = {file.relative: self._load_file(file) for file in plan.load}
        self._write_successors(plan, loaded)
        if self.versions:
            self.versions.settle()
        settle(self.connection, self.table)
        return self._result(plan, rebuild, files_seen=len(landed))

    # What is there

    def _rows(self, sql: str, *parameters: object) -> list[tuple]:
        return self.connection.execute(sql, parameters).fetchall()

    @property
    def _own(self) -> str:
        return f"source_system = {literal(self.table.system)} and table_name = {literal(self.table.name)}"

    def _active_files(self) -> list[LedgerFile]:
        rows = self._rows(
            f"select file_id, path, sha256 from audit.files where {self._own} and status = 'loaded'"
        )
        return [LedgerFile(*row) for row in rows]

    def _must_rebuild(self) -> bool:
        there = has_table(self.connection, "raw", self.table.identifier)
        known = self._rows(f"select declaration_hash from audit.raw_tables where {self._own}")
        return not there or known != [(self.declaration,)]

    def _cannot_rebuild(self, gone: Sequence[LedgerFile]) -> ExtractRefused:
        names = ", ".join(sorted(file.path for file in gone)[:5]) + (" and more" if len(gone) > 5 else "")
        return ExtractRefused(
            self.table,
            expected="all files the table was loaded from, to build it again under its changed declaration",
            found=f"{len(gone)} of them no longer lie in the landing folder: {names}",
            action="put them back, or undo the change of the declaration",
        )

    def _unrecorded(self, copies: Sequence[tuple[LandedFile, str]]) -> tuple[tuple[LandedFile, str], ...]:
        known = self._rows(f"select path, sha256 from audit.files where {self._own} and rows_read = 0")
        return tuple(copy for copy in copies if (copy[0].relative, copy[0].sha256) not in known)

    # Taking rows out

    def _empty(self) -> None:
        columns = ", ".join(f"{identifier(column.name)} {column.data_type}" for column in self.columns)
        self._rows(f"drop table if exists {self.raw}")
        self._rows(f"create table {self.raw} ({columns}, _file_id bigint, _line bigint)")
        self._rows(f"drop table if exists {identifier('superseded', self.table.identifier)}")
        if self.versions:
            self.versions.create()
        self._rows(f"delete from audit.rejects where {self._own}")
        self._rows(f"delete from audit.conservation where {self._own}")
        self._supersede(f"{self._own} and status = 'loaded'")

    def _retire(self, files: Sequence[LedgerFile]) -> None:
        if not files:
            return
        ids = ", ".join(str(file.file_id) for file in files)
        if self.versions:
            self.versions.retire([file.file_id for file in files])
        else:
            self._rows(f"delete from {self.raw} where _file_id in ({ids})")
        self._rows(f"delete from audit.rejects where file_id in ({ids})")
        self._rows(f"delete from audit.conservation where file_id in ({ids})")
        self._supersede(f"file_id in ({ids})")
        if not self.versions:
            self._promote()

    def _supersede(self, condition: str) -> None:
        self._rows(
            f"update audit.files set status = 'superseded', superseded_at = ? where {condition}", self.now
        )

    def _promote(self) -> None:
        """Load rejected duplicates whose key has become free, of each key the first by file name and line."""
        waiting = f"{self._own} and reason = 'duplicate_key'"
        if not self._rows(f"select 1 from audit.rejects where {waiting} limit 1"):
            return
        shape = literal(json.dumps({column.name: "VARCHAR" for column in self.columns}))
        rules = casts(self.columns, self.table.decimal_separator, "waiting.fields.", "")
        values = ", ".join(f"{rule.value} as {identifier(rule.column.name)}" for rule in rules)
        self._rows(f"""
            create or replace temp table promoted as
            select * from (
                select typed.*, row_number() over (partition by {self._key()} order by _path, _line) as _rank
                from (
                    select {values}, waiting.file_id as _file_id, waiting.line as _line, waiting.path as _path
                    from (
                        select file_id, line, path, json_transform(row_json, {shape}) as fields
                        from audit.rejects where {waiting}
                    ) as waiting
                ) as typed
                where not exists (
                    select 1 from {self.raw} as standing where {self._same_key("standing", "typed")})
            ) as ranked
            where _rank = 1""")
        self._insert(f"select {self._names()}, _file_id, _line from temp.promoted")
        self._rows("""
            delete from audit.rejects using temp.promoted as up
            where rejects.file_id = up._file_id and rejects.line = up._line""")
        self._rows("drop table temp.promoted")

    # Putting rows in

    def _load_file(self, landed: LandedFile) -> int:
        file_id = self._rows("select coalesce(max(file_id), 0) + 1 from audit.files")[0][0]
        with readable(self.connection, self.table, landed) as shape:
            self._note_order(landed, shape)
            self._read(landed, shape)
            rows = self._count_rows("incoming")
            check_fields(self.connection, self.table, landed, shape, rows)
            breaks = line_breaks(self.table, landed, shape, rows)
            if rows < self.table.minimum_rows:
                raise ExtractRefused(
                    self.table, file=landed.relative,
                    expected=f"at least {self.table.minimum_rows} row{'s' * (self.table.minimum_rows != 1)}",
                    found=f"{rows}" if rows else "only a header line",
                    action="deliver the whole extract; if so few rows are right, lower minimum_rows",
                )  # fmt: skip
            if self._rows("select 1 from temp.incoming where _bad is not null limit 1"):
                self._read_texts(shape)
                self._refuse_foreign_values(landed)
            self._number_lines(breaks)
            self._reject_doubles(landed)
            if self._rows("select 1 from temp.incoming where _bad is not null limit 1"):
                self._read_texts(shape)
                self._write_rejects(landed, file_id)
            good = (
                f"select {self._names()}, {file_id} as _file_id, {self.line} as _line "
                f"from {self.incoming} where _bad is null"
            )
            if self.versions:
                self.versions.take_in(good)
            else:
                self._insert(good)
            measure(
                self.connection, self.table, file_id, landed.relative, rows, texts="texts" in self.first_rowid
            )
        if identify(landed.relative, landed.path).sha256 != landed.sha256:
            raise FileChanged(landed.relative)
        self._rows(
            "insert into audit.files (file_id, source_system, table_name, path, sha256, bytes, rows_read, "
            "status, loaded_at, run_id) values (?, ?, ?, ?, ?, ?, ?, 'loaded', ?, ?)",
            file_id, self.table.system, self.table.name, landed.relative, landed.sha256, landed.bytes, rows,
            self.now, self.run_id,
        )  # fmt: skip
        self._rows("drop table temp.incoming")
        self._rows("drop table if exists temp.texts")
        self.first_rowid.clear()
        self._rows("drop table if exists temp.lines")
        return file_id

    def _note_order(self, landed: LandedFile, shape: Shape) -> None:
        if is_reordered(self.table, shape.header):
            self.notes.append(
                f"{landed.relative} has its columns in another order than declared: "
                f"{', '.join(shape.header)}; they were read by name"
            )

    def _rules(self, prefix: str = "source.") -> list[Cast]:
        return casts(self.columns, self.table.decimal_separator, prefix, "incoming.")

    def _read(self, landed: LandedFile, shape: Shape) -> None:
        rules = self._rules()
        values = ", ".join(f"{rule.value} as {identifier(rule.column.name)}" for rule in rules)
        # `_bad` is the number of the first column that cannot be read, -1 for a key that was there before.
        bad = " ".join(f"when {self._unreadable(rule)} then {number}" for number, rule in enumerate(rules))
        try:
            self._rows(f"""
                create or replace temp table incoming as
                select {values}, cast(case {bad} end as smallint) as _bad
                from {reader(self.table, shape)} as source""")
        except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
            raise diagnose(self.table, landed, shape, str(error).splitlines()[0]) from None
        except duckdb.IOException as error:
            if not landed.path.exists():
                raise FileChanged(landed.relative) from error
            raise

    def _unreadable(self, rule: Cast) -> str:
        text = f"source.{identifier(rule.column.name)}"
        failed = (
            []
            if rule.column.data_type == "varchar" and not rule.column.lookup
            else [f"({text} is not null and {rule.value} is null)"]
        )
        required = [f"{text} is null"] if self.table.is_required(rule.column) else []
        return " or ".join(failed + required) or "false"

    def _read_texts(self, shape: Shape) -> None:
        """The file's texts, read only when a row must be shown as it stands in the file."""
        if "texts" not in self.first_rowid:
            self._rows(f"create temp table texts as select {self._names()} from {reader(self.table, shape)}")
            self._count_rows("texts")

    def _count_rows(self, name: str) -> int:
        """Count a temporary table and note its first rowid: inside a transaction rowids do not begin at 0."""
        rows, first, last = self._rows(f"select count(*), min(rowid), max(rowid) from temp.{name}")[0]
        if rows and last - first != rows - 1:
            raise AssertionError(f"rowids of {name} are not consecutive: lines cannot be told")
        self.first_rowid[name] = first or 0
        return rows

    def _place(self, name: str) -> str:
        """SQL for a row's place in the file, the first row being 0."""
        return f"({name}.rowid - {self.first_rowid[name]})"

    def _refuse_foreign_values(self, landed: LandedFile) -> None:
        """Refuse a file in which most values of a column, or all rows, cannot be read."""
        rules = self._rules()
        counts = ", ".join(
            f"count(*) filter (where {self._unreadable(rule)}), "
            + (
                "count(*)"
                if self.table.is_required(rule.column)
                else f"count(source.{identifier(rule.column.name)})"
            )
            for rule in rules
        )
        counted = self._rows(f"select {counts} from temp.texts as source")[0]
        none_left = not self._rows("select 1 from temp.incoming where _bad is null limit 1")
        worst = max(range(len(rules)), key=lambda n: counted[2 * n] / max(counted[2 * n + 1], 1))
        failed, filled = counted[2 * worst], counted[2 * worst + 1]
        if not none_left and (failed < _MANY or failed * 2 <= filled):
            return
        rule = rules[worst]
        samples = self._rows(
            f"select source.{identifier(rule.column.name)}, any_value({rule.reason}), min(rowid) "
            f"from temp.texts as source where {self._unreadable(rule)} group by 1 order by 3 limit 200"
        )
        text, reason, _ = samples[0]
        hint = explain(
            rule.column, [value for value, *_ in samples if value is not None], self.table.decimal_separator
        )
        said = describe(reason, rule.column, self.table.decimal_separator, text)
        raise ExtractRefused(
            self.table, file=landed.relative,
            expected=f"values of type {rule.column.data_type} in column {rule.column.name}",
            found=f"{failed} of {filled} values cannot be read, for example {_form(text)}, which {said}"
            + (f"; {hint}" if hint else ""),
            action="export the column as declared, or correct its declaration"
            if not hint else "export the file as declared, or correct the declaration",
        )  # fmt: skip

    def _number_lines(self, breaks: list[tuple[int, int]]) -> None:
        """Settle how a line follows from a row's place: by a sum alone, where a row is a line."""
        self.incoming, self.line = "temp.incoming", f"{self._place('incoming')} + 2"
        if len(breaks) == 1 and breaks[0][0] == 0:
            self.line += f" + {breaks[0][1]}"
        elif breaks:
            # No ASOF join: a table made in this transaction counts as empty, and it would become a loop.
            self._rows(
                f"""
                create or replace temp table lines as
                select place, place + 2 + cast(sum(coalesce(step, 0)) over (order by place) as bigint) as line
                from (select {self._place("incoming")} as place from temp.incoming) as places
                left join (select unnest(?::bigint[]) as first_row, unnest(?::bigint[]) as step) as steps
                    on places.place = steps.first_row""",
                [first for first, _ in breaks],
                [drift - before for (_, drift), (_, before) in zip(breaks, [(0, 0), *breaks], strict=False)],
            )
            self.incoming += f" inner join temp.lines on {self._place('incoming')} = lines.place"
            self.line = "lines.line"

    def _reject_doubles(self, landed: LandedFile) -> None:
        """Mark rows whose key stands before them; take out of the table what this file stands before.

        In an incremental table a key in another file is no double, but another version of the row.
        """
        good = "temp.incoming where _bad is null"
        if self._rows(f"select 1 from {good} group by {self._key()} having count(*) > 1 limit 1"):
            self._rows(f"""
                update temp.incoming set _bad = -1 where rowid in (
                    select place from (
                        select
                            rowid as place,
                            row_number() over (partition by {self._key()} order by rowid) as turn
                        from {good}) as turns
                    where turn > 1)""")
        if self.versions:
            return
        self._rows(
            f"""
            create or replace temp table clashes as
            select incoming.rowid as place, standing._file_id, standing._line, files.path > ? as gives_way
            from temp.incoming
            inner join {self.raw} as standing on {self._same_key("incoming", "standing")}
            inner join audit.files on standing._file_id = files.file_id
            where incoming._bad is null""",
            landed.relative,
        )
        self._rows("""
            update temp.incoming set _bad = -1
            where rowid in (select place from temp.clashes where not gives_way)""")
        if self._rows("select 1 from temp.clashes where gives_way limit 1"):
            self._demote()
        self._rows("drop table temp.clashes")

    def _demote(self) -> None:
        """Turn rows of the table into rejects. Their texts are written anew in the declared form."""
        rules = casts(self.columns, self.table.decimal_separator, "", "standing.")
        texts = {rule.column.name: rule.text for rule in rules}
        self._rows(f"""
            insert into audit.rejects
            select
                standing._file_id, files.source_system, files.table_name, files.path, standing._line,
                {self._key_name()}, {self._key_text(texts)}, 'duplicate_key', {_as_json(texts)}
            from {self.raw} as standing
            inner join temp.clashes on clashes._file_id = standing._file_id and clashes._line = standing._line
            inner join audit.files on files.file_id = standing._file_id
            where clashes.gives_way""")
        self._rows(f"""
            delete from {self.raw} as standing using temp.clashes
            where clashes.gives_way
                and clashes._file_id = standing._file_id and clashes._line = standing._line""")

    def _write_rejects(self, landed: LandedFile, file_id: int) -> None:
        texts = {column.name: f"texts.{identifier(column.name)}" for column in self.columns}
        names, values, reasons = [], [], []
        for number, rule in enumerate(self._rules("texts.")):
            names.append(f"when {number} then {literal(rule.column.name)}")
            values.append(f"when {number} then {texts[rule.column.name]}")
            reasons.append(f"when {number} then {rule.reason}")
        self._rows(
            f"""
            insert into audit.rejects
            select
                ?, ?, ?, ?, {self.line},
                case incoming._bad when -1 then {self._key_name()} {" ".join(names)} end,
                case incoming._bad when -1 then {self._key_text(texts)} {" ".join(values)} end,
                case incoming._bad when -1 then 'duplicate_key' {" ".join(reasons)} end,
                {_as_json(texts)}
            from {self.incoming}
            inner join temp.texts on {self._place("incoming")} = {self._place("texts")}
            where incoming._bad is not null""",
            file_id, self.table.system, self.table.name, landed.relative,
        )  # fmt: skip

    # Bookkeeping

    def _write_successors(self, plan: Plan, loaded: dict[str, int]) -> None:
        by_content = {file.sha256: loaded[file.relative] for file in plan.load}
        only = next(iter(loaded.values())) if self.table.load == "full" and loaded else None
        for old in plan.retire:
            successor = loaded.get(old.path) or by_content.get(old.sha256) or only
            self._rows("update audit.files set superseded_by = ? where file_id = ?", successor, old.file_id)
        for copy, owner in plan.copies:
            self._rows(
                f"""
                insert into audit.files (
                    file_id, source_system, table_name, path, sha256, bytes, rows_read, rows_loaded,
                    rows_rejected, status, loaded_at, superseded_at, superseded_by, run_id)
                select
                    (select max(file_id) + 1 from audit.files), source_system, table_name, ?, sha256, bytes,
                    0, 0, 0, 'superseded', ?, ?, file_id, ?
                from audit.files where {self._own} and status = 'loaded' and path = ?""",
                copy.relative, self.now, self.now, self.run_id, owner,
            )  # fmt: skip

    def _result(self, plan: Plan, rebuild: bool, files_seen: int) -> IngestResult:
        newest = (
            f"cast(max({identifier(self.table.date_column)}) as date)" if self.table.date_column else "null"
        )
        row_count, data_as_of = self._rows(f"select count(*), {newest} from {self.raw}")[0]
        rejected_count = self._rows(f"select count(*) from audit.rejects where {self._own}")[0][0]
        active = self._active_files()
        content = content_hash(active, self.declaration)
        state = (self.table.domain, row_count, rejected_count, data_as_of, content, self.declaration)
        known = self._rows(
            "select domain, row_count, rejected_count, data_as_of, content_hash, declaration_hash "
            f"from audit.raw_tables where {self._own}"
        )
        changed = bool(rebuild or plan.load or plan.retire)
        # what is not loaded again is counted all the same: nothing but a load moves a row
        if known and not changed and (left := known[0][1:3]) != (row_count, rejected_count):
            raise ConservationBroken(
                f"{self.table.system}.{self.table.name} holds {row_count} rows and {rejected_count} rejects, but the "
                f"last load left {left[0]} and {left[1]}. "
                f"{FOREIGN_HAND.format(table=self.table.identifier)}"
            )
        if changed or known != [state]:
            self._rows(f"delete from audit.raw_tables where {self._own}")
            self._rows(
                "insert into audit.raw_tables (source_system, table_name, domain, row_count, rejected_count, "
                "data_as_of, content_hash, declaration_hash, loaded_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                self.table.system, self.table.name, *state, self.now,
            )  # fmt: skip
        counts = (0, 0, 0, 0)
        if plan.load:
            counts = self._rows(
                "select sum(rows_read), sum(rows_loaded), sum(rows_rejected), sum(rows_superseded) "
                f"from audit.files where {self._own} and status = 'loaded' and path in (select unnest(?))",
                [file.relative for file in plan.load],
            )[0]
        notes = [
            f"{copy.relative} has the same content as {owner} and adds nothing" for copy, owner in plan.copies
        ]
        notes.extend(self.notes)
        if rebuild and known:
            notes.append("the declaration has changed: the table was built again from its files")
        if plan.gone:
            names = ", ".join(sorted(file.path for file in plan.gone)[:3]) + (
                " …" if len(plan.gone) > 3 else ""
            )
            notes.append(
                f"{len(plan.gone)} loaded files no longer lie in the landing folder, their rows stay: {names}"
            )
        return IngestResult(
            source_system=self.table.system,
            table_name=self.table.name,
            unchanged=not changed and not plan.copies,
            files_seen=files_seen,
            files_loaded=tuple(file.relative for file in plan.load),
            files_retired=tuple(file.path for file in plan.retire),
            rows_read=int(counts[0]),
            rows_loaded=int(counts[1]),
            rows_rejected=int(counts[2]),
            rows_superseded=int(counts[3]),
            row_count=row_count,
            rejected_count=rejected_count,
            data_as_of=data_as_of,
            content_hash=content,
            rejects=tuple(self._reject_sentences()),
            notes=tuple(notes),
        )

    def _reject_sentences(self) -> Iterator[str]:
        columns = {column.name: column for column in self.columns}
        for path, line, name, value, reason in self._rows(
            f"select path, line, column_name, value, reason from audit.rejects where {self._own} "
            f"order by path, line limit {_SHOWN_REJECTS}"
        ):
            said = describe(reason, columns.get(name), self.table.decimal_separator, value)
            # the value may be somebody's pay, and this goes into a history that others read: it stays in the rejects
            yield f"{path} line {line}: {name} {said}"

    def _key(self, prefix: str = "") -> str:
        return column_list(self.table.key, prefix)

    def _same_key(self, left: str, right: str) -> str:
        return " and ".join(
            f"{left}.{identifier(name)} = {right}.{identifier(name)}" for name in self.table.key
        )

    def _names(self, prefix: str = "") -> str:
        return column_list((column.name for column in self.columns), prefix)

    def _insert(self, select: str) -> None:
        self._rows(f"insert into {self.raw} ({self._names()}, _file_id, _line) {select}")

    def _key_name(self) -> str:
        return literal(", ".join(self.table.key))

    def _key_text(self, texts: Mapping[str, str]) -> str:
        return f"concat_ws(', ', {', '.join(texts[name] for name in self.table.key)})"


def _form(text: str | None) -> str:
    """How a value is written, without what it says: it may be somebody's pay, and the message goes into logs."""
    if text is None:
        return "an empty one"
    form = re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "9", text))
    return f"one of the form {form if len(form) <= 60 else form[:57] + '...'!r}"


def _as_json(texts: Mapping[str, str]) -> str:
    return f"to_json({{{', '.join(f'{literal(name)}: {text}' for name, text in texts.items())}}})"
