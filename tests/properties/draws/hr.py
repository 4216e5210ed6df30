"""People who come, go, move between departments and teams, fall ill and answer surveys, at random."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tests.properties.company import DEPARTMENTS, TEAMS, Company, Draw, Row

ROLES = ("sales", "works", "office", None)
# from a large one to one that is mostly withheld
GROUPS = (*"AAAABBBBCCCDDEEFGH", None, None)


def draw_hr(draw: Draw, company: Company) -> None:
    """Fill every entity of the hr domain."""
    first, last = company.history_from - timedelta(days=700), company.as_of + timedelta(days=60)
    recorded = company.history_from + timedelta(days=220)  # absence and training are not, before this day
    people, assignments, pay = [], [], []
    for n in range(110):
        hired = draw.day(first, last)
        left = draw.maybe(0.6, lambda hired=hired: draw.later(hired, 3000))
        person = f"H{n:03d}"
        people.append(
            {
                "employee_id": person,
                "gender": draw.pick(("woman", "woman", "man", "man", "other")),
                "hire_date": hired,
                "leave_date": left,
                "role": draw.pick(ROLES),
                "ethnic_group": draw.pick(GROUPS),
                "is_leader": draw.pick((True, False, False, None)),
            }
        )
        assignments += _assignments(draw, person, hired, left)
        pay += _pay(draw, person, hired)
    company.tables |= {
        "employees": people,
        "assignments": assignments,
        "pay": pay,
        "absence_days": _absences(draw, people, recorded, last),
        "timesheets": _timesheets(draw, people, last),
        "training": [
            {
                "training_id": f"T{n}",
                "employee_id": draw.pick(people)["employee_id"],
                "training_date": draw.day(recorded, last),
                "hours": Decimal(draw.whole(0, 160)) / 4,
                "cost_amount": draw.maybe(0.9, lambda: draw.money(0, 900)),
            }
            for n in range(500)
        ],
        "employee_survey_answers": _answers(draw, first, last),
    }


def _assignments(draw: Draw, person: str, hired: date, left: date | None) -> list[Row]:
    """Stretches that never overlap; some begin before the hire, end after the leave or leave gaps."""
    rows, start = [], hired - timedelta(days=draw.pick((0, 0, 0, 30, -20)))
    for _ in range(draw.whole(0, 4)):
        end = draw.maybe(0.75, lambda start=start: draw.later(start, 900))
        rows.append(
            {
                "employee_id": person,
                "department": draw.pick(DEPARTMENTS),
                "team": draw.pick(TEAMS),
                "start_date": start,
                "end_date": end,
            }
        )
        if end is None:
            break
        start = end + timedelta(days=draw.pick((1, 1, 1, 40)))
    return rows


def _pay(draw: Draw, person: str, hired: date) -> list[Row]:
    starts = {hired, *(draw.later(hired, 3000) for _ in range(draw.whole(0, 3)))}
    if draw.happens(0.1):
        return []  # nobody knows what this person is paid
    return [
        {"employee_id": person, "start_date": start, "pay_rate_amount": Decimal(draw.whole(200, 400)) / 10}
        for start in sorted(starts)
    ]


def _absences(draw: Draw, people: list[Row], first: date, last: date) -> list[Row]:
    rows: dict[tuple[str, date], Row] = {}
    people = [person for person in people if (person["leave_date"] or last) >= first]
    for _ in range(900):
        person = draw.pick(people)
        day = draw.day(max(person["hire_date"], first), person["leave_date"] or last)
        day = max(day - timedelta(days=draw.pick((0, 0, 0, 0, 2))), first)
        for n in range(draw.pick((1, 1, 2, 5, 9))):
            # weekends among them, and days before the first and after the last one of the employment
            key = (person["employee_id"], day + timedelta(days=n))
            rows[key] = {
                "employee_id": key[0],
                "absence_date": key[1],
                "is_planned": draw.happens(0.3),
                "absence_share": draw.pick((Decimal(1), Decimal(1), Decimal("0.5"), Decimal("0.125"))),
            }
    return list(rows.values())


def _timesheets(draw: Draw, people: list[Row], last: date) -> list[Row]:
    rows: dict[tuple[str, date], Row] = {}
    for _ in range(4000):
        person = draw.pick(people)
        day = draw.day(person["hire_date"], min(person["leave_date"] or last, last))
        day -= timedelta(days=draw.pick((0, 0, 0, 2, 5)))  # weeks that begin before the first day
        worked = Decimal(draw.whole(0, 160)) / 4
        rows[person["employee_id"], day] = {
            "employee_id": person["employee_id"],
            "work_date": day,
            "hours_worked": worked,
            "hours_billable": draw.pick((Decimal(0), worked, worked / 2)).quantize(Decimal("0.01")),
        }
    return list(rows.values())


def _answers(draw: Draw, first: date, last: date) -> list[Row]:
    rows = []
    for round_number in range(90):
        day, survey = draw.day(first, last), draw.pick(("engagement", "satisfaction"))
        rows += [
            {
                "answer_id": f"Y{round_number}-{n}",
                "answered_date": day,
                "survey": survey,
                "department": draw.pick(DEPARTMENTS),
                "score": draw.whole(1, 5),
            }
            for n in range(draw.pick((2, 9, 30)))
        ]
    return rows
