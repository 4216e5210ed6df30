"""Source systems: their declarations, and which of them feeds which domain.

A source system is a folder with one declaration (`<system>.yml`, at the same time dbt's `sources:`) and its
mapping SQL. This module reads and checks declarations and settings; it touches no data and no database.
Loading files by a declaration is the work of `extract.py` and `ingest.py`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path, PurePosixPath
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from dagster_project.lib.catalogue import observed_kpi_ids

DOMAINS = ("sales", "marketing", "service", "finance", "hr", "logistics", "observed")
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
ENCODINGS = ("utf-8", "utf-16", "windows-1252", "iso-8859-1", "iso-8859-15", "cp850")
FORMATS = ("csv", "parquet", "jsonl", "xlsx")
PLAIN_TYPES = ("varchar", "integer", "bigint", "double", "date", "timestamp", "boolean")
RESERVED_COLUMNS = ("_file_id", "_line", "_bad", "_path", "_rank", "rowid")
_QUALIFIED = re.compile(r"[^.\x00-\x1f]+(\.[^.\x00-\x1f]+)?")

_CURSORS = ("integer", "bigint", "date", "timestamp")
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
_DECIMAL = re.compile(r"decimal\((\d{1,2}),\s*(\d{1,2})\)")
_FORMAT_PART = re.compile(r"%(-?[A-Za-z%])")
# Two parts of a format with nothing between them.
ADJACENT_PARTS = re.compile(r"%-?[A-Za-z]%-?[A-Za-z]")
_FORMAT_PARTS = {*"dmbByYjaAHIpMSfz%", "-d", "-m", "-H", "-I", "-M", "-S"}


class DeclarationError(Exception):
    """A declaration or setting that cannot be used; it says where, what is wrong and what is allowed."""


def _identifier(value: str) -> str:
    if not _IDENTIFIER.fullmatch(value):
        raise ValueError("only lower-case letters, digits and _ are allowed, and a letter comes first")
    if "__" in value:
        raise ValueError("`__` is not allowed: it separates the system from the table in names")
    return value


def _domain(value: str) -> str:
    if value not in DOMAINS:
        raise ValueError(f"a domain is one of {', '.join(DOMAINS)}")
    return value


def _relative(value: str) -> str:
    path = PurePosixPath(value)
    if not value or value.startswith(("/", "~")) or "\\" in value or re.match(r"[A-Za-z]:", value):
        raise ValueError("a path relative to its folder, with / between the parts, is allowed")
    if ".." in path.parts:
        raise ValueError("`..` is not allowed: the path must stay inside its folder")
    return value


def _file_pattern(value: str) -> str:
    if any("**" in part and part != "**" for part in PurePosixPath(_relative(value)).parts):
        raise ValueError("`**` must stand alone between two /")
    if value.endswith("/") or PurePosixPath(value).name in ("", "**"):
        raise ValueError("the pattern must end in a file name, for example sales/orders_*.csv")
    return value


def _delimiter(value: str) -> str:
    if value not in DELIMITERS:
        raise ValueError('one of "," ";" "|" and "\\t" is allowed')
    return value


def _qualified(value: str) -> str:
    if not _QUALIFIED.fullmatch(value):
        raise ValueError("a table of the database is named schema.table, as it is spelt there")
    return value


def _data_type(value: str) -> str:
    decimal = _DECIMAL.fullmatch(value)
    if decimal and 1 <= int(decimal[1]) <= 38 and int(decimal[2]) <= int(decimal[1]):
        return f"decimal({int(decimal[1])}, {int(decimal[2])})"
    if value not in PLAIN_TYPES:
        raise ValueError(f"a type is one of {', '.join(PLAIN_TYPES)} or decimal(p, s) with s <= p <= 38")
    return value


def _column_name(value: str) -> str:
    if not value or value != value.strip() or any(ord(character) < 32 for character in value):
        raise ValueError("a column name is not empty and has no spaces around it and no control characters")
    if value.lower() in RESERVED_COLUMNS:
        raise ValueError(f"{', '.join(RESERVED_COLUMNS)} are names that the ingest itself uses")
    return value


def _format(value: str) -> str:
    parts = set(_FORMAT_PART.findall(value))
    if unknown := parts - _FORMAT_PARTS:
        raise ValueError(
            f"%{sorted(unknown)[0]} is unknown; {' '.join('%' + p for p in sorted(_FORMAT_PARTS))} exist"
        )
    if not parts & {"y", "Y"}:
        raise ValueError("a format must hold the year (%Y or %y): a date without a year would be a guess")
    if "z" in parts and ADJACENT_PARTS.search(value):
        raise ValueError("with %z there must be a separator between all parts")
    return value


Identifier = Annotated[str, AfterValidator(_identifier)]
Domain = Annotated[str, AfterValidator(_domain)]


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ColumnSettings(_Declared):
    """What stands under `config.meta` of a column."""

    format: Annotated[str, AfterValidator(_format)] | None = None
    load: bool = True
    required: bool = False
    lookup: Literal["observed_kpis"] | None = None

    @property
    def known_values(self) -> tuple[str, ...] | None:
        """The values that a column with a lookup may hold; None where any may stand there."""
        return observed_kpi_ids() if self.lookup else None


class Column(ColumnSettings):
    """A column of a file, by its name in the header."""

    name: Annotated[str, AfterValidator(_column_name)]
    data_type: Annotated[str, AfterValidator(_data_type)]
    description: str = ""

    @property
    def decimal(self) -> tuple[int, int] | None:
        """Precision and scale of a decimal, None for any other type."""
        found = _DECIMAL.fullmatch(self.data_type)
        return (int(found[1]), int(found[2])) if found else None


class TableSettings(_Declared):
    """What stands under `config.meta` of a table."""

    domain: Domain
    files: Annotated[str, AfterValidator(_file_pattern)] | None = None
    query_from: Annotated[str, AfterValidator(_qualified)] | None = None
    cursor_column: str | None = None
    load: Literal["by_file", "full", "incremental"]
    key: Annotated[list[str], Field(min_length=1)]
    deleted_flag: str | None = None
    date_column: str | None = None
    format: Literal[FORMATS] = "csv"
    sheet: Annotated[str, Field(min_length=1)] | None = None
    delimiter: Annotated[str, AfterValidator(_delimiter)] = ","
    encoding: Literal[ENCODINGS] = "utf-8"
    decimal_separator: Literal[".", ","] = "."
    final_newline: bool = True
    minimum_rows: Annotated[int, Field(ge=0)] = 1

    @model_validator(mode="after")
    def _from_one_place(self) -> "TableSettings":
        if (self.files is None) == (self.query_from is None):
            raise ValueError("one of `files` and `query_from` is needed, and only one")
        return self


class RawTable(TableSettings):
    """One table of a source system: which files hold it and how they are to be read."""

    system: str
    name: str
    description: str = ""
    columns: list[Column]

    @property
    def pattern(self) -> str:
        """The pattern of the table's files; the extracts of a database have a folder for each table."""
        if self.files is not None:
            return self.files
        return f"{self.name}/{self.name}_{'[0-9]*' if self.load == 'incremental' else 'all'}.parquet"

    @property
    def place(self) -> str:
        """Where the table comes from, as shown to people."""
        return self.files or f"{self.query_from} in the database of {self.system}"

    @property
    def loaded_columns(self) -> list[Column]:
        """The columns that get into the warehouse, in declared order."""
        return [column for column in self.columns if column.load]

    @property
    def identifier(self) -> str:
        """The table's name in schema raw."""
        return f"{self.system}__{self.name}"

    def is_required(self, column: Column) -> bool:
        """Whether an empty value gets its row rejected."""
        return column.required or column.name in self.key


