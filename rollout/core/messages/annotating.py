"""A phase change that clients feel, as a mark on charts of an Application Insights component."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from rollout.core.messages.message import Happened
from rollout.core.records.phases import Phase

CHANGED = "PhaseChanged"
ANNOTATED_KINDS = (CHANGED,)
FELT: Mapping[Phase, str] = {
    Phase.SHIFTING: "traffic rises",
    Phase.PROMOTED: "promoted",
    Phase.ROLLING_BACK: "rolling back",
}
"""What a chart says of a phase; the others change nothing for clients."""

MAX_PROPERTY_CHARACTERS = 1000


@dataclass(frozen=True)
class Annotation:
    """One mark. The id follows from the history row, so that a repeat is the same mark."""

    id: UUID
    name: str
    at: datetime
    properties: Mapping[str, str]


def annotation_of(happened: Happened) -> Annotation | None:
    """Return the mark that an event makes; None: none."""
    word = FELT.get(happened.phase)
    if happened.kind not in ANNOTATED_KINDS or word is None:
        return None
    place = f"{happened.endpoint}/{happened.rollout}/{happened.sequence:08d}"
    return Annotation(
        id=uuid5(NAMESPACE_URL, place),
        name=f"{happened.service}: {word}",
        at=happened.at,
        properties={
            "service": happened.service,
            "rollout": happened.rollout,
            "sequence": str(happened.sequence),
            "phase": happened.phase.value,
            "stage": str(happened.stage + 1),
            "text": happened.text[:MAX_PROPERTY_CHARACTERS],
        },
    )
