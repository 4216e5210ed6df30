"""A thousand hostile inputs: nothing but the declared effect happens, and messages show what they quote."""

from __future__ import annotations

import csv
import io
import os
import shutil
from pathlib import Path

import duckdb
import pytest
import yaml
from openpyxl import Workbook, load_workbook

from benchmarks.small_company import AS_OF, DECLARATION, SmallCompany, published_figures
from dagster_project.lib.excel import clean, put_text, save
from dagster_project.lib.gate import judge
from dagster_project.lib.ingest import ExtractRefused, ensure_audit_tables, ingest_table
from dagster_project.lib.plan import PlanError, read_plan
from dagster_project.lib.printable import PlainConsole, printable
from dagster_project.lib.publication import Edition, PublicationRefused, publish
from dagster_project.lib.settings import SHIPPED_PLAN, Settings, SettingsError
from dagster_project.lib.sources import DeclarationError, load_system
from dagster_project.lib.sql import identifier
from tests.security.hostile import drawn, texts

# how many each test tries
COUNTS = {
    "cells": 500,
    "judged": 75,
    "headers": 150,
    "columns": 60,
    "files": 116,
    "settings": 48,
    "declarations": 80,
    "plan": 60,
    "companies": 5,
    "workbook": 80,
    "identifiers": 200,
}


@pytest.fixture
def canary(tmp_path):
    """A file that nothing may create."""
    path = tmp_path / "canary"
    yield path
    assert not path.exists(), "something that stood in an input was executed"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    company = SmallCompany(tmp_path_factory.mktemp("hostile") / "base").write()
    assert company.night().publication
    return company


@pytest.fixture
def shop(base, tmp_path):
    shutil.copytree(base.folder, tmp_path / "shop", symlinks=True)
    return SmallCompany(tmp_path / "shop")


