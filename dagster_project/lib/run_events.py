"""What Dagster's history says of a run: how its steps ended, what it judged, what it built, what went wrong.

Belongs here: reading events. They are the same for a run from the command line, from the schedule and from the
UI, so all of them get the same report. What the figures mean is ``night_report.py``'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dagster_project.lib.night_report import PageReport, StepReport

if TYPE_CHECKING:
    import dagster as dg

SUITE_CHECK = "expectation_suite"
PUBLISHED = ("published", "publication")
WANTED = (
    "STEP_START",
    "STEP_SUCCESS",
    "STEP_FAILURE",
    "STEP_SKIPPED",
    "ASSET_CHECK_EVALUATION",
    "ASSET_MATERIALIZATION",
)
_WAREHOUSE_BUSY = "Could not set lock on file"
IN_USE = (
    "Another program opened the warehouse while the run was at work, and DuckDB lets in one writer or many "
    "readers, never both. The last edition stands. What to do: close that program (a notebook, a BI tool, a "
    "`duckdb` shell; readers want published/current.duckdb), then run again."
)


@dataclass
class RunEvents:
    """What a report needs of a run's events."""

    steps: list[StepReport] = field(default_factory=list)
    judged: set[tuple[str, str]] = field(default_factory=set)
    built_edition: str | None = None
    page: PageReport | None = None

    @property
    def failed_steps(self) -> list[str]:
        """The steps that failed, or that were under way when the run ended."""
        return [step.step for step in self.steps if step.outcome in ("failed", "not finished")]


def read(records: Iterable[dg.EventLogEntry]) -> RunEvents:
    """The steps in the order they began, each with its seconds."""
    found = RunEvents()
    began: dict[str, float] = {}
    ended: dict[str, tuple[str, float]] = {}
    for record in records:
        event = record.dagster_event
        if event is None:
            continue
        kind, step = event.event_type_value, event.step_key
        if kind == "STEP_START":
            began[step] = record.timestamp
        elif kind in ("STEP_SUCCESS", "STEP_FAILURE"):
            ended[step] = ("done" if kind == "STEP_SUCCESS" else "failed", record.timestamp)
        elif kind == "STEP_SKIPPED":
            began.setdefault(step, record.timestamp)
            ended[step] = ("skipped", record.timestamp)
        elif kind == "ASSET_CHECK_EVALUATION":
            evaluation = event.asset_check_evaluation_data
            if evaluation.check_name == SUITE_CHECK:
                found.judged.add(tuple(evaluation.asset_key.path))
        elif kind == "ASSET_MATERIALIZATION":
            made = event.step_materialization_data.materialization
            if tuple(made.asset_key.path) == PUBLISHED:
                found.built_edition = str(made.metadata["edition_id"].value)
                found.page = _page(made.metadata)
    for step, start in began.items():
        state, stop = ended.get(step, ("not finished", start))
        found.steps.append(StepReport(step, state, round(stop - start, 1)))
    return found


def _page(metadata: Mapping[str, Any]) -> PageReport | None:
    """How the page was made; None where it was there already."""
    if "page_missing" not in metadata:
        return None
    return PageReport(
        bool(metadata["page_missing"].value),
        int(metadata["page_bytes"].value),
        float(metadata["page_seconds"].value),
    )


def failure_messages(events: Iterable[dg.DagsterEvent]) -> list[str]:
    """What went wrong, each thing once: messages for people first, a step's own error otherwise."""
    events = list(events)
    failures = [event for event in events if event.event_type_value == "STEP_FAILURE"]
    told = [event.step_failure_data.user_failure_data for event in failures]
    messages = [failure.description for failure in told if failure and failure.description]
    for event in events:
        if event.event_type_value != "ASSET_CHECK_EVALUATION":
            continue
        evaluation = event.asset_check_evaluation_data
        if not evaluation.passed and evaluation.severity.value == "ERROR":
            text = evaluation.description or f"{evaluation.check_name} failed"
            # a failed dbt step has told what its own tests found
            if not any(text in message for message in messages):
                messages.append(text)
    if not messages:
        messages = [_own_error(event) for event in failures]
    known = [IN_USE if _WAREHOUSE_BUSY in message else message for message in messages]
    return list(dict.fromkeys(known)) or ["The run failed before its first step; see the messages above."]


def _own_error(event: dg.DagsterEvent) -> str:
    error = event.step_failure_data.error
    chain: Sequence[str] = [error.message]
    while error.cause:
        error = error.cause
        chain = [*chain, error.message]
    # the innermost says what happened; a lock may be named further out
    busy = next((message for message in chain if _WAREHOUSE_BUSY in message), None)
    return busy or f"Step {event.step_key}: {error.message.strip()}"
