"""The KPI catalogue as Markdown, a page a department: `make catalogue` writes docs/kpis/ from the seed.

Belongs here: turning catalogue rows into text. What a KPI means is decided in the seed and in its SQL file;
nothing is added to it here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from dagster_project.lib.catalogue import OBSERVED_DOMAIN, OBSERVED_MODEL

Row = Mapping[str, str]

_PERSPECTIVES = {
    "financial": "Financial",
    "customer": "Customer",
    "internal_process": "Internal processes",
    "learning_growth": "Learning and growth",
}
_BASIS = {
    "flow": "what happens during the period",
    "stock": "what there is at its end",
    "snapshot": "the last one taken in it",
}
_HEADER = (
    "<!-- Written by `make catalogue` from seeds/reference/kpis.csv: edit that file, not this one. -->\n"
)


def pages(rows: Iterable[Row]) -> dict[str, str]:
    """File name -> text: a page for each department and README.md as their index."""
    departments: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row["kpi_id"]):
        departments.setdefault(row["department"], []).append(row)
    written = {
        f"{department}.md": f"{_HEADER}# {_words(department)}\n\n"
        + "\n".join(_section(row) for row in members)
        for department, members in sorted(departments.items())
    }
    listed = [row for members in departments.values() for row in members]
    lines = [
        f"| [`{row['kpi_id']}`]({row['department']}.md#{row['kpi_id']}) | {row['title_en']} | {row['title_sv']} "
        f"| {_words(row['department'])} | {_PERSPECTIVES[row['perspective']]} |"
        for row in listed
    ]
    written["README.md"] = "\n".join(
        [
            f"{_HEADER}# The KPIs",
            "",
            "Every KPI with its definition, one page a department. The same catalogue is the published table",
            "`kpi_catalogue`.",
            "",
            "| KPI | English | Svenska | department | perspective |",
            "|---|---|---|---|---|",
            *sorted(lines),
            "",
            "## Not in the metric layer",
            "",
            "Any other KPI is a metric too: [docs/metric_layer.md](../metric_layer.md).",
            "",
            *_without_metric(listed),
            "",
        ]
    )
    return written


def write_pages(folder: Path, rows: Iterable[Row]) -> list[Path]:
    """Write the pages below ``folder``, remove those of departments that are gone; the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = pages(rows)
    for old in folder.glob("*.md"):
        if old.name not in written:
            old.unlink()
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in sorted(written)]


def _without_metric(rows: Iterable[Row]) -> list[str]:
    """A line for each reason, with the KPIs that share it."""
    reasons: dict[str, list[str]] = {}
    for row in rows:
        if row["metric_layer_note"]:
            reasons.setdefault(row["metric_layer_note"], []).append(f"`{row['kpi_id']}`")
    return [f"- {reason} {', '.join(sorted(kpis))}" for reason, kpis in sorted(reasons.items())]


def _section(row: Row) -> str:
    file = _model_file(row)
    facts = [
        ("Formula", row["formula"]),
        (
            "Unit",
            f"{row['unit']}, read as {row['display_format']}"
            if row["unit"] != row["display_format"]
            else row["unit"],
        ),
        ("Good is", {"higher": "higher", "lower": "lower", "band": "inside a band"}[row["direction"]]),
        ("Perspective and goal", f"{_PERSPECTIVES[row['perspective']]}, {_words(row['goal']).lower()}"),
        ("Level", f"{row['level']}, {row['leading_lagging']}"),
        ("Counts", _BASIS[row["period_basis"]]),
        (
            "Final",
            f"{row['final_after_days']} days after the end of a period" if row["final_after_days"] else "",
        ),
        ("Grains", _listed(row["grains"])),
        ("Scopes", _listed(row["scopes"])),
        ("Roll-up", f"{row['additivity'].replace('_', '-')}: {row['additivity_note']}"),
        ("Owner", f"{_words(row['owner_role']).lower()}, reviewed {row['review_cadence']}"),
        ("Targets", _TARGETS[row["target_rule"]]),
        ("A year's target", "" if row["target_rule"] == "none" else _PHASING[row["target_phasing"]]),
        (
            "Benchmark",
            f"{row['benchmark_value']} ({row['benchmark_source']})" if row["benchmark_value"] else "",
        ),
        ("Metric layer", row["metric_layer_note"] or f'`make mf ARGS="query --metrics {row["kpi_id"]}"`'),
        ("Data from", _listed(row["domains"])),
        ("SQL", f"[`{file.name}`](../../{file.as_posix()})"),
    ]
    note = f"\n> {row['note']}\n" if row["note"] else ""
    table = "\n".join(f"| {name} | {_cell(value)} |" for name, value in facts if value)
    return (
        f'<a id="{row["kpi_id"]}"></a>\n\n## {row["title_en"]}: `{row["kpi_id"]}`\n\n{row["description_en"]}  \n'
        f"*{row['title_sv']}: {row['description_sv']}*\n{note}\n| | |\n|---|---|\n{table}\n"
    )


_TARGETS = {
    "set": "set by people, in `targets.csv`",
    "budget": "follow from the budget",
    "quota": "follow from the quotas of the salespeople, or set in `targets.csv`",
    "none": "none: shown without a target",
}

_PHASING = {
    "adds_up": "is the sum of its months",
    "grows": "grows with the length of the period: a month has its share",
    "shrinks": "its loss grows with the length of the period: a month has its share",
    "same": "is that of every month too",
    "none": "says nothing about a month; each grain needs its own",
}


def _model_file(row: Row) -> Path:
    if row["domains"] == OBSERVED_DOMAIN:
        return Path("dbt_project/models/kpis/observed") / f"{OBSERVED_MODEL}.sql"
    return Path("dbt_project/models/kpis") / row["department"] / f"{row['kpi_id']}.sql"


def _words(name: str) -> str:
    text = name.replace("_", " ")
    return text.upper() if text == "hr" else text[:1].upper() + text[1:]


def _listed(names: str) -> str:
    return ", ".join(name.replace("_", " ") for name in names.split(","))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
