"""Every format brings the same rows in; what is no whole, plain extract of it is refused with its place."""

import gzip
import json
import os
import zipfile
from datetime import date, datetime, time
from decimal import Decimal

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook, load_workbook

from dagster_project.lib import formats, unpack
from dagster_project.lib.connection import connect
from dagster_project.lib.extract import ExtractRefused
from dagster_project.lib.ingest import ingest_table
from dagster_project.lib.sources import Column, RawTable
from tests.extract_files import FORMATS, settings_of, write_extract

TYPES = {
    "id": "integer", "day": "date", "amount": "decimal(18, 4)", "name": "varchar", "at": "timestamp", "ok": "boolean",
}  # fmt: skip
ROWS = [
    (1, date(2024, 1, 5), Decimal("12345678901234.5678"), "Åsa, \"A\"\tB", datetime(2024, 1, 5, 10, 0, 0, 500000), True),
    (2, date(2024, 1, 6), Decimal("-0.1000"), None, None, False),
    (3, None, None, "two\nlines", datetime(2024, 1, 6), None),
    (4, date(2024, 1, 7), Decimal("0.0001"), "0012", datetime(2024, 1, 7, 23, 59, 59), True),
]  # fmt: skip


def make_table(types=TYPES, **settings):
    settings = {"domain": "sales", "files": "f*", "load": "by_file", "key": ["id"]} | settings
    columns = [c if isinstance(c, Column) else Column(name=n, data_type=c) for n, c in types.items()]
    return RawTable(system="till", name="sales", columns=columns, **settings)


def ingest(landing, table):
    with duckdb.connect() as connection:
        result = ingest_table(connection, table, landing, "run")
        names = ", ".join(f'"{column.name}"' for column in table.loaded_columns)
        rows = connection.execute(f"select {names} from raw.till__sales order by all").fetchall()
        lines = connection.execute("select _line from raw.till__sales order by all").fetchall()
        rejects = connection.execute(
            "select line, column_name, value, reason from audit.rejects order by line"
        ).fetchall()
        return result, rows, [line for (line,) in lines], rejects


def plain(rows):
    return [row for row in rows if "\n" not in str(row[3]) and "," not in str(row[3])]


@pytest.mark.parametrize("kind", FORMATS)
def test_rows_are_the_same_in_every_format(tmp_path, kind):
    text = kind in ("csv", "csv.gz", "tsv")
    rows = plain(ROWS) if text else ROWS
    if kind == "xlsx":  # Excel has no digits beyond the fifteenth
        rows = [(1, ROWS[0][1], Decimal("12345678901.5678"), *ROWS[0][3:]), *rows[1:]]
    write_extract(tmp_path / "f", kind, list(TYPES), rows)
    _, found, lines, rejects = ingest(tmp_path, make_table(**settings_of(kind)))
    assert (found, rejects) == (rows, [])
    first = 1 if kind in ("jsonl", "jsonl.gz", "parquet") else 2
    assert lines == list(range(first, first + len(rows)))


def test_compressed_and_plain_are_told_by_content_whatever_the_name(tmp_path):
    write_extract(tmp_path / "f.csv", "csv.gz", ["id"], [(1,)])
    write_extract(tmp_path / "f.csv.gz", "csv", ["id"], [(2,)])
    assert ingest(tmp_path, make_table({"id": "integer"}, format="csv"))[1] == [(1,), (2,)]


def test_a_compressed_file_is_known_by_the_bytes_that_landed(tmp_path):
    (tmp_path / "f.csv").write_bytes(gzip.compress(b"id\n1\n", mtime=0))
    table = make_table({"id": "integer"})
    with duckdb.connect() as connection:
        ingest_table(connection, table, tmp_path, "one")
        assert ingest_table(connection, table, tmp_path, "two").unchanged
        (tmp_path / "f.csv").write_bytes(gzip.compress(b"id\n1\n", mtime=1))
        assert ingest_table(connection, table, tmp_path, "three").files_loaded == ("f.csv",)


