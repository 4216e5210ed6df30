"""Files whose shape is not the declared one are refused whole, each beside a twin that is loaded."""

import bz2
import gzip

import duckdb
import pytest

from dagster_project.lib.extract import ExtractRefused
from dagster_project.lib.ingest import ingest_table
from dagster_project.lib.sources import Column, RawTable

COLUMNS = {"id": "integer", "day": "date", "amount": "decimal(18, 4)", "name": "varchar"}
GOOD = "id,day,amount,name\n1,2024-01-01,1.50,Ann\n2,2024-01-02,2.50,Bo\n3,2024-01-03,3.50,Cy\n4,2024-01-04,4.50,Di\n"


def packed(content):
    # without the time of day in it: the name of a test must be the same in every process
    return gzip.compress(content, mtime=0)


def make_table(**settings):
    settings = {"domain": "sales", "files": "s/*.csv", "load": "by_file", "key": ["id"]} | settings
    columns = [Column(name=name, data_type=kind) for name, kind in COLUMNS.items()]
    return RawTable(system="till", name="sales", columns=settings.pop("columns", columns), **settings)


def deliver(tmp_path, content, name="a.csv"):
    landing = tmp_path / "landing"
    (landing / "s").mkdir(parents=True, exist_ok=True)
    (landing / "s" / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return landing


def ingest(landing, table):
    with duckdb.connect() as connection:
        result = ingest_table(connection, table, landing, "run")
        return result, connection.execute(
            "select * exclude (_file_id) from raw.till__sales order by id"
        ).fetchall()


# (what is wrong, settings of the declaration, bad file, good twin, line, words of the message)
SHAPES = [
    ("empty file", {}, "", GOOD, None, ["0 bytes", "header line"]),
    ("header only", {}, "id,day,amount,name\n", GOOD, None, ["only a header line", "at least 1 row"]),
    ("too few rows", {"minimum_rows": 5}, GOOD, GOOD + "5,2024-01-05,5,Ed\n", None, ["at least 5 rows", "found:    4"]),
    ("missing column", {}, "id,day,amount\n1,2024-01-01,1\n", GOOD, 1, ["`name` is missing"]),
    ("new column", {}, GOOD.replace("name", "name,age").replace("\n1,", "\n9,1,"), GOOD, 1, ["`age` is new"]),
    ("renamed column", {}, GOOD.replace("amount", "amounts"), GOOD, 1, ["`amount` is missing (renamed to `amounts`?)"]),
    ("renamed in case", {}, GOOD.replace("name", "Name"), GOOD, 1, ["renamed to `Name`?"]),
    ("column twice", {}, GOOD.replace("name", "id"), GOOD, 1, ["`id` stands there twice"]),
    ("no header", {}, GOOD.partition("\n")[2], GOOD, 1, ["is there a header line at all?"]),
    ("web page", {}, "<!DOCTYPE html>\n<html>\n", GOOD, 1, ["it is a web page"]),
    ("semicolons", {}, GOOD.replace(",", ";"), GOOD, 1, ['separated by semicolon (";")', 'set delimiter: ";"']),
    ("tabs", {"delimiter": ";"}, GOOD.replace(",", "\t"), GOOD.replace(",", ";"), 1, ['separated by tab ("\\t")']),
    ("row too short", {}, GOOD + "5,2024-01-05,5\n", GOOD + "5,2024-01-05,5,\n", 6, ["3 fields, too few"]),
    ("row too long", {}, GOOD + "5,2024-01-05,5,Ed,Fay\n", GOOD + '5,2024-01-05,5,"Ed,Fay"\n', 6, ["5 fields, too many"]),
    ("shifted row", {}, GOOD + "5,2024-01-05,5,Ed,\n", GOOD + "5,2024-01-05,5,Ed\n", 6, ["5 fields, too many"]),
    ("shifted row beside quotes", {}, GOOD + '5,2024-01-05,5,"E,d"\n6,2024-01-05,5,Ed,\n', GOOD + '5,2024-01-05,5,"E,d"\n', 7, ["too many"]),
    ("line break without quotes", {}, GOOD + "5,2024-01-05,5,E\nd\n", GOOD + '5,2024-01-05,5,"E\nd"\n', 7, ["1 fields, too few"]),
    ("open quote", {}, GOOD + '5,2024-01-05,5,"Ed\n6,2024-01-06,6,Fay\n', GOOD + '5,2024-01-05,5,"Ed"\n', 6, ["a quote that is never closed"]),
    ("misplaced quote", {}, GOOD + '5,2024-01-05,5,"E"d\n', GOOD + '5,2024-01-05,5,"E""d"\n', 6, ["a misplaced quote"]),
    ("no final newline", {}, GOOD.rstrip("\n"), GOOD, 5, ["cut off in transfer", "final_newline: false"]),
    ("cut inside a row", {"final_newline": False}, GOOD[:-8], GOOD.rstrip("\n"), 5, ["too few"]),
    ("mixed line ends", {}, GOOD.replace("\n2", "\r\n2"), GOOD.replace("\n", "\r\n"), None, ["line ends of different kinds"]),
    ("zero byte", {}, GOOD.replace("Cy", "C\0y"), GOOD, 4, ["zero byte"]),
    ("latin-1", {}, GOOD.replace("Cy", "Åsa").encode("latin-1"), GOOD.replace("Cy", "Åsa"), 4, ["byte 0xC5", "it is `Å`"]),
    ("utf-16", {}, GOOD.encode("utf-16"), GOOD, 1, ["text in utf-16"]),
    ("utf-8 declared as windows-1252", {"encoding": "windows-1252"}, GOOD.replace("Cy", "Åsa"), GOOD.replace("Cy", "Åsa").encode("cp1252"), None, ["found:    text in utf-8"]),
    ("no windows-1252", {"encoding": "windows-1252"}, GOOD.encode().replace(b"Cy", b"\x81"), GOOD, 4, ["bytes that are no text in it"]),
    ("zip", {}, b"PK\x03\x04" + b"x" * 60, GOOD, None, ["a zip archive or an Excel workbook"]),
    ("gzip cut off", {}, packed(GOOD.encode())[:-9], packed(GOOD.encode()), None, ["ends too early", "cut off or damaged"]),
    ("gzip damaged", {}, packed(GOOD.encode())[:-8] + b"x" * 8, packed(GOOD.encode()), None, ["CRC check failed"]),
    ("gzip of nothing", {}, packed(b""), packed(GOOD.encode()), None, ["a compressed empty file"]),
    ("gzip in gzip", {}, packed(packed(GOOD.encode())), packed(GOOD.encode()), None, ["gzip-compressed, inside gzip", "unpack it"]),
    ("bzip2", {}, bz2.compress(GOOD.encode()), GOOD, None, ["bzip2-compressed", "unpack it"]),
    ("decimal comma", {}, 'id,day,amount,name\n1,2024-01-01,"1,5",a\n2,2024-01-01,"2,5",b\n', GOOD, None, ["numbers with `,` as decimal separator, declared is `.`"]),
    ("decimal comma in most rows", {}, GOOD.replace("1.50", '"1,5"').replace("2.50", '"2,5"').replace("3.50", '"3,5"'), GOOD.replace("1.50", '"1,5"'), None, ["3 of 4 values", "`,` as decimal separator"]),
    ("decimal point", {"decimal_separator": ","}, GOOD, GOOD.replace("1.50", '"1,5"').replace("2.50", "2").replace("3.50", "3"), None, ["`.` as decimal separator, declared is `,`"]),
    ("thousands", {}, "id,day,amount,name\n1,2024-01-01,1 234.50,a\n", GOOD, None, ["thousands separators"]),
    ("other dates", {}, GOOD.replace("2024-01-0", "13/01/202"), GOOD, None, ["values of type date in column day", "could be read with the format `%d/%m/%Y`"]),
    ("swapped data", {}, "id,day,name,amount\n1,2024-01-01,1.5,Ann\n2,2024-01-01,1.5,Bo\n", "id,day,name,amount\n1,2024-01-01,Ann,1.5\n", None, ["values of type decimal(18, 4) in column amount"]),
    ("more decimals", {}, GOOD.replace(".50", ".50001"), GOOD, None, ["more decimals than decimal(18, 4) can hold"]),
    ("empty key column", {}, "id,day,amount,name\n,2024-01-01,1,a\n", GOOD, None, ["is empty, but must hold a value"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "bad", "good", "line", "words"), [s[1:] for s in SHAPES], ids=[s[0] for s in SHAPES]
)
def test_wrong_shape_is_refused_and_its_twin_loaded(tmp_path, settings, bad, good, line, words):
    table = make_table(**settings)
    with pytest.raises(ExtractRefused) as refused:
        ingest(deliver(tmp_path, bad), table)
    message = str(refused.value)
    assert message.startswith("till.sales refused: s/a.csv")
    assert refused.value.file == "s/a.csv"
    assert refused.value.line == line
    assert all(part in message for part in ("expected:", "found:", "to do:", "last good data stays"))
    for word in words:
        assert word in message
    _, rows = ingest(deliver(tmp_path, good), table)
    assert rows


@pytest.mark.parametrize(
    ("settings", "content"),
    [
        ({}, GOOD),
        ({}, "\ufeff" + GOOD),
        ({}, GOOD.replace("\n", "\r\n")),
        ({}, GOOD.replace("\n", "\r")),
        ({}, GOOD.replace("id,day,amount,name", '"id","day","amount","name"')),
        ({}, GOOD.replace("Ann", '"Ann"')),
        ({}, "\n".join(",".join(line.split(",")[::-1]) for line in GOOD.splitlines()) + "\n"),
        ({"final_newline": False}, GOOD.rstrip("\n")),
        ({"final_newline": False}, GOOD),
        ({"delimiter": "|"}, GOOD.replace(",", "|")),
        ({"encoding": "utf-16"}, GOOD.encode("utf-16")),
        ({"encoding": "iso-8859-1"}, GOOD),
        ({}, packed(GOOD.encode())),
        ({}, packed(GOOD.encode()[:20]) + packed(GOOD.encode()[20:])),
        ({"encoding": "utf-16", "delimiter": "\t"}, packed(GOOD.replace(",", "\t").encode("utf-16"))),
    ],
)
def test_harmless_differences_give_the_same_rows(tmp_path, settings, content):
    _, expected = ingest(deliver(tmp_path / "plain", GOOD), make_table())
    assert ingest(deliver(tmp_path / "other", content), make_table(**settings))[1] == expected


def test_other_encoding_is_read_as_declared(tmp_path):
    content = GOOD.replace("Cy", "Åsa €").encode("windows-1252")
    _, rows = ingest(deliver(tmp_path, content), make_table(encoding="windows-1252"))
    assert rows[2][3] == "Åsa €"


def test_header_only_is_a_table_where_no_row_is_demanded(tmp_path):
    result, rows = ingest(deliver(tmp_path, "id,day,amount,name\n"), make_table(minimum_rows=0))
    assert (rows, result.row_count) == ([], 0)


def test_few_unreadable_values_are_rejects_and_no_refusal(tmp_path):
    result, rows = ingest(deliver(tmp_path, GOOD.replace("1.50", "x").replace("2.50", "y")), make_table())
    assert (len(rows), result.rows_rejected) == (2, 2)


def test_missing_landing_folder_is_refused(tmp_path):
    with pytest.raises(ExtractRefused, match=r"no such folder(.|\n)*SCORECARD_LANDING"):
        ingest(tmp_path / "nowhere", make_table())


def test_missing_file_is_refused_with_what_lies_there(tmp_path):
    landing = deliver(tmp_path, GOOD, "sales.txt")
    with pytest.raises(ExtractRefused, match=r"at least one file that fits s/\*.csv(.|\n)*lies: sales.txt"):
        ingest(landing, make_table())
    with pytest.raises(ExtractRefused, match="no folder"):
        ingest(landing, make_table(files="t/*.csv"))


def test_link_out_of_the_landing_folder_is_refused(tmp_path):
    outside = tmp_path / "secret.csv"
    outside.write_text(GOOD)
    landing = deliver(tmp_path, GOOD)
    (landing / "s" / "inside.csv").symlink_to(landing / "s" / "a.csv")
    assert ingest(landing, make_table())[0].row_count == 4
    (landing / "s" / "b.csv").symlink_to(outside)
    with pytest.raises(ExtractRefused, match="a link that leads out of it"):
        ingest(landing, make_table())


def test_linked_folder_out_of_the_landing_folder_is_refused(tmp_path):
    deliver(tmp_path / "other", GOOD)
    landing = tmp_path / "landing"
    landing.mkdir()
    (landing / "s").symlink_to(tmp_path / "other" / "landing" / "s")
    with pytest.raises(ExtractRefused, match="a link that leads out of it"):
        ingest(landing, make_table())


@pytest.mark.parametrize(
    ("name", "found"), [("a\nb.csv", "control characters"), ("gone.csv", "a link that leads nowhere")]
)
def test_unusable_entry_is_refused(tmp_path, name, found):
    landing = deliver(tmp_path, GOOD)
    (landing / "s" / name).symlink_to(landing / "s" / ("a.csv" if "\n" in name else "none"))
    with pytest.raises(ExtractRefused, match=found):
        ingest(landing, make_table())


def test_loading_works_with_database_access_limited_to_the_landing_folder(tmp_path):
    landing = deliver(tmp_path, GOOD)
    with duckdb.connect() as connection:
        connection.execute(f"set allowed_directories = ['{landing}']")
        connection.execute("set enable_external_access = false")
        assert ingest_table(connection, make_table(), landing, "run").row_count == 4
