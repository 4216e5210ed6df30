"""What happens to the company, and when. Every number that makes a KPI green or red stands here.

2023 is a normal year, 2024 a good one. Early in 2025 people are ill, the pipeline has thinned, a
supplier slips; the second quarter is bad in Stockholm and on the web, sold with discounts; the
autumn recovers, with a marketing spend far over budget.
"""

from datetime import date

from benchmarks.demo_company.company import FIRST_DAY

LATE_SUPPLIER_ID = "S5"


def _between(day: date, first: tuple[int, int, int], last: tuple[int, int, int]) -> bool:
    return date(*first) <= day <= date(*last)


def trend(day: date) -> float:
    """Growth of the company's volume: 1 in the middle of the first year, 0.12 more each year."""
    return 0.94 + 0.12 * (day - FIRST_DAY).days / 365


def demand_factor(day: date, region: str, channel: str) -> float:
    """Orders as a share of what trend and season promise."""
    factor = 1.0
    if _between(day, (2025, 4, 1), (2025, 6, 30)):
        factor *= 0.62 if region == "Stockholm" else 0.93
        factor *= 0.68 if channel == "web" else 0.95
    elif _between(day, (2025, 7, 1), (2025, 9, 30)):
        factor *= 0.90 if region == "Stockholm" else 1.0
        factor *= 0.93 if channel == "web" else 1.0
    elif _between(day, (2024, 1, 1), (2024, 12, 31)):
        factor *= 1.02
    return factor


def extra_discount_percent(day: date, region: str, channel: str) -> int:
    """Percentage points of discount given to save the quarter."""
    if not _between(day, (2025, 4, 1), (2025, 6, 30)):
        return 1 if day >= date(2025, 7, 1) else 0
    return 9 if region == "Stockholm" or channel == "web" else 4


def delivery_on_time_share(day: date, needs_late_supplier: bool) -> float:
    """Share of orders that arrive in time; what the late supplier makes is short from 2025."""
    if day.year >= 2025 and needs_late_supplier:
        return 0.74 if day < date(2025, 10, 1) else 0.82
    return 0.955 if day.month not in (11, 12) else 0.925


def backorder_share(day: date, needs_late_supplier: bool, is_late: bool) -> float:
    """Share of orders that had to wait for goods which were not in stock."""
    if day.year >= 2025 and needs_late_supplier:
        return 0.75 if is_late else 0.06
    return 0.40 if is_late else 0.012


def in_full_share(day: date, needs_late_supplier: bool, is_late: bool) -> float:
    """Share of delivered orders in which nothing is missing."""
    return 0.84 if day.year >= 2025 and needs_late_supplier and is_late else 0.975


def carbon_grams_per_tonne_km(day: date) -> int:
    """Emissions of the hauliers, who change to renewable fuel during 2025."""
    return 82 if day < date(2025, 1, 1) else 76 if day < date(2025, 7, 1) else 68


def assembly_days(day: date, needs_late_supplier: bool) -> tuple[int, int]:
    """Shortest and longest assembly: parts of the late supplier are waited for, ill people too."""
    if day.year >= 2025 and needs_late_supplier:
        return 4, 11
    return (3, 7) if _between(day, (2025, 1, 7), (2025, 3, 9)) else (2, 5)


def supplier_delay_days(day: date, supplier_id: str) -> float:
    """Mean days between the promised and the real receipt of a purchase order placed on the day."""
    if supplier_id != LATE_SUPPLIER_ID:
        return 0.4
    return 2.0 if day < date(2024, 7, 1) else 6.0 if day < date(2025, 1, 1) else 14.0


def reject_share(day: date, supplier_id: str) -> float:
    """Share of received units that are rejected."""
    if supplier_id != LATE_SUPPLIER_ID or day < date(2025, 1, 1):
        return 0.008 if supplier_id != LATE_SUPPLIER_ID else 0.016
    return 0.03 + 0.011 * min(day.month - 1 + 12 * (day.year - 2025), 7)


def sickness_factor(day: date) -> float:
    """Sick days as a multiple of a normal day: more in winter, an influenza early in 2025."""
    if _between(day, (2025, 1, 7), (2025, 3, 9)):
        return 2.9
    return 1.45 if day.month in (1, 2, 12) else 0.6 if day.month in (6, 7, 8) else 1.0


def pipeline_factor(day: date) -> float:
    """Opportunities as a share of normal: fewer from autumn 2024, more again from summer 2025."""
    if _between(day, (2024, 10, 1), (2025, 5, 31)):
        return 0.52
    return 1.3 if _between(day, (2025, 7, 1), (2025, 12, 31)) else 1.0


def lead_conversion_factor(day: date) -> float:
    """Conversion of leads as a share of normal."""
    return 0.68 if _between(day, (2024, 11, 1), (2025, 6, 30)) else 1.0


def marketing_cost_factor(day: date) -> float:
    """Marketing cost as a share of the campaigns' budget: an expensive recovery in 2025."""
    if day.year < 2025:
        return 0.98
    return 1.12 if day < date(2025, 5, 1) else 1.42


def freight_per_mille(day: date) -> int:
    """Freight to customers, in thousandths of revenue."""
    return 28 if day < date(2025, 4, 1) else 33


def billable_share(day: date) -> float:
    """Share of hours worked that customers pay for."""
    return 0.60 if _between(day, (2025, 4, 1), (2025, 8, 31)) else 0.73


def payment_delay_days(day: date) -> int:
    """Extra days that invoices of the day wait for payment."""
    return 9 if _between(day, (2025, 3, 1), (2025, 8, 31)) else 0


def leave_probability(day: date) -> float:
    """Chance a month that an employee gives notice."""
    return 0.008 if day < date(2025, 3, 1) else 0.014


def discontent_factor(day: date) -> float:
    """Low scores of the staff surveys as a multiple of normal."""
    if _between(day, (2025, 4, 1), (2025, 9, 30)):
        return 2.3
    return 1.5 if day.year == 2025 else 1.0


def is_bad_quarter(day: date) -> bool:
    """True in the quarter in which what other systems observe slips too."""
    return _between(day, (2025, 4, 1), (2025, 6, 30))