def test_a_large_file_is_read_in_order_and_in_parts(tmp_path):
    count = 3 * formats._BATCH + 7
    with (tmp_path / "f").open("w") as stream:
        for number in range(1, count + 1):
            stream.write(json.dumps({"id": number, "n": "x" if number % 20_000 == 0 else number}) + "\n")
    _, rows, lines, rejects = ingest(tmp_path, make_table({"id": "integer", "n": "integer"}, format="jsonl"))
    assert len(rows) + len(rejects) == count
    assert [line for line, *_ in rejects] == list(range(20_000, count, 20_000))
    assert all(row == (line, line) for row, line in zip(rows, lines, strict=True))


@pytest.mark.parametrize(
    ("kind", "bound"), [("csv", "HARMLESS_SIZE"), ("csv", "LARGEST_UNPACKED"), ("xlsx", "HARMLESS_SIZE")]
)
def test_a_bomb_is_refused_and_a_file_that_shrinks_well_is_not(tmp_path, monkeypatch, kind, bound):
    rows = [(number, "x" * 5000) for number in range(300)]
    path = tmp_path / "f.gz"
    write_extract(path, "csv.gz" if kind == "csv" else kind, ["id", "name"], rows)
    table = make_table({"id": "integer", "name": "varchar"}, format=kind)
    assert len(ingest(tmp_path, table)[1]) == 300
    monkeypatch.setattr(unpack, "HARMLESS_SIZE", 1000)
    monkeypatch.setattr(unpack, "LARGEST_UNPACKED", 1_000_000 if bound == "LARGEST_UNPACKED" else 1 << 40)
    monkeypatch.setattr(unpack, "LARGEST_RATIO", 1000 if bound == "LARGEST_UNPACKED" else 10)
    with pytest.raises(
        ExtractRefused, match=r"unpacks to at most(.|\n)*more than that(.|\n)*find out what it is"
    ):
        ingest(tmp_path, table)


# What is found instead of the declared format: (declared, found, words)
FOREIGN = [
    ("csv", "parquet", ["found:    a file that is a Parquet file", "set format: parquet"]),
    ("csv", "xlsx", ["a file that is an Excel workbook", "set format: xlsx"]),
    ("csv", "jsonl", ["it seems to be JSON: set format: jsonl"]),
    ("jsonl", "csv", ["text that is no JSON", "set format: csv", "line 1"]),
    ("jsonl", "parquet", ["a Parquet file", "set format: parquet"]),
    ("parquet", "csv", ["something else: text, or a damaged file", "set format: csv"]),
    ("parquet", "csv.gz", ["a file that is gzip-compressed", "unpack it"]),
    ("parquet", "xlsx", ["an Excel workbook", "set format: xlsx"]),
    ("xlsx", "parquet", ["a Parquet file", "set format: parquet"]),
    ("xlsx", "csv", ["something else"]),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "found", "words"), FOREIGN)
def test_another_format_than_the_declared_is_named(tmp_path, declared, found, words):
    write_extract(tmp_path / "f", found, list(TYPES), plain(ROWS))
    with pytest.raises(ExtractRefused) as refused:
        ingest(tmp_path, make_table(format=declared))
    for word in words:
        assert word in str(refused.value)
    write_extract(tmp_path / "f", declared, list(TYPES), plain(ROWS)[1:])
    assert ingest(tmp_path, make_table(format=declared))[1]


# JSON lines

SMALL = {"id": "integer", "amount": "decimal(18, 4)", "name": "varchar"}
GOOD_LINE = '{"id": 9, "amount": 1, "name": "n"}\n'
JSON_FAULTS = [
    ("cut off", GOOD_LINE + '{"id": 1, "amount": 1', 2, "cut off or broken"),
    ("two objects", GOOD_LINE.strip() + GOOD_LINE, 1, "cut off or broken"),
    ("document", "[" + GOOD_LINE + "]\n", 1, "one JSON document"),
    ("value", GOOD_LINE + "7\n", 2, "a single value instead of an object"),
    ("key twice", '{"id": 1, "id": 2, "amount": 1, "name": "n"}\n', 1, "the key `id` twice"),
    ("nested", GOOD_LINE + '{"id": 1, "amount": {"value": 1}, "name": "n"}\n', 2, "an object"),
    ("list", GOOD_LINE + '{"id": 1, "amount": 1, "name": ["n"]}\n', 2, "a list"),
    ("deep", GOOD_LINE + '{"id": ' + "[" * 100_000 + "\n", 2, "cut off or broken"),
    ("zero byte", GOOD_LINE + '{"id": 1, "amount": 1, "name": "a\\u0000b"}\n', 2, "a zero byte"),
    ("half a character", GOOD_LINE + '{"id": 1, "amount": 1, "name": "\\ud800"}\n', 2, "half a character"),
    ("late new key", GOOD_LINE + "\n" + GOOD_LINE.replace("}", ', "age": 1}'), 3, "`age` is new"),
    ("empty", "", None, "0 bytes"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "line", "found"), [f[1:] for f in JSON_FAULTS], ids=[f[0] for f in JSON_FAULTS]
)
def test_a_broken_line_is_refused_with_its_number(tmp_path, content, line, found):
    table = make_table(SMALL, format="jsonl")
    (tmp_path / "f").write_bytes(content.encode())
    with pytest.raises(ExtractRefused) as refused:
        ingest(tmp_path, table)
    assert found in str(refused.value)
    assert refused.value.line == line
    (tmp_path / "f").write_text(GOOD_LINE)
    assert ingest(tmp_path, table)[1] == [(9, 1, "n")]


