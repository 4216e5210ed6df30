"""The scorecard as a workbook: numbers are numbers, statuses are words and shapes, and no name becomes a formula."""

from __future__ import annotations

import csv
import re
import zipfile
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from openpyxl import Workbook, load_workbook

from dagster_project.lib.terminal import PERSPECTIVES, STATUS_LOOK
from dagster_project.lib.terminal import WORDS as TERMINAL_WORDS
from dagster_project.lib.workbook.book import write_workbook
from dagster_project.lib.workbook.columns import note_of, number_format
from dagster_project.lib.workbook.data import KpiRow, UnknownChoice, find_period, find_scope, read_scorecard
from dagster_project.lib.workbook.style import STATUS_COLOURS, write_number
from dagster_project.lib.workbook.words import ROLES_SV, WORDS, role, spaced
from tests.conftest import CHECKOUT, run_cli

HOSTILE = '=HYPERLINK("http://example.com";"x")'
ALL_GRAINS, ALL_SCOPES = "day,week,month,quarter,year", "company,region"
# kpi_id, title, titel, perspective, level, unit, display_format, owner, goal, grains
KPIS = [
    ("margin", "Gross margin", "Bruttomarginal", "financial", "strategic", "ratio", "percent", "head_of_sales"),
    ("revenue", "Revenue", "Intäkter", "financial", "strategic", "amount", "amount", "chief_executive"),
    ("costs", "A cost", "Ökade kostnader", "financial", "operational", "amount", "amount", "controller"),
    ("debt", "Debt ratio", "Ärvd skuld", "financial", "operational", "ratio", "multiple", "controller"),
    ("days", "Delivery time", "Leveranstid", "internal_process", "operational", "days", "days", "head_of_it"),
    ("women", "Share of women", "Andel kvinnor", "learning_growth", "strategic", "ratio", "percent", "head_of_hr"),
    ("pay", "Pay gap", "Lönegap", "learning_growth", "operational", "ratio", "percent", "head_of_hr"),
    ("survey", "Survey", "Enkät", "learning_growth", "operational", "score", "score", "somebody_new"),
]  # fmt: skip
STATUSES = [
    ("held", 1, "Held", "Pausad"),
    ("no_data", 2, "No data", "Data saknas"),
    ("no_target", 3, "No target", "Mål saknas"),
    ("achieved", 4, "Achieved", "Uppnådd"),
    ("on_track", 5, "On track", "På rätt spår"),
    ("at_risk", 6, "At risk", "I riskzonen"),
    ("off_track", 7, "Off track", "Avspårad"),
]
COLUMNS = (
    "kpi_id period_grain period_start_date period_end_date period_status scope_type scope_id actual_value"
    " no_value_reason target_value target_lower target_upper variance variance_ratio no_comparison_reason status"
    " previous_value last_year_value benchmark_value quality_status"
).split()


def result(kpi_id: str, actual=None, status="no_target", **more) -> tuple:
    facts = {
        "kpi_id": kpi_id,
        "period_grain": "quarter",
        "period_start_date": date(2025, 10, 1),
        "period_end_date": date(2025, 12, 31),
        "period_status": "settled",
        "scope_type": "company",
        "scope_id": "all",
        "actual_value": actual,
        "status": status,
        "quality_status": "passed",
        **more,
    }
    return tuple(facts.get(column) for column in COLUMNS)


