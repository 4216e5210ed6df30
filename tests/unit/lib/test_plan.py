"""The plan: every mistake is named where it stands, and the same rows are the same plan in CSV and in Excel."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from openpyxl import Workbook, load_workbook

from dagster_project.lib import plan_files
from dagster_project.lib.plan import SHEETS, PlanError, counted_by_company, plan_hash, read_plan, write_plan
from dagster_project.lib.plan_template import ABOUT, write_template
from dagster_project.lib.settings import SHIPPED_PLAN, Settings, SettingsError
from tests.conftest import CHECKOUT, run_cli

TARGET = {
    "company": "demo",
    "kpi_id": "gross_margin_ratio",
    "scope_type": "region",
    "scope_id": "Norge",
    "target_value": "0.375",
    "target_lower": None,
    "target_upper": None,
    "set_by": "controller",
    "set_on": "2024-12-01",
    "reason": "Needed, =also.",
    "valid_from": "2025-01-01",
    "valid_to": None,
}
OBJECTIVE = {
    "objective_id": "o1",
    "parent_objective_id": None,
    "framework": None,
    "scope_type": "company",
    "scope_id": "all",
    "title_en": "Grow",
    "title_sv": "Väx",
    "owner_role": "chief_executive",
    "period_start_date": "2025-01-01",
    "period_end_date": "2025-12-31",
}
WEIGHT = {
    "perspective": "customer",
    "weight": "2",
    "set_by": "controller",
    "set_on": "2024-12-01",
    "reason": "Decided.",
    "valid_from": "2025-01-01",
}
Tables = Mapping[str, Sequence[Mapping[str, object]]]


def csv_plan(folder: Path, tables: Tables) -> Path:
    folder.mkdir(exist_ok=True)
    for name, rows in tables.items():
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        (folder / f"{name}.csv").write_text(text.getvalue(), encoding="utf-8")
    return folder


def excel_plan(path: Path, tables: Tables) -> Path:
    """Numbers and dates as Excel keeps them, whatever is a text in the rows."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append([as_excel(value) for value in row.values()])
    book.save(path)
    return path


def as_excel(value: object) -> object:
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            return date.fromisoformat(value)
        if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
            return float(value)
    return value


@pytest.fixture(params=["csv", "xlsx"])
def write(request, tmp_path):
    """Writes a plan in one of the two ways; gives its path and how the second row is called there."""

    def written(tables: Tables) -> Path:
        if request.param == "csv":
            return csv_plan(tmp_path / "plan", tables)
        return excel_plan(tmp_path / "plan.xlsx", tables)

    written.kind = request.param
    return written


def place(kind: str, sheet: str, row: int, column: str | None = None, columns: Sequence[str] = ()) -> str:
    where = f"{sheet}.csv, line {row}" if kind == "csv" else f"plan.xlsx, sheet {sheet}, row {row}"
    if column is None:
        return where
    cell = f" (cell {chr(65 + list(columns).index(column))}{row})" if kind == "xlsx" else ""
    return f"{where}, column {column}{cell}"


def problems_of(source: Path) -> list[str]:
    with pytest.raises(PlanError) as error:
        read_plan(source)
    return [line.removeprefix("- ") for line in str(error.value).splitlines() if line.startswith("- ")]


def test_a_plan_in_order_is_read_with_its_types_and_defaults(write):
    plan = read_plan(write({"targets": [TARGET], "objectives": [OBJECTIVE], "weights": [WEIGHT]}))
    target = plan["targets"][0]
    assert (target["target_value"], target["set_on"], target["scope_id"]) == (
        Decimal("0.375"),
        date(2024, 12, 1),
        "Norge",
    )
    assert (target["target_lower"], target["valid_to"], target["period_grain"]) == (None, None, None)
    assert (target["target_kind"], target["phasing"]) == ("value", "none"), "defaults"
    assert plan["objectives"][0]["title_sv"] == "Väx"
    assert (plan["objectives"][0]["framework"], plan["objectives"][0]["weight"]) == ("okr", Decimal(1))
    assert plan["key_results"] == [], "a missing sheet has no rows"


