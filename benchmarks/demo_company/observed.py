"""Figures that other systems and people measure themselves. Writes observed/observations.

A figure is known at the end of its period. Now and then one is corrected some weeks later: then both
stand in the extract, and the later one counts.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from benchmarks.demo_company import story
from benchmarks.demo_company.chance import Chance
from benchmarks.demo_company.company import DEPARTMENTS, KRONA, Setting
from benchmarks.demo_company.extract import Extracts, kronor
from benchmarks.demo_company.workdays import days, month_end, months

CORRECTION_DAYS = 16
CORRECTED_SHARE = 0.06

# Figures that nobody has delivered.
MISSING = {
    ("meeting_attendance_ratio", date(2024, 7, 1)),
    ("defect_resolution_hours", date(2023, 8, 1)),
    ("downloads_count", date(2025, 8, 1)),
}


@dataclass(frozen=True)
class Series:
    """A ratio by month or quarter: its base and level, the change a year, in the bad quarter, by chance."""

    kpi_id: str
    source: str
    months: int
    base: int
    grows: bool  # the base grows with the company, in volume and scale
    level: float
    a_year: float
    bad_quarter: float
    spread: float
    is_money: bool = False


SERIES = (
    Series("brand_awareness_ratio", "Varumärkesmätning", 3, 1000, False, 0.31, 0.035, 0.0, 0.02),
    Series("project_completion_days", "Projektkontoret", 1, 4, True, 58, 1.5, 14, 9),
    Series(
        "project_budget_variance_ratio", "Projektkontoret", 1, 900_000, True, 0.02, 0.01, 0.08, 0.06, True
    ),
    Series("defect_resolution_hours", "Ärendesystemet", 1, 24, True, 33, -3, 11, 6),
    Series("product_adoption_ratio", "Kundportalen", 1, 610, True, 0.27, 0.07, 0.0, 0.015),
    Series("user_retention_ratio", "Kundportalen", 1, 430, True, 0.80, 0.015, -0.05, 0.03),
)


class _Observations:
    """Writes figures, and corrections of some."""

    def __init__(self, setting: Setting, extracts: Extracts):
        self._last = setting.last
        self._chance = setting.chance("observed corrections")
        self._rows = extracts.table(
            "observed/observations",
            (
                "kpi_id",
                "period_grain",
                "period_start_date",
                "scope_type",
                "scope_id",
                "numerator",
                "denominator",
                "value",
                "observed_at",
                "source",
            ),
        )

    def write(
        self,
        kpi_id: str,
        source: str,
        period: tuple[str, date, date],
        *figures: object,
        scope: tuple[str, str] = ("company", "all"),
        wrong_first: object = None,
    ) -> None:
        """Write numerator, denominator, value of a period (grain, first day, last day).

        `wrong_first` stands in place of the numerator, or of the value, where the figure is corrected later.
        """
        grain, start, end = period
        if (kpi_id, start) in MISSING:
            return
        measured = datetime(end.year, end.month, end.day, 23, 45)
        corrected = measured + timedelta(days=CORRECTION_DAYS, hours=-14)
        is_corrected = wrong_first is not None and self._chance.happens(CORRECTED_SHARE)
        versions = [(figures, measured)]
        if is_corrected and corrected.date() <= self._last:
            _, denominator, value = figures
            first = (wrong_first, denominator, None) if value is None else (None, None, wrong_first)
            versions = [(first, measured), (figures, corrected)]
        for version, at in versions:
            self._rows.write(kpi_id, grain, start, *scope, *version, f"{at:%Y-%m-%d %H:%M}", source)


def write_observations(setting: Setting, extracts: Extracts) -> None:
    """Write all series, one after the other."""
    observations = _Observations(setting, extracts)
    for series in SERIES:
        _write_series(setting, series, observations)
    _write_stakeholders(setting, observations)
    _write_attendance(setting, observations)
    _write_sprints(setting, observations)
    _write_uptime(setting, observations)
    _write_counts(setting, observations)


def _month(month: date) -> tuple[str, date, date]:
    return "month", month, month_end(month)


def _quarter(month: date) -> tuple[str, date, date]:
    return "quarter", month, month_end(date(month.year, month.month + 2, 1))


def _periods(setting: Setting, length: int) -> list[tuple[str, date, date]]:
    starts = months(setting.first, setting.last)
    first_months = [month for month in starts if (month.month - 1) % length == 0]
    return [_month(month) if length == 1 else _quarter(month) for month in first_months]


def _years(setting: Setting, day: date) -> float:
    return (day - setting.first).days / 365


def _spread(chance: Chance, width: float) -> float:
    return width * (chance.unit() + chance.unit() - 1)


def _write_series(setting: Setting, series: Series, observations: _Observations) -> None:
    chance = setting.chance(f"observed {series.kpi_id}")
    for period in _periods(setting, series.months):
        _, start, _ = period
        base = series.base
        if series.grows:
            base = int(chance.around(base * setting.scale * story.trend(start), 0.25))
        # In July no project ends: there is a figure, and its base is zero.
        if series.kpi_id == "project_completion_days" and start.month == 7:
            base = 0
        level = series.level + series.a_year * _years(setting, start) + _spread(chance, series.spread)
        level += series.bad_quarter if story.is_bad_quarter(start) else 0
        if series.is_money:
            numerator = int(base * level) * KRONA
            observations.write(
                series.kpi_id,
                series.source,
                period,
                kronor(numerator),
                kronor(base * KRONA),
                None,
                wrong_first=kronor(numerator * 9 // 10),
            )
        else:
            numerator = int(base * level + 0.5)
            wrong = numerator * 19 // 20
            observations.write(series.kpi_id, series.source, period, numerator, base, None, wrong_first=wrong)


def _write_stakeholders(setting: Setting, observations: _Observations) -> None:
    """Write the mean grade, 1 to 10, of owners, partners and authorities: only the mean is known."""
    chance = setting.chance("observed stakeholders")
    for period in _periods(setting, 3):
        _, start, _ = period
        tenths = int(10 * (7.1 + 0.12 * _years(setting, start) + _spread(chance, 0.4)))
        tenths -= 8 if story.is_bad_quarter(start) else 0
        observations.write(
            "stakeholder_satisfaction_score",
            "Intressentenkäten",
            period,
            None,
            None,
            f"{tenths // 10}.{tenths % 10}",
        )


def _write_attendance(setting: Setting, observations: _Observations) -> None:
    """Write invitations and those who came, by department; the company is their sum."""
    chance = setting.chance("observed attendance")
    for month in months(setting.first, setting.last):
        came_in_all = invited_in_all = 0
        rows = []
        for department in DEPARTMENTS:
            invited = int(chance.around(department.people * setting.scale * 9, 0.25))
            share = 0.88 - 0.03 * (story.sickness_factor(month) - 1) + _spread(chance, 0.05)
            came = int(invited * share)
            rows.append((department.name, came, invited))
            came_in_all, invited_in_all = came_in_all + came, invited_in_all + invited
        kpi_id, source = "meeting_attendance_ratio", "Kalendersystemet"
        observations.write(kpi_id, source, _month(month), came_in_all, invited_in_all, None)
        for name, came, invited in rows:
            scope = ("department", name)
            observations.write(kpi_id, source, _month(month), came, invited, None, scope=scope)


def _write_sprints(setting: Setting, observations: _Observations) -> None:
    """Write three readings of the same story points: of the plan, by sprint, by developer and week."""
    chance = setting.chance("observed sprints")
    for month in months(setting.first, setting.last):
        # Half the company is away in July: one sprint, and two in all other months.
        sprints = 1 if month.month == 7 else 2
        developers = 5 * setting.scale
        planned = int(chance.around((58 + 4 * _years(setting, month)) * setting.scale * sprints, 0.15))
        share = 0.89 + _spread(chance, 0.10) - (0.14 if story.is_bad_quarter(month) else 0)
        done = int(planned * share)
        period, source = _month(month), "Ärendesystemet"
        observations.write("sprint_burndown_ratio", source, period, done, planned, None)
        observations.write("story_points_per_sprint", source, period, done, sprints, None)
        observations.write("development_velocity", source, period, done, developers * 2 * sprints, None)


def _write_uptime(setting: Setting, observations: _Observations) -> None:
    """Write minutes up of all minutes, by day and by month."""
    chance = setting.chance("observed uptime")
    for month in months(setting.first, setting.last):
        up_in_all = minutes_in_all = 0
        for day in days(month, month_end(month)):
            down = chance.whole(4, 75) if chance.happens(0.07) else 0
            if day == date(2025, 5, 14):
                down = 560  # a failed upgrade, a whole working day
            observations.write(
                "software_uptime_ratio", "Driftövervakningen", ("day", day, day), 1440 - down, 1440, None
            )
            up_in_all, minutes_in_all = up_in_all + 1440 - down, minutes_in_all + 1440
        observations.write(
            "software_uptime_ratio", "Driftövervakningen", _month(month), up_in_all, minutes_in_all, None
        )


def _write_counts(setting: Setting, observations: _Observations) -> None:
    """Write downloads of the product catalogue in the month, and distributors at its end."""
    chance = setting.chance("observed counts")
    distributors = 38 * setting.scale
    for month in months(setting.first, setting.last):
        downloads = int(chance.around(1450 * setting.scale * story.trend(month), 0.2))
        observations.write(
            "downloads_count",
            "Webbplatsen",
            _month(month),
            None,
            None,
            downloads,
            wrong_first=downloads * 19 // 20,
        )
        change = chance.weighted(((-1, 0.15), (0, 0.5), (1, 0.35)))
        distributors += (-1 if story.is_bad_quarter(month) else change) * setting.scale
        observations.write("distributors_count", "Partnerregistret", _month(month), None, None, distributors)