RESULTS = [
    result("margin", "0.3719", "on_track", target_value="0.375", variance="-0.0031", variance_ratio="-0.008266",
           previous_value="0.36", last_year_value="0.38", benchmark_value="0.4"),
    result("revenue", "80569402.2", "off_track", target_value="90000000", variance="-9430597.8", variance_ratio="-0.104784"),
    result("costs", "500", "achieved", target_value="0", variance="500", no_comparison_reason="zero_target"),
    result("debt", None, "no_data", no_value_reason="zero_base", target_value="0.5"),
    result("days", "6.94", "at_risk", target_value="6.5", variance="0.44", variance_ratio="0.0677", quality_status="warning"),
    result("women", "0.36", "off_track", target_lower="0.4", target_upper="0.6", variance="-0.04", variance_ratio="-0.1"),
    result("pay", None, "no_data", no_value_reason="withheld"),
    # measured once a year: in a quarter the latest year that is over stands
    result("survey", "3.5", period_grain="year", period_start_date=date(2023, 1, 1), period_end_date=date(2023, 12, 31)),
    result("survey", "3.7", period_grain="year", period_start_date=date(2024, 1, 1), period_end_date=date(2024, 12, 31)),
    result("survey", "3.9", period_grain="year", period_start_date=date(2026, 1, 1), period_end_date=date(2026, 12, 31)),
    result("margin", "0.30", period_start_date=date(2025, 7, 1), period_end_date=date(2025, 9, 30)),
    result("margin", "0.31", "held", scope_type="region", scope_id="R1"),
    result("revenue", "7", period_start_date=date(2026, 1, 1), period_end_date=date(2026, 3, 31), period_status="open"),
]  # fmt: skip
PERIODS = [
    ("year", date(2023, 1, 1), date(2023, 12, 31), "2023", "settled"),
    ("year", date(2024, 1, 1), date(2024, 12, 31), "2024", "settled"),
    ("year", date(2026, 1, 1), date(2026, 12, 31), "2026", "open"),
    ("month", date(2025, 10, 1), date(2025, 10, 31), "2025-10", "settled"),
    ("quarter", date(2025, 7, 1), date(2025, 9, 30), "2025 Q3", "settled"),
    ("quarter", date(2025, 10, 1), date(2025, 12, 31), "2025 Q4", "settled"),
    ("quarter", date(2026, 1, 1), date(2026, 3, 31), "2026 Q1", "open"),
]


def make_published(path: Path, company: str = "Nordhandel & Co", with_balance: bool = True) -> Path:
    numbers = {name for name in COLUMNS if re.search("value$|^target|^variance", name)}
    types = {
        name: "decimal(38, 10)" if name in numbers else "date" if "_date" in name else "varchar" for name in COLUMNS
    }  # fmt: skip
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema scorecard")

        def table(name: str, columns: str, rows: list[tuple]) -> None:
            connection.execute(f"create table scorecard.{name} ({columns})")
            places = ", ".join("?" * len(rows[0]))
            connection.executemany(f"insert into scorecard.{name} values ({places})", rows)

        table("kpi_scorecard", ", ".join(f"{name} {kind}" for name, kind in types.items()), RESULTS)
        table(
            "kpi_catalogue",
            "kpi_id varchar, title_en varchar, title_sv varchar, perspective varchar, level varchar, unit varchar,"
            " display_format varchar, owner_role varchar, goal varchar, grains varchar, data_note_en varchar,"
            " data_note_sv varchar",
            [
                (
                    *kpi,
                    "grow_profitably",
                    "year" if kpi[0] == "survey" else ALL_GRAINS,
                    "No VAT.\nAs is.",
                    "Ex moms.",
                )
                for kpi in KPIS
            ],
        )
        table(
            "periods",
            "period_grain varchar, period_start_date date, period_end_date date, period_name varchar, period_status varchar",
            PERIODS,
        )
        table(
            "scopes",
            "scope_type varchar, scope_id varchar, scope_name varchar",
            [("company", "all", company), ("region", "R1", HOSTILE), ("region", "R2", "Skåne")],
        )
        table(
            "statuses",
            "status varchar, status_order integer, label_en varchar, label_sv varchar, meaning_en varchar, meaning_sv varchar",
            [(*status, f"{status[2]} means", f"{status[3]} betyder") for status in STATUSES],
        )
        table(
            "publication",
            "edition_id varchar, company_name varchar, reporting_currency varchar, as_of_date date, published_at timestamp",
            [("2025-12-31-abc", company, "SEK", date(2025, 12, 31), datetime(2026, 1, 1, 2, 3, 4))],
        )
        if with_balance:
            table(
                "balanced_scorecard",
                "perspective varchar, period_grain varchar, period_start_date date, scope_type varchar, scope_id varchar,"
                " score decimal(38, 10), coverage decimal(38, 10), scored_kpis_count integer, kpis_count integer",
                [
                    ("financial", "quarter", date(2025, 10, 1), "company", "all", "7.25", "0.75", 2, 3),
                    ("customer", "quarter", date(2025, 10, 1), "company", "all", None, "0", 0, 1),
                    ("all", "quarter", date(2025, 10, 1), "company", "all", "6.5", "0.5", 4, 8),
                    ("financial", "quarter", date(2025, 7, 1), "company", "all", "1", "1", 1, 1),
                ],
            )
            table(
                "objectives",
                "objective_id varchar, title_en varchar, title_sv varchar, scope_type varchar, scope_id varchar,"
                " owner_role varchar, period_start_date date, period_end_date date, score decimal(38, 10),"
                " expected_progress decimal(38, 10), coverage decimal(38, 10), status varchar",
                [
                    ("o1", "Grow", "Väx", "company", "all", "head_of_hr", date(2025, 1, 1), date(2025, 12, 31), "0.4", "1", "0.5", "at_risk"),
                    ("o2", "Old", "Gammal", "company", "all", "head_of_hr", date(2024, 1, 1), date(2024, 12, 31), "1", "1", "1", "achieved"),
                    ("o3", "Mine", "Mitt", "employee", "E1", "salesperson", date(2025, 1, 1), date(2025, 12, 31), "1", "1", "1", "achieved"),
                ],
            )  # fmt: skip
            table(
                "strategy_map",
                "to_goal_id varchar, to_title_en varchar, to_title_sv varchar",
                [("grow_profitably", "Grow profitably", "Väx lönsamt")],
            )
    return path


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    return make_published(tmp_path_factory.mktemp("published") / "current.duckdb")


