"""People: who is employed where and at what pay, who is away, what time and training they book.

Writes the hr/ files. Payroll as the ledger sees it is computed here too, so that it ties to the pay rows.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

from benchmarks.demo_company import story
from benchmarks.demo_company.chance import Chance
from benchmarks.demo_company.company import (
    DEPARTMENTS,
    KRONA,
    LEADER,
    OCCUPATIONS,
    STATED_GROUPS,
    STATED_GROUPS_IN_WAREHOUSES,
    Department,
    Setting,
)
from benchmarks.demo_company.extract import Extracts, kronor
from benchmarks.demo_company.workdays import (
    DAY,
    days,
    is_working_day,
    month_end,
    months,
    next_month,
    working_day_on_or_after,
)

COURSES = (
    ("Truckkort", 8, 4200),
    ("Säljträning", 12, 7800),
    ("Excel", 6, 2400),
    ("Ledarskap", 16, 11500),
    ("Hjärt-lungräddning", 4, 900),
)


@dataclass
class Stretch:
    """A stretch of time in one team."""

    department: Department
    team: str
    start: date
    end: date | None = None


@dataclass
class Employee:
    """One person, with all stretches and pay rates."""

    employee_id: str
    is_woman: bool
    birth: date
    hire: date
    is_leader: bool
    stretches: list[Stretch]
    leave: date | None = None
    pay: list[tuple[date, int]] = field(default_factory=list)

    def stretch_on(self, day: date) -> Stretch | None:
        """Return the stretch the day lies in, None while not employed."""
        for stretch in self.stretches:
            if stretch.start <= day and (stretch.end is None or day <= stretch.end):
                return stretch
        return None

    def pay_on(self, day: date) -> int:
        """Return the monthly pay that holds on the day."""
        return [amount for start, amount in self.pay if start <= day][-1]

    def end(self, last: date) -> None:
        """Leave after this day."""
        self.leave = self.stretches[-1].end = last


class Staff:
    """All who were ever employed."""

    def __init__(self, setting: Setting):
        """Hire those of the first day, then live through the months."""
        self._setting = setting
        self._chance = setting.chance("staff")
        self.employees: list[Employee] = []
        self._employed: dict[str, list[Employee]] = {}
        self._sellers: dict[tuple[str, date], list[str]] = {}
        for department in DEPARTMENTS:
            self._employed[department.department_id] = []
            for number in range(department.people * setting.scale):
                hired = date(self._chance.whole(2011, 2022), self._chance.whole(1, 12), 1)
                self._hire(department, department.teams[number % len(department.teams)], hired, number < 2)
        for month in months(setting.first, setting.last):
            self._live(month)

    def _hire(self, department: Department, team: str, day: date, is_leader: bool = False) -> Employee:
        chance = self._chance
        is_woman = chance.happens(department.women_share - (0.08 if is_leader else 0))
        birth = date(day.year - chance.whole(21, 50), chance.whole(1, 12), chance.whole(1, 28))
        employee = Employee(
            f"E{len(self.employees) + 1:03d}",
            is_woman,
            birth,
            day,
            is_leader,
            [Stretch(department, team, day)],
        )
        # Men start 3 % higher: the part of the pay gap that department and role do not explain.
        pay = department.pay * (1.4 if is_leader else 1) * (1 if is_woman else 1.03)
        pay *= chance.around(1, 0.12) * (1 + 0.03 * max(0, day.year - 2023))
        start = max(day, date(2022, 4, 1))
        employee.pay.append((start, int(pay / 100) * 100 * KRONA))
        self.employees.append(employee)
        self._employed[department.department_id].append(employee)
        return employee

    def _live(self, month: date) -> None:
        """Raises, notices, moves and hires of one month."""
        chance, scale = self._chance, self._setting.scale
        for department in DEPARTMENTS:
            employed = self._employed[department.department_id]
            growth = 1 + 0.05 * (month - self._setting.first).days / 365
            planned = int(department.people * scale * growth + 0.5)
            while len(employed) < planned and chance.happens(0.6):
                self._hire(department, chance.pick(department.teams), month)
            if month.month == 4:
                for employee in employed:
                    if employee.hire < month:
                        raised = employee.pay[-1][1] * chance.around(1.031, 0.012)
                        employee.pay.append((month, int(raised / (100 * KRONA)) * 100 * KRONA))
            # Never fewer than five: a department below that would be withheld all through the scorecard.
            least = max(5, planned * 3 // 4)
            for employee in list(employed):
                gives_notice = chance.happens(story.leave_probability(month))
                if gives_notice and not employee.is_leader and len(employed) > least:
                    employee.end(month_end(month))
                    employed.remove(employee)
        if month.month == 10:
            self._move("D4", "D1", month)
        if (month.year, month.month) == (2024, 9):
            # Hired and gone within one month: no period start or end ever sees this person.
            short = self._hire(DEPARTMENTS[4], "Lager", date(2024, 9, 2))
            short.end(date(2024, 9, 20))
            self._employed["D5"].remove(short)

    def _move(self, from_id: str, to_id: str, month: date) -> None:
        leaving, arriving = self._employed[from_id], self._employed[to_id]
        movable = [each for each in leaving if not each.is_leader and each.stretches[-1].start < month]
        if len(leaving) > 6 and movable:
            person = self._chance.pick(movable)
            department = next(each for each in DEPARTMENTS if each.department_id == to_id)
            person.stretches[-1].end = month - DAY
            person.stretches.append(Stretch(department, department.teams[0], month))
            leaving.remove(person)
            arriving.append(person)

    def sellers(self, team: str, day: date) -> list[str]:
        """Return who of the team is employed on the day."""
        if (team, day) not in self._sellers:
            found = self._sellers[team, day] = []
            for employee in self.employees:
                stretch = employee.stretch_on(day)
                if stretch and stretch.team == team:
                    found.append(employee.employee_id)
        return self._sellers[team, day]

    def payroll(self, month: date) -> dict[str, int]:
        """Return gross pay of the month by department: monthly pay by calendar days employed."""
        length = (next_month(month) - month).days
        total = {department.department_id: 0 for department in DEPARTMENTS}
        for employee in self.employees:
            for stretch in employee.stretches:
                first = max(stretch.start, month)
                last = min(stretch.end or month_end(month), month_end(month))
                worked = (last - first).days + 1
                if worked > 0:
                    # The rate in force on the last day worked; rates change on the first of a month.
                    total[stretch.department.department_id] += employee.pay_on(last) * worked // length
        return total


def write_people(setting: Setting, staff: Staff, extracts: Extracts) -> None:
    """Write departments, teams, employees, assignments and pay."""
    departments = extracts.table("hr/departments", ("department_id", "department_name"))
    teams = extracts.table("hr/teams", ("team_id", "department_id", "team_name"))
    team_ids = {}
    for department in DEPARTMENTS:
        departments.write(department.department_id, department.name)
        for number, team in enumerate(department.teams, 1):
            team_ids[team] = f"{department.department_id}T{number}"
            teams.write(team_ids[team], department.department_id, team)
    employees = extracts.table(
        "hr/employees",
        (
            "employee_id",
            "employee_name",
            "birth_date",
            "gender",
            "hire_date",
            "leave_date",
            "is_leader",
            "occupation",
            "stated_group",
        ),
    )
    assignments = extracts.table(
        "hr/assignments", ("employee_id", "department_id", "team_id", "start_date", "end_date")
    )
    pay = extracts.table("hr/pay", ("employee_id", "start_date", "monthly_pay"))
    chance = setting.chance("stated groups")
    for person in staff.employees:
        team = person.stretches[-1].team
        in_warehouse = person.stretches[-1].department.department_id == "D5"
        employees.write(
            person.employee_id,
            f"Testperson {person.employee_id[1:]}",
            person.birth,
            "K" if person.is_woman else "M",
            person.hire,
            person.leave,
            str(person.is_leader).lower(),
            LEADER if person.is_leader else OCCUPATIONS[team],
            chance.weighted(STATED_GROUPS_IN_WAREHOUSES if in_warehouse else STATED_GROUPS),
        )
        for stretch in person.stretches:
            assignments.write(
                person.employee_id,
                stretch.department.department_id,
                team_ids[stretch.team],
                stretch.start,
                stretch.end,
            )
        for start, amount in person.pay:
            pay.write(person.employee_id, start, kronor(amount))


def _leave_days(setting: Setting, person: Employee, chance: Chance) -> dict[date, tuple[str, str]]:
    """Return the planned leave of a person: holidays, now and then a parental leave."""
    away: dict[date, tuple[str, str]] = {}
    for year in range(setting.first.year, setting.last.year + 1):
        if person.hire > date(year, 5, 1):
            continue
        monday = date(year, 6, 23) + timedelta(days=(7 - date(year, 6, 23).weekday()) % 7)
        monday += timedelta(weeks=chance.whole(0, 3))
        for day in days(monday, monday + timedelta(days=chance.whole(3, 4) * 7 - 3)):
            away[day] = ("semester", "1.0")
        if chance.happens(0.6):
            for day in days(date(year, 12, 27), date(year, 12, 30)):
                away[day] = ("semester", "1.0")
        for _ in range(5):
            away[date(year, chance.whole(2, 11), chance.whole(1, 28))] = ("semester", "1.0")
        if chance.happens(0.03):
            start = date(year, chance.whole(1, 8), 1)
            for day in days(start, start + timedelta(days=chance.whole(60, 120))):
                away[day] = ("föräldraledig", "1.0")
    return away


def write_time(setting: Setting, staff: Staff, extracts: Extracts) -> None:
    """Write absences by working day and weekly timesheets of the departments that bill hours."""
    absences = extracts.table("hr/absences", ("employee_id", "absence_date", "absence_type", "day_share"))
    timesheets = extracts.table(
        "hr/timesheets", ("employee_id", "week_start_date", "hours_worked", "hours_billable")
    )
    chance = setting.chance("absence")
    for person in staff.employees:
        away = _leave_days(setting, person, chance)
        first, last = max(person.hire, setting.first), min(person.leave or setting.last, setting.last)
        sick_days_left, half_hours = 0, 0
        for day in days(first, last):
            if is_working_day(day):
                factor = story.sickness_factor(day)
                if sick_days_left == 0 and chance.happens(0.0105 * factor):
                    sick_days_left = chance.weighted(((1, 0.3), (2, 0.25), (3, 0.2), (5, 0.15), (9, 0.1)))
                entry = away.get(day)
                if entry is None and sick_days_left:
                    entry = ("sjuk", "1.0")
                elif entry is None and chance.happens(0.004 * factor):
                    entry = ("vab", chance.pick(("0.5", "1.0")))
                sick_days_left = max(0, sick_days_left - 1)
                if entry:
                    absences.write(person.employee_id, day, *entry)
                stretch = person.stretch_on(day)
                if stretch and stretch.department.writes_time:
                    half_hours += 16 if entry is None else 8 if entry[1] == "0.5" else 0
            if half_hours and (day.weekday() == 6 or day == last):
                billable = int(half_hours * min(0.97, chance.around(story.billable_share(day), 0.18)))
                week = day - timedelta(days=day.weekday())
                timesheets.write(person.employee_id, week, f"{half_hours / 2:.1f}", f"{billable / 2:.1f}")
                half_hours = 0


def write_training(setting: Setting, staff: Staff, extracts: Extracts) -> dict[tuple[date, str], int]:
    """Write course days; return their cost by month and department for the ledger."""
    training = extracts.table(
        "hr/training", ("training_id", "employee_id", "training_date", "course_name", "hours", "cost_amount")
    )
    chance = setting.chance("training")
    cost: dict[tuple[date, str], int] = {}
    number = 0
    for month in months(setting.first, setting.last):
        for person in staff.employees:
            day = month + timedelta(days=chance.whole(0, 27))
            stretch = person.stretch_on(day)
            if stretch and is_working_day(day) and chance.happens(0.13):
                course, hours, price = chance.pick(COURSES)
                amount = int(chance.around(price, 0.2)) * KRONA
                number += 1
                training.write(f"T{number:04d}", person.employee_id, day, course, hours, kronor(amount))
                key = (month, stretch.department.department_id)
                cost[key] = cost.get(key, 0) + amount
    return cost


def write_staff_surveys(setting: Setting, staff: Staff, extracts: Extracts) -> None:
    """Write what the staff answers each quarter, department by department and lowest score first.

    The order is that of the scores, so that no line can be traced to a person.
    """
    answers = extracts.table(
        "hr/employee_survey_answers", ("answer_id", "answered_date", "survey", "department_id", "score")
    )
    chance = setting.chance("staff surveys")
    number = 0
    for month in months(setting.first, setting.last):
        if month.month % 3:
            continue
        day = working_day_on_or_after(month.replace(day=10))
        low = story.discontent_factor(day)
        at_work = [stretch for person in staff.employees if (stretch := person.stretch_on(day))]
        for survey, very_low, high in (("engagement", 0.02, 0.24), ("satisfaction", 0.03, 0.30)):
            for department in DEPARTMENTS:
                weights = ((1, very_low * low), (2, 0.07 * low), (3, 0.22 * low), (4, 0.42), (5, high))
                asked = sum(stretch.department is department for stretch in at_work)
                scores = [chance.weighted(weights) for _ in range(asked) if chance.happens(0.84)]
                for score in sorted(scores):
                    number += 1
                    answers.write(f"M{number:05d}", day, survey, department.department_id, score)