def tree(folder: Path) -> dict[str, bytes]:
    """Everything that lies in a folder, by content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def table_of(shop: SmallCompany, name: str):
    return next(table for table in shop.system.tables if table.name == name)


def write_csv(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)


def screen(text: str) -> str:
    """What the command line shows of a message."""
    out = io.StringIO()
    PlainConsole(file=out, width=200, force_terminal=False).print(text)
    return out.getvalue()


def assert_harmless_on_screen(text: str) -> None:
    shown = screen(text)
    assert shown == "\n".join(printable(shown).split("\n")), "a control character reached the terminal"
    assert "\x1b" not in shown


def test_cells_arrive_as_they_are_and_do_nothing(shop, canary):
    cells = texts(COUNTS["cells"], "cells", canary)
    rows = [[f"C{number:03}", cell, f"{number}"] for number, cell in enumerate(cells)]
    write_csv(shop.landing / "sales" / "customers.csv", [["customer_id", "customer_name", "email"], *rows])
    raw, figures = shop.raw_sums(), published_figures(shop.current)
    outside = {**tree(shop.landing), **tree(shop.folder / "shop")}

    night = shop.night()
    assert night.publication, night.message
    with duckdb.connect(str(shop.warehouse), read_only=True) as connection:
        arrived = connection.execute(
            "select customer_id, customer_name, email from raw.shop__customers order by cast(email as int)"
        ).fetchall()
    assert arrived == [tuple(row) for row in rows]
    assert {**raw, "customers": None} == {**shop.raw_sums(), "customers": None}
    assert published_figures(shop.current) == figures
    assert {**tree(shop.landing), **tree(shop.folder / "shop")} == outside


def test_cells_that_are_judged_or_rejected_are_shown_and_not_obeyed(shop, canary):
    """In a column with few words, and in a column of dates: the message quotes them, the terminal stays as it is."""
    path = shop.landing / "sales" / "orders_03.csv"
    with path.open(newline="") as stream:
        header, *rows = csv.reader(stream)
    cells = [text for text in drawn(140, "judged", canary) if len(text) < 200]
    for number, (row, cell) in enumerate(zip(rows * 2, cells, strict=False)):
        if number < 60:
            row[header.index("status")] = cell
        elif number < COUNTS["judged"]:
            row[header.index("order_date")] = cell
    write_csv(path, [header, *rows])
    figures, raw = published_figures(shop.current), shop.raw_sums()
    night = shop.night()
    assert night.publication is None and "orders" in night.failed
    with duckdb.connect(str(shop.warehouse), read_only=True) as connection:
        loaded = {row[0] for row in connection.execute("select status from raw.shop__orders").fetchall()}
        rejected = {row[0] for row in connection.execute("select value from audit.rejects").fetchall()}
    here = set(cells[: COUNTS["judged"]])
    assert len((loaded | rejected) & here) >= 70, "a cell arrives as it is, or is kept among the rejects"
    assert_harmless_on_screen(night.message)
    assert published_figures(shop.current) == figures
    assert {**raw, "orders": None} == {**shop.raw_sums(), "orders": None}


@pytest.mark.parametrize("cell", ["a\0b", "x" * 3_000_000], ids=["zero byte", "huge field"])
def test_a_cell_that_no_text_holds_refuses_the_file_with_its_line(shop, cell):
    before = shop.raw_sums()
    write_csv(
        shop.landing / "sales" / "customers.csv",
        [["customer_id", "customer_name", "email"], ["C000", cell, ""]],
    )
    night = shop.night()
    assert "line 2" in night.refused["customers"] or "line 1" in night.refused["customers"]
    assert len(night.message) < 2000, "a huge field is not repeated in the message"
    assert shop.raw_sums() == before


def test_header_cells_are_refused_by_name_and_do_nothing(shop, canary):
    table = table_of(shop, "customers")
    before, cells = shop.raw_sums(), [*drawn(COUNTS["headers"], "headers", canary), "a\rb", "a\nb"]
    with duckdb.connect(str(shop.warehouse)) as connection:
        for cell in cells:
            write_csv(
                shop.landing / "sales" / "customers.csv", [["customer_id", cell, "email"], ["C1", "x", "y"]]
            )
            with pytest.raises(ExtractRefused) as refused:
                ingest_table(connection, table, shop.landing, "run")
            assert "`customer_name` is missing" in refused.value.found or "line" in str(refused.value)
            assert_harmless_on_screen(str(refused.value))
    assert shop.raw_sums() == before


def test_declared_column_names_are_names_and_nothing_else(tmp_path, canary):
    """A declaration may call a column almost anything, since a file's header may: it is a name all the way."""
    names = [
        text
        for text in dict.fromkeys(drawn(110, "columns", canary))
        if text == text.strip() and len(text) < 200 and not any(ord(letter) < 32 for letter in text)
    ]
    names = [name for name in names if [n.lower() for n in names].count(name.lower()) == 1][
        : COUNTS["columns"]
    ]
    columns = "\n".join(
        f"          - {{name: {yaml.safe_dump(name, default_style=chr(34), width=10**6).strip()}, data_type: varchar}}"
        for name in names
    )
    assert len(names) == COUNTS["columns"]
    head, tables = DECLARATION.split("    tables:\n")
    customers = tables[tables.index("      - name: customers") : tables.index("      - name: exchange_rates")]
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "shop.yml").write_text(f"{head}    tables:\n{customers}{columns}\n", encoding="utf-8")
    (table,) = load_system(folder).tables
    row = ["C1", "name", "mail", *(f"value {number}" for number in range(len(names)))]
    (tmp_path / "sales").mkdir()
    write_csv(tmp_path / "sales" / "customers.csv", [["customer_id", "customer_name", "email", *names], row])
    with duckdb.connect() as connection:
        ingest_table(connection, table, tmp_path, "run")
        found = connection.execute("select * exclude (_file_id, _line) from raw.shop__customers")
        assert [column[0] for column in found.description][3:] == names
        assert list(found.fetchone()) == row
        tables = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'raw'"
        ).fetchall()
    assert tables == [("shop__customers",)]