class DomainCoverage(_Declared):
    """What a system says of one domain: the days its data covers, and a note for the reader."""

    covered_from: date | None = None
    covered_to: date | None = None
    note_en: str | None = None
    note_sv: str | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "DomainCoverage":
        if self.covered_from and self.covered_to and self.covered_from > self.covered_to:
            raise ValueError("covered_from lies after covered_to")
        return self


class SystemSettings(_Declared):
    """What stands under `config.meta` of a source system."""

    company_name: Annotated[str, Field(min_length=1)]
    reporting_currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    as_of: date | None = None
    history_from: date | None = None
    landing: Annotated[str, AfterValidator(_relative)] | None = None
    employee_scope: bool = False
    domains: dict[Domain, DomainCoverage] = {}

    @model_validator(mode="after")
    def _in_order(self) -> "SystemSettings":
        if self.as_of and self.history_from and self.history_from > self.as_of:
            raise ValueError("history_from lies after as_of")
        return self


class SourceSystem(SystemSettings):
    """A source system as declared."""

    name: str
    folder: Path
    description: str = ""
    tables: list[RawTable]

    @property
    def has_files(self) -> bool:
        """Whether any table comes as files, so that there must be a landing folder."""
        return any(table.query_from is None for table in self.tables)

    @property
    def declared_domains(self) -> list[str]:
        """The domains for which the system has tables or says something, in the usual order."""
        named = set(self.domains) | {table.domain for table in self.tables}
        return [domain for domain in DOMAINS if domain in named]


