"""Support tickets and survey answers. Writes the service/ files."""

from datetime import datetime, timedelta

from benchmarks.demo_company import story
from benchmarks.demo_company.company import Setting
from benchmarks.demo_company.extract import Extracts
from benchmarks.demo_company.orders import Customer
from benchmarks.demo_company.workdays import days, is_working_day

CONTACT_CHANNELS = (("telefon", 0.46), ("e-post", 0.27), ("chatt", 0.17), ("kundportal", 0.10))


def write_service(setting: Setting, customers: list[Customer], extracts: Extracts) -> None:
    """Write tickets, and the answers of customers whose ticket was solved."""
    chance, contact_chance = setting.chance("service"), setting.chance("contact channels")
    tickets = extracts.table(
        "service/tickets",
        (
            "ticket_id",
            "customer_id",
            "opened_at",
            "first_response_at",
            "resolved_at",
            "waiting_minutes",
            "contacts_count",
            "is_escalated",
            "contact_channel",
        ),
    )
    answers = extracts.table(
        "service/survey_answers", ("answer_id", "customer_id", "answered_date", "survey", "score")
    )
    number = answer = 0
    due, known = 0.0, 0
    for day in days(setting.first, setting.last):
        while known < len(customers) and customers[known].since <= day:
            known += 1
        if not is_working_day(day):
            continue
        # Those at work are fewer when many are ill, and late goods bring questions.
        strain = 1 + 0.25 * (story.sickness_factor(day) - 1) + (0.2 if day.year == 2025 else 0)
        strain = max(0.8, strain)
        due += 560 * setting.scale / 251 * story.trend(day) * (0.5 + chance.unit())
        while due >= 1:
            due -= 1
            number += 1
            customer_id = customers[int(chance.unit() * known)].customer_id
            opened = datetime(day.year, day.month, day.day, chance.whole(8, 15), chance.whole(0, 59))
            responded = opened + timedelta(minutes=int(chance.around(70 * strain, 0.9)))
            contacts = chance.weighted(((1, 0.72 / strain), (2, 0.2), (3, 0.08 * strain)))
            resolved = responded + timedelta(minutes=int(chance.around(600 * contacts * strain, 0.9)))
            is_known = resolved.date() <= setting.last
            tickets.write(
                f"T{number:05d}",
                customer_id,
                f"{opened:%Y-%m-%d %H:%M}",
                f"{responded:%Y-%m-%d %H:%M}",
                f"{resolved:%Y-%m-%d %H:%M}" if is_known else None,
                int(chance.around(6 * strain, 0.9)),
                contacts,
                str(chance.happens(0.06 * strain)).lower(),
                contact_chance.weighted(CONTACT_CHANNELS),
            )
            if is_known and chance.happens(0.6):
                answer += 1
                low = 0.10 * strain * strain
                if chance.happens(0.5):
                    score = chance.weighted(((1, low / 2), (2, low / 2), (3, low), (4, 0.4), (5, 0.42)))
                    survey = "csat"
                else:
                    score = chance.weighted(
                        (
                            (chance.whole(0, 6), 1.6 * low),
                            (chance.whole(7, 8), 0.32),
                            (chance.whole(9, 10), 0.48),
                        )
                    )
                    survey = "nps"
                answers.write(f"N{answer:05d}", customer_id, resolved.date(), survey, score)
