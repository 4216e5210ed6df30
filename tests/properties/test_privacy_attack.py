"""No withheld figure can be computed from the published ones: by subtraction over scopes, periods and editions."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from dagster_project.lib.withheld import remember
from tests.conftest import CHECKOUT
from tests.properties.attack import COMPANY, COUNTED, Attack, Figure, Knowledge, Scope, published_figures
from tests.properties.chance_source import build
from tests.properties.draws import people_in_small_groups as drawn

LEGAL, FINANCE, LAB = ("department", "Legal"), ("department", "Finance"), ("department", "Lab")
MARCH = (date(2023, 3, 1), date(2023, 3, 31))
KPIS = (*COUNTED, "headcount", "ethnic_group_share_ratio")
# scorecard.kpi_values without the KPIs that are about no person
VALUES = " union all ".join(
    "select kpi_id, period_grain, period_start_date, scope_type, scope_id, numerator, denominator, no_value_reason"
    f" from kpis.{kpi_id}"
    for kpi_id in KPIS
)
FEWEST = 5
CHANGED_BY_NEWS = {"leavers", "hires", "women", "leading women", "retained"}


# the attacker


def figure(scope: Scope, number: int | None, start: date, through: date) -> Figure:
    """Days of absence, withheld where there is no number."""
    value = None if number is None else Decimal(number)
    reason = "withheld" if number is None else None
    return Figure("unplanned_absence_days", start, through, scope, value, None, reason)


def test_equations_are_solved_exactly_and_only_as_far_as_they_go():
    knowledge = Knowledge()
    knowledge.add({"a": 1, "b": 1}, 10)
    knowledge.add({"b": 1, "c": 1}, 7)
    assert knowledge.value_of({"a": 1}) is None
    assert knowledge.value_of({"a": 1, "c": -1}) == 3
    knowledge.add({"a": 3, "c": 3}, Decimal("1"))
    assert knowledge.value_of({"a": 1}) == Fraction(5, 3)
    assert knowledge.value_of({"never heard of": 1}) is None
    knowledge.add({"a": 1}, 5)
    assert knowledge.contradictions == 1 and knowledge.value_of({"a": 1}) == Fraction(5, 3)


QUARTER = [(date(2023, 1, 1), date(2023, 1, 31)), (date(2023, 2, 1), date(2023, 2, 28)), MARCH]


def test_a_month_is_the_quarter_less_the_other_months():
    """March of Legal and Finance is withheld, and of no use while the quarter shows both."""
    rows = [figure(COMPANY, 30, *month) for month in QUARTER]
    rows += [figure(LEGAL, 3, *month) for month in QUARTER[:2]] + [figure(LEGAL, None, *MARCH)]
    rows += [figure(FINANCE, 4, *month) for month in QUARTER[:2]] + [figure(FINANCE, None, *MARCH)]
    rows += [figure(("department", "Works"), 20, *month) for month in QUARTER]
    assert not Attack(rows).secrets()
    whole = [figure(LEGAL, 11, QUARTER[0][0], MARCH[1])]
    found = {(secret.scope, secret.value) for secret in Attack(rows, whole).secrets()}
    assert found == {(LEGAL, 5), (FINANCE, 5)}


def test_a_group_that_hides_with_another_one_in_each_edition_is_found():
    first = [figure(COMPANY, 30, *MARCH), figure(LEGAL, None, *MARCH), figure(FINANCE, None, *MARCH)]
    first += [figure(LAB, 9, *MARCH)]
    second = [figure(COMPANY, 30, *MARCH), figure(LEGAL, None, *MARCH), figure(FINANCE, 16, *MARCH)]
    second += [figure(LAB, None, *MARCH)]
    assert not Attack(first).secrets() and not Attack(second).secrets()
    assert {(secret.scope, secret.value) for secret in Attack(first, second).secrets()} >= {(LEGAL, 5)}


def test_bounds_pin_what_subtraction_does_not():
    """Three women among the two of Legal and the one of the Lab: all of them, which is told of three people."""

    def women(scope: Scope, number: int | None, people: int) -> list[Figure]:
        return [
            replace(figure(scope, number, *MARCH), kpi_id="women_share_ratio"),
            replace(figure(scope, people, *MARCH), kpi_id="headcount"),
        ]

    def pinned(total: int) -> list[tuple[Scope, int, bool]]:
        rows = [*women(COMPANY, total, 3), *women(LEGAL, None, 2), *women(LAB, None, 1)]
        return [(secret.scope, secret.value, is_end) for secret, is_end in Attack(rows).pinned()]

    assert pinned(3) == [(LEGAL, 2, True), (LAB, 1, True)]
    assert pinned(0) == [(LEGAL, 0, True), (LAB, 0, True)]
    assert not pinned(2)


def test_every_kpi_that_withholds_is_attacked():
    """Or publishes a ratio of sums that nobody is told, as the pay gaps do; the groups of a role have their own."""
    withholding = {
        path.stem
        for path in (CHECKOUT / "dbt_project/models/kpis").rglob("*.sql")
        if "'withheld'" in path.read_text()
    }
    pay = {"gender_pay_gap_ratio", "gender_pay_gap_median_ratio", "ethnicity_pay_gap_ratio"}
    assert withholding == set(COUNTED) | pay | {"ethnic_group_share_ratio"}


# a company of small and changing departments


@dataclass
class Nights:
    """The figures of three editions, the last one with and without memory, and the warehouse of the last."""

    first: list[Figure]
    second: list[Figure]
    late: list[Figure]
    late_without_memory: list[Figure]
    warehouse: Path


def figures_of(warehouse: Path, values: str = f"({VALUES})") -> list[Figure]:
    """What an edition built from this warehouse shows about people."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return published_figures(connection, values, "core.dim_periods")


