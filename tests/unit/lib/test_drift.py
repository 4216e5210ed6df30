"""Eight kinds of drift, in every format that can have them: caught before anything is loaded, or read right.

Each kind is a change of a good extract. Its twin is the extract without the change, which is loaded.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from dagster_project.lib.extract import ExtractRefused
from dagster_project.lib.ingest import ingest_table
from dagster_project.lib.sources import Column, RawTable
from tests.extract_files import FORMATS, settings_of, write_extract

HEADER = ["id", "day", "amount", "name"]
ROWS = [(n, date(2024, 1, 12 + n), Decimal(f"{n}.50"), f"Å{n}") for n in range(1, 6)]
TEXT = ("csv", "tsv", "csv.gz", "jsonl", "jsonl.gz", "xlsx")
DELIMITED = ("csv", "tsv", "csv.gz")
JSON = ("jsonl", "jsonl.gz")


@dataclass(frozen=True)
class Drift:
    """A change of the good extract, the formats in which it can happen, and what must be said of it."""

    kind: str
    formats: tuple[str, ...]
    words: list[str]
    header: list[str] = field(default_factory=lambda: HEADER)
    rows: list[tuple] = field(default_factory=lambda: ROWS)
    written: dict = field(default_factory=dict)


def column(place, change):
    """The good rows with one column changed."""
    return [(*row[:place], change(row[place]), *row[place + 1 :]) for row in ROWS]


DRIFTS = [
    Drift("missing", FORMATS, ["`amount` is missing", "change `columns`"], ["id", "day", "name"], [(r[0], r[1], r[3]) for r in ROWS]),
    Drift("new", FORMATS, ["`age` is new", "change `columns`"], [*HEADER, "age"], [(*r, 7) for r in ROWS]),
    Drift("renamed", FORMATS, ["`amount` is missing (renamed to `amounts`?)"], ["id", "day", "amounts", "name"]),
    Drift("type", TEXT, ["values of type decimal(18, 4) in column amount", "5 of 5 values"], rows=column(2, lambda v: f"about {v}")),
    Drift("type", ("parquet",), ["decimal(18, 4) in column amount", "type double", "lost their exact digits"], rows=column(2, float)),
    Drift("type", ("parquet",), ["decimal(18, 4) in column amount", "type varchar"], rows=column(2, str)),
    Drift("type", ("xlsx",), ["varchar in column name", "the date 2024-01-13"], rows=[(*r[:3], r[1]) for r in ROWS]),
    Drift("type", JSON, ["a single value in column amount", "a list"], rows=column(2, lambda v: [str(v)])),
    Drift("delimiter", ("csv", "csv.gz"), ["separated by comma", 'set delimiter: ";"'], written={"delimiter": ";"}),
    Drift("delimiter", ("tsv",), ["separated by tab", 'set delimiter: "|"'], written={"delimiter": "|"}),
    Drift("encoding", (*DELIMITED, *JSON), ["utf-8", "byte 0xC5", "it is `Å`"], written={"encoding": "windows-1252"}),
    Drift("encoding", (*DELIMITED, *JSON), ["text in utf-16"], written={"encoding": "utf-16"}),
    Drift("decimal format", ("tsv", "jsonl", "jsonl.gz", "xlsx"), ["numbers with `,` as decimal separator", "declared is `.`"], rows=column(2, lambda v: str(v).replace(".", ","))),
    Drift("decimal format", ("csv", "csv.gz"), ["numbers with `,` as decimal separator"], rows=column(2, lambda v: f'"{v}"'.replace(".", ","))),
    Drift("date format", TEXT, ["values of type date in column day", "could be read with the format `%d/%m/%Y`"], rows=column(1, lambda v: v.strftime("%d/%m/%Y"))),
    Drift("date format", ("parquet",), ["date in column day", "type varchar"], rows=column(1, lambda v: v.strftime("%d/%m/%Y"))),
]  # fmt: skip
CASES = [(drift, kind) for drift in DRIFTS for kind in drift.formats]


def make_table(kind):
    types = {"id": "integer", "day": "date", "amount": "decimal(18, 4)", "name": "varchar"}
    return RawTable(
        system="till", name="sales", domain="sales", files="f*", load="by_file", key=["id"],
        columns=[Column(name=name, data_type=data_type) for name, data_type in types.items()], **settings_of(kind),
    )  # fmt: skip


@pytest.fixture
def connection():
    with duckdb.connect() as opened:
        yield opened


def loaded(connection):
    return connection.execute("select id, day, amount, name from raw.till__sales order by id").fetchall()


@pytest.mark.parametrize(
    ("drift", "kind"), CASES, ids=[f"{d.kind}-{k}-{n}" for n, (d, k) in enumerate(CASES)]
)
def test_drift_is_refused_with_a_message_and_the_twin_is_loaded(connection, tmp_path, drift, kind):
    write_extract(tmp_path / "f1", kind, HEADER, ROWS)
    ingest_table(connection, make_table(kind), tmp_path, "good")
    assert loaded(connection) == ROWS
    write_extract(tmp_path / "f1", kind, drift.header, drift.rows, **drift.written)
    with pytest.raises(ExtractRefused) as refused:
        ingest_table(connection, make_table(kind), tmp_path, "drifted")
    message = str(refused.value)
    assert refused.value.file == "f1"
    assert all(part in message for part in ("expected:", "found:", "to do:", "last good data stays"))
    for word in drift.words:
        assert word in message
    assert loaded(connection) == ROWS


@pytest.mark.parametrize("kind", FORMATS)
def test_reordered_columns_are_read_right_by_name_and_noted(connection, tmp_path, kind):
    order = [2, 0, 3, 1]
    rows = [tuple(row[place] for place in order) for row in ROWS]
    write_extract(tmp_path / "f1", kind, [HEADER[place] for place in order], rows)
    result = ingest_table(connection, make_table(kind), tmp_path, "reordered")
    assert loaded(connection) == ROWS
    noted = [note for note in result.notes if "another order than declared" in note]
    # the keys of a JSON object have no order that could mean anything
    assert len(noted) == (0 if kind in JSON else 1)
    write_extract(tmp_path / "f1", kind, HEADER, ROWS)
    assert not ingest_table(connection, make_table(kind), tmp_path, "declared").notes


def test_every_kind_of_drift_is_tried_in_every_format_that_has_it():
    tried = {(drift.kind, kind) for drift, kind in CASES}
    everywhere = {
        (kind, form) for kind in ("missing", "new", "renamed", "type", "date format") for form in FORMATS
    }
    assert everywhere <= tried
    # Parquet and Excel have no delimiter and no encoding of their own, Parquet no decimal separator
    assert {form for kind, form in tried if kind == "delimiter"} == set(DELIMITED)
    assert {form for kind, form in tried if kind == "encoding"} == {*DELIMITED, *JSON}
    assert {form for kind, form in tried if kind == "decimal format"} == set(TEXT)
