"""Figures that somebody else measured, at random: several grains, corrections, gaps, values beside parts."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from tests.properties.company import Company, Draw

KINDS = {
    "brand_awareness_ratio": ("quarter", "month"),
    "software_uptime_ratio": ("day", "month"),
    "downloads_count": ("month",),
    "distributors_count": ("month", "quarter"),
    "user_retention_ratio": ("month", "quarter", "year"),
    "stakeholder_satisfaction_score": ("quarter", "year"),
}


def _starts(company: Company, grain: str) -> list[date]:
    """First days of the fiscal calendar's periods."""
    if grain == "day":
        return [company.as_of - timedelta(days=n) for n in range(500)]
    months = {"month": 1, "quarter": 3, "year": 12}[grain]
    return [
        date(year, month, 1)
        for year in range(company.history_from.year - 1, company.as_of.year + 1)
        for month in range(1, 13)
        if (month - company.fiscal_year_start_month) % 12 % months == 0
    ]


def draw_observed(draw: Draw, company: Company) -> None:
    """Fill the observations."""
    rows = []
    for kpi_id, grains in KINDS.items():
        for grain in grains:
            for start in _starts(company, grain):
                for scope_type, scope_id in (("company", "all"), ("region", "Norr")):
                    for version in range(draw.pick((0, 1, 1, 1, 1, 1, 1, 1, 2))):
                        has_parts = kpi_id.endswith("_ratio") and draw.happens(0.9)
                        rows.append(
                            {
                                "kpi_id": kpi_id,
                                "period_grain": grain,
                                "period_start_date": start,
                                "scope_type": scope_type,
                                "scope_id": scope_id,
                                "numerator": Decimal(draw.whole(0, 90)) if has_parts else None,
                                "denominator": Decimal(draw.whole(0, 90)) if has_parts else None,
                                "value": None if has_parts else Decimal(draw.whole(-20, 900)) / 8,
                                "observed_at": datetime.combine(start, time(8, version))
                                + timedelta(days=draw.whole(20, 60)),
                                "source": "survey",
                            }
                        )
    company.tables["observations"] = rows