@pytest.mark.parametrize(
    ("sheet", "column", "good", "bad", "message"),
    [
        ("targets", "target_value", "1250000.5", "12o000", 'expected a number such as 1250000.50, found "12o000"'),
        ("targets", "target_value", "-1", "1e5x", 'expected a number such as 1250000.50, found "1e5x"'),
        ("targets", "target_value", "0.5", "0,5", 'found "0,5" (it is a text; decimals stand after a point)'),
        ("targets", "target_value", "0.5", "inf", 'expected a number such as 1250000.50, found "inf"'),
        ("targets", "target_value", "0.5", "٣", "expected a number"),
        ("targets", "valid_from", "2025-02-28", "2025-02-30", 'expected a date such as 2025-12-31, found "2025-02-30"'),
        ("targets", "valid_from", "2025-02-28", "28/2 2025", 'expected a date such as 2025-12-31, found "28/2 2025"'),
        ("targets", "reason", "Why.", None, "expected a value, found an empty cell"),
        ("targets", "reason", "Why.", "  ", "expected a value, found an empty cell"),
        ("targets", "kpi_id", "on_time_delivery_ratio", "revenue", 'there is no KPI "revenue" in the catalogue'),
        ("targets", "valid_to", "2025-01-01", "2024-12-31", "2024-12-31 lies before valid_from, which is 2025-01-01"),
        ("targets", "target_upper", None, "x" * 99, f'found "{"x" * 57}..."'),
        ("objectives", "framework", "okr", "bsc", 'expected one of okr, kra, mbo, found "bsc"'),
        ("objectives", "parent_objective_id", None, "o7", 'there is no "o7" in the sheet objectives'),
        ("objectives", "period_end_date", "2025-01-01", "2024-12-31", "lies before period_start_date"),
        ("weights", "weight", "0.3", "much", 'expected a number such as 1250000.50, found "much"'),
        ("weights", "perspective", "financial", "finance", 'expected one of financial, customer,'),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_named_by_row_and_column(write, sheet, column, good, bad, message):
    rows = {"targets": TARGET, "objectives": OBJECTIVE, "weights": WEIGHT}
    key = {"targets": "scope_id", "objectives": "objective_id", "weights": "company"}[sheet]
    first = {key: "other"} | rows[sheet] | {key: "other"}
    right = {key: None} | rows[sheet] | {column: good}
    wrong = right | {column: bad}
    others = {"targets": [TARGET]}
    assert len(read_plan(write(others | {sheet: [first, right]}))[sheet]) == 2
    found = problems_of(write(others | {sheet: [first, wrong]}))
    assert len(found) == 1
    assert found[0].startswith(place(write.kind, sheet, 3, column, list(wrong)) + ": ")
    assert message in found[0]


def test_a_band_upside_down_is_named(write):
    band = TARGET | {"kpi_id": "women_share_ratio", "scope_type": "company", "scope_id": "all"}
    band |= {"target_value": None, "target_lower": "0.3", "target_upper": "0.4"}
    assert read_plan(write({"targets": [band]}))
    assert (
        "0.2 lies before target_lower" in problems_of(write({"targets": [band | {"target_upper": "0.2"}]}))[0]
    )


def test_a_row_that_says_the_same_as_another_is_named(write):
    later = TARGET | {"valid_from": "2026-01-01"}
    assert len(read_plan(write({"targets": [TARGET, later]}))["targets"]) == 2
    (found,) = problems_of(write({"targets": [TARGET, later, TARGET]}))
    assert found.startswith(place(write.kind, "targets", 4))
    assert found.endswith(place(write.kind, "targets", 2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: {**row, "traget": "1"}, "unknown column traget; expected company, kpi_id"),
        (lambda row: {k: v for k, v in row.items() if k != "reason"}, "the column reason is missing"),
        (lambda row: {**row, "": None}, "column 13 has no name"),
    ],
)
def test_a_wrong_header_is_named(write, change, message):
    source = write({"targets": [change(TARGET)]})
    if write.kind == "xlsx" and "no name" in message:
        # a column without a name and without values is no column
        assert read_plan(source)
        return
    (found,) = problems_of(source)
    assert found.startswith(f"{place(write.kind, 'targets', 1)}: {message}")


def test_a_column_that_stands_there_twice_is_named(tmp_path, write):
    source = write({"targets": [TARGET]})
    if write.kind == "csv":
        text = (source / "targets.csv").read_text()
        (source / "targets.csv").write_text(text.replace("valid_to", "reason"))
    else:
        book = load_workbook(source)
        book["targets"]["L1"] = "reason"
        book.save(source)
    assert problems_of(source) == [f"{place(write.kind, 'targets', 1)}: the column reason stands there twice"]


def test_blank_rows_are_skipped_and_rows_keep_their_place(write):
    blank = dict.fromkeys(TARGET)
    wrong = TARGET | {"target_value": "x"}
    assert len(read_plan(write({"targets": [blank, TARGET, blank]}))["targets"]) == 1
    assert problems_of(write({"targets": [blank, blank, wrong]}))[0].startswith(
        place(write.kind, "targets", 4)
    )


def test_all_problems_are_told_at_once_and_the_rest_is_counted(write):
    rows = [TARGET | {"scope_id": f"s{number}", "target_value": "x"} for number in range(50)]
    source = write({"targets": rows, "objectives": [OBJECTIVE | {"title_sv": None}]})
    with pytest.raises(PlanError) as error:
        read_plan(source)
    assert len(problems_of(source)) == 20
    assert "... and 31 more." in str(error.value)
    assert "What to do:" in str(error.value)


def test_more_rows_than_anyone_sets_are_refused(write, monkeypatch):
    rows = [TARGET | {"scope_id": f"s{number}"} for number in range(4)]
    monkeypatch.setattr(plan_files, "MAX_ROWS", 5)
    assert read_plan(write({"targets": rows}))
    monkeypatch.setattr(plan_files, "MAX_ROWS", 3)
    assert "3" in problems_of(write({"targets": rows}))[0]


def test_an_unknown_sheet_is_named(write):
    known = {"targets": [TARGET]}
    assert read_plan(write(known | ({"lists": [{"a": "b"}]} if write.kind == "xlsx" else {})))
    (found,) = problems_of(write(known | {"target": [TARGET]}))
    assert "target" in found and "is no sheet of the plan; expected targets" in found


def test_a_plan_without_targets_is_refused_and_other_sheets_are_missed(write):
    """An empty sheet says that there are none; one that is not there was lost, perhaps."""
    missed: list[str] = []
    assert read_plan(write({"targets": [TARGET], "weights": [WEIGHT]}), missed.append)["key_results"] == []
    assert missed == [
        f"there is no sheet {name}, so it has no rows"
        for name in ("objectives", "key_results", "initiatives")
    ]


def test_a_plan_without_the_sheet_targets_is_refused(write):
    assert problems_of(write({"weights": [WEIGHT]})) == [
        "there is no sheet targets; if there are to be none, keep it with its header alone"
    ]


def test_a_sheet_of_targets_with_its_header_alone_says_that_there_are_none(tmp_path):
    source = csv_plan(tmp_path / "plan", {"targets": [TARGET], "weights": [WEIGHT]})
    (source / "targets.csv").write_text(f"{','.join(TARGET)}\n")
    assert read_plan(source)["targets"] == []


def test_the_ending_of_a_file_may_be_in_capitals(tmp_path):
    source = csv_plan(tmp_path / "plan", {"targets": [TARGET]})
    (source / "targets.csv").rename(source / "targets.CSV")
    assert len(read_plan(source)["targets"]) == 1
    (source / "target.CSV").write_text("company\n")
    assert "target.CSV is no sheet of the plan" in problems_of(source)[0]
    (source / "target.CSV").unlink()
    csv_plan(source, {"targets": [TARGET]})
    if len(list(source.iterdir())) == 2:  # some file systems know one of the two
        assert problems_of(source) == [
            "targets.csv and targets.CSV are one sheet of the plan; take one of them out"
        ]


def test_what_programs_leave_beside_a_file_is_no_sheet(tmp_path):
    source = csv_plan(tmp_path / "plan", {"targets": [TARGET]})
    (source / "._targets.csv").write_bytes(b"\0\1")
    assert read_plan(source)


def test_a_place_that_holds_no_plan_is_an_error_and_no_empty_plan(tmp_path, write):
    with pytest.raises(PlanError, match="none of the sheets targets, objectives"):
        read_plan(write({"lists": [{"a": "b"}]}) if write.kind == "xlsx" else write({}))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("nothing.xlsx", None, "there is no such file or folder"),
        ("plan.ods", b"PK", "found a file of another kind"),
        ("plan.xlsx", b"", "the file is empty"),
        ("plan.xlsx", b"company;kpi_id\n", "it is no Excel workbook"),
        ("plan.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "protected by a password"),
    ],
)
def test_a_file_that_is_no_plan_says_what_it_is(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(PlanError, match=message):
        read_plan(tmp_path / name)


def test_a_zip_that_is_no_workbook_or_unpacks_too_far(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "other.xlsx", "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(PlanError, match="it is damaged"):
        read_plan(tmp_path / "other.xlsx")
    source = excel_plan(tmp_path / "plan.xlsx", {"targets": [TARGET]})
    assert read_plan(source)
    monkeypatch.setattr(plan_files, "MAX_BYTES", 100)
    with pytest.raises(PlanError, match="unpacked"):
        read_plan(source)


def test_a_workbook_cut_short_is_damaged(tmp_path):
    source = excel_plan(tmp_path / "plan.xlsx", {"targets": [TARGET]})
    broken = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(source) as whole, zipfile.ZipFile(broken, "w") as archive:
        for name in whole.namelist():
            content = whole.read(name)
            archive.writestr(name, content[:-40] if name.endswith("sheet1.xml") else content)
    with pytest.raises(PlanError, match="it is damaged"):
        read_plan(broken)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content.replace(b",", b";"), "targets.csv: its columns are separated by semicolons"),
        (lambda content: content.replace(b",", b"\t"), "targets.csv: its columns are separated by tabs"),
        (lambda content: content.replace(b"Needed", b"N\xf6d"), "expected text in UTF-8, found other bytes in line 2"),
        (lambda content: content.decode().encode("utf-16"), "expected text in UTF-8"),
        (lambda content: content.replace(b"Needed", b"N\0"), "found a zero byte in line 2"),
        (lambda content: content.replace(b"Needed", b"N\x07"), "found the control character 7"),
        (lambda content: b"", "targets.csv: the first line is empty"),
        (lambda content: content.replace(b"controller", b"a,b"), "line 2: expected 12 columns, found 13; a text with"),
        (lambda content: content.replace(b",2025-01-01,", b""), "line 2: expected 12 columns, found 10"),
        (lambda content: content.replace(b"controller", b'"open'), "line 2: it can't be read as CSV"),
    ],
)  # fmt: skip
def test_a_csv_file_of_another_kind_says_what_it_is(tmp_path, change, message):
    source = csv_plan(tmp_path / "plan", {"targets": [TARGET]})
    path = source / "targets.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_plan(source), "the mark that Excel puts before UTF-8 is no part of the header"
    path.write_bytes(change(path.read_bytes()))
    (found,) = problems_of(source)
    assert message in found


