"""What the service KPIs are, from their definitions: region and segment are the customer's, channel the ticket's."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.properties.oracle.calendar import Period
from tests.properties.oracle.registry import Book, Outcome, oracle, ratio
from tests.properties.oracle.sales import Events

ONE_SECOND = timedelta(seconds=1)


def customer_scopes(book: Book) -> dict[str, dict[str, str]]:
    """Customer -> region and segment."""
    return {
        row["customer_id"]: {
            "region": row["region"] or "unassigned",
            "customer_segment": row["customer_segment"] or "unassigned",
        }
        for row in book.rows("customers")
    }


def scopes_of(book: Book, customer: str | None) -> dict[str, str]:
    """Region and segment of a customer; of an unknown one nobody knows them."""
    nowhere = {"region": "unassigned", "customer_segment": "unassigned"}
    return book.once(customer_scopes).get(customer, nowhere)


def answers(book: Book) -> Events:
    """Answers to surveys by their day."""
    return Events(
        (row["answered_date"], scopes_of(book, row["customer_id"]), row)
        for row in book.rows("survey_answers")
    )


def _scores(book: Book, period: Period, scope: tuple[str, str], survey: str) -> list[int]:
    return [row["score"] for row in book.once(answers).within(period, *scope) if row["survey"] == survey]


@oracle("net_promoter_score")
def net_promoter(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """100 x (answers 9 and 10 - answers 0 to 6) / all answers."""
    scores = _scores(book, period, (scope_type, scope_id), "nps")
    balance = sum(score >= 9 for score in scores) - sum(score <= 6 for score in scores)
    return ratio(100 * balance, len(scores)) if scores else None


@oracle("customer_satisfaction_ratio")
def customer_satisfaction(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Answers 4 and 5 / all answers."""
    scores = _scores(book, period, (scope_type, scope_id), "csat")
    return ratio(sum(score >= 4 for score in scores), len(scores)) if scores else None


def _tickets_by(book: Book, moment: str) -> Events:
    """Tickets by the day of one of their moments."""
    return Events(
        (row[moment].date(), {**scopes_of(book, row["customer_id"]), "channel": row["channel"]}, row)
        for row in book.rows("tickets")
        if row[moment] is not None
    )


def opened(book: Book) -> Events:
    """Tickets by the day they were opened."""
    return _tickets_by(book, "opened_at")


def answered(book: Book) -> Events:
    """Tickets by the day of the first response."""
    return _tickets_by(book, "first_response_at")


def resolved(book: Book) -> Events:
    """Tickets by the day they were resolved."""
    return _tickets_by(book, "resolved_at")


def _mean_time(tickets: list[dict[str, Any]], until: str, unit: int) -> Outcome | None:
    """Mean time from the opening until another moment, in units of so many seconds."""
    seconds = sum((ticket[until] - ticket["opened_at"]) // ONE_SECOND for ticket in tickets)
    return ratio(Decimal(seconds) / unit, len(tickets)) if tickets else None


@oracle("first_response_minutes")
def first_response(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Mean minutes from opened to first response of the tickets first answered in the period."""
    return _mean_time(book.once(answered).within(period, scope_type, scope_id), "first_response_at", 60)


@oracle("resolution_hours")
def resolution(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Mean hours from opened to resolved of the tickets resolved in the period."""
    return _mean_time(book.once(resolved).within(period, scope_type, scope_id), "resolved_at", 3600)


@oracle("first_contact_resolution_ratio")
def first_contact_resolution(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Tickets that took exactly one contact / tickets resolved in the period whose contacts are recorded."""
    contacts = [
        ticket["contacts_count"]
        for ticket in book.once(resolved).within(period, scope_type, scope_id)
        if ticket["contacts_count"] is not None
    ]
    return ratio(contacts.count(1), len(contacts)) if contacts else None


@oracle("waiting_minutes")
def waiting(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Mean of the recorded minutes in the queue of the tickets opened in the period."""
    minutes = [
        ticket["waiting_minutes"]
        for ticket in book.once(opened).within(period, scope_type, scope_id)
        if ticket["waiting_minutes"] is not None
    ]
    return ratio(sum(minutes, Decimal(0)), len(minutes)) if minutes else None


@oracle("escalation_ratio")
def escalation(book: Book, period: Period, scope_type: str, scope_id: str) -> Outcome | None:
    """Tickets handed on to a second line / tickets opened in the period of which it is recorded."""
    recorded = [
        ticket["is_escalated"]
        for ticket in book.once(opened).within(period, scope_type, scope_id)
        if ticket["is_escalated"] is not None
    ]
    return ratio(sum(recorded), len(recorded)) if recorded else None