def file_names(canary: Path) -> list[bytes]:
    """Names that a file can have: no slash, no zero byte, at most 240 bytes."""
    names = [text.replace("/", "∕").encode()[:120] for text in drawn(COUNTS["files"], "files", canary)]
    # cut to a length, two names may have become one
    return [*dict.fromkeys(names), b"\xff\xfe", b"back\\slash[1]", b"a" * 230, b"\xc3", "å".encode("latin-1")]


def test_file_names_are_taken_or_refused_and_do_nothing(shop, canary):
    table = table_of(shop, "orders")
    folder = os.fsencode(shop.landing / "sales")
    before, taken, names = shop.raw_sums(), 0, file_names(canary)
    with duckdb.connect(str(shop.warehouse)) as connection:
        for number, name in enumerate(names):
            path = os.path.join(folder, b"orders_" + name + b".csv")  # noqa: PTH118 (bytes)
            row = f"X{number},C001,2025-03-05,SEK,1.00,sold"
            with open(path, "w") as stream:  # noqa: PTH123 (bytes)
                stream.write(f"order_id,customer_id,order_date,currency,amount,status\n{row}\n")
            try:
                result = ingest_table(connection, table, shop.landing, "run")
                assert result.rows_loaded == 1
                taken += 1
            except ExtractRefused as refused:
                assert "in its name" in refused.found and "rename it" in refused.action
                assert_harmless_on_screen(str(refused))
            Path(os.fsdecode(path)).unlink()
        rows = connection.execute(
            "select count(*), count(distinct order_id) from raw.shop__orders where order_id like 'X%'"
        ).fetchone()
        assert rows == (taken, taken)
        connection.execute("delete from raw.shop__orders where order_id like 'X%'")
    assert shop.raw_sums() == before
    assert 60 < taken < len(names)


SETTINGS = (
    *("COMPANY SOURCES SOURCES_DIR LANDING PLAN AS_OF TIME_ZONE SCHEDULE FISCAL_YEAR_START_MONTH").split(),
    *("DAYS_SHOWN WAIT_FOR_WRITER THREADS").split(),
)


def test_settings_are_taken_as_they_are_or_refused_with_their_name(tmp_path, canary):
    values = [text for text in drawn(COUNTS["settings"], "settings", canary) if "\0" not in text]
    before = tree(tmp_path)
    for number, value in enumerate(values):
        name = f"SCORECARD_{SETTINGS[number % len(SETTINGS)]}"
        try:
            settings = Settings.from_environment({"SCORECARD_HOME": str(tmp_path / "home"), name: value})
        except (SettingsError, DeclarationError) as error:
            assert name in str(error)
            assert_harmless_on_screen(str(error))
        else:
            if name == "SCORECARD_COMPANY":
                assert settings.company == value
    assert tree(tmp_path) == before


@pytest.mark.parametrize("name", ["PLAN", "SOURCES_DIR", "LANDING", "HOME", "TIME_ZONE"])
@pytest.mark.parametrize("value", ["Z" * 5000, "~nobody-of-this-name/x"], ids=["too long", "no such user"])
def test_a_path_that_can_not_be_is_told_with_its_setting(name, value):
    with pytest.raises(SettingsError, match=f"^SCORECARD_{name} is '") as refused:
        Settings.from_environment({"SCORECARD_HOME": "/tmp", f"SCORECARD_{name}": value})
    assert name == "TIME_ZONE" or len(str(refused.value)) < 400


def test_declarations_refuse_names_that_are_none(tmp_path, canary):
    names = drawn(COUNTS["declarations"], "declarations", canary)
    folder = tmp_path / "shop"
    folder.mkdir()
    for number, name in enumerate(names):
        quoted = yaml.safe_dump(name, default_style='"', width=10**6, allow_unicode=False).strip()
        old = ("name: orders", "identifier: shop__orders", "domain: sales", '"sales/orders_*.csv"')[
            number % 4
        ]
        new = quoted if old.startswith('"') else f"{old.split(': ')[0]}: {quoted}"
        (folder / "shop.yml").write_text(DECLARATION.replace(old, new, 1))
        try:
            tables = load_system(folder).tables
        except DeclarationError as error:
            assert_harmless_on_screen(str(error))
        else:
            # a pattern of files may be any text that stays inside the folder
            assert old.startswith('"')
            assert ".." not in Path(tables[0].files).parts and not tables[0].files.startswith(("/", "~"))