# The shape of the YAML file. Keys that dbt reads and the ingest does not are listed so that they are allowed.
class _YamlColumnConfig(_Declared):
    meta: ColumnSettings = ColumnSettings()
    tags: list[str] | str = []


class _YamlColumn(_Declared):
    name: Annotated[str, AfterValidator(_column_name)]
    data_type: Annotated[str, AfterValidator(_data_type)]
    description: str = ""
    config: _YamlColumnConfig = _YamlColumnConfig()
    data_tests: list[Any] = []
    quote: bool = False


class _YamlTableConfig(_Declared):
    meta: TableSettings
    tags: list[str] | str = []


class _YamlTable(_Declared):
    name: Identifier
    identifier: str
    description: str = ""
    config: _YamlTableConfig
    columns: Annotated[list[_YamlColumn], Field(min_length=1)]
    data_tests: list[Any] = []


class _YamlSourceConfig(_Declared):
    meta: SystemSettings
    tags: list[str] | str = []


class _YamlSource(_Declared):
    name: Identifier
    description: str = ""
    schema_: Annotated[Literal["raw"], Field(alias="schema")]
    config: _YamlSourceConfig
    tables: Annotated[list[_YamlTable], Field(min_length=1)]


class _YamlFile(_Declared):
    version: Literal[2] = 2
    sources: Annotated[list[_YamlSource], Field(min_length=1, max_length=1)]


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML lets a later key overwrite an earlier one without a word; a declaration must not."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise DeclarationError(f"line {key_node.start_mark.line + 1}: key `{key}` stands there twice")
            seen.add(key)
        return super().construct_mapping(node, deep)


def find_systems(folders: Sequence[Path]) -> dict[str, Path]:
    """The source systems that live in the given folders: name -> folder of the system."""
    systems: dict[str, Path] = {}
    for parent in folders:
        if not parent.is_dir():
            raise DeclarationError(f"{parent}: no such folder; source systems are looked for in it")
        for folder in sorted(child for child in parent.iterdir() if child.is_dir()):
            # An empty folder is no system, and `contract` is what all systems map to.
            if folder.name == "contract" or folder.name.startswith((".", "_")) or not any(folder.iterdir()):
                continue
            if not (folder / f"{folder.name}.yml").is_file():
                raise DeclarationError(
                    f"{folder}: a source system needs its declaration {folder.name}.yml here"
                )
            if folder.name in systems:
                raise DeclarationError(
                    f"{folder}: system `{folder.name}` is also in {systems[folder.name]}; rename one"
                )
            systems[folder.name] = folder
    return systems


def load_system(folder: Path) -> SourceSystem:
    """Read and check a system's declaration; an error lists everything that is wrong with it."""
    file = folder / f"{folder.name}.yml"
    try:
        data = yaml.load(file.read_text(encoding="utf-8"), Loader=_UniqueKeyLoader)
    except FileNotFoundError:
        raise DeclarationError(f"{file}: the declaration is missing") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DeclarationError(f"{file}: not readable as YAML: {error}") from None
    except DeclarationError as error:
        raise DeclarationError(f"{file}, {error}") from None
    try:
        source = _YamlFile.model_validate(data).sources[0]
    except ValidationError as error:
        faults = "\n".join(f"  {_describe(fault, data)}" for fault in error.errors())
        raise DeclarationError(f"{file}: the declaration cannot be used\n{faults}") from None

    faults = []
    if source.name != folder.name:
        faults.append(f"source `{source.name}`, key name: must be `{folder.name}`, as the folder is called")
    tables = []
    for declared in source.tables:
        table = RawTable(
            system=source.name,
            name=declared.name,
            description=declared.description,
            columns=[
                Column(name=c.name, data_type=c.data_type, description=c.description, **dict(c.config.meta))
                for c in declared.columns
            ],
            **dict(declared.config.meta) | _extract_format(declared.config.meta),
        )
        tables.append(table)
        if declared.identifier != table.identifier:
            faults.append(
                f"table `{table.name}`, key identifier: must be `{table.identifier}`, "
                f"not `{declared.identifier}`"
            )
        faults.extend(f"table `{table.name}`, {fault}" for fault in _table_faults(table))
    names = [table.name for table in tables]
    faults.extend(
        f"table `{name}`: declared twice" for name in sorted({n for n in names if names.count(n) > 1})
    )
    if faults:
        raise DeclarationError(
            f"{file}: the declaration cannot be used\n" + "\n".join(f"  {f}" for f in faults)
        )
    return SourceSystem(
        name=source.name,
        folder=folder,
        description=source.description,
        tables=tables,
        **dict(source.config.meta),
    )