@pytest.fixture(scope="session")
def nights(tmp_path_factory) -> Nights:
    base = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        base = base.parent
    home = base / "small_groups"
    with FileLock(f"{home}.lock"):
        if not (home / "done").exists():
            build_nights(home)
            (home / "done").touch()
    return Nights(
        figures_of(home / "first.duckdb"),
        figures_of(home / "second.duckdb"),
        figures_of(home / "warehouse.duckdb", "scorecard.kpi_scorecard"),
        figures_of(home / "forgetful.duckdb", "kpis.unplanned_absence_days"),
        home / "warehouse.duckdb",
    )


def build_nights(home: Path) -> None:
    """One night after the other in one warehouse, which is copied as it stood."""
    chosen = (*(f"+{kpi_id}" for kpi_id in KPIS), "+withheld_days")
    for name, company in (("first", drawn.first_night()), ("second", drawn.second_night())):
        warehouse = build(company, home, select=chosen)
        with duckdb.connect(str(warehouse)) as connection:
            assert remember(connection, name) > 0
        shutil.copy(warehouse, home / f"{name}.duckdb")
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "create table raw.memory as from audit.withheld_days; delete from audit.withheld_days"
        )
    build(drawn.late_night(), home, select=("+unplanned_absence_days",))
    shutil.copy(warehouse, home / "forgetful.duckdb")
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("insert into audit.withheld_days from raw.memory")
    build(drawn.late_night(), home)


def cell(row: Figure) -> tuple:
    """Which figure it is, whatever it says."""
    return row.kpi_id, row.start, row.through, row.scope


def cells(rows: list[Figure], *, withheld: bool) -> set[tuple]:
    """The figures that are withheld, or the others."""
    return {cell(row) for row in rows if row.is_withheld == withheld}


def test_no_withheld_figure_of_one_edition_can_be_computed(nights):
    for edition in (nights.first, nights.second, nights.late):
        attack = Attack(edition)
        withheld = Counter(row.kpi_id for row in edition if row.is_withheld)
        assert not attack.secrets()
        assert attack.knowledge.contradictions == 0, "the figures of one edition add up"
        assert len(withheld) >= 14 and min(withheld.values()) >= 5, f"too few to prove anything: {withheld}"


def test_no_withheld_figure_can_be_computed_from_two_nights(nights):
    """The same rows four days apart: what has happened so far, less what had happened then."""
    attack = Attack(nights.first, nights.second)
    assert not attack.secrets() and attack.knowledge.contradictions == 0