def test_a_json_number_keeps_its_digits_and_absent_is_null(tmp_path):
    lines = [
        '{"id": 1, "amount": 12345678901234.5678, "name": "n"}',
        "",
        '{"name": null, "id": 2}',
        '{"id": 3, "amount": 1e3, "name": "n"}',
        '{"id": 4, "amount": "2.50", "name": 7}',
        '{"id": 5, "amount": 0.00001, "name": true}',
        '  {"amount": 1.1, "id": 6, "name": ""}  ',
    ]
    (tmp_path / "f").write_bytes(("\ufeff" + "\r\n".join(lines)).encode())
    _, rows, at, rejects = ingest(tmp_path, make_table(SMALL, format="jsonl"))
    assert rows == [
        (1, Decimal("12345678901234.5678"), "n"), (2, None, None), (4, Decimal("2.5"), "7"), (6, Decimal("1.1"), None),
    ]  # fmt: skip
    assert at == [1, 3, 5, 7]
    assert rejects == [(4, "amount", "1e3", "not_a_number"), (6, "amount", "0.00001", "too_many_decimals")]


def test_a_key_that_no_row_has_is_a_missing_column(tmp_path):
    (tmp_path / "f").write_text('{"id": 1, "name": "n"}\n{"id": 2, "name": "n"}\n')
    with pytest.raises(ExtractRefused, match="`amount` is missing"):
        ingest(tmp_path, make_table(SMALL, format="jsonl"))


def test_an_empty_json_file_is_a_table_where_no_row_is_demanded(tmp_path):
    (tmp_path / "f").write_bytes(b"")
    assert ingest(tmp_path, make_table(SMALL, format="jsonl", minimum_rows=0))[1] == []


def test_json_numbers_are_read_where_texts_have_a_decimal_comma(tmp_path):
    (tmp_path / "f").write_text(
        '{"id": 1, "amount": 1.5, "name": "n"}\n{"id": 2, "amount": "2,5", "name": "n"}\n'
    )
    rows = ingest(tmp_path, make_table(SMALL, format="jsonl", decimal_separator=","))[1]
    assert [row[1] for row in rows] == [Decimal("1.5"), Decimal("2.5")]


# Excel


def workbook(path, rows, sheets=()):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for name in sheets:
        book.create_sheet(name).append(["id"])
    book.save(path)


def test_a_sheet_is_declared_or_the_only_one(tmp_path):
    types = {"id": "integer"}
    workbook(tmp_path / "f", [["id"], [1]], sheets=["Notes"])
    with pytest.raises(ExtractRefused, match=r"2 sheets: `Sheet`, `Notes`(.|\n)*say with `sheet`"):
        ingest(tmp_path, make_table(types, format="xlsx"))
    with pytest.raises(ExtractRefused, match=r"a sheet `Sales`(.|\n)*only `Sheet`, `Notes`"):
        ingest(tmp_path, make_table(types, format="xlsx", sheet="Sales"))
    assert ingest(tmp_path, make_table(types, format="xlsx", sheet="Sheet"))[1] == [(1,)]


