"""What the KPIs about people are, from their definitions, small groups withheld (docs/decisions/small-groups.md)."""

from __future__ import annotations

import csv
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.conftest import CHECKOUT
from tests.properties.oracle.calendar import ONE_DAY, Period, add_months
from tests.properties.oracle.registry import Book, Outcome, amount, oracle, ratio, rounded
from tests.properties.oracle.sales import Events, lines, total

Scope = tuple[str, str]
COMPANY: Scope = ("company", "all")
WITHHELD = Outcome(None, reason="withheld")
FEWEST_PEOPLE = 5


# who is where (docs/decisions/headcount-and-retention.md)


@dataclass(frozen=True)
class Stretch:
    """Employed days of one person in one department and team; both ends are employed days."""

    person: str
    department: str
    team: str | None
    first: date
    last: date
    is_hired: bool  # on its first day
    is_leaving: bool  # on its last day

    def days(self, first: date, last: date) -> int:
        """How many of its days lie between two days, these included."""
        return max((min(self.last, last) - max(self.first, first)).days + 1, 0)


def people(book: Book) -> dict[str, dict[str, Any]]:
    """Employee -> the row of the staff list."""
    return {row["employee_id"]: row for row in book.rows("employees")}


def stretches(book: Book) -> dict[str, list[Stretch]]:
    """Employee -> stretches from the first to the last employed day, in order and without a gap."""
    assigned: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in book.rows("assignments"):
        assigned[row["employee_id"]].append(row)
    with_teams = {row["department"] for row in book.rows("assignments") if row["team"] is not None}
    found = {}
    for person, row in book.once(people).items():
        hired, left = row["hire_date"], row["leave_date"] or date.max
        spans, free_from = [], hired
        for stretch in sorted(assigned[person], key=lambda a: a["start_date"]):
            first, last = max(stretch["start_date"], hired), min(stretch["end_date"] or date.max, left)
            if first > last:
                continue
            if first > free_from:  # days that nobody assigned
                spans.append(("unassigned", None, free_from, first - ONE_DAY))
            spans.append((stretch["department"], stretch["team"], first, last))
            free_from = last if last == date.max else last + ONE_DAY
        if free_from <= left and not (spans and spans[-1][3] == left):
            spans.append(("unassigned", None, free_from, left))
        found[person] = [
            Stretch(
                person,
                department,
                team or ("unassigned" if department in with_teams else None),
                first,
                last,
                is_hired=first == hired,
                is_leaving=last == row["leave_date"],
            )
            for department, team, first, last in spans
        ]
    return found


def places(book: Book) -> dict[Scope, list[Stretch]]:
    """Scope -> the stretches in it."""
    found: dict[Scope, list[Stretch]] = defaultdict(list)
    for spans in book.once(stretches).values():
        for stretch in spans:
            found[COMPANY].append(stretch)
            found["department", stretch.department].append(stretch)
            if stretch.team is not None:
                found["team", f"{stretch.department} / {stretch.team}"].append(stretch)
    return found


def department_on(book: Book, person: str, day: date) -> str | None:
    """Where somebody is on a day; None for who is not employed on it."""
    return next(
        (s.department for s in book.once(stretches).get(person, []) if s.first <= day <= s.last), None
    )


def employed(book: Book, scope: Scope, first: date, last: date | None = None) -> set[str]:
    """Different people employed there on a day, or on any day up to another."""
    last = last or first
    return {s.person for s in book.once(places).get(scope, []) if s.first <= last and s.last >= first}


def leavers(book: Book, period: Period, scope: Scope) -> int:
    """People for whom the first day no longer employed lies in the period, where they were last."""
    there = book.once(places).get(scope, [])
    return sum(s.is_leaving and period.holds(s.last + ONE_DAY) for s in there)


def person_days(book: Book, period: Period, scope: Scope) -> int:
    """Days employed there in the period, of everyone together."""
    return sum(s.days(period.start, period.through) for s in book.once(places).get(scope, []))


