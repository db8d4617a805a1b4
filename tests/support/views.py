"""Views of a service as the app gives them: made by the app's own code, shown by the client's."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from rollout.core.records.history import HistoryEntry
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Baking, Current, Rollout, Seen
from rollout.inbound.views import service_view
from tests.support.builders import (
    BLUE,
    ENDPOINT_ID,
    GREEN,
    NOW,
    ROLLOUT_ID,
    a_current,
    a_rollout,
)
from tests.support.gate_builders import after, side, some

JUDGED = after(some(30, side(10), side(90, 0.45)))
"""Half an hour in which the candidate failed nothing, and stable a little."""

LATER = NOW + timedelta(minutes=3)


def baking(**changes: Any) -> Rollout:
    """A rollout that bakes at 10 %, has evidence, and whose split was seen."""
    fields: dict[str, Any] = {
        "gate": JUDGED,
        "baking": Baking(NOW, evidence="0 of 300 requests failed"),
        "seen": Seen(endpoint=True, at=NOW, split={BLUE: 90, GREEN: 10}),
        **changes,
    }
    return a_rollout(Phase.BAKING, **fields)


def entry(number: int, text: str, phase: Phase = Phase.BAKING) -> HistoryEntry:
    return HistoryEntry(
        rollout=ROLLOUT_ID,
        sequence=number,
        at=NOW + timedelta(seconds=number),
        kind="PhaseChanged",
        phase=phase,
        stage=0,
        text=text,
    )


def view_of(
    rollout: Rollout | None,
    *,
    current: Current | None = None,
    history: tuple[HistoryEntry, ...] = (),
    **more: Any,
) -> Mapping[str, Any]:
    """The view of a service; `current` stands for a row without a rollout or with offers."""
    row = current if current is not None else a_current(rollout)
    return service_view("fraud", ENDPOINT_ID, row, NOW, history=history, offers=(), **more)


def fault_view() -> Mapping[str, Any]:
    text = 'rollout.yaml: keep: "forever" is not a duration'
    return service_view("pricing", None, None, NOW, history=(), offers=(), fault=text)
