"""An attacker who has nothing but what is published, and all the algebra there is.

Every published figure about people is a sum over somewhere and some days: an equation. What was withheld is
an unknown of the same equations. The attacker solves them in fractions, so that "can not be computed" is a
statement about the figures and not about rounding. Belongs here: figures, equations, what follows from them.
Does not belong here: which figures are withheld (docs/decisions/small-groups.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import duckdb

ONE_DAY = timedelta(days=1)
Scope = tuple[str, str]
COMPANY: Scope = ("company", "all")

# KPI -> what its numerator and its denominator count, and whether that is a sum over days, a state of the last
# day, or a fact about the whole span. What head counts follow from is left out: they are published.
COUNTED = {
    "unplanned_absence_days": ("absence days", None, "flow"),
    "absence_ratio": ("absence days", None, "flow"),
    "absence_occasions_per_employee": ("occasions", None, "flow"),
    "training_hours_per_employee": ("training hours", None, "flow"),
    "training_cost_per_employee_amount": ("training cost", None, "flow"),
    "employee_turnover_ratio": ("leavers", None, "flow"),
    "hires_count": ("hires", None, "flow"),
    "utilisation_ratio": ("billable hours", "hours", "flow"),
    "employee_engagement_score": ("engagement scores", "engagement answers", "flow"),
    "employee_satisfaction_ratio": ("satisfied answers", "satisfaction answers", "flow"),
    "women_share_ratio": ("women", None, "stock"),
    "women_in_leadership_share_ratio": ("leading women", "leaders", "stock"),
    "employee_retention_ratio": ("retained", None, "span"),
    "sales_per_employee_amount": ("sales of people", None, "flow"),
}


@dataclass(frozen=True)
class Figure:
    """One published row; ``through`` is the last day that the period held when it was published."""

    kpi_id: str
    start: date
    through: date
    scope: Scope
    numerator: Decimal | None
    denominator: Decimal | None
    reason: str | None

    @property
    def is_withheld(self) -> bool:
        """Whether this is what the attacker is after."""
        return self.reason == "withheld"


@dataclass(frozen=True)
class Secret:
    """A withheld number and what the attacker found it to be."""

    counted: str
    start: date
    through: date
    scope: Scope
    value: Fraction


class Knowledge:
    """Linear equations in exact fractions, and what follows from all of them together."""

    def __init__(self) -> None:
        self._number: dict[Hashable, int] = {}
        self._rows: dict[int, tuple[dict[int, Fraction], Fraction]] = {}
        self.contradictions = 0

    def add(self, terms: dict[Hashable, int], value: Decimal | int) -> None:
        """The sum of the terms is the value. What contradicts the equations so far is of no use and left out."""
        row, rest = self._reduced(terms, Fraction(value))
        if not row:
            self.contradictions += rest != 0
            return
        pivot = max(row)
        factor = row[pivot]
        self._rows[pivot] = ({n: f / factor for n, f in row.items()}, rest / factor)

    def value_of(self, terms: dict[Hashable, int]) -> Fraction | None:
        """What the sum of the terms must be; None where more than one value fits."""
        row, rest = self._reduced(terms, Fraction(0))
        return None if row else -rest

    def _reduced(self, terms: dict[Hashable, int], value: Fraction) -> tuple[dict[int, Fraction], Fraction]:
        row: dict[int, Fraction] = {}
        for label, factor in terms.items():
            number = self._number.setdefault(label, len(self._number))
            row[number] = row.get(number, Fraction(0)) + factor
        row = {n: f for n, f in row.items() if f}
        # a row is written in unknowns before its pivot, so that going down from the last one ends
        while known := [n for n in row if n in self._rows]:
            pivot = max(known)
            factor = row[pivot]
            other, rest = self._rows[pivot]
            for n, f in other.items():
                left = row.get(n, Fraction(0)) - factor * f
                if left:
                    row[n] = left
                else:
                    row.pop(n, None)
            value -= factor * rest
        return row, value


def published_figures(connection: duckdb.DuckDBPyConnection, rows: str, periods: str) -> list[Figure]:
    """Every figure about people in ``rows`` (a table of KPI values) with the days that its period held."""
    kpis = ", ".join(f"'{kpi_id}'" for kpi_id in (*COUNTED, "headcount", "ethnic_group_share_ratio"))
    found = connection.execute(
        f"""
        select kpi_id, period_start_date, through_date, scope_type, scope_id, numerator, denominator,
            no_value_reason
        from {rows} join {periods} using (period_grain, period_start_date)
        where kpi_id in ({kpis}) and period_grain <> 'day'
        """
    ).fetchall()
    return _with_empty_ones([Figure(*row[:3], (row[3], row[4]), *row[5:]) for row in found])


def _with_empty_ones(figures: list[Figure]) -> list[Figure]:
    """A scope that has no row in a period has nothing there, and who knows that has an equation more."""
    there = {(figure.kpi_id, figure.start, figure.through, figure.scope) for figure in figures}
    spans, scopes = defaultdict(set), defaultdict(set)
    for kpi_id, start, through, scope in there:
        spans[kpi_id].add((start, through))
        scopes[kpi_id].add(scope)
    return figures + [
        Figure(kpi_id, *span, scope, None, None, "no_data")
        for kpi_id in sorted(spans)
        for span in sorted(spans[kpi_id])
        for scope in sorted(scopes[kpi_id])
        if (kpi_id, *span, scope) not in there
    ]


class Attack:
    """What somebody knows who has kept one edition or several."""

    def __init__(self, *editions: Sequence[Figure], nobody_moves: bool = False):
        self.figures = [figure for edition in editions for figure in edition]
        self.knowledge = Knowledge()
        by_counted: dict[str, list[tuple[Figure, Decimal | None, str]]] = defaultdict(list)
        for figure in self.figures:
            if figure.kpi_id not in COUNTED:
                continue
            above, below, kind = COUNTED[figure.kpi_id]
            by_counted[above].append((figure, figure.numerator, kind))
            if below:
                by_counted[below].append((figure, figure.denominator, kind))
        self.by_counted = dict(by_counted)
        for counted, rows in self.by_counted.items():
            self._learn(counted, rows)
        self._learn_moves(nobody_moves=nobody_moves)
        self._learn_groups()

    def _learn(self, counted: str, rows: list[tuple[Figure, Decimal | None, str]]) -> None:
        """The equations of everything that is counted alike."""
        parts: dict[Scope, set[Scope]] = defaultdict(set)
        moments = set()
        for figure, _, kind in rows:
            for moment in _moments(figure, kind):
                moments.add(moment)
            if figure.scope != COMPANY:
                parts[_whole(figure.scope)].add(figure.scope)
        # departments, regions and channels each add up to the company, teams to their department
        for whole, found in parts.items():
            for kind in sorted({scope[0] for scope in found}):
                members = [scope for scope in sorted(found) if scope[0] == kind]
                for moment in sorted(moments):
                    terms = {(counted, scope, moment): -1 for scope in members}
                    self.knowledge.add({(counted, whole, moment): 1, **terms}, 0)
        for figure, number, kind in sorted(rows, key=lambda row: (row[0].through, row[0].start)):
            if figure.reason == "no_data":
                number = Decimal(0)  # nobody there, nothing recorded
            if number is not None:
                self.knowledge.add(_terms(counted, figure, kind), number)

    def _learn_moves(self, *, nobody_moves: bool) -> None:
        """Head counts move by hires, leavers and by who changes department, which is published nowhere.

        Who works there may know that nobody did.
        """
        heads: dict[Scope, dict[date, Decimal]] = defaultdict(dict)
        for figure in self.figures:
            if figure.kpi_id == "headcount" and figure.numerator is not None:
                heads[figure.scope][figure.through] = figure.numerator
        parts: dict[Scope, set[Scope]] = defaultdict(set)
        days = sorted({day for found in heads.values() for day in found})
        for scope in heads:
            if scope != COMPANY:
                parts[_whole(scope)].add(scope)
        for scope, found in heads.items():
            known = sorted(found)
            for before, after in pairwise(known):
                start, end = before + ONE_DAY, after + ONE_DAY
                terms = {
                    ("hires", scope, end): 1,
                    ("hires", scope, start): -1,
                    ("leavers", scope, end): -1,
                    ("leavers", scope, start): 1,
                }
                if scope != COMPANY and not nobody_moves:
                    terms |= {("moves", scope, end): 1, ("moves", scope, start): -1}
                self.knowledge.add(terms, found[after] - found[before])
        for whole, members in parts.items():
            for day in days:
                terms = {("moves", scope, day + ONE_DAY): -1 for scope in sorted(members)}
                if whole != COMPANY:
                    terms[("moves", whole, day + ONE_DAY)] = 1
                self.knowledge.add(terms, 0)

    def _learn_groups(self) -> None:
        """The ethnic groups of a role add up to the role, whose size stands beside each shown share."""
        roles: dict[tuple[str, date], list[Figure]] = defaultdict(list)
        for figure in self.figures:
            if figure.kpi_id == "ethnic_group_share_ratio":
                roles[figure.scope[1].split(" / ")[0], figure.through].append(figure)
        for figures in roles.values():
            terms = {("group", figure.scope, figure.through): 1 for figure in figures}
            for figure in figures:
                if figure.numerator is not None:
                    self.knowledge.add({("group", figure.scope, figure.through): 1}, figure.numerator)
                    self.knowledge.add(terms, figure.denominator)

    def secrets(self) -> list[Secret]:
        """Every withheld number that can have one value only."""
        found = []
        for counted, rows in self.by_counted.items():
            for figure, _, kind in rows:
                if not figure.is_withheld:
                    continue
                terms = _terms(counted, figure, kind)
                targets = {counted: terms}
                if counted == "leading women":
                    others = {("women", *label[1:]): 1 for label in terms}
                    targets["women who lead nobody"] = {**others, **dict.fromkeys(terms, -1)}
                for name, target in targets.items():
                    value = self.knowledge.value_of(target)
                    if value is not None:
                        found.append(Secret(name, figure.start, figure.through, figure.scope, value))
        for figure in self.figures:
            if figure.kpi_id == "ethnic_group_share_ratio" and figure.is_withheld:
                value = self.knowledge.value_of({("group", figure.scope, figure.through): 1})
                if value is not None:
                    found.append(Secret("group", figure.start, figure.through, figure.scope, value))
        return found

    def pinned(self) -> list[tuple[Secret, bool]]:
        """Withheld counts that the bounds leave one value, and whether because all that is hidden is at one end.

        None of the hidden, or all of them: then nothing has to be computed, and it is said of five people or
        more. Bounds: nothing is below 0, and women are no more than the head count.
        """
        heads = {
            (figure.scope, figure.through): Fraction(figure.numerator)
            for figure in self.figures
            if figure.kpi_id == "headcount" and figure.numerator is not None
        }
        women = {
            (figure.scope, figure.through): Fraction(figure.numerator)
            for figure in self.figures
            if figure.kpi_id == "women_share_ratio" and figure.numerator is not None
        }
        found = []
        for counted, rows in self.by_counted.items():
            if counted == "sales of people":
                continue  # returns are below 0
            wholes: dict[tuple, list[Figure]] = defaultdict(list)
            kind = rows[0][2]
            for figure in {(row[0].scope, row[0].start, row[0].through): row[0] for row in rows}.values():
                if figure.is_withheld and figure.scope != COMPANY:
                    key = (_whole(figure.scope), figure.scope[0], figure.start, figure.through)
                    wholes[key].append(figure)
            for hidden in wholes.values():
                total = self.knowledge.value_of(
                    {
                        label: factor
                        for figure in hidden
                        for label, factor in _terms(counted, figure, kind).items()
                    }
                )
                if total is None:
                    continue
                low = [Fraction(0)] * len(hidden)
                high = [
                    _most(counted, figure, heads, women) if kind == "stock" else None for figure in hidden
                ]
                is_end = total == sum(low) or (None not in high and total == sum(high))
                for n, figure in enumerate(hidden):
                    others_high = [h for m, h in enumerate(high) if m != n]
                    least = low[n] if None in others_high else max(low[n], total - sum(others_high))
                    most = total - sum(bound for m, bound in enumerate(low) if m != n)
                    most = most if high[n] is None else min(most, high[n])
                    if least == most:
                        # a department without women has no leading women: shown, whatever is withheld
                        is_own_end = high[n] == 0
                        secret = Secret(counted, figure.start, figure.through, figure.scope, least)
                        found.append((secret, is_end or is_own_end))
        return found


def _most(counted: str, figure: Figure, heads: dict, women: dict) -> Fraction | None:
    key = (figure.scope, figure.through)
    if counted == "leading women" and key in women:
        return women[key]
    return heads.get(key)


def _whole(scope: Scope) -> Scope:
    """What a scope is a part of."""
    return ("department", scope[1].split(" / ")[0]) if scope[0] == "team" else COMPANY


def _moments(figure: Figure, kind: str) -> Iterable[Hashable]:
    if kind == "flow":
        return (figure.start, figure.through + ONE_DAY)
    return (figure.through,) if kind == "stock" else ((figure.start, figure.through),)


def _terms(counted: str, figure: Figure, kind: str) -> dict[Hashable, int]:
    """A flow is what has happened by its end less what had happened by its start."""
    if kind == "flow":
        return {
            (counted, figure.scope, figure.through + ONE_DAY): 1,
            (counted, figure.scope, figure.start): -1,
        }
    (moment,) = _moments(figure, kind)
    return {(counted, figure.scope, moment): 1}
