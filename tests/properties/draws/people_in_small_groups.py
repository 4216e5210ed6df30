"""A company of small and changing departments, and what three nights know of it: the last one has late news.

Late are those who left earlier than was known, and those whom nobody had put on the list. None of them has other
rows, so that what was counted of a department stays the same while its size changes.

Until June 2022 departments and teams come and go by chance. From July 2022 on their sizes are few and known, so
that a person can follow what is withheld and why: Sales 12 (teams Field 8, Shop 4), Works 15 (North 8, South 7),
Lab 7, Finance 6 and Legal 5, of whom one leaves with January 2023.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tests.properties.company import Company, Draw, Row

FIRST = date(2020, 1, 1)
SETTLED = date(2022, 7, 1)
KNOWN = (("Sales", "Field", 8), ("Sales", "Shop", 4), ("Works", "North", 8), ("Works", "South", 7))
KNOWN_WITHOUT_TEAMS = (("Lab", 7), ("Finance", 6), ("Legal", 5))
BY_CHANCE = (
    ("Stores", "North"),
    ("Stores", "South"),
    ("Depot", None),
    ("Kiosk", "A"),
    ("Kiosk", None),
    ("HQ", None),
)
CANARY = "CANARY-ONLY-SELLER"
CANARY_PAY = Decimal("98765.4321")
LATE_LEAVERS = ("Lab6", "Lab7")


def first_night() -> Company:
    """As of a Monday, 27 March 2023."""
    return _company(date(2023, 3, 27), is_late=False)


def second_night() -> Company:
    """The same rows on 31 March 2023."""
    return _company(date(2023, 3, 31), is_late=False)


def late_night() -> Company:
    """As of 14 June 2023: two had left the Lab in February, and others had come or gone before June 2022."""
    return _company(date(2023, 6, 14), is_late=True)


def _company(as_of: date, *, is_late: bool) -> Company:
    company = Company(
        as_of=as_of,
        history_from=FIRST,
        coverage={domain: (date(2019, 1, 1), date(2030, 1, 1)) for domain in ("hr", "sales")},
        employee_scope=False,
    )
    draw = Draw("small groups")
    people, assignments = _by_chance(draw), []
    without_rows = {row["employee_id"] for row in people if draw.happens(0.35)}
    for row in people:
        assignments += _places(Draw(row["employee_id"]), row)
    _known(people, assignments)
    active = [row for row in people if row["employee_id"] not in without_rows | set(LATE_LEAVERS)]
    ends = date(2023, 6, 30)
    company.tables = {
        "employees": [
            row
            for n, row in enumerate(people)
            if is_late or row["employee_id"] not in without_rows or n % 2 == 0
        ],
        "assignments": assignments,
        "absence_days": _absences(Draw("absence"), active, ends),
        "training": _training(Draw("training"), active, ends),
        "timesheets": _timesheets(Draw("timesheets"), active, ends),
        "employee_survey_answers": _answers(Draw("answers")),
        "pay": [
            {"employee_id": row["employee_id"], "start_date": row["hire_date"], "pay_rate_amount": CANARY_PAY}
            for row in people
        ],
        **_sales(Draw("sales")),
    }
    if is_late:
        for n, row in enumerate(people):
            if row["employee_id"] in LATE_LEAVERS:
                row["leave_date"] = date(2023, 2, 10)
            elif row["employee_id"] in without_rows and n % 2 == 0:
                row["leave_date"] -= timedelta(days=(row["leave_date"] - row["hire_date"]).days // 3)
    return company


def _by_chance(draw: Draw) -> list[Row]:
    rows = []
    for n in range(45):
        hired = draw.day(FIRST - timedelta(days=300), SETTLED - timedelta(days=100))
        rows.append(
            {
                "employee_id": f"H{n:02d}",
                "gender": draw.pick(("woman", "man")),
                "hire_date": hired,
                "leave_date": min(draw.later(hired, 1200), SETTLED - timedelta(days=1)),
                "role": draw.pick(("clerk", "driver")),
                "ethnic_group": draw.pick("AAAABBBC"),
                "is_leader": draw.happens(0.3),
            }
        )
    return rows


def _places(draw: Draw, person: Row) -> list[Row]:
    rows, start = [], person["hire_date"]
    while start <= person["leave_date"]:
        department, team = draw.pick(BY_CHANCE)
        end = draw.later(start, 700)
        rows.append(
            {
                "employee_id": person["employee_id"],
                "department": department,
                "team": team,
                "start_date": start,
                "end_date": end,
            }
        )
        start = end + timedelta(days=draw.pick((1, 1, 1, 9)))
    return rows


def _known(people: list[Row], assignments: list[Row]) -> None:
    for department, team, size in (*KNOWN, *((name, None, size) for name, size in KNOWN_WITHOUT_TEAMS)):
        for n in range(1, size + 1):
            person = f"{team or department}{n}"
            left = date(2023, 1, 31) if person == "Legal5" else None
            people.append(
                {
                    "employee_id": person,
                    "gender": "woman" if n % 2 else "man",
                    "hire_date": SETTLED,
                    "leave_date": left,
                    "role": "clerk",
                    "ethnic_group": "ABC"[n % 3],
                    "is_leader": n == 1,
                }
            )
            assignments.append(
                {
                    "employee_id": person,
                    "department": department,
                    "team": team,
                    "start_date": SETTLED,
                    "end_date": None,
                }
            )


def _days(draw: Draw, person: Row, last: date, count: int) -> list[date]:
    end = min(person["leave_date"] or last, last)
    span = (end - person["hire_date"]).days + 1
    return sorted(
        {
            person["hire_date"] + timedelta(days=draw.whole(0, span - 1))
            for _ in range(count * span // 365 + 1)
        }
    )


def _absences(draw: Draw, people: list[Row], last: date) -> list[Row]:
    return [
        {
            "employee_id": person["employee_id"],
            "absence_date": day,
            "is_planned": draw.happens(0.1),
            "absence_share": draw.pick((Decimal(1), Decimal("0.5"))),
        }
        for person in people
        for day in _days(draw, person, last, 20)
    ]


def _training(draw: Draw, people: list[Row], last: date) -> list[Row]:
    days = [(person["employee_id"], day) for person in people for day in _days(draw, person, last, 5)]
    return [
        {
            "training_id": f"T{n}",
            "employee_id": person,
            "training_date": day,
            "hours": Decimal(draw.whole(1, 40)) / 4,
            "cost_amount": draw.money(1, 900),
        }
        for n, (person, day) in enumerate(days)
    ]


def _timesheets(draw: Draw, people: list[Row], last: date) -> list[Row]:
    rows = []
    for person in people:
        for day in _days(draw, person, last, 25):
            worked = Decimal(draw.whole(1, 160)) / 4
            rows.append(
                {
                    "employee_id": person["employee_id"],
                    "work_date": day - timedelta(days=day.weekday()),
                    "hours_worked": worked,
                    "hours_billable": draw.pick((Decimal(0), worked, worked / 2)).quantize(Decimal("0.01")),
                }
            )
    return list({(row["employee_id"], row["work_date"]): row for row in rows}.values())


def _answers(draw: Draw) -> list[Row]:
    rows = []
    for month in range(0, 41, 3):
        day = date(2020 + month // 12, month % 12 + 1, 15)
        for survey in ("engagement", "satisfaction"):
            rows += [
                {
                    "answer_id": f"{survey}{month}{department}{n}",
                    "answered_date": day,
                    "survey": survey,
                    "department": department,
                    "score": draw.whole(1, 5),
                }
                for department in ("Sales", "Works", "Finance", "Legal", "Lab")
                for n in range(draw.pick((0, 2, 4, 5, 6, 11)))
            ]
    return rows


def _sales(draw: Draw) -> dict[str, list[Row]]:
    """The north has one seller, who also sells elsewhere; the web sells by itself, in the south too."""
    homes = {CANARY: "Norr"} | {f"Syd{n}": "Syd" for n in range(6)} | {f"Väst{n}": "Väst" for n in range(7)}
    orders, lines = [], []
    day = FIRST
    while day <= date(2023, 6, 30):
        for seller, home in (*homes.items(), (None, "Syd")):
            for _ in range(draw.pick((0, 1, 1, 1, 2, 2))):
                number = f"O{len(orders)}"
                orders.append(
                    {
                        "order_id": number,
                        "customer_id": "C1",
                        "order_date": day + timedelta(days=draw.whole(0, 27)),
                        "region": home if draw.happens(0.9) else draw.pick(("Syd", "Väst")),
                        "channel": draw.pick(("store", "field")) if seller else "web",
                        "salesperson_id": seller,
                    }
                )
                lines.append(
                    {
                        "order_id": number,
                        "line_number": 1,
                        "product_id": "P1",
                        "quantity": Decimal(1),
                        "net_amount": draw.money(10, 900),
                        "cost_amount": Decimal(1),
                        "currency_code": None,
                    }
                )
        day = (day + timedelta(days=31)).replace(day=1)
    return {"orders": orders, "order_lines": lines}