def test_excel_rows_keep_their_numbers_past_empty_ones(tmp_path):
    workbook(
        tmp_path / "f",
        [["id", "amount", "name"], [1, 1, "n"], [], [2, "x", "n"], [3, 1], [None, None, None], [4, 1, "n"]],
    )
    _, rows, lines, rejects = ingest(tmp_path, make_table(SMALL, format="xlsx"))
    assert (rows, lines) == ([(1, 1, "n"), (3, 1, None), (4, 1, "n")], [2, 5, 7])
    assert rejects == [(4, "amount", "x", "not_a_number")]


@pytest.mark.parametrize(
    ("data_type", "value", "expected"),
    [
        ("decimal(18, 4)", 0.1 + 0.2, Decimal("0.3")),
        ("decimal(18, 4)", -1234.56, Decimal("-1234.56")),
        ("decimal(18, 4)", 1e-7, "too_many_decimals"),
        ("decimal(18, 4)", 1.23456, "too_many_decimals"),
        ("decimal(18, 4)", 1234567.12345, "too_many_decimals"),
        ("decimal(18, 4)", 1e20, "out_of_range"),
        ("decimal(18, 4)", 1e300, "out_of_range"),
        ("decimal(18, 4)", True, "not_a_number"),
        ("integer", 3.0, 3),
        ("integer", 2.9999999999999996, 3),
        ("integer", 3.5, "not_an_integer"),
        ("double", 0.1, 0.1),
        ("varchar", 1.5, "1.5"),
        ("varchar", 1e20, "100000000000000000000"),
        ("varchar", "=1+1", "=1+1"),
        ("date", datetime(2024, 1, 5), date(2024, 1, 5)),
        ("date", datetime(2024, 1, 5, 10), "not_a_date"),
        ("date", 45296, "not_a_date"),
        ("timestamp", datetime(2024, 1, 5, 10, 0, 1), datetime(2024, 1, 5, 10, 0, 1)),
        ("timestamp", time(10, 0), "not_a_timestamp"),
        ("boolean", True, True),
    ],
)  # fmt: skip
def test_a_cell_is_read_exactly_or_rejected(tmp_path, data_type, value, expected):
    book = Workbook()
    for row in (["id", "value"], [1, None], [2, None], [3, None]):
        book.active.append(row)
    cell = book.active["B2"]
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
    book.save(tmp_path / "f")
    _, rows, _, rejects = ingest(tmp_path, make_table({"id": "integer", "value": data_type}, format="xlsx"))
    if isinstance(expected, str) and data_type != "varchar":
        assert [reason for *_, reason in rejects] == [expected]
    else:
        assert rows[0] == (1, expected)


@pytest.mark.parametrize(
    ("data_type", "value", "text"),
    [
        ("decimal(18, 4)", 0.1 + 0.2, "0.3000"),
        ("decimal(18, 2)", 1.1 + 2.2, "3.30"),
        ("decimal(18, 4)", 12345678901.567802, "12345678901.5678"),
        ("decimal(18, 4)", 1234567.12345, "1234567.12345"),
        ("decimal(18, 2)", 0.00500000001, "0.00500000001"),
        ("decimal(18, 4)", 1e-7, "0.0000001"),
        ("decimal(18, 4)", 1e25, "10000000000000000000000000"),
        ("integer", 2.9999999999999996, "3"),
        ("integer", 3.0001, "3.0001"),
        ("double", 0.1 + 0.2, "0.30000000000000004"),
        ("varchar", 0.1, "0.1"),
    ],
)
def test_only_what_floats_explain_is_put_right(data_type, value, text):
    assert formats._excel_number(Column(name="n", data_type=data_type), value) == text


def test_dates_in_cells_are_read_beside_dates_in_the_declared_form(tmp_path):
    workbook(
        tmp_path / "f",
        [["id", "day"], [1, date(2024, 1, 5)], [2, "06/01/2024"], [3, datetime(2024, 1, 7, 9)]],
    )
    day = Column(name="day", data_type="date", format="%d/%m/%Y")
    _, rows, _, rejects = ingest(tmp_path, make_table({"id": "integer", "day": day}, format="xlsx"))
    assert rows == [(1, date(2024, 1, 5)), (2, date(2024, 1, 6))]
    assert rejects == [(4, "day", "2024-01-07 09:00:00", "not_a_date")]