def _extract_format(settings: TableSettings) -> dict[str, str]:
    """What is read from a database is landed as Parquet."""
    return {"format": "parquet"} if settings.query_from else {}


def parse_sources_setting(text: str, available: Mapping[str, SourceSystem]) -> dict[str, list[str]]:
    """Which systems feed each domain, from the setting SCORECARD_SOURCES; an empty list where nobody does.

    `demo` alone feeds every domain that it declares; `sales:adventureworks,finance:demo+acme,hr:none` says it
    by domain. Both may be mixed: what is said of a domain counts before a system named alone.
    """
    general: list[str] = []
    by_domain: dict[str, list[str]] = {}
    form = "write `demo`, or by domain `sales:adventureworks,finance:demo+acme,hr:none`"
    for entry in (part.strip() for part in text.split(",")):
        domain, colon, names_text = (part.strip() for part in entry.partition(":"))
        names = [name.strip() for name in (names_text if colon else domain).split("+")]
        if not all(names):
            raise DeclarationError(f"SCORECARD_SOURCES={text!r}: `{entry}` names no system; {form}")
        if colon and domain not in DOMAINS:
            raise DeclarationError(
                f"SCORECARD_SOURCES={text!r}: `{domain}` is no domain; "
                f"a domain is one of {', '.join(DOMAINS)}"
            )
        if colon and domain in by_domain:
            raise DeclarationError(
                f"SCORECARD_SOURCES={text!r}: domain `{domain}` stands there twice; join systems with +"
            )
        if colon and names == ["none"]:
            by_domain[domain] = []
            continue
        for name in names:
            if name not in available:
                known = ", ".join(sorted(available)) or "there is none"
                raise DeclarationError(
                    f"SCORECARD_SOURCES={text!r}: there is no source system `{name}`; known: {known}"
                )
            if colon and domain not in available[name].declared_domains:
                fed = ", ".join(available[name].declared_domains)
                raise DeclarationError(
                    f"SCORECARD_SOURCES={text!r}: `{name}` has no tables for {domain}; it has {fed}"
                )
        target = by_domain.setdefault(domain, []) if colon else general
        if len(set(names)) < len(names) or set(names) & set(target):
            raise DeclarationError(f"SCORECARD_SOURCES={text!r}: a system is named twice in `{entry}`")
        target.extend(names)
    return {
        domain: by_domain.get(
            domain, [name for name in general if domain in available[name].declared_domains]
        )
        for domain in DOMAINS
    }


def staging_feeds(
    domain_feeds: Mapping[str, Sequence[str]], system_folders: Mapping[str, Path], contract_folder: Path
) -> dict[str, list[str]]:
    """Which systems fill each staging entity: those that feed its domain and have a mapping file for it.

    A mapping file is `<system folder>/<domain>/<system>__<entity>.sql`. One whose name fits no entity of the
    contract would never be read, so it is an error.
    """
    entities = {
        domain: sorted(
            file.stem.removeprefix(f"stg_{domain}__")
            for file in (contract_folder / domain).glob(f"stg_{domain}__*.sql")
        )
        for domain in sorted(child.name for child in contract_folder.iterdir() if child.is_dir())
    }
    feeds: dict[str, list[str]] = {entity: [] for names in entities.values() for entity in names}
    for domain, systems in domain_feeds.items():
        for system in systems:
            mappings = {
                file.stem.removeprefix(f"{system}__")
                for file in (system_folders[system] / domain).glob(f"{system}__*.sql")
            }
            for entity in sorted(mappings):
                if entity not in entities.get(domain, []):
                    raise DeclarationError(
                        f"{system_folders[system] / domain / f'{system}__{entity}.sql'}: "
                        f"the staging contract of {domain} has no entity `{entity}`; "
                        f"it has {', '.join(entities.get(domain, []))}"
                    )
                feeds[entity].append(system)
    return feeds