def test_no_withheld_figure_can_be_computed_with_late_news(nights):
    """What was counted did not change with the news, but the sizes of the groups did, and with them what is withheld.

    What one edition shows can't be withheld by the next. Head counts that the news changed are other figures, and
    so is a group that turns out not to have been there: both are left out.
    """
    second, late = (
        [row for row in rows if row.kpi_id in COUNTED and COUNTED[row.kpi_id][0] not in CHANGED_BY_NEWS]
        for rows in (nights.second, nights.late)
    )
    second_cells, late_cells = cells(second, withheld=True), cells(late, withheld=True)
    attack = Attack(
        [row for row in second if row.reason != "no_data" or cell(row) not in late_cells],
        [row for row in late if row.reason != "no_data" or cell(row) not in second_cells],
    )
    shown = {
        (COUNTED[row.kpi_id][side], row.start, row.through, row.scope)
        for row in (*second, *late)
        for side in (0, 1)
        if not row.is_withheld
    }
    found = {(secret.counted, secret.start, secret.through, secret.scope) for secret in attack.secrets()}
    assert found <= shown and attack.knowledge.contradictions == 0
    assert len(late_cells & cells(second, withheld=False)) >= 50, "the news changes what is withheld"
    assert len(late_cells & second_cells) >= 500


def test_without_memory_two_editions_give_a_department_away(nights):
    """Finance hid Legal's March; then two of the Lab turn out to have left before, and the Lab hides Legal."""
    found = Attack(nights.second, nights.late_without_memory).secrets()
    absent = {
        secret.scope: secret.value
        for secret in found
        if secret.counted == "absence days" and (secret.start, secret.through) == MARCH
    }
    with duckdb.connect(str(nights.warehouse), read_only=True) as connection:
        truth = connection.execute(
            "select unplanned_absence_days from metrics.metrics_hr__absence_periodic"
            " where period_grain = 'month' and period_start_date = date '2023-03-01' and scope_id = 'Legal'"
        ).fetchone()
    assert absent[LEGAL] == truth[0]


def test_bounds_leave_every_withheld_count_open_unless_all_that_is_hidden_is_at_one_end(nights):
    for edition in (nights.second, nights.late):
        pinned = Attack(edition).pinned()
        assert [secret for secret, is_end in pinned if not is_end] == []
        assert pinned, "nobody left, hired or changed: that is seen of all who are hidden together"


# that the attack would find more if more were shown