EXCEL_FAULTS = [
    ("formula", [1, "=A2+1", "n"], 2, "a formula that was never computed"),
    ("error", [1, "#N/A", "n"], 2, "the error value #N/A"),
    ("date for text", [1, 1, datetime(2024, 3, 1)], 2, "the date 2024-03-01 00:00:00"),
    ("beyond the header", [1, 1, "n", "note"], 2, "a value to the right"),
]


@pytest.mark.parametrize(
    ("row", "line", "found"), [f[1:] for f in EXCEL_FAULTS], ids=[f[0] for f in EXCEL_FAULTS]
)
def test_a_cell_that_holds_no_value_is_refused_with_its_row(tmp_path, row, line, found):
    table = make_table(SMALL, format="xlsx")
    workbook(tmp_path / "f", [list(SMALL), row])
    with pytest.raises(ExtractRefused) as refused:
        ingest(tmp_path, table)
    assert found in str(refused.value)
    assert refused.value.line == line
    workbook(tmp_path / "f", [list(SMALL), [1, 2, "n"]])
    assert ingest(tmp_path, table)[1] == [(1, 2, "n")]


def test_a_computed_formula_counts_by_its_value(tmp_path):
    workbook(tmp_path / "plain", [list(SMALL), [1, "=A2+1", "n"]])
    with zipfile.ZipFile(tmp_path / "plain") as source, zipfile.ZipFile(tmp_path / "f", "w") as target:
        for name in source.namelist():
            part = source.read(name)
            target.writestr(
                name,
                part.replace(b"<f>A2+1</f><v />", b"<f>A2+1</f><v>2</v>").replace(
                    b"<f>A2+1</f><v></v>", b"<f>A2+1</f><v>2</v>"
                ),
            )
    with (tmp_path / "f").open("rb") as stream:
        assert load_workbook(stream, data_only=True).active["B2"].value == 2
    assert ingest(tmp_path, make_table(SMALL, format="xlsx"))[1] == [(1, 2, "n")]


def test_a_damaged_workbook_is_refused(tmp_path):
    workbook(tmp_path / "f", [list(SMALL), [1, 2, "n"]])
    whole = (tmp_path / "f").read_bytes()
    (tmp_path / "f").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ExtractRefused, match="cut off or damaged"):
        ingest(tmp_path, make_table(SMALL, format="xlsx"))


# Parquet


def parquet(path, **columns):
    pq.write_table(pa.table(columns), path)


@pytest.mark.parametrize(
    ("data_type", "values", "expected"),
    [
        ("integer", pa.array([7], pa.int64()), 7),
        ("integer", pa.array([7], pa.uint8()), 7),
        ("integer", pa.array([2**40], pa.int64()), "out_of_range"),
        ("integer", pa.array([7.0]), "type double"),
        ("integer", pa.array(["7"]), "type varchar"),
        ("decimal(18, 4)", pa.array([Decimal("1.5000000000")], pa.decimal128(30, 10)), Decimal("1.5")),
        ("decimal(18, 4)", pa.array([Decimal("0.0000000001")], pa.decimal128(30, 10)), "too_many_decimals"),
        ("decimal(18, 4)", pa.array([1.5]), "lost their exact digits"),
        ("decimal(18, 4)", pa.array([3], pa.int32()), Decimal(3)),
        ("double", pa.array([0.1]), 0.1),
        ("double", pa.array([0.1], pa.float32()), float(np.float32(0.1))),
        ("double", pa.array([float("nan")]), "not_a_number"),
        ("varchar", pa.array(["a"]).dictionary_encode(), "a"),
        ("varchar", pa.array([12], pa.int64()), "12"),
        ("varchar", pa.array([b"a"]), "type blob"),
        ("varchar", pa.array([["a"]]), "type varchar[]"),
        ("varchar", pa.array([date(2024, 1, 1)]), "type date"),
        ("date", pa.array([datetime(2024, 1, 5)], pa.timestamp("ns")), date(2024, 1, 5)),
        ("date", pa.array([datetime(2024, 1, 5, 9)], pa.timestamp("ms")), "not_a_date"),
        ("date", pa.array(["2024-01-05"]), "type varchar"),
        ("timestamp", pa.array([datetime(2024, 1, 5, 9)], pa.timestamp("us", "Europe/Stockholm")), datetime(2024, 1, 5, 9)),
        ("timestamp", pa.array([1], pa.timestamp("ns")), "not_a_timestamp"),
        ("boolean", pa.array([True]), True),
        ("boolean", pa.array([1]), "type bigint"),
    ],
)  # fmt: skip
def test_a_parquet_type_fits_or_is_drift_and_its_values_are_exact(tmp_path, data_type, values, expected):
    filler = (
        pa.chunked_array([values, pa.nulls(2, values.type)])
        if not pa.types.is_dictionary(values.type)
        else pa.array(["a", None, None]).dictionary_encode()
    )
    parquet(tmp_path / "f", id=pa.array([1, 2, 3]), value=filler)
    table = make_table({"id": "integer", "value": data_type}, format="parquet")
    if isinstance(expected, str) and (expected.startswith("type") or "lost" in expected):
        with pytest.raises(ExtractRefused, match=f"in column value(.|\n)*{expected.replace('[', '.')}"):
            ingest(tmp_path, table)
        return
    _, rows, _, rejects = ingest(tmp_path, table)
    if isinstance(expected, str) and data_type != "varchar":
        assert rejects[0][::3] == (1, expected)
    else:
        assert rows[0] == (1, expected)