@pytest.fixture(scope="module")
def books(published, tmp_path_factory):
    """The workbook of the quarter, in both languages."""
    folder = tmp_path_factory.mktemp("books")
    made = {}
    with duckdb.connect(str(published), read_only=True) as connection:
        for language in ("en", "sv"):
            card = read_scorecard(connection, "2025 Q4", language=language)
            write_workbook(card, language, folder / f"{language}.xlsx")
            made[language] = load_workbook(folder / f"{language}.xlsx")
    return made


def table_of(sheet) -> list[dict]:
    """The rows of a perspective's sheet: heading -> cell."""
    headings = [cell.value for cell in sheet[4]]
    return [dict(zip(headings, row, strict=True)) for row in sheet.iter_rows(min_row=5) if row[1].value]


def test_there_is_an_overview_and_one_sheet_a_perspective(books):
    assert books["en"].sheetnames == [
        "Overview",
        "Financial",
        "Customer",
        "Internal processes",
        "Learning and growth",
    ]
    assert books["sv"].sheetnames == [
        "Översikt",
        "Ekonomi",
        "Kund",
        "Interna processer",
        "Lärande och tillväxt",
    ]
    assert (
        books["en"]["Customer"]["A5"].value
        == "No KPI of this perspective speaks about this part of the company."
    )


def test_strategic_kpis_come_first_and_the_alphabet_is_swedish(books):
    assert [row["KPI"].value for row in table_of(books["en"]["Financial"])] == [
        "Gross margin",
        "Revenue",
        "A cost",
        "Debt ratio",
    ]
    assert [row["Nyckeltal"].value for row in table_of(books["sv"]["Ekonomi"])][2:] == [
        "Ärvd skuld",
        "Ökade kostnader",
    ]
    assert books["en"]["Financial"].row_dimensions[7].outlineLevel == 1
    assert books["en"]["Financial"].row_dimensions[6].outlineLevel == 0