def test_a_semicolon_is_explained(tmp_path):
    source = csv_plan(tmp_path / "plan", {"targets": [TARGET]})
    (source / "targets.csv").write_text("company;kpi_id\ndemo;gross_margin_ratio\n")
    (found,) = problems_of(source)
    assert "as Swedish has, and what 1,250 means is not guessed" in found
    assert "SCORECARD_PLAN" in found


def test_a_row_over_several_lines_is_where_it_begins(tmp_path):
    long = TARGET | {"reason": "one\u2028and\ntwo\nthree"}
    source = csv_plan(tmp_path / "plan", {"targets": [long]})
    assert read_plan(source)["targets"][0]["reason"] == "one\u2028and\ntwo\nthree"
    csv_plan(source, {"targets": [long, TARGET | {"scope_id": "a", "set_on": "x"}, long | {"set_on": "y"}]})
    assert [problem.split(",")[1] for problem in problems_of(source)] == [" line 5", " line 6"]


COLUMNS = list(TARGET)


def excel_cell(tmp_path, column: str, value: object, number_format: str | None = None) -> Path:
    path = excel_plan(tmp_path / "plan.xlsx", {"targets": [TARGET]})
    book = load_workbook(path)
    cell = book["targets"].cell(2, COLUMNS.index(column) + 1)
    cell.value = value
    if number_format:
        cell.number_format = number_format
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("column", "value", "number_format", "read"),
    [
        ("target_value", 0.1 + 0.2, None, Decimal("0.3")),
        ("target_value", 0.375, "0.0%", Decimal("0.375")),
        ("target_value", 1250000, "#,##0", Decimal(1250000)),
        ("target_value", 1e15, None, Decimal(10**15)),
        ("target_value", 1 / 3, None, Decimal("0.3333333333")),
        ("target_value", "1250000.50", "@", Decimal("1250000.50")),
        ("scope_id", 1001, None, "1001"),
        ("valid_from", "2025-03-01", "@", date(2025, 3, 1)),
        ("valid_from", datetime(2025, 3, 1), None, date(2025, 3, 1)),
    ],
)
def test_a_cell_of_a_workbook_is_its_value(tmp_path, column, value, number_format, read):
    found = read_plan(excel_cell(tmp_path, column, value, number_format))["targets"][0][column]
    assert (found, type(found)) == (read, type(read))


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("target_value", "=1+1", "expected a value, found a formula without one"),
        ("target_value", "#REF!", "expected a value, found the error #REF!"),
        ("target_value", date(2025, 1, 1), 'expected a number such as 1250000.50, found "2025-01-01"'),
        ("target_value", True, 'found "TRUE"'),
        ("target_value", 1e30, "expected a number below 10^28"),
        ("valid_from", 45658, 'expected a date such as 2025-12-31, found "45658"'),
        ("valid_from", datetime(2025, 1, 1, 13), "expected a date without a time of day"),
        ("valid_from", time(13), 'found the time "13:00:00"'),
        ("scope_id", date(2025, 1, 1), "expected a text, found the date"),
        ("scope_id", 1.1, 'expected a text, found the number "1.1"'),
    ],
)
def test_a_cell_that_holds_something_else_is_named(tmp_path, column, value, message):
    number_format = None if isinstance(value, date | time) else "General"
    (found,) = problems_of(excel_cell(tmp_path, column, value, number_format))
    assert found.startswith(f"{place('xlsx', 'targets', 2, column, COLUMNS)}: ")
    assert message in found


