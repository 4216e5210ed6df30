"""Tickets and answers to surveys, at random."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal

from tests.properties.company import Company, Draw


def draw_service(draw: Draw, company: Company) -> None:
    """Fill every entity of the service domain."""
    first, last = company.history_from - timedelta(days=500), company.as_of + timedelta(days=40)
    tickets = []
    for n in range(1800):
        clock = draw.pick((time(0, 0), time(23, 59, 59), time(draw.whole(0, 23), draw.whole(0, 59), 30)))
        opened = datetime.combine(draw.day(first, last), clock)
        response = draw.maybe(0.9, lambda opened=opened: opened + timedelta(seconds=draw.whole(0, 400_000)))
        resolved = draw.maybe(
            0.85, lambda opened=opened: opened + timedelta(seconds=draw.whole(0, 2_000_000))
        )
        tickets.append(
            {
                "ticket_id": f"T{n}",
                "customer_id": draw.maybe(0.9, lambda: f"C{draw.whole(0, 62)}"),
                "channel": draw.pick(("phone", "mail", "unassigned")),
                "opened_at": opened,
                "first_response_at": response,
                "resolved_at": resolved,
                "waiting_minutes": draw.maybe(0.8, lambda: Decimal(draw.whole(0, 900)) / 8),
                "contacts_count": draw.maybe(0.8, lambda: draw.whole(1, 4)),
                "is_escalated": draw.pick((True, False, False, None)),
            }
        )
    answers = []
    for n in range(1500):
        survey = draw.pick(("csat", "nps"))
        answers.append(
            {
                "answer_id": f"N{n}",
                "customer_id": draw.maybe(0.9, lambda: f"C{draw.whole(0, 62)}"),
                "answered_date": draw.day(first, last),
                "survey": survey,
                "score": draw.whole(0, 10) if survey == "nps" else draw.whole(1, 5),
            }
        )
    company.tables |= {"tickets": tickets, "survey_answers": answers}