def test_plan_cells_are_texts_or_refused_with_their_place(tmp_path, canary):
    plan = tmp_path / "plan"
    shutil.copytree(SHIPPED_PLAN, plan)
    cells = drawn(COUNTS["plan"], "plan", canary)
    for file, column, is_free in (
        ("targets.csv", "reason", True),
        ("targets.csv", "kpi_id", False),
        ("objectives.csv", "title_en", True),
    ):
        with (SHIPPED_PLAN / file).open(newline="") as stream:
            header, first, *rows = csv.reader(stream)
        for cell in cells[:20] if is_free else cells[20:40]:
            first[header.index(column)] = cell
            write_csv(plan / file, [header, first, *rows])
            try:
                sheets = read_plan(plan)
            except PlanError as error:
                assert f"{file}, line 2, column {column}" in str(error)
                assert_harmless_on_screen(str(error))
            else:
                assert is_free
                texts_there = {str(row[column]) for row in sheets[file.removesuffix(".csv")]}
                assert cell.strip() in {text.strip() for text in texts_there}
        shutil.copy(SHIPPED_PLAN / file, plan / file)


def test_a_company_may_be_called_anything(shop, canary):
    parent = shop.name_edition().edition_id
    first = parent
    names = drawn(COUNTS["companies"], "companies", canary)
    for number, name in enumerate(names):
        with duckdb.connect(str(shop.warehouse)) as connection:
            connection.execute(f"update scorecard.kpi_scorecard set edition_id = '{number}'")
        judge(shop.warehouse, [suite for suite in shop.suites() if suite.schema == "scorecard"], "run")
        publish(
            shop.warehouse,
            shop.home,
            Edition(str(number), AS_OF, name, name, name[:3], name, parent_edition_id=parent),
            ("kpi_scorecard",),
            (),
            [suite for suite in shop.suites() if suite.table != "periods"],
        )
        with duckdb.connect(str(shop.current), read_only=True) as connection:
            row = connection.execute(
                "select company, company_name, run_id from scorecard.publication"
            ).fetchone()
        assert row == (name, name, name)
        parent = str(number)
    assert (shop.home / "published" / "editions" / first).is_dir()


@pytest.mark.parametrize("name", ["../outside", "a/b", "", ".hidden", "-x;y", "a" * 200, "2025'; --"])
def test_an_edition_is_not_called_just_anything(shop, name):
    with pytest.raises(PublicationRefused, match="can't be the name of an edition"):
        publish(shop.warehouse, shop.home, Edition(name, AS_OF, "x", "x", "SEK", "r"), (), (), [])


def test_a_workbook_holds_texts_and_no_formulas(tmp_path, canary):
    cells = drawn(COUNTS["workbook"], "workbook", canary)
    book = Workbook()
    for number, cell in enumerate(cells, 1):
        put_text(book.active.cell(number, 1), cell)
    save(book, tmp_path / "book.xlsx")
    sheet = load_workbook(tmp_path / "book.xlsx").active
    for number, cell in enumerate(cells, 1):
        assert (
            sheet.cell(number, 1).data_type in ("s", "inlineStr", "n")
            and sheet.cell(number, 1).data_type != "f"
        )
        found = sheet.cell(number, 1).value
        assert (found or "").replace("\r", "").split() == clean(cell).replace("\r", "").split()


def test_identifiers_are_quoted_whatever_they_hold(canary):
    names = drawn(COUNTS["identifiers"], "identifiers", canary)
    with duckdb.connect() as connection:
        ensure_audit_tables(connection)
        for name in names:
            connection.execute(
                f"create or replace table {identifier('raw', 't')} ({identifier(name)} integer)"
            )
            assert connection.execute("describe raw.t").fetchone()[0] == name


def test_they_are_more_than_a_thousand():
    assert sum(COUNTS.values()) > 1000