def test_a_formula_counts_with_the_value_that_excel_stored(tmp_path):
    source = excel_cell(tmp_path, "target_value", "=0.3+0.075")
    stored = tmp_path / "stored.xlsx"
    with zipfile.ZipFile(source) as whole, zipfile.ZipFile(stored, "w") as archive:
        for name in whole.namelist():
            content = whole.read(name)
            archive.writestr(name, re.sub(rb"</f><v ?/>|</f><v></v>", b"</f><v>0.375</v>", content))
    assert read_plan(stored)["targets"][0]["target_value"] == Decimal("0.375")


def test_a_formula_with_an_empty_result_is_an_empty_cell(tmp_path):
    source = excel_cell(tmp_path, "target_lower", '=""')
    stored = tmp_path / "stored.xlsx"
    with zipfile.ZipFile(source) as whole, zipfile.ZipFile(stored, "w") as archive:
        for name in whole.namelist():
            content = re.sub(rb'<c r="F2"( t="\w+")?>', b'<c r="F2" t="str">', whole.read(name))
            archive.writestr(name, content)
    assert read_plan(stored)["targets"][0]["target_lower"] is None


def test_merged_cells_and_values_beside_the_table_are_named(tmp_path):
    path = excel_plan(tmp_path / "plan.xlsx", {"targets": [TARGET, TARGET | {"scope_id": "s2"}]})
    book = load_workbook(path)
    book["targets"].merge_cells("D2:D3")
    book["targets"]["N3"] = "a note"
    book.save(path)
    merged, beside = problems_of(path)
    assert merged.startswith("plan.xlsx, sheet targets, cells D2:D3: they are merged")
    assert beside.startswith("plan.xlsx, sheet targets, row 3, cell N3: there is a value beside the table")


