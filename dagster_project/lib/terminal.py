"""The scorecard as a table in the terminal.

Belongs here: reading the rows of a published file and rendering them for people. Every figure comes
from the published tables; nothing is computed here but the choice of period and the formatting. The one table
about the raw side, what came in and where it is, is rendered here too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.box import SIMPLE
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from dagster_project.lib.conservation import ConservationLine

PERSPECTIVES = ("financial", "customer", "internal_process", "learning_growth")
WORDS = {
    "en": {
        "financial": "Financial",
        "customer": "Customer",
        "internal_process": "Internal processes",
        "learning_growth": "Learning and growth",
        "columns": ("KPI", "Period", "Actual", "Target", "Variance", "Status", "Quality"),
        "reasons": {
            "no_data": "no data",
            "zero_base": "base is 0",
            "negative_base": "base is negative",
            "incomplete_period": "period not covered",
            "withheld": "withheld",
            "held": "held",
        },
        "to": "to",
        "more": '{shown} of {count} KPIs; all of them: make scorecard ARGS="--level all"',
        "quality": {"passed": "passed", "warning": "warning", "stale": "stale", "held": "held"},
    },
    "sv": {
        "financial": "Ekonomi",
        "customer": "Kund",
        "internal_process": "Interna processer",
        "learning_growth": "Lärande och tillväxt",
        "columns": ("Nyckeltal", "Period", "Utfall", "Mål", "Avvikelse", "Status", "Kvalitet"),
        "reasons": {
            "no_data": "data saknas",
            "zero_base": "basen är 0",
            "negative_base": "basen är negativ",
            "incomplete_period": "perioden täcks inte",
            "withheld": "visas inte",
            "held": "pausad",
        },
        "to": "till",
        "more": '{shown} av {count} nyckeltal; alla: make scorecard ARGS="--level all --language sv"',
        "quality": {"passed": "godkänd", "warning": "varning", "stale": "inaktuell", "held": "pausad"},
    },
}
# rich's own picture names a font on a server; this one takes whatever monospace font is there
SVG_FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "Fira Code", "DejaVu Sans Mono"
)
# a shape as well as a colour: about one man in twelve can not tell red from green
STATUS_LOOK = {
    "achieved": ("●", "green"),
    "on_track": ("◐", "green"),
    "at_risk": ("▲", "yellow"),
    "off_track": ("■", "red"),
    "no_target": ("○", "default"),
    "no_data": ("·", "bright_black"),
    "held": ("‖", "magenta"),
}


# amounts and counts of things are whole; measured figures are not
DECIMALS = {
    "days": 1,
    "hours": 1,
    "minutes": 1,
    "months": 1,
    "kg": 1,
    "score": 1,
    "decimal": 2,
    "multiple": 2,
}


@dataclass(frozen=True)
class Row:
    """One KPI of the company at the period that is shown for it."""

    title: str
    perspective: str
    display_format: str
    period_name: str
    actual: Decimal | None
    no_value_reason: str | None
    target: Decimal | None
    target_lower: Decimal | None
    target_upper: Decimal | None
    variance: Decimal | None
    status: str
    status_label: str
    quality: str


# A period without a value (the data stops before its end) gives way to the latest one that has one. A base below 0
# is no gap: that equity is used up, or that cash grows and no runway ends, is what there is to know.
ROWS = """
with ranked as (
    select
        scorecard.*,
        row_number() over (
            partition by scorecard.kpi_id
            order by
                case when scorecard.period_grain = ? then 0 else 1 end,
                case
                    when scorecard.actual_value is null and scorecard.no_value_reason <> 'negative_base' then 1
                    else 0
                end,
                scorecard.period_start_date desc
        ) as choice
    from scorecard.kpi_scorecard as scorecard
    inner join scorecard.kpi_catalogue as catalogue on scorecard.kpi_id = catalogue.kpi_id
    where
        scorecard.scope_type = 'company'
        and scorecard.period_status = 'settled'
        and catalogue.level = coalesce(?, catalogue.level)
        -- a KPI that is not published at the asked grain is shown at its finest one
        and (
            scorecard.period_grain = ?
            or (
                ',' || catalogue.grains || ',' not like '%,' || ? || ',%'
                and scorecard.period_grain = split_part(catalogue.grains, ',', 1)
            )
        )
)

select
    catalogue.title_{language} as title,
    catalogue.perspective,
    catalogue.display_format,
    periods.period_name,
    ranked.actual_value,
    ranked.no_value_reason,
    ranked.target_value,
    ranked.target_lower,
    ranked.target_upper,
    ranked.variance,
    ranked.status,
    statuses.label_{language} as status_label,
    ranked.quality_status
from ranked
inner join scorecard.kpi_catalogue as catalogue on ranked.kpi_id = catalogue.kpi_id
inner join scorecard.statuses as statuses on ranked.status = statuses.status
inner join scorecard.periods as periods
    on ranked.period_grain = periods.period_grain and ranked.period_start_date = periods.period_start_date
where ranked.choice = 1
order by catalogue.perspective, catalogue.title_{language}
"""


def read_rows(
    connection: duckdb.DuckDBPyConnection, grain: str, language: str, level: str | None = None
) -> list[Row]:
    """The company's KPIs of a level (or all), each at its latest settled period that has a value."""
    if language not in WORDS:
        raise ValueError(f"language is {language!r}; use one of {', '.join(WORDS)}")
    rows = connection.execute(ROWS.replace("{language}", language), [grain, level, grain, grain]).fetchall()
    return [Row(*row) for row in rows]


def format_value(value: Decimal | None, display_format: str) -> str:
    """A figure as people write it: 12.3 %, 2.04, 1 234 567."""
    if value is None:
        return "–"
    if display_format == "percent":
        return f"{value * 100:,.1f} %".replace(",", "\u00a0")
    return f"{value:,.{DECIMALS.get(display_format, 0)}f}".replace(",", "\u00a0")