def average_headcount(book: Book, period: Period, scope: Scope) -> Decimal:
    """Person-days / days."""
    return Decimal(person_days(book, period, scope)) / period.days


def is_known(book: Book, period: Period, scope: Scope) -> bool:
    """Whether anybody was there in the period, or left from there."""
    return bool(employed(book, scope, period.start, period.through) or leavers(book, period, scope))


# small groups (docs/decisions/small-groups.md)


def hidden(sizes: dict[str, int], also: Iterable[str] = ()) -> set[str]:
    """Of groups that add up to a whole: one to four people, and the next smallest until they are five together."""
    found = {name for name, size in sizes.items() if 0 < size < FEWEST_PEOPLE} | set(also)
    others = sorted((size, name) for name, size in sizes.items() if size > 0 and name not in found)
    while found and others and sum(sizes[name] for name in found) < FEWEST_PEOPLE:
        found.add(others.pop(0)[1])
    return found


def _nothing_yet(_: Book) -> dict[Any, Any]:
    """A place for what is worked out day by day."""
    return {}


def _no_leaders_yet(_: Book) -> dict[Any, Any]:
    """Another one."""
    return {}


def withheld_on(book: Book, day: date) -> set[Scope]:
    """The scopes that point at persons on a day: small ones, what hides them, and the parts of what is withheld."""
    known = book.once(_nothing_yet)
    if day not in known:
        sizes = {
            scope: max(
                sum(s.first <= day <= s.last for s in there),
                sum(s.is_leaving and s.last + ONE_DAY == day for s in there),
            )
            for scope, there in book.once(places).items()
        }
        found = {COMPANY} if 0 < sizes[COMPANY] < FEWEST_PEOPLE else set()
        departments = {name: size for (kind, name), size in sizes.items() if kind == "department"}
        found |= {
            ("department", name)
            for name in (departments if found else hidden(departments))
            if departments[name]
        }
        for department in departments:
            teams = {
                name: size
                for (kind, name), size in sizes.items()
                if kind == "team" and name.startswith(department + " / ")
            }
            is_part_of_withheld = ("department", department) in found
            found |= {
                ("team", name) for name in (teams if is_part_of_withheld else hidden(teams)) if teams[name]
            }
        known[day] = found
    return known[day]


def is_withheld(book: Book, period: Period, scope: Scope) -> bool:
    """Whether it is on one day of the period, or was on the evening before it."""
    day = period.start - ONE_DAY
    while day <= period.through:
        if scope in withheld_on(book, day):
            return True
        day += ONE_DAY
    return False


def leaders_withheld_on(book: Book, day: date) -> set[Scope]:
    """The scopes whose leaders, or those who lead nobody, point at persons on a day."""
    known = book.once(_no_leaders_yet)
    if day in known:
        return known[day]
    staff, counts = book.once(people), {}
    for scope in book.once(places):
        if scope[0] != "team":
            there = employed(book, scope, day)
            leading = sum(bool(staff[person]["is_leader"]) for person in there)
            women = sum(staff[person]["gender"] == "woman" for person in there)
            counts[scope] = leading, len(there) - leading, women
    small, hiding = {}, {}
    for scope, (leading, others, women) in counts.items():
        small[scope] = min(leading, others) if others and leading else leading
        # the share of women, if it is shown, tells who leads where all do or all or none are women
        is_told = scope not in withheld_on(book, day) and (not others or women in (0, leading + others))
        hiding[scope] = 0 if is_told else small[scope]
    departments = [scope for scope in counts if scope[0] == "department" and counts[scope][0]]
    found = {
        scope for scope in departments if small[scope] < FEWEST_PEOPLE or scope in withheld_on(book, day)
    }
    others = sorted((small[scope], scope) for scope in departments if scope not in found and hiding[scope])

    def hide_enough() -> bool:
        return (
            sum(hiding[scope] for scope in found) >= FEWEST_PEOPLE
            and sum(hiding[scope] > 0 for scope in found) >= 2
        )

    while found and others and not hide_enough():
        found.add(others.pop(0)[1])
    behind = [scope for scope in found if hiding[scope]]
    few_others = 0 < sum(counts[scope][1] for scope in behind) < FEWEST_PEOPLE
    few_leaders = sum(counts[scope][0] for scope in behind) < FEWEST_PEOPLE
    if (
        0 < small[COMPANY] < FEWEST_PEOPLE
        or COMPANY in withheld_on(book, day)
        or (found and (len(behind) < 2 or few_leaders or few_others))
    ):
        found = {COMPANY, *departments} if counts[COMPANY][0] else set()
    known[day] = found
    return found


