"""`make kpi`: the files and lines of a new KPI, with what is left to a person marked and failing.

Belongs here: the text of a fresh KPI. The skeleton is the one that all KPI files share; the structure tests
and the unit test that is written here fail until somebody has filled it in.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

FILL_IN = "FILL IN"
UNIT_OF_SUFFIX = {
    "ratio": ("ratio", "percent"),
    "amount": ("amount", "amount"),
    "count": ("count", "count"),
    "days": ("days", "days"),
    "hours": ("hours", "hours"),
    "minutes": ("minutes", "minutes"),
    "months": ("months", "months"),
    "kg": ("kg", "kg"),
    "score": ("score", "score"),
}


class ScaffoldError(ValueError):
    """The KPI can not be made; the message says what was asked for and what is allowed."""


def new_kpi(root: Path, kpi_id: str, department: str, measures: str) -> list[Path]:
    """Write twin files, union line and catalogue row of a KPI below the checkout ``root``.

    ``measures`` is the periodic model that it divides. Nothing is written unless all of it can be.

    Raises:
        ScaffoldError: the name is no KPI name or taken, or there is no such department or model.
    """
    models = root / "dbt_project" / "models"
    catalogue = root / "seeds" / "reference" / "kpis.csv"
    union = models / "scorecard" / "kpi_results.sql"
    unit, display_format = _unit(kpi_id)
    with catalogue.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        columns, rows = list(reader.fieldnames or []), list(reader)
    if any(row["kpi_id"] == kpi_id for row in rows) or list(models.rglob(f"{kpi_id}.sql")):
        raise ScaffoldError(f"There is a KPI or a model named {kpi_id} already; choose another name.")
    departments = sorted({row["department"] for row in rows})
    if not re.fullmatch(r"[a-z][a-z_]*", department):
        raise ScaffoldError(
            f"DEPARTMENT is {department!r}; use one of {', '.join(departments)}, or a new name in lower case."
        )
    source = models / "metrics" / f"{measures}.sql"
    if not measures.endswith("_periodic") or not source.exists():
        known = ", ".join(sorted(path.stem for path in (models / "metrics").glob("*_periodic.sql")))
        raise ScaffoldError(f"MEASURES is {measures!r}; a KPI reads a periodic measure model: {known}.")

    folder = models / "kpis" / department
    sql, twin = folder / f"{kpi_id}.sql", folder / f"{kpi_id}.yml"
    texts = {
        sql: _SQL.format(kpi_id=kpi_id, measures=measures, fill_in=FILL_IN),
        twin: _YML.format(kpi_id=kpi_id, measures=measures, fill_in=FILL_IN),
        union: _with_line(union.read_text(encoding="utf-8"), kpi_id),
    }
    row = dict.fromkeys(columns, "") | {
        "kpi_id": kpi_id,
        **dict.fromkeys(("title_en", "title_sv", "description_en", "description_sv", "formula"), FILL_IN),
        **dict.fromkeys(("additivity_note", "goal", "owner_role"), FILL_IN),
        "department": department,
        "perspective": "internal_process",
        "level": "operational",
        "leading_lagging": "lagging",
        "unit": unit,
        "display_format": display_format,
        "direction": "higher",
        "additivity": "ratio",
        "period_basis": "flow",
        "domains": measures.split("_")[1],
        "grains": "month,quarter,year",
        "scopes": "company",
        "review_cadence": "monthly",
        "target_rule": "none",
        "target_phasing": "same",
        "metric_layer_note": FILL_IN,
    }
    line = io.StringIO()
    csv.DictWriter(line, columns, lineterminator="\n").writerow(row)
    text = catalogue.read_text(encoding="utf-8")
    texts[catalogue] = text + ("" if text.endswith("\n") else "\n") + line.getvalue()
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in texts.items():
        path.write_text(content, encoding="utf-8")
    return list(texts)


def _unit(kpi_id: str) -> tuple[str, str]:
    suffix = kpi_id.rpartition("_")[2]
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", kpi_id) or suffix not in UNIT_OF_SUFFIX:
        raise ScaffoldError(
            f"NAME is {kpi_id!r}; a KPI is named in lower case with its unit at the end: "
            + ", ".join(f"_{name}" for name in UNIT_OF_SUFFIX)
            + "."
        )
    return UNIT_OF_SUFFIX[suffix]


def _with_line(union: str, kpi_id: str) -> str:
    """The union with one more line, in alphabetical order."""
    names = sorted({*re.findall(r"ref\('(\w+)'\)", union), kpi_id})
    head = union[: union.index("select * from")]
    return head + "\nunion all\n".join(f"select * from {{{{ ref('{name}') }}}}" for name in names) + "\n"


_SQL = """\
-- {fill_in}: the formula in words
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        cast(null as decimal(38, 4)) as numerator, -- {fill_in}
        cast(null as decimal(38, 4)) as denominator -- {fill_in}
    from {{{{ ref('{measures}') }}}}
)

select
    '{kpi_id}' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{{{ safe_divide('numerator', 'denominator') }}}} as actual_value,
    {{{{ no_ratio_reason('numerator', 'denominator') }}}} as no_value_reason
from kpi
"""

_YML = """\
models:
  - name: {kpi_id}
    description: >-
      {fill_in}: formula, unit, grain, and who reads it.
    columns:
      - {{name: kpi_id, data_type: varchar, description: Always {kpi_id}.}}
      - {{name: period_grain, data_type: varchar, description: "month, quarter or year."}}
      - {{name: period_start_date, data_type: date, description: First day of the period.}}
      - {{name: scope_type, data_type: varchar, description: "company."}}
      - {{name: scope_id, data_type: varchar, description: Name of the scope; all for the company.}}
      - {{name: numerator, data_type: "decimal(38, 10)", description: "{fill_in}"}}
      - {{name: denominator, data_type: "decimal(38, 10)", description: "{fill_in}"}}
      - {{name: actual_value, data_type: "decimal(38, 10)", description: "{fill_in}"}}
      - {{name: no_value_reason, data_type: varchar, description: "no_data or zero_base where there is no value."}}

# Both fail until the formula is there: put in figures that a person can check by hand.
unit_tests:
  - name: {kpi_id}__divides_sums
    model: {kpi_id}
    given:
      - input: ref('{measures}')
        rows:
          - {{period_grain: month, period_start_date: "2025-01-01", scope_type: company, scope_id: all}} # {fill_in}
    expect:
      rows:
        - {{kpi_id: {kpi_id}, scope_type: company, scope_id: all, numerator: 1, denominator: 4, actual_value: 0.25}}

  - name: {kpi_id}__nothing_to_divide_by_has_no_value
    model: {kpi_id}
    given:
      - input: ref('{measures}')
        rows:
          - {{scope_type: company, scope_id: all}} # {fill_in}
    expect:
      rows:
        - {{scope_id: all, numerator: 1, denominator: 0, actual_value: null, no_value_reason: zero_base}}
"""