def test_texts_of_dates_in_parquet_need_a_declared_form(tmp_path):
    parquet(tmp_path / "f", id=[1], day=["05/01/2024"])
    day = Column(name="day", data_type="date", format="%d/%m/%Y")
    assert ingest(tmp_path, make_table({"id": "integer", "day": day}, format="parquet"))[1] == [
        (1, date(2024, 1, 5))
    ]
    parquet(tmp_path / "f", id=[1], day=[date(2024, 1, 5)])
    with pytest.raises(ExtractRefused, match=r"text in the form %d/%m/%Y in column day(.|\n)*type date"):
        ingest(tmp_path, make_table({"id": "integer", "day": day}, format="parquet"))


def test_a_damaged_parquet_file_is_refused(tmp_path):
    write_extract(tmp_path / "f", "parquet", list(TYPES), ROWS)
    whole = (tmp_path / "f").read_bytes()
    (tmp_path / "f").write_bytes(whole[:-20])
    with pytest.raises(ExtractRefused, match="a whole Parquet file"):
        ingest(tmp_path, make_table(format="parquet"))
    (tmp_path / "f").write_bytes(whole[:30] + b"\xff" * 60 + whole[90:])
    with pytest.raises(ExtractRefused, match="a whole"):
        ingest(tmp_path, make_table(format="parquet"))


def test_a_zero_byte_in_a_parquet_text_is_refused(tmp_path):
    parquet(tmp_path / "f", id=[1], name=["a\0b"])
    with pytest.raises(ExtractRefused, match="zero bytes in 1 values"):
        ingest(tmp_path, make_table({"id": "integer", "name": "varchar"}, format="parquet"))


def test_a_column_that_is_not_loaded_is_not_read_in_any_format(tmp_path):
    secret = Column(name="name", data_type="varchar", load=False)
    for kind in ("jsonl", "parquet", "xlsx"):
        write_extract(tmp_path / "f", kind, ["id", "name"], [(1, "Ann"), (1, "Bo")])
        table = make_table({"id": "integer", "name": secret}, format=kind)
        _, rows, _, rejects = ingest(tmp_path, table)
        assert (rows, rejects) == ([(1,)], [(rejects[0][0], "id", "1", "duplicate_key")])


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("locked", [False, True])
def test_a_file_replaced_within_a_moment_is_read_anew(tmp_path, kind, locked):
    """DuckDB knows a file by its time and size, which need not change; the ingest knows it by its content."""
    landing, table = tmp_path / "landing", make_table({"id": "integer", "n": "integer"}, format=kind)
    landing.mkdir()
    with connect(tmp_path / "w.duckdb", [landing]) if locked else duckdb.connect() as connection:
        for number in range(1000, 1010):
            header, row = ["id", "n"], (1, number)
            if number % 2:
                header, row = header[::-1], row[::-1]
            write_extract(landing / "f", kind, header, [row])
            os.utime(landing / "f", (1, 1))
            ingest_table(connection, table, landing, "run")
            assert connection.execute("select n from raw.till__sales").fetchall() == [(number,)]