# headcount


@oracle("headcount")
def headcount(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """People employed on the last known day; an emptied department has 0."""
    scope = (scope_type, scope_id)
    return amount(len(employed(book, scope, period.through))) if is_known(book, period, scope) else None


@oracle("hires_count")
def hires(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """People whose first day lies in the period, where they are on it."""
    scope = (scope_type, scope_id)
    if not is_known(book, period, scope):
        return None
    if is_withheld(book, period, scope):
        return WITHHELD
    return amount(sum(s.is_hired and period.holds(s.first) for s in book.once(places)[scope]))


@oracle("employee_retention_ratio")
def retention(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Of those employed the evening before the period, those still employed anywhere on its last known day."""
    scope, evening = (scope_type, scope_id), period.start - ONE_DAY
    there = employed(book, scope, evening)
    if not there and not is_known(book, period, scope):
        return None
    if there and is_withheld(book, period, scope):
        return WITHHELD
    return ratio(len(there & employed(book, COMPANY, period.through)), len(there))


@oracle("employee_turnover_ratio")
def turnover(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Leavers / average headcount."""
    scope = (scope_type, scope_id)
    if not is_known(book, period, scope):
        return None
    if is_withheld(book, period, scope):
        return WITHHELD
    return ratio(leavers(book, period, scope), average_headcount(book, period, scope))


@oracle("revenue_per_employee_amount")
def revenue_per_employee(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Net revenue / average headcount; about no person, so never withheld."""
    revenue = total(book.once(lines).within(period, scope_type, scope_id), "net_amount")
    return ratio(revenue, average_headcount(book, period, COMPANY))


@oracle("women_share_ratio")
def women_share(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Women / people employed on the last known day."""
    scope = (scope_type, scope_id)
    if not is_known(book, period, scope):
        return None
    if scope in withheld_on(book, period.through) and employed(book, scope, period.through):
        return WITHHELD
    there = employed(book, scope, period.through)
    return ratio(sum(book.once(people)[person]["gender"] == "woman" for person in there), len(there))


@oracle("women_in_leadership_share_ratio")
def women_in_leadership(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Women / leaders; the group is the leaders, or those who are none where they are fewer but some."""
    scope, staff = (scope_type, scope_id), book.once(people)
    if not is_known(book, period, scope):
        return None
    if scope in leaders_withheld_on(book, period.through):
        return WITHHELD
    found = [person for person in employed(book, scope, period.through) if staff[person]["is_leader"]]
    return ratio(sum(staff[person]["gender"] == "woman" for person in found), len(found))


# absence (docs/decisions/absence-occasions.md)


def working_days(book: Book) -> list[date]:
    """Mondays to Fridays that are no holidays, in order."""
    with (CHECKOUT / "seeds" / "reference" / "holidays.csv").open(newline="") as file:
        holidays = {date.fromisoformat(row["calendar_date"]) for row in csv.DictReader(file)}
    day, found = min(row["hire_date"] for row in book.rows("employees")), []
    while day <= book.company.as_of:
        if day.weekday() < 5 and day not in holidays:
            found.append(day)
        day += ONE_DAY
    return found


def available_days(book: Book, period: Period, scope: Scope) -> int:
    """Working days of everyone employed there."""
    days = book.once(working_days)
    return sum(
        bisect_right(days, min(s.last, period.through)) - bisect_left(days, max(s.first, period.start))
        for s in book.once(places).get(scope, [])
        if s.days(period.start, period.through)
    )


def absences(book: Book) -> Events:
    """Unplanned absence on working days of the employment: (share, whether an occasion begins with it)."""
    days = book.once(working_days)
    before = dict(zip(days[1:], days, strict=False))
    found = {}
    for row in book.rows("absence_days"):
        person, day = row["employee_id"], row["absence_date"]
        where = department_on(book, person, day)
        if not row["is_planned"] and where and (day in before or day == days[0]):
            found[person, day] = where, row["absence_share"]
    return Events(
        (day, {"department": where}, (share, (person, before.get(day)) not in found))
        for (person, day), (where, share) in found.items()
    )


def absence_begins(book: Book) -> date | None:
    """First day of the month of the first record; None where nothing is recorded."""
    first = min((row["absence_date"] for row in book.rows("absence_days")), default=None)
    return first and first.replace(day=1)


def _absent(book: Book, period: Period, scope: Scope) -> list[tuple[Decimal, bool]] | Outcome | None:
    """Absence of the period; where nobody had a working day there is none to speak about, and nobody to hide."""
    first = book.once(absence_begins)
    if first is None or period.start < first or not available_days(book, period, scope):
        return None
    return WITHHELD if is_withheld(book, period, scope) else book.once(absences).within(period, *scope)


@oracle("unplanned_absence_days")
def unplanned_absence(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Absent shares of working days."""
    found = _absent(book, period, (scope_type, scope_id))
    return amount(sum((share for share, _ in found), Decimal(0))) if isinstance(found, list) else found


@oracle("absence_ratio")
def absence(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """The same / working days of everyone employed."""
    found = _absent(book, period, (scope_type, scope_id))
    if not isinstance(found, list):
        return found
    absent = sum((share for share, _ in found), Decimal(0))
    return ratio(absent, available_days(book, period, (scope_type, scope_id)))


@oracle("absence_occasions_per_employee")
def absence_occasions(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Occasions begun / average headcount."""
    found = _absent(book, period, (scope_type, scope_id))
    if not isinstance(found, list):
        return found
    begun = sum(begins for _, begins in found)
    return ratio(begun, average_headcount(book, period, (scope_type, scope_id)))


# timesheets and training


def timesheets(book: Book) -> Events:
    """Timesheets by their first day, in the department of the first employed day of the week from it."""
    dated = []
    for row in book.rows("timesheets"):
        week = (row["work_date"] + timedelta(days=n) for n in range(7))
        found = (department_on(book, row["employee_id"], day) for day in week)
        department = next((name for name in found if name), "unassigned")
        dated.append((row["work_date"], {"department": department}, row))
    return Events(dated)


@oracle("utilisation_ratio")
def utilisation(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Billable hours / hours worked."""
    scope = (scope_type, scope_id)

    filled_in = book.once(timesheets).within(period, *scope)
    if not filled_in:
        return None
    if period.is_open:
        return Outcome(None, reason="incomplete_period")
    month = period.start
    while month <= period.through:
        if scope in _withheld_timesheets(book, month):
            return WITHHELD
        month = add_months(month, 1)
    return ratio(total(filled_in, "hours_billable"), total(filled_in, "hours_worked"))


def _withheld_timesheets(book: Book, month: date) -> set[Scope]:
    """Of a whole month: fewer than five people, and the next smallest until five different people hide."""
    names: dict[Scope, set[str]] = defaultdict(set)
    last = add_months(month, 1) - ONE_DAY
    departments = {place for place in book.once(places) if place[0] == "department"}
    for scope in {COMPANY, ("department", "unassigned"), *departments}:
        for row in book.once(timesheets).between(month, last, *scope):
            names[scope].add(row["employee_id"])
    if 0 < len(names[COMPANY]) < FEWEST_PEOPLE:
        return {scope for scope, found in names.items() if found}
    order = sorted((len(found), scope) for scope, found in names.items() if found and scope != COMPANY)
    hiding, people_behind, groups = set(), set(), 0
    for size, scope in order:
        is_small = size < FEWEST_PEOPLE
        if is_small or (hiding and (len(people_behind) < FEWEST_PEOPLE or groups < 2)):
            groups += bool(names[scope] - people_behind)
            people_behind |= names[scope]
            hiding.add(scope)
    return hiding


def courses(book: Book) -> Events:
    """Courses of people employed on their day, in the department of that day."""
    placed = (
        (row, department_on(book, row["employee_id"], row["training_date"])) for row in book.rows("training")
    )
    return Events(
        (row["training_date"], {"department": department}, row) for row, department in placed if department
    )


def training_begins(book: Book) -> date | None:
    """First day of the month of the first course that counts; None where there is none."""
    first = min(
        (row["training_date"] for row in book.once(courses).between(date.min, date.max, *COMPANY)),
        default=None,
    )
    return first and first.replace(day=1)


def _attended(book: Book, period: Period, scope: Scope) -> list[dict[str, Any]] | Outcome | None:
    first = book.once(training_begins)
    if first is None or period.start < first or not employed(book, scope, period.start, period.through):
        return None
    if is_withheld(book, period, scope):
        return WITHHELD
    return book.once(courses).within(period, *scope)


@oracle("training_hours_per_employee")
def training_hours(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Hours of training / average headcount; nobody trained is 0."""
    found = _attended(book, period, (scope_type, scope_id))
    if not isinstance(found, list):
        return found
    return ratio(total(found, "hours") or 0, average_headcount(book, period, (scope_type, scope_id)))


@oracle("training_cost_per_employee_amount")
def training_cost(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Recorded cost of training / average headcount; training of which no cost is recorded is not free."""
    found = _attended(book, period, (scope_type, scope_id))
    if not isinstance(found, list):
        return found
    costed = [row for row in found if row["cost_amount"] is not None]
    if found and not costed:
        return None
    return ratio(total(costed, "cost_amount") or 0, average_headcount(book, period, (scope_type, scope_id)))


# surveys


def rounds(book: Book) -> dict[str, dict[date, dict[str, list[int]]]]:
    """Survey -> day of a round -> department -> scores."""
    found: dict[str, dict[date, dict[str, list[int]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for row in book.rows("employee_survey_answers"):
        found[row["survey"]][row["answered_date"]][row["department"]].append(row["score"])
    return found


def _scores(book: Book, period: Period, scope: Scope, survey: str) -> list[int] | Outcome | None:
    """Scores of all rounds; one round that points at persons withholds the period."""
    scores, points_at_persons = [], False
    for day, answers in book.once(rounds)[survey].items():
        if not period.holds(day):
            continue
        sizes = {department: len(given) for department, given in answers.items()}
        if scope == COMPANY:
            scores += [score for given in answers.values() for score in given]
            points_at_persons |= sum(sizes.values()) < FEWEST_PEOPLE
        else:
            scores += answers.get(scope[1], [])
            points_at_persons |= scope[1] in hidden(sizes)
    return WITHHELD if points_at_persons else scores or None


@oracle("employee_engagement_score")
def engagement(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Mean score."""
    found = _scores(book, period, (scope_type, scope_id), "engagement")
    return ratio(sum(found), len(found)) if isinstance(found, list) else found


@oracle("employee_satisfaction_ratio")
def satisfaction(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Scores 4 and 5 / all."""
    found = _scores(book, period, (scope_type, scope_id), "satisfaction")
    return ratio(sum(score >= 4 for score in found), len(found)) if isinstance(found, list) else found


# pay and groups


def pay_rates(book: Book) -> dict[str, list[tuple[date, Decimal]]]:
    """Employee -> (first day, rate) in order; a rate holds until the next."""
    found: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    for row in book.rows("pay"):
        found[row["employee_id"]].append((row["start_date"], row["pay_rate_amount"]))
    return {person: sorted(rates) for person, rates in found.items()}


def paid(book: Book, day: date, name: str) -> dict[str | None, list[Decimal]]:
    """Gender or group -> rates of those employed on the day whose rate is known, from the lowest."""
    found: dict[str | None, list[Decimal]] = defaultdict(list)
    for person in employed(book, COMPANY, day):
        rates = [rate for first, rate in book.once(pay_rates).get(person, []) if first <= day]
        if rates:
            found[book.once(people)[person][name]].append(rates[-1])
    return {group: sorted(rates) for group, rates in found.items()}


def _gap(more: Decimal, less: Decimal) -> Outcome:
    """(more - less) / more to four decimals, with nothing beside it that gives pay away."""
    return Outcome(rounded((more - less) / more, 4)) if more else Outcome(None, reason="zero_base")


def mean(rates: list[Decimal]) -> Decimal:
    """Sum / number."""
    return sum(rates) / len(rates)


def median(rates: list[Decimal]) -> Decimal:
    """The one in the middle, or the mean of the two."""
    return (rates[(len(rates) - 1) // 2] + rates[len(rates) // 2]) / 2


def _gender_gap(book: Book, period: Period, typical: Callable[[list[Decimal]], Decimal]) -> Outcome | None:
    found = paid(book, period.through, "gender")
    if not found:
        return None
    women, men = found.get("woman", []), found.get("man", [])
    if min(len(women), len(men)) < FEWEST_PEOPLE:
        return WITHHELD
    return _gap(typical(men), typical(women))


@oracle("gender_pay_gap_ratio")
def gender_pay_gap(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """(Mean pay of men - mean pay of women) / mean pay of men, on the last known day."""
    return _gender_gap(book, period, mean)


@oracle("gender_pay_gap_median_ratio")
def gender_pay_gap_median(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """The same of medians."""
    return _gender_gap(book, period, median)


@oracle("ethnicity_pay_gap_ratio")
def ethnicity_pay_gap(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """(Mean pay of all other groups - mean pay of the group) / mean pay of the others, once a year has ended."""
    found = {group: rates for group, rates in paid(book, period.through, "ethnic_group").items() if group}
    if scope_id not in found:
        return None
    if period.is_open:
        return Outcome(None, reason="incomplete_period")
    sizes = {group: len(rates) for group, rates in found.items()}
    everybody = sum(sizes.values())
    few_others = [group for group, size in sizes.items() if everybody - size < FEWEST_PEOPLE]
    if scope_id in hidden(sizes, also=few_others):
        return WITHHELD
    others = [rate for group, rates in found.items() if group != scope_id for rate in rates]
    return _gap(mean(others), mean(found[scope_id]))


@oracle("ethnic_group_share_ratio")
def ethnic_group_share(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """People of a group in a role / people of the role who state a group, once a year has ended."""
    if scope_type != "role_group":
        return None
    role, group = scope_id.split(" / ")
    sizes: dict[str, int] = defaultdict(int)
    for person in employed(book, COMPANY, period.through):
        row = book.once(people)[person]
        if row["role"] == role and row["ethnic_group"]:
            sizes[row["ethnic_group"]] += 1
    everybody = sum(sizes.values())
    if not everybody:
        return None
    if period.is_open:
        return Outcome(None, reason="incomplete_period")
    if everybody < FEWEST_PEOPLE or len(sizes) == 1 or group in hidden(sizes):
        return WITHHELD
    return ratio(sizes[group], everybody)
