"""Lifecycle events and messages to start from."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from azure.functions import CloudEvent

from rollout.adapters.events.lifecycle_events import cloud_event
from rollout.core.messages import Happened, Message, message_of
from rollout.core.records.history import HistoryEntry
from rollout.core.records.phases import Phase
from tests.doubles.records import ENDPOINT, entry

AT = datetime(2026, 1, 31, 10, 0, 30, tzinfo=UTC)
TOLD = {
    "service": "fraud",
    "version": "7",
    "cause": "gate",
    "split": "blue 100 %",
    "next": "see that stable takes the traffic",
    "since": "2026-01-31 10:00 UTC",
    "by": "",
    "evidence": "37 of 410 failed; stable: 3 of 3,700",
}
WHY = "ROLLING_BACK (gate): 37 of 410 failed"


def a_happening(
    kind: str = "Notice", phase: Phase = Phase.ROLLING_BACK, *, why: str = WHY, **details: object
) -> Happened:
    told: dict[str, object] = {**TOLD, **details}
    return Happened(
        id="fraud-endpoint/r-1/00000007",
        endpoint=ENDPOINT,
        service="fraud",
        rollout="r-1",
        sequence=7,
        kind=kind,
        phase=phase,
        stage=1,
        at=AT,
        text=f"fraud version {told['version']}: {why}; now {told['split']}; next: {told['next']}",
        details=told,
    )


def a_message(happened: Happened | None = None) -> Message:
    found = message_of(happened or a_happening())
    assert found is not None
    return found


def with_facts(*facts: tuple[str, str], title: str = "fraud v7 is held") -> Message:
    return replace(a_message(), title=title, facts=facts)


def delivered(row: HistoryEntry, service: str = "fraud") -> dict[str, Any]:
    """What the trigger hands over of an event that the product announced."""
    event = cloud_event(ENDPOINT, service, row)
    return CloudEvent(
        id=event.id,
        source=event.source,
        type=event.type,
        specversion="1.0",
        time=event.time,
        subject=event.subject,
        data=event.data,
        **(event.extensions or {}),
    ).to_dict()


def told_entry() -> HistoryEntry:
    """The history row of a rollback that people are told of."""
    happened = a_happening()
    return replace(
        entry(7), kind="Notice", phase=happened.phase, text=happened.text, data=dict(TOLD)
    )