def sums(warehouse: Path, counted: str, table: str, kpi_id: str) -> list[tuple[Figure, int]]:
    """All sums of a measure as the warehouse has them, nothing withheld, and of how many people each is."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            f"""
            select periods.period_start_date, periods.through_date, sums.scope_type, sums.scope_id,
                sums.{counted}, people.people_count
            from metrics.{table} as sums
            join core.dim_periods as periods using (period_grain, period_start_date)
            join metrics.metrics_hr__headcount_periodic as people
                using (period_grain, period_start_date, scope_type, scope_id)
            where period_start_date >= date '2021-01-01' and scope_type in ('company', 'department')
            """
        ).fetchall()
    return [
        (Figure(kpi_id, start, through, (kind, name), Decimal(number), None, None), people)
        for start, through, kind, name, number, people in rows
    ]


def withheld(rows: Iterable[tuple[Figure, int]], hides: Callable[[Figure], bool]) -> list[Figure]:
    """The rows with those withheld that a rule hides."""
    return [replace(row, numerator=None, reason="withheld") if hides(row) else row for row, _ in rows]


@pytest.mark.parametrize(
    ("counted", "table", "kpi_id"),
    [
        ("unplanned_absence_days", "metrics_hr__absence_periodic", "unplanned_absence_days"),
        ("training_hours", "metrics_hr__training_periodic", "training_hours_per_employee"),
        ("hires_count", "metrics_hr__headcount_periodic", "hires_count"),
    ],
)
def test_the_attack_finds_what_weaker_rules_hide(nights, counted, table, kpi_id):
    """Small groups alone; and the small groups of each period with the next smallest one, period by period."""
    rows = sums(nights.warehouse, counted, table, kpi_id)
    truth = {(row.start, row.through, row.scope): row.numerator for row, _ in rows}
    groups: dict[tuple[date, date], list[tuple[int, Scope]]] = {}
    for row, people in rows:
        if row.scope != COMPANY and people:
            groups.setdefault((row.start, row.through), []).append((people, row.scope))
    small = {span: {scope for size, scope in found if size < FEWEST} for span, found in groups.items()}
    covered = {}
    for span, found in groups.items():
        covered[span], sizes = set(small[span]), {scope: size for size, scope in found}
        for _, scope in sorted(found):
            if small[span] and sum(sizes[hidden] for hidden in covered[span]) < FEWEST:
                covered[span].add(scope)
    for hidden in (small, covered):
        attack = Attack(
            withheld(rows, lambda row, hidden=hidden: row.scope in hidden.get((row.start, row.through), ()))
        )
        found = attack.secrets()
        assert len(found) >= 3
        assert all(truth[secret.start, secret.through, secret.scope] == secret.value for secret in found)


def test_with_hires_shown_the_leavers_of_a_small_group_would_be_known(nights):
    """Legal had five people, and four a month later: who knows that none was hired or moved knows who left."""
    settled = [row for row in nights.late if row.start >= drawn.SETTLED]
    hires = [
        row
        for row, _ in sums(nights.warehouse, "hires_count", "metrics_hr__headcount_periodic", "hires_count")
        if row.start >= drawn.SETTLED
    ]
    assert not Attack(settled, nobody_moves=True).secrets()
    found = {
        (secret.start, secret.through, secret.value)
        for secret in Attack(settled, hires, nobody_moves=True).secrets()
        if (secret.counted, secret.scope) == ("leavers", LEGAL)
    }
    assert (date(2023, 2, 1), date(2023, 2, 28), 1) in found


def test_one_seller_of_a_region_is_hidden_in_it_and_in_what_it_adds_up_to(nights):
    with duckdb.connect(str(nights.warehouse), read_only=True) as connection:
        shown = connection.execute(
            "select scope_id, no_value_reason, count(*) from scorecard.kpi_scorecard"
            " where kpi_id = 'sales_per_employee_amount' and scope_type = 'region' and period_status = 'settled'"
            " group by all"
        ).fetchall()
        revenue = connection.execute(
            "select count(actual_value) from scorecard.kpi_scorecard where kpi_id = 'revenue_amount'"
            " and scope_type = 'region' and scope_id = 'Norr' and period_grain = 'month'"
        ).fetchone()
    reasons = {name: {reason for scope, reason, _ in shown if scope == name} for name in ("Norr", "Väst")}
    assert reasons["Norr"] <= {"withheld", "no_data"} and "withheld" in reasons["Norr"]
    assert None in reasons["Väst"], "a region with enough sellers is shown in some month"
    assert revenue[0] > 20, "what a region sold is about no person"


def test_no_id_and_no_pay_leaves_the_warehouse(nights):
    """Ids of people and a pay that nothing else in the company is equal to, planted and looked for everywhere."""
    canaries = (drawn.CANARY, str(drawn.CANARY_PAY), "Legal1", "Lab1", "Väst1")
    with duckdb.connect(str(nights.warehouse), read_only=True) as connection:
        assert connection.execute("select count(*) from core.fct_pay").fetchone()[0] > 50
        for table in (
            "kpi_scorecard",
            "kpi_catalogue",
            "kpi_targets",
            "periods",
            "scopes",
            "statuses",
            "kpi_latest",
        ):
            columns = [row[0] for row in connection.execute(f"describe scorecard.{table}").fetchall()]
            assert not {"employee_id", "employee_name", "birth_date", "pay_rate_amount"} & set(columns)
            text = " || '|' || ".join(f"coalesce(cast({column} as varchar), '')" for column in columns)
            for canary in canaries:
                found = connection.execute(
                    f"select count(*) from scorecard.{table} where contains({text}, ?)", [canary]
                ).fetchone()
                assert found == (0,), f"{canary} stands in {table}"


# the demo company


def test_no_withheld_figure_of_the_demo_company_can_be_computed(demo_edition):
    periods = (
        "(select period_grain, period_start_date, least(period_end_date, as_of_date) as through_date"
        " from scorecard.periods cross join (select as_of_date from scorecard.publication))"
    )
    with duckdb.connect(str(demo_edition), read_only=True) as connection:
        figures = published_figures(connection, "scorecard.kpi_scorecard", periods)
    attack = Attack(figures)
    assert not attack.secrets()
    assert sum(row.is_withheld for row in figures) > 500
    assert [secret for secret, is_end in attack.pinned() if not is_end] == []