def test_a_row_far_below_is_named_at_once(tmp_path):
    source = excel_plan(tmp_path / "plan.xlsx", {"targets": [TARGET]})
    far = tmp_path / "far.xlsx"
    with zipfile.ZipFile(source) as whole, zipfile.ZipFile(far, "w") as archive:
        for name in whole.namelist():
            row = b'<row r="99999999999"><c r="A99999999999"><v>1</v></c></row></sheetData>'
            archive.writestr(name, whole.read(name).replace(b"</sheetData>", row))
    (found,) = problems_of(far)
    assert "expected nothing below row 100,000" in found


def test_hidden_rows_count(tmp_path):
    path = excel_plan(tmp_path / "plan.xlsx", {"targets": [TARGET]})
    book = load_workbook(path)
    book["targets"].row_dimensions[2].hidden = True
    book["targets"].column_dimensions["E"].hidden = True
    book.save(path)
    assert read_plan(path)["targets"][0]["target_value"] == Decimal("0.375")


def test_an_empty_sheet_is_named(tmp_path):
    path = excel_plan(tmp_path / "plan.xlsx", {"targets": [TARGET]})
    book = load_workbook(path)
    book.create_sheet("weights")
    book.save(path)
    assert problems_of(path) == [
        "plan.xlsx, sheet weights, row 1: it is empty; expected the names of the columns"
    ]