def _table_faults(table: RawTable) -> Iterator[str]:
    columns = {column.name: column for column in table.columns}
    lower = [name.lower() for name in (column.name for column in table.columns)]
    for name in sorted({name for name in lower if lower.count(name) > 1}):
        yield f"column `{name}`: declared twice (upper and lower case count as the same)"
    for name in table.key:
        if name not in columns:
            yield f"key config.meta.key: there is no column `{name}`; there are {', '.join(columns)}"
        elif not columns[name].load or columns[name].data_type == "double":
            yield f"key config.meta.key: column `{name}` must be loaded and not a double to be part of a key"
    if len(set(table.key)) < len(table.key):
        yield "key config.meta.key: a column stands there twice"
    if table.date_column is not None:
        column = columns.get(table.date_column)
        if column is None or not column.load or column.data_type not in ("date", "timestamp"):
            named = f"`{table.date_column}`"
            yield f"key config.meta.date_column: {named} is no loaded column of type date or timestamp"
    yield from _format_faults(table, columns)
    for column in table.columns:
        if column.format is not None and column.data_type not in ("date", "timestamp"):
            yield f"column `{column.name}`, key format: only a date or a timestamp has a format"
        if column.lookup and column.data_type != "varchar":
            yield f"column `{column.name}`, key lookup: only a varchar can be looked up"
        if column.required and not column.load:
            yield f"column `{column.name}`, key required: a column that is not loaded cannot be required"


def _format_faults(table: RawTable, columns: Mapping[str, Column]) -> Iterator[str]:
    """Keys that say nothing for the table's format, or for where it comes from: nobody would see them ignored."""
    csv_only = {"delimiter": ",", "encoding": "utf-8", "final_newline": True}
    for key, default in csv_only.items():
        if table.format != "csv" and getattr(table, key) != default:
            yield f"key config.meta.{key}: only a csv file has one, and the format is {table.format}"
    if table.format == "parquet" and table.decimal_separator != ".":
        yield "key config.meta.decimal_separator: numbers in a Parquet file have none"
    if table.sheet is not None and table.format != "xlsx":
        yield f"key config.meta.sheet: only an xlsx file has sheets, and the format is {table.format}"
    if table.deleted_flag is not None:
        flag = columns.get(table.deleted_flag)
        if table.load != "incremental":
            yield "key config.meta.deleted_flag: only with load: incremental is a row taken back by a later one"
        if flag is None or not flag.load or flag.data_type != "boolean":
            yield f"key config.meta.deleted_flag: `{table.deleted_flag}` is no loaded column of type boolean"
    if table.query_from is None:
        if table.cursor_column is not None:
            yield "key config.meta.cursor_column: only a table with query_from has one"
        return
    if table.load == "by_file":
        yield "key config.meta.load: a table of a database is loaded full or incremental"
    if table.load == "incremental" and table.cursor_column is None:
        yield "key config.meta.cursor_column: is needed, to know which rows of the database are new"
    if table.cursor_column is not None:
        cursor = columns.get(table.cursor_column)
        if table.load != "incremental":
            yield "key config.meta.cursor_column: only with load: incremental does it mean anything"
        if cursor is None or not cursor.load or cursor.data_type not in _CURSORS:
            yield (
                f"key config.meta.cursor_column: `{table.cursor_column}` is no loaded column of type "
                f"{', '.join(_CURSORS)}"
            )
    for column in table.columns:
        if column.format is not None:
            yield f"column `{column.name}`, key format: a database has dates, not texts of dates"


def _describe(fault: Mapping[str, Any], data: object) -> str:
    """A fault that pydantic found, in words: which table and column, which key, what is allowed."""
    where, keys, here = [], [], data
    for part in fault["loc"]:
        here = _step(here, part)
        if isinstance(part, int):
            kind = {"sources": "source", "tables": "table", "columns": "column"}.get(keys[-1] if keys else "")
            if kind and isinstance(here, dict):
                where.append(f"{kind} `{here.get('name', f'number {part + 1}')}`")
                keys.clear()
        elif part != "[key]":
            keys.append(str(part))
    if keys:
        where.append(f"key {'.'.join(keys)}")
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        allowed = _allowed_keys(_YamlFile, fault["loc"][:-1])
        message = f"unknown key; allowed here: {', '.join(allowed)}"
    elif fault["type"] == "missing":
        message = "the key is missing"
    elif not isinstance(fault["input"], (dict, list)) and fault["input"] is not None:
        message += f"; found `{fault['input']}`"
    return f"{', '.join(where) or 'the file'}: {message}"


def _step(data: object, part: str | int) -> object:
    try:
        return data[part]  # type: ignore[index]
    except (KeyError, IndexError, TypeError):
        return None


def _allowed_keys(model: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    for part in loc:
        if isinstance(part, str):
            for name, field in model.model_fields.items():
                if (field.alias or name) == part:
                    model = next(_models_in(field.annotation), model)
    return sorted(field.alias or name for name, field in model.model_fields.items())


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (list, dict, Annotated, Union, UnionType):
        for argument in get_args(annotation):
            yield from _models_in(argument)
