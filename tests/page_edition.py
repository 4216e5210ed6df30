"""A small made-up edition for the page, with every status, every reason and names that mean harm."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas

NO_CHROMIUM = "there is no Chromium: as root .ci/run installs Debian's; elsewhere install it, or set SCORECARD_CHROMIUM to its path"
HOSTILE = '</script><img src=x onerror=alert(1)> "O\'Brien" & מכירות 🚚'
EDITION = "2025-11-30-0123456789"
_NUMBER = "decimal(38, 10)"
_KEY = {
    "kpi_id": "varchar",
    "period_grain": "varchar",
    "period_start_date": "date",
    "scope_type": "varchar",
    "scope_id": "varchar",
}


def _numbers(names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), _NUMBER)


def _texts(names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), "varchar")


def _counts(names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), "bigint")


def _dates(names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), "date")


TABLES: dict[str, dict[str, str]] = {
    "publication": _texts("edition_id company company_name reporting_currency quality_status git_commit")
    | {"published_at": "timestamp", "as_of_date": "date"}
    | _counts("checks_evaluated checks_failed"),
    "periods": _texts("period_grain period_status period_name") | _dates("period_start_date period_end_date"),
    "scopes": _texts("scope_type scope_id scope_name parent_scope_type parent_scope_id"),
    "statuses": _texts("status label_en label_sv meaning_en meaning_sv") | _counts("status_order"),
    "strategy_map": _texts("to_goal_id to_title_en to_title_sv"),
    "kpi_catalogue": _texts(
        "kpi_id title_en title_sv description_en description_sv department perspective goal level unit display_format"
        " direction period_basis grains scopes owner_role formula note benchmark_source data_note_en data_note_sv"
    ),
    "kpi_scorecard": _KEY
    | _dates("period_end_date data_as_of held_since value_as_of_date")
    | _texts(
        "period_status scope_name no_value_reason target_id target_origin no_comparison_reason status comparison_basis"
        " quality_status definition_hash edition_id held_check value_edition_id"
    )
    | _numbers(
        "numerator denominator actual_value target_value target_lower target_upper period_target_value variance"
        " variance_ratio favourable_variance score previous_value previous_favourable_change last_year_value"
        " last_year_favourable_change benchmark_value benchmark_favourable_change"
    )
    | _counts("scope_rank ranked_scopes_count checks_evaluated checks_failed input_row_count"),
    "kpi_signals": _KEY
    | _numbers("actual_value centre_line lower_limit upper_limit")
    | _dates("period_end_date baseline_from_date baseline_to_date")
    | _counts("baseline_points_count run_length")
    | {"is_signal": "boolean", "is_favourable": "boolean"}
    | _texts("signal_rule no_limits_reason"),
    "kpi_drivers": _KEY
    | _texts("compared_with dimension driver_type driver_id driver_name_en driver_name_sv")
    | _counts("driver_order")
    | _numbers("base_value actual_value contribution favourable_contribution start_value end_value"),
    "kpi_tree": _texts("root_kpi_id kpi_id component_id component_kpi_id operation title_en title_sv")
    | _counts("component_order tree_level"),
    "kpi_outlook": _KEY
    | {"method": "varchar", "is_chosen": "boolean"}
    | _numbers(
        "outlook_value lower_value upper_value interval_level target_value target_lower target_upper chance_of_target"
        " backtest_coverage_ratio backtest_error_ratio"
    )
    | _texts("outlook_status no_outlook_reason")
    | _counts("history_periods_count backtest_count"),
    "kpi_status_events": _KEY
    | _texts("from_status to_status")
    | _dates("until_date")
    | _counts("periods_count"),
    "balanced_scorecard": _texts("perspective period_grain scope_type scope_id status")
    | _dates("period_start_date")
    | _numbers("score coverage")
    | _counts("kpis_count scored_kpis_count"),
    "balanced_scorecard_kpis": _KEY | _texts("perspective") | _numbers("weight"),
    "objectives": _texts("objective_id scope_type scope_id title_en title_sv owner_role status")
    | _dates("period_start_date period_end_date")
    | _numbers("score coverage expected_progress"),
    "key_results": _texts(
        "key_result_id objective_id title_en title_sv kpi_id scope_type scope_id status no_value_reason"
    )
    | _numbers("baseline_value target_value actual_value progress_ratio score expected_progress weight"),
    "initiatives": _texts("initiative_id objective_id title_en title_sv state")
    | {"due_date": "date", "is_overdue": "boolean"},
}
# kpi, title, Swedish title, perspective, department, format, direction, actual, target, status, what else is true of it
KPIS: list[tuple[Any, ...]] = [
    ("margin", "Gross margin", "Bruttomarginal", "financial", "finance", "percent", "higher", 0.31, 0.375, "off_track", {}),
    ("revenue", "Revenue", "Intäkter", "financial", "sales", "amount", "higher", 12_345_678.9, 12e6, "achieved", {}),
    ("delay", "Delay", "Försening", "customer", "logistics", "days", "lower", 6.6, 6.5, "at_risk", {"quality_status": "stale"}),
    ("nps", "Net promoter score", "Rekommendation", "customer", "service", "score", "higher", 40, 35, "on_track", {}),
    ("rejects", "Rejects", "Kassationer", "internal_process", "logistics", "percent", "lower", 0.02, None, "held",
     {"quality_status": "held", "held_check": "raw/shop/orders: keys", "held_since": date(2025, 11, 28),
      "value_as_of_date": date(2025, 11, 27), "value_edition_id": "2025-11-27-aaaaaaaaaa", "no_comparison_reason": "held"}),
    ("pay_gap", "Pay gap", "Lönegap", "learning_growth", "hr", "percent", "band", None, None, "no_data",
     {"no_value_reason": "withheld", "no_comparison_reason": "no_data"}),
    ("training", "Training", "Utbildning", "learning_growth", "hr", "hours", "higher", 4.5, None, "no_target",
     {"no_comparison_reason": "no_target"}),
    ("hostile", HOSTILE, HOSTILE, "internal_process", "innovation", "count", "higher", 7, 5, "achieved", {}),
    ("empty", "Empty", "Tomt", "customer", "marketing", "multiple", "higher", None, 2, "no_data",
     {"no_value_reason": "no_data", "no_comparison_reason": "no_data"}),
]  # fmt: skip
STATUSES = {
    "held": "Pausad", "no_data": "Data saknas", "no_target": "Mål saknas", "achieved": "Uppnådd",
    "on_track": "På rätt spår", "at_risk": "I riskzonen", "off_track": "Avspårad",
}  # fmt: skip


def made_up(file: Path, without: str | None = None, regions: int = 2) -> Path:
    """Write the edition; `without` leaves a table out, `regions` is how many regions it has."""
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema scorecard")
        for table, columns in TABLES.items():
            if table != without:
                described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
                connection.execute(f"create table scorecard.{table} ({described})")
                _insert(connection, table, _rows(table, regions))
    return file


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    columns = list(TABLES[table])
    unknown = {name for row in rows for name in row} - set(columns)
    assert not unknown, f"{table} has no {unknown}"
    if rows:
        frame = pandas.DataFrame(
            [[row.get(name) for name in columns] for row in rows], columns=columns, dtype=object
        )
        connection.register("frame", frame)
        connection.execute(f"insert into scorecard.{table} select * from frame")
        connection.unregister("frame")


def _periods() -> list[dict[str, Any]]:
    """Two years to November 2025: the fourth quarter and the year are open."""
    found = []
    for year in (2024, 2025):
        for month in range(1, 13 if year == 2024 else 12):
            following = date(year + month // 12, month % 12 + 1, 1)
            end = date.fromordinal(following.toordinal() - 1)
            found.append(("month", date(year, month, 1), end, f"{year}-{month:02d}", "settled"))
        for quarter in range(1, 5):
            end = (date(year, 3, 31), date(year, 6, 30), date(year, 9, 30), date(year, 12, 31))[quarter - 1]
            status = "open" if (year, quarter) == (2025, 4) else "settled"
            found.append(("quarter", date(year, 3 * quarter - 2, 1), end, f"{year} Q{quarter}", status))
        found.append(
            ("year", date(year, 1, 1), date(year, 12, 31), str(year), "open" if year == 2025 else "settled")
        )
    names = ("period_grain", "period_start_date", "period_end_date", "period_name", "period_status")
    return [dict(zip(names, row, strict=True)) for row in found]


def _scopes(regions: int) -> list[tuple[str, str, str]]:
    made = [("region", f"r{number}", f"Region {number}") for number in range(2, regions)]
    return [
        ("company", "all", "Prov & Co"),
        ("region", "north", "Norrland"),
        ("region", "evil", HOSTILE),
        *made,
    ]


def _facts(regions: int) -> list[dict[str, Any]]:
    facts = []
    for period in _periods():
        place = {
            name: period[name]
            for name in ("period_grain", "period_start_date", "period_end_date", "period_status")
        }
        for scope_type, scope_id, scope_name in _scopes(regions):
            for kpi, *_, direction, actual, target, status, more in KPIS:
                if scope_type != "company" and kpi not in ("margin", "pay_gap"):
                    continue
                wobble = 1 + 0.02 * ((period["period_start_date"].month * 7) % 5 - 2)
                value = (
                    None if actual is None else actual * (1 if period["period_grain"] != "month" else wobble)
                )
                variance = None if value is None or target is None or status == "held" else value - target
                facts.append(
                    place
                    | {"kpi_id": kpi, "scope_type": scope_type, "scope_id": scope_id, "scope_name": scope_name}
                    | {"actual_value": value, "target_value": target, "variance": variance, "status": status}
                    | {"favourable_variance": None if variance is None else variance * (-1 if direction == "lower" else 1)}
                    | {"last_year_value": None if variance is None else value * 0.9, "score": None if variance is None else 5}
                    | {"last_year_favourable_change": None if variance is None else value * (-0.1 if direction == "lower" else 0.1)}
                    | {"comparison_basis": "whole_period", "quality_status": "passed", "checks_evaluated": 12, "checks_failed": 0}
                    | {"data_as_of": date(2025, 11, 30), "input_row_count": 1234, "definition_hash": "0f0f", "edition_id": EDITION}
                    | {"value_edition_id": EDITION, "value_as_of_date": date(2025, 11, 30)}
                    | more
                )  # fmt: skip
    return facts


def _rows(table: str, regions: int) -> list[dict[str, Any]]:
    third = {
        "period_grain": "quarter",
        "period_start_date": date(2025, 7, 1),
        "scope_type": "company",
        "scope_id": "all",
    }
    year = third | {"period_grain": "year", "period_start_date": date(2025, 1, 1)}
    if table == "publication":
        return [
            {
                "edition_id": EDITION,
                "company": "prov",
                "company_name": "Prov & Co",
                "reporting_currency": "SEK",
            }
            | {
                "published_at": "2025-12-01 02:00:00",
                "as_of_date": date(2025, 11, 30),
                "quality_status": "passed",
            }
            | {"checks_evaluated": 40, "checks_failed": 1, "git_commit": "abc"}
        ]
    if table == "periods":
        return _periods()
    if table == "scopes":
        return [
            {"scope_type": kind, "scope_id": name, "scope_name": title}
            for kind, name, title in [*_scopes(regions), ("employee", "E001", "Someone")]
        ]
    if table == "statuses":
        return [
            {"status": status, "status_order": place, "label_en": status.replace("_", " ").capitalize()}
            | {"label_sv": swedish, "meaning_en": "What it means.", "meaning_sv": "Vad det betyder."}
            for place, (status, swedish) in enumerate(STATUSES.items(), 1)
        ]
    if table == "strategy_map":
        return [{"to_goal_id": "grow", "to_title_en": "Grow", "to_title_sv": "Väx"}]
    if table == "kpi_catalogue":
        return [
            {"kpi_id": kpi, "title_en": title, "title_sv": swedish, "description_en": f"About {kpi}.", "goal": "grow"}
            | {"description_sv": f"Om {kpi}.", "perspective": perspective, "department": department, "level": "strategic"}
            | {"display_format": form, "direction": direction, "grains": "month,quarter,year", "scopes": "company,region"}
            | {"owner_role": "head_of_sales", "formula": "one thing / another", "unit": form}
            for kpi, title, swedish, perspective, department, form, direction, *_ in KPIS
        ]  # fmt: skip
    if table == "kpi_scorecard":
        single = {"kpi_id": "revenue", "scope_type": "employee", "scope_id": "E001", "actual_value": 4711}
        return [*_facts(regions), third | single | {"status": "no_target"}]
    if table == "kpi_signals":
        return [
            {name: fact.get(name) for name in _KEY}
            | {
                "actual_value": fact["actual_value"],
                "centre_line": 0.37,
                "lower_limit": 0.35,
                "upper_limit": 0.39,
            }
            | {"is_signal": True, "signal_rule": "below_limits", "is_favourable": False, "run_length": 3}
            | {
                "baseline_from_date": date(2024, 1, 1),
                "baseline_to_date": date(2024, 12, 31),
                "baseline_points_count": 12,
            }
            for fact in _facts(regions)
            if fact["kpi_id"] == "margin"
            and fact["period_status"] == "settled"
            and fact["period_grain"] != "year"
        ]
    if table == "kpi_drivers":
        moved = [("north", "Norrland", "Norrland", -0.08), ("evil", HOSTILE, HOSTILE, 0.015)]
        return [
            third
            | {"kpi_id": "margin", "compared_with": "target", "dimension": "region", "driver_type": "member"}
            | {
                "driver_id": driver,
                "driver_name_en": english,
                "driver_name_sv": swedish,
                "driver_order": place,
            }
            | {"base_value": 0.375, "actual_value": 0.31, "contribution": x, "favourable_contribution": x}
            | {"start_value": 0.375, "end_value": 0.31}
            for place, (driver, english, swedish, x) in enumerate(moved, 1)
        ]
    if table == "kpi_tree":
        return [
            {
                "root_kpi_id": "margin",
                "kpi_id": "margin",
                "component_id": name,
                "component_kpi_id": kpi,
                "operation": sign,
            }
            | {"title_en": english, "title_sv": swedish, "component_order": place, "tree_level": 1}
            for place, (name, kpi, sign, english, swedish) in enumerate(
                [
                    ("revenue", "revenue", "+", "Revenue", "Intäkter"),
                    ("costs", None, "-", "Costs", "Kostnader"),
                ],
                1,
            )
        ]
    if table == "kpi_outlook":
        return [
            year
            | {"kpi_id": "margin", "method": method, "is_chosen": method == "run_rate", "outlook_value": 0.32}
            | {"lower_value": 0.30, "upper_value": 0.34, "interval_level": 0.8, "target_value": 0.375}
            | {"chance_of_target": 0.04, "outlook_status": "off_track", "history_periods_count": 24}
            | {"backtest_count": 20, "backtest_coverage_ratio": 0.79, "backtest_error_ratio": 0.02}
            for method in ("run_rate", "smoothing")
        ] + [year | {"kpi_id": "pay_gap", "is_chosen": False, "no_outlook_reason": "withheld"}]
    if table == "kpi_status_events":
        began = {"period_start_date": date(2025, 1, 1), "from_status": "on_track", "to_status": "off_track"}
        return [third | began | {"kpi_id": "margin", "periods_count": 3}]
    if table == "balanced_scorecard":
        return [
            third
            | {"perspective": perspective, "score": 5.5, "coverage": 0.8, "status": "at_risk"}
            | {"kpis_count": 2, "scored_kpis_count": 1}
            for perspective in ("all", "financial", "customer", "internal_process", "learning_growth")
        ]
    if table == "balanced_scorecard_kpis":
        return [
            third | {"kpi_id": kpi, "perspective": perspective, "weight": 1}
            for kpi, _, _, perspective, *_ in KPIS
            if kpi != "empty"
        ]
    if table == "objectives":
        base = {
            "period_start_date": date(2025, 1, 1),
            "period_end_date": date(2025, 12, 31),
            "status": "at_risk",
        }
        base |= {"score": 0.4, "coverage": 1, "expected_progress": 0.9, "owner_role": "head_of_sales"}
        return [
            base
            | {
                "objective_id": "o1",
                "scope_type": "company",
                "scope_id": "all",
                "title_en": "Pay for the growth",
            }
            | {"title_sv": "Betala för tillväxten"},
            base
            | {
                "objective_id": "o2",
                "scope_type": "employee",
                "scope_id": "E001",
                "title_en": "A person's own",
            }
            | {"title_sv": "En persons eget"},
        ]
    if table == "key_results":
        result = {"scope_type": "company", "scope_id": "all", "weight": 1, "expected_progress": 0.9}
        return [
            result
            | {
                "key_result_id": "k1",
                "objective_id": "o1",
                "title_en": "Margin of 37.5 %",
                "title_sv": "Marginal på 37,5 %",
            }
            | {
                "kpi_id": "margin",
                "baseline_value": 0.3,
                "target_value": 0.375,
                "actual_value": 0.31,
                "score": 0.13,
            }
            | {"status": "off_track", "progress_ratio": 0.13},
            result
            | {
                "key_result_id": "k2",
                "objective_id": "o1",
                "title_en": "Fewer rejects",
                "title_sv": "Färre kassationer",
            }
            | {"kpi_id": "rejects", "target_value": 0.01, "status": "held", "no_value_reason": "held"},
        ]
    if table == "initiatives":
        return [
            {"initiative_id": "i1", "objective_id": "o1", "title_en": "New prices", "title_sv": "Nya priser"}
            | {"state": "started", "due_date": date(2025, 10, 31), "is_overdue": True}
        ]
    raise KeyError(table)