def test_the_shipped_plan_goes_through_a_workbook_unchanged(tmp_path):
    plan = read_plan(SHIPPED_PLAN)
    write_template(plan, tmp_path / "plan.xlsx")
    again = read_plan(tmp_path / "plan.xlsx")
    assert again == plan
    assert len(again["targets"]) > 300
    hashes = []
    for rows in (plan, again):
        with duckdb.connect() as connection:
            write_plan(connection, rows, date(2025, 1, 31))
            hashes.append(plan_hash(connection))
    assert hashes[0] == hashes[1], "the same rows are the same plan"


def test_hostile_and_long_values_go_through_a_workbook_unchanged(tmp_path):
    values = {
        "reason": '=HYPERLINK("http://example.com")',
        "set_by": "+1",
        "scope_id": "007",
        "target_value": "1234567890123456789.0123456789",
        "baseline_value": "-0.0000000001",
    }
    plan = read_plan(csv_plan(tmp_path / "plan", {"targets": [TARGET | values], "weights": [WEIGHT]}))
    write_template(plan, tmp_path / "plan.xlsx")
    sheet = load_workbook(tmp_path / "plan.xlsx")["targets"]
    assert not [cell.coordinate for row in sheet.rows for cell in row if cell.data_type == "f"]
    assert read_plan(tmp_path / "plan.xlsx") == plan


def test_the_workbook_helps_while_one_edits(tmp_path):
    write_template(read_plan(SHIPPED_PLAN), tmp_path / "plan.xlsx")
    book = load_workbook(tmp_path / "plan.xlsx")
    assert book.sheetnames == ["README", *(sheet.name for sheet in SHEETS), "lists"]
    targets = book["targets"]
    assert targets.freeze_panes == "C2"
    assert targets.auto_filter.ref.startswith("A1:")
    rules = {str(rule.sqref): rule.formula1 for rule in targets.data_validations.dataValidation}
    assert rules["B2:B100000"].startswith("lists!$A$2"), "KPIs"
    assert "value,growth,benchmark" in rules["G2:G100000"]
    assert targets["H2"].data_type == "n" and targets["O2"].is_date
    assert "must be filled in" in targets["B1"].comment.text


def test_every_column_is_explained():
    guide = (CHECKOUT / "docs" / "planning.md").read_text()
    assert not [
        column.name for sheet in SHEETS for column in sheet.columns if f"`{column.name}`" not in guide
    ]
    assert {name: sorted(columns) for name, columns in ABOUT.items()} == {
        sheet.name: sorted(column.name for column in sheet.columns) for sheet in SHEETS
    }


def test_the_tables_are_replaced_all_or_none(tmp_path):
    plan = read_plan(SHIPPED_PLAN)
    with duckdb.connect() as connection:
        write_plan(connection, plan, date(2025, 1, 31))
        before = plan_hash(connection)
        write_plan(connection, plan, date(2025, 1, 31))
        assert plan_hash(connection) == before, "written again it is the same"
        broken = {**plan, "targets": plan["targets"][:1], "initiatives": [{"initiative_id": "a"}]}
        with pytest.raises(KeyError):
            write_plan(connection, broken, date(2025, 1, 31))
        assert plan_hash(connection) == before, "the targets are as they were, too"
        write_plan(connection, {**plan, "targets": plan["targets"][1:]}, date(2025, 1, 31))
        assert plan_hash(connection) != before, "one row less is another plan"