@pytest.mark.parametrize(
    ("sheet", "row", "column", "value", "shown"),
    [
        ("Financial", 0, "Actual", 0.3719, "0.0%"),
        ("Financial", 0, "Target or lower bound", 0.375, "0.0%"),
        ("Financial", 0, "Variance", -0.31, '+0.0" pp";-0.0" pp";0.0" pp"'),
        ("Financial", 0, "Variance %", -0.008266, "+0.0%;-0.0%;0.0%"),
        ("Financial", 0, "Previous period", 0.36, "0.0%"),
        ("Financial", 0, "Last year", 0.38, "0.0%"),
        ("Financial", 0, "Benchmark", 0.4, "0.0%"),
        ("Financial", 1, "Actual", 80569402.2, "#,##0"),
        ("Financial", 1, "Variance", -9430597.8, "+#,##0;-#,##0;#,##0"),
        ("Internal processes", 0, "Actual", 6.94, "#,##0.0"),
        ("Internal processes", 0, "Variance", 0.44, "+#,##0.0;-#,##0.0;#,##0.0"),
        ("Learning and growth", 0, "Target or lower bound", 0.4, "0.0%"),
        ("Learning and growth", 0, "Upper bound", 0.6, "0.0%"),
    ],
)
def test_figures_are_numbers_with_a_format(books, sheet, row, column, value, shown):
    cell = table_of(books["en"][sheet])[row][column]
    assert (cell.data_type, cell.number_format) == ("n", shown)
    assert cell.value == pytest.approx(value)


def test_what_is_missing_is_empty_and_explained(books):
    debt = table_of(books["en"]["Financial"])[3]
    assert debt["Actual"].value is None and debt["Variance"].value is None
    assert debt["Note"].value == "Can't be computed: what it is divided by is 0."
    pay = next(
        row for row in table_of(books["sv"]["Lärande och tillväxt"]) if row["Nyckeltal"].value == "Lönegap"
    )
    assert pay["Utfall"].value is None
    assert pay["Anmärkning"].value == "Visas inte, för att skydda en liten grupp personer."
    zero = table_of(books["en"]["Financial"])[2]
    assert zero["Variance %"].value is None
    assert zero["Note"].value == "The target is 0, so there is no variance in per cent."


def test_a_status_is_a_word_a_shape_and_a_colour(books):
    for language, sheet, heading, words in (
        ("en", "Financial", "Status", ["◐ On track", "■ Off track", "● Achieved", "· No data"]),
        ("sv", "Ekonomi", "Status", ["◐ På rätt spår", "■ Avspårad", "· Data saknas", "● Uppnådd"]),
    ):
        rows = table_of(books[language][sheet])
        assert [row[heading].value for row in rows] == words
        assert rows[1][heading].fill.fgColor.rgb.endswith(STATUS_COLOURS["off_track"][1])
        assert rows[1][heading].font.color.rgb.endswith(STATUS_COLOURS["off_track"][0])
    assert set(STATUS_COLOURS) == set(STATUS_LOOK) == {status[0] for status in STATUSES}


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("ink", "fill"), STATUS_COLOURS.values(), ids=list(STATUS_COLOURS))
def test_every_status_can_be_read(ink, fill):
    light, dark = luminance(fill), luminance(ink)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_words_beside_the_figures_are_those_of_the_language(books):
    english, swedish = table_of(books["en"]["Financial"])[0], table_of(books["sv"]["Ekonomi"])[0]
    assert (english["Owner"].value, swedish["Ansvarig"].value) == ("Head of sales", "Försäljningschef")
    assert (english["Goal"].value, swedish["Strategiskt mål"].value) == ("Grow profitably", "Väx lönsamt")
    assert (english["Level"].value, swedish["Nivå"].value) == ("Strategic", "Strategisk")
    assert (english["Unit"].value, table_of(books["en"]["Financial"])[1]["Unit"].value) == ("%", "SEK")
    warned = table_of(books["sv"]["Interna processer"])[0]
    assert (warned["Datakvalitet"].value, warned["Anmärkning"].value) == (
        "varning",
        "Underlaget godkändes med en varning.",
    )


def test_a_kpi_without_such_periods_stands_at_its_latest_before_the_end(books):
    survey = next(row for row in table_of(books["en"]["Learning and growth"]) if row["KPI"].value == "Survey")
    assert (survey["Period"].value, survey["Actual"].value) == ("2024", 3.7)
    assert survey["Owner"].value == "Somebody new", "a role that nobody has translated"


def rows_below(sheet, text: str) -> list[list]:
    """The filled cells of the rows below a text in the first column, up to an empty row."""
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    start = next(index for index, row in enumerate(rows) if row[0] == text)
    found = []
    for row in rows[start + 1 :]:
        if row[0] is None:
            break
        found.append([value for value in row if value not in (None, "")])
    return found