def format_variance(value: Decimal | None, display_format: str) -> str:
    """A signed difference; that of two percentages is in percentage points, not in per cent."""
    if value is None:
        return "–"
    text = format_value(abs(value), display_format).replace(" %", " pp")
    # what rounds to 0 has no sign
    if not any(digit in "123456789" for digit in text):
        return text
    return ("+" if value > 0 else "-") + text


def format_target(row: Row, to: str = "to") -> str:
    """One figure, or both ends of a band."""
    if row.target_lower is None and row.target_upper is None:
        return format_value(row.target, row.display_format)
    lower, upper = (format_value(bound, row.display_format) for bound in (row.target_lower, row.target_upper))
    return f"{lower.removesuffix(' %')} {to} {upper}"


def scorecard_table(rows: list[Row], company: str, currency: str, language: str, width: int = 200) -> Table:
    """The rows, grouped by perspective; on a narrow screen without quality and with statuses as shapes only."""
    words = WORDS[language]
    narrow = width < 108
    headings = words["columns"][:-1] if narrow else words["columns"]
    table = Table(title=f"{company} ({currency})", title_justify="left", header_style="bold", pad_edge=False)
    for index, heading in enumerate(headings):
        table.add_column(
            heading,
            justify="right" if index in (2, 3, 4) else "left",
            no_wrap=index > 0,
            # titles wrap, figures do not
            overflow="ellipsis" if index else "fold",
            min_width=None if index else 16,
        )
    for perspective in PERSPECTIVES:
        members = [row for row in rows if row.perspective == perspective]
        if not members:
            continue
        table.add_section()
        table.add_row(Text(words[perspective], style="bold italic"))
        for row in members:
            shape, colour = STATUS_LOOK[row.status]
            actual = (
                format_value(row.actual, row.display_format)
                if row.actual is not None
                else f"({words['reasons'].get(row.no_value_reason, row.no_value_reason)})"
            )
            cells = [
                Text(row.title),
                row.period_name,
                Text(actual),
                format_target(row, words["to"]),
                format_variance(row.variance, row.display_format),
                Text(shape if narrow else f"{shape} {row.status_label}", style=colour),
                # where nothing is shown, nothing has passed
                "–" if row.actual is None and row.quality == "passed" else words["quality"][row.quality],
            ]
            table.add_row(*cells[: len(headings)])
    return table


def print_scorecard(
    published: Path,
    console: Console,
    grain: str = "quarter",
    language: str = "en",
    level: str | None = "strategic",
) -> None:
    """Read the published file and print its scorecard, its notes and where it lies."""
    with duckdb.connect(str(published), read_only=True) as connection:
        rows = read_rows(connection, grain, language, level)
        count = connection.execute("select count(*) from scorecard.kpi_catalogue").fetchone()[0]
        edition, company, currency, as_of, published_at = _edition(connection)
        notes = connection.execute(
            f"select distinct data_note_{language} from scorecard.kpi_catalogue"
            f" where data_note_{language} <> '' order by 1"
        ).fetchall()
    console.print()
    console.print(scorecard_table(rows, company, currency, language, console.width))
    sentences = sorted({sentence for (note,) in notes for sentence in note.split("\n")})
    console.print(
        Group(
            *(Text(f"* {sentence}", style="dim") for sentence in sentences),
            *([Text(f"\n{WORDS[language]['more'].format(shown=len(rows), count=count)}")] if level else []),
            Text(f"\nEdition {edition}, as of {as_of:%Y-%m-%d}, published {published_at:%Y-%m-%d %H:%M} UTC"),
            Text(f"File    {_short(published)}", no_wrap=True, overflow="ignore"),
        )
    )


def conservation_table(lines: Sequence[ConservationLine]) -> Table:
    """Where every row and every cent of the raw tables is; the rows of a table once, then each of its amounts."""
    table = Table(title="Read = loaded + rejected + superseded", title_justify="left", box=SIMPLE)
    table.add_column("Raw table, amount", overflow="fold")
    for heading in ("Files", "Read", "Loaded", "Rejected", "Superseded", "Unreadable", ""):
        table.add_column(heading, justify="right", no_wrap=True)
    rows, before = [0, 0, 0, 0, 0], None
    for line in lines:
        name = f"{line.source_system}.{line.table_name}"
        if name != before:
            counts = [line.files, line.rows_read, line.rows_loaded, line.rows_rejected, line.rows_superseded]
            rows = [total + count for total, count in zip(rows, counts, strict=True)]
            table.add_row(name, *(f"{count:,}" for count in counts), "", _kept(line))
        if line.column_name is not None:
            amounts = (line.amount_read, line.amount_loaded, line.amount_rejected, line.amount_superseded)
            shown = (f"{amount.normalize():,f}" for amount in amounts)
            table.add_row(f"  {line.column_name}", "", *shown, f"{line.unreadable_count:,}", _kept(line))
        before = name
    count = sum(line.column_name is not None for line in lines)
    kept = "ok" if all(line.is_conserved for line in lines) else "BROKEN"
    table.add_section()
    table.add_row(f"all rows, {count} amounts", *(f"{total:,}" for total in rows), "", kept, style="bold")
    return table


def _kept(line: ConservationLine) -> str:
    return "ok" if line.is_conserved else "BROKEN"


def _short(path: Path) -> Path:
    """The path as one would type it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _edition(connection: duckdb.DuckDBPyConnection) -> tuple[str, str, str, date, date]:
    return connection.execute(
        "select edition_id, company_name, reporting_currency, as_of_date, published_at from scorecard.publication"
    ).fetchone()