def test_rows_are_counted_by_company(tmp_path):
    rows = [TARGET | {"company": name} for name in ("demo", "demmo", "other", "")]
    plan = read_plan(csv_plan(tmp_path / "plan", {"targets": rows, "weights": [WEIGHT]}))
    assert counted_by_company(plan, "demo") == (
        "Of its targets, objectives and weights, 1 are for demo, the company of this run, 2 for every company and 2 for "
        "others, which count here for nothing: demmo (1), other (1)."
    )
    ours = {**plan, "targets": plan["targets"][:1]}
    assert counted_by_company(ours, "demo").endswith("1 for every company and 0 for others.")


def test_many_rows_are_written_at_once_and_exactly(tmp_path):
    longest = Decimal("1234567890123456789012345678.0123456789")
    (row,) = read_plan(csv_plan(tmp_path / "plan", {"targets": [TARGET]}))["targets"]
    rows = [row | {"scope_id": f"s{number}", "target_value": longest - number} for number in range(5000)]
    with duckdb.connect() as connection:
        write_plan(connection, {sheet.name: [] for sheet in SHEETS} | {"targets": rows}, date(2025, 12, 31))
        found = connection.execute(
            "select scope_id, target_value, target_lower, set_on from plan.targets order by target_value desc"
        ).fetchall()
        types = dict(
            connection.execute(
                "select column_name, data_type from information_schema.columns where table_name = 'targets'"
            ).fetchall()
        )
    assert found == [(f"s{number}", longest - number, None, row["set_on"]) for number in range(5000)]
    assert (types["target_value"], types["set_on"], types["reason"]) == ("DECIMAL(38,10)", "DATE", "VARCHAR")


def test_the_setting_names_a_folder_or_a_workbook(tmp_path):
    source = excel_plan(tmp_path / "plan.xlsx", {"targets": [TARGET]})
    assert Settings.from_environment({"SCORECARD_PLAN": str(source)}).plan == source
    assert Settings.from_environment({"SCORECARD_PLAN": "seeds/plan"}).plan == SHIPPED_PLAN
    for wrong in (tmp_path / "nothing.xlsx", Path(__file__)):
        with pytest.raises(SettingsError, match=r"SCORECARD_PLAN is .* expected a folder of CSV files"):
            Settings.from_environment({"SCORECARD_PLAN": str(wrong)})


def test_the_command_checks_and_writes_and_never_overwrites(tmp_path):
    book = tmp_path / "plan.xlsx"
    written = run_cli("plan", "--out", str(book), home=tmp_path)
    assert written.returncode == 0
    assert re.match(r"The plan is in order: \d+ targets, \d+ objectives, \d+ key results", written.stdout)
    content = book.read_bytes()
    refused = run_cli("plan", "--out", str(book), home=tmp_path)
    assert refused.returncode == 2 and "already there; add --force" in refused.stderr
    assert book.read_bytes() == content
    other = run_cli("plan", "--out", str(tmp_path / "plan.csv"), home=tmp_path)
    assert other.returncode == 2 and "ends in .xlsx" in other.stderr
    assert run_cli("plan", "--check", str(book), home=tmp_path).returncode == 0
    lost = csv_plan(tmp_path / "lost", {"targets": [TARGET, TARGET | {"company": "demmo"}]})
    noted = run_cli("plan", "--check", str(lost), home=tmp_path)
    assert noted.returncode == 0
    assert "for nothing: demmo (1)." in " ".join(noted.stdout.split())
    assert "Note: there is no sheet weights, so it has no rows." in noted.stdout
    wrong = csv_plan(tmp_path / "wrong", {"targets": [TARGET | {"target_value": "12o000"}]})
    told = run_cli("plan", "--check", str(wrong), home=tmp_path)
    assert told.returncode == 2
    assert (
        'targets.csv, line 2, column target_value: expected a number such as 1250000.50, found "12o000"'
        in told.stderr
    )