def test_the_overview_counts_statuses_and_shows_balanced_scores(books):
    sheet = books["en"]["Overview"]
    found = {row[0]: row[1:] for row in rows_below(sheet, "Perspective")}
    # achieved, on track, off track, no data: one each of four; then score, how many KPIs it is made of, and coverage
    assert found["Financial"] == [1, 1, 1, 1, 4, 7.25, 2, 0.75]
    assert found["Customer"] == [0, 0, 0], "no KPI, no score, made of none, coverage 0"
    assert found["All"][-4:] == [8, 6.5, 4, 0.5]
    for language, title, head, shown in (
        ("en", "Overview", "KPIs in the score", '0" of 3"'),
        ("sv", "Översikt", "Nyckeltal i poängen", '0" av 3"'),
    ):
        cells = [cell for row in books[language][title].iter_rows() for cell in row]
        (header,) = [cell for cell in cells if cell.value == head]
        assert header.offset(1).number_format == shown, "two of the three on the balanced scorecard"
    texts = [cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert "2025 Q4 (2025-10-01 – 2025-12-31)" in texts
    assert "2025-12-31-abc" in texts and "2026-01-01 02:03 UTC" in texts
    assert "No VAT." in texts and "As is." in texts


def test_the_overview_names_what_needs_attention_and_the_objectives_of_the_period(books):
    sheet = books["en"]["Overview"]
    attention = rows_below(sheet, "Strategic KPIs that are off track or at risk")
    assert [row[0] for row in attention[1:]] == ["Revenue", "Share of women"]
    (objective,) = rows_below(sheet, "Objectives")[1:]
    assert objective == [
        "Grow",
        "Nordhandel & Co",
        0.4,
        1,
        0.5,
        "▲ At risk",
        datetime(2025, 12, 31),
        "Head of HR",
    ], "neither last year's nor a person's"


def test_an_edition_without_balanced_scores_has_an_overview_too(tmp_path):
    source = make_published(tmp_path / "old.duckdb", with_balance=False)
    with duckdb.connect(str(source), read_only=True) as connection:
        card = read_scorecard(connection, language="sv")
        write_workbook(card, "sv", tmp_path / "old.xlsx")
    sheet = load_workbook(tmp_path / "old.xlsx")["Översikt"]
    texts = [cell.value for row in sheet.iter_rows() for cell in row]
    assert "Nyckeltal" in texts and "Poäng (0–10)" not in texts and "Mål och nyckelresultat" not in texts


def test_names_from_data_never_become_formulas(tmp_path):
    source = make_published(tmp_path / "hostile.duckdb", company=f"{HOSTILE}\x07")
    with duckdb.connect(str(source)) as connection:
        for name, text in (("title_en", "@SUM(A1)"), ("owner_role", "+1"), ("data_note_en", "-1+2")):
            connection.execute(f"update scorecard.kpi_catalogue set {name} = ?", [text])
        card = read_scorecard(connection, "2025 Q4", scope="region:R1")
    write_workbook(card, "en", tmp_path / "hostile.xlsx")
    book = load_workbook(tmp_path / "hostile.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    dangerous = [
        cell for cell in cells if isinstance(cell.value, str) and cell.value[:1] in ("=", "+", "-", "@")
    ]
    assert {cell.value for cell in dangerous} >= {HOSTILE, "@SUM(A1)", "+1", "-1+2"}
    assert all(cell.quotePrefix for cell in dangerous), "nor when somebody edits them"
    with zipfile.ZipFile(tmp_path / "hostile.xlsx") as archive:
        assert not [name for name in archive.namelist() if b"<f>" in archive.read(name)]


def test_a_region_shows_its_own_rows(published, tmp_path):
    with duckdb.connect(str(published), read_only=True) as connection:
        card = read_scorecard(connection, "2025 Q4", scope="region:R1")
    assert [(row.title, row.actual) for row in card.rows] == [("Gross margin", Decimal("0.31"))]
    assert (card.scores, card.objectives) == ({}, [])
    shown = "The data failed a quality check: shown is what was published last, compared with nothing."
    assert note_of(card.rows[0], "en") == shown
    new = replace(card.rows[0], actual=None, no_value_reason="held")
    assert note_of(new, "en") == f"{shown} No figure was published before that."
    stale = replace(card.rows[0], status="achieved", quality="stale")
    assert note_of(stale, "sv") == "En del av underlaget är äldre än det ska vara."


def test_an_open_period_says_so(published, tmp_path):
    with duckdb.connect(str(published), read_only=True) as connection:
        card = read_scorecard(connection, "2026 Q1", language="sv")
    write_workbook(card, "sv", tmp_path / "open.xlsx")
    book = load_workbook(tmp_path / "open.xlsx")
    assert "inte slut än: siffrorna hittills" in book["Översikt"]["B4"].value
    assert table_of(book["Ekonomi"])[0]["Anmärkning"].value == "Hittills: perioden är inte slut."


def test_it_is_ready_to_be_printed(books):
    for sheet in books["en"]:
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert sheet.oddHeader.left.text == "Nordhandel && Co · 2025 Q4", "a single & would be a code"
        assert "2025-12-31-abc" in sheet.oddFooter.left.text
    financial = books["en"]["Financial"]
    assert financial.sheet_properties.pageSetUpPr.fitToPage
    assert (financial.page_setup.fitToWidth, financial.page_setup.fitToHeight) == (1, 0)
    assert (financial.print_title_rows, financial.freeze_panes) == ("$4:$4", "B5")
    assert financial.auto_filter.ref == "A4:Q8"


def test_the_same_edition_gives_the_same_file(published, tmp_path):
    for name in ("one", "two"):
        with duckdb.connect(str(published), read_only=True) as connection:
            write_workbook(read_scorecard(connection), "en", tmp_path / f"{name}.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    assert load_workbook(tmp_path / "one.xlsx").properties.modified == datetime(2026, 1, 1, 2, 3, 4)
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".xlsx"] == []


def test_periods_are_found_by_name_and_unknown_ones_name_the_nearest(published):
    with duckdb.connect(str(published), read_only=True) as connection:
        assert find_period(connection, grain="quarter").name == "2025 Q4", "the latest that is settled"
        assert find_period(connection, " 2025  q3 ").name == "2025 Q3"
        assert find_period(connection, "2025-10-01", "month").name == "2025-10"
        with pytest.raises(
            UnknownChoice, match=r'no period "2025 Q7" in the edition\. Nearest: 2025 Q4, 2025 Q3'
        ):
            find_period(connection, "2025 Q7")
        with pytest.raises(UnknownChoice, match="of the grain year"):
            find_period(connection, "2025 Q4", "year")
        with pytest.raises(UnknownChoice, match="no settled period of the grain week"):
            find_period(connection, grain="week")


def test_scopes_are_found_by_id_or_name_and_unknown_ones_are_listed(published):
    with duckdb.connect(str(published), read_only=True) as connection:
        assert find_scope(connection, "company").id == "all"
        assert (
            find_scope(connection, "region:r2").id == find_scope(connection, "region: Ska\u030ane").id == "R2"
        )
        assert (
            find_scope(connection, " REGION :SKÅNE").id == "R2"
            and find_scope(connection, "Company").id == "all"
        )
        with pytest.raises(UnknownChoice, match="Of the type region: Skåne"):
            find_scope(connection, "region:Skane")
        with pytest.raises(UnknownChoice, match="the types are company, region"):
            find_scope(connection, "planet:Mars")
        with pytest.raises(UnknownChoice, match="Of the type region"):
            find_scope(connection, "region")


def test_a_reason_that_is_new_is_told_as_it_is():
    row = KpiRow(
        **dict.fromkeys(KpiRow.__dataclass_fields__) | {"no_value_reason": "not_yet_known", "is_open": False}
    )
    assert note_of(row, "en") == "No value: not yet known."


@pytest.mark.parametrize(
    ("language", "note"),
    [
        ("en", "The target is growth on last year, and last year has no value."),
        ("sv", "Målet är en tillväxt mot föregående år, men värdet för föregående år saknas."),
    ],
)
def test_a_growth_target_without_last_year_is_explained(language, note):
    def row(reason):
        facts = {
            "actual": Decimal(5),
            "status": "no_target",
            "no_comparison_reason": reason,
            "is_open": False,
        }
        return KpiRow(**dict.fromkeys(KpiRow.__dataclass_fields__) | facts)

    assert note_of(row("no_last_year"), language) == note
    assert note_of(row("no_target"), language) == "", "the status says it"


@pytest.mark.parametrize(
    ("value", "shown", "written"),
    [
        # what is shown as zero has no sign; a figure that is not signed keeps its value
        ("-0.0004", "0.0%", 0),
        ("-0.0005", "0.0%", -0.0005),
        ("-0.04", '+0.0" pp";-0.0" pp";0.0" pp"', 0),
        ("0.04", '+0.0" pp";-0.0" pp";0.0" pp"', 0),
        ("0.05", '+0.0" pp";-0.0" pp";0.0" pp"', 0.05),
        ("-0.4", "#,##0", 0),
        ("-0.5", "#,##0", -0.5),
        ("0.4", "#,##0", 0.4),
        ("-0.004", "+#,##0.00;-#,##0.00;#,##0.00", 0),
        ("0", "0.0%", 0),
    ],
)
def test_no_zero_has_a_sign(value, shown, written):
    cell = Workbook().active.cell(1, 1)
    write_number(cell, Decimal(value), shown)
    assert (cell.value, cell.number_format) == (written, shown)


@pytest.mark.parametrize(
    ("display_format", "kind", "shown"),
    [
        ("count", "value", "#,##0"),
        ("multiple", "value", "#,##0.00"),
        ("percent", "share", "+0.0%;-0.0%;0.0%"),
        ("unheard_of", "value", "#,##0"),
    ],
)
def test_number_formats(display_format, kind, shown):
    assert number_format(display_format, kind) == shown


def shape_of(words):
    return {key: shape_of(value) if isinstance(value, dict) else type(value) for key, value in words.items()}


def test_both_languages_have_the_same_words():
    assert shape_of(WORDS["en"]) == shape_of(WORDS["sv"])
    assert len(WORDS["en"]["objective"]) == len(WORDS["sv"]["objective"])
    assert set(WORDS["en"]["reasons"]) == set(TERMINAL_WORDS["en"]["reasons"])
    assert all(len(TERMINAL_WORDS[language][name]) <= 31 for language in WORDS for name in PERSPECTIVES), (
        "sheet names"
    )


def test_every_role_of_the_catalogue_has_a_swedish_name():
    with (CHECKOUT / "seeds" / "reference" / "kpis.csv").open(encoding="utf-8") as file:
        roles = {row["owner_role"] for row in csv.DictReader(file)}
    assert roles <= set(ROLES_SV)
    assert role("head_of_hr", "en") == "Head of HR"
    assert spaced("grow_profitably") == "Grow profitably"


def test_the_command_writes_it_and_tells_what_is_wrong(tmp_path):
    nothing = run_cli("workbook", "--out", str(tmp_path / "a.xlsx"), home=tmp_path)
    assert nothing.returncode == 1 and "Nothing is published" in nothing.stderr
    (tmp_path / "published").mkdir()
    make_published(tmp_path / "published" / "current.duckdb")
    written = run_cli("workbook", "--language", "sv", "--out", str(tmp_path / "a.xlsx"), home=tmp_path)
    assert written.returncode == 0 and "2025 Q4" in written.stdout
    assert load_workbook(tmp_path / "a.xlsx").sheetnames[0] == "Översikt"
    again = run_cli("workbook", "--out", str(tmp_path / "a.xlsx"), home=tmp_path)
    assert again.returncode == 2 and "already there; add --force" in again.stderr
    unknown = run_cli("workbook", "--period", "1999", "--out", str(tmp_path / "b.xlsx"), home=tmp_path)
    assert unknown.returncode == 2 and "Nearest" in unknown.stderr
    assert not (tmp_path / "b.xlsx").exists()
