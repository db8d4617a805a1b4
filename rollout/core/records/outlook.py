"""What the start of a rollout foresaw of its stages: where their evidence will come from."""

from dataclasses import dataclass
from enum import StrEnum


class EvidenceFrom(StrEnum):
    """`NOWHERE`: nearly every candidate, however good, would lack it when `max_bake` is over."""

    LIVE = "live requests"
    PROBES = "probes"
    BOTH = "live requests and probes"
    NOWHERE = "nowhere"


@dataclass(frozen=True)
class Outlook:
    """`inputs` are the distinct inputs of probes that there were at the start.

    `stages` has one entry a stage, in order; it is empty where nothing is foreseen (stable's
    history is not known yet, or the rollout began before there were outlooks).
    """

    inputs: int = 0
    stages: tuple[EvidenceFrom, ...] = ()

    def without_evidence(self, stage: int) -> bool:
        """Say whether it was foreseen that this stage (from 0) cannot have evidence."""
        return bool(self.stages) and self.stages[stage] is EvidenceFrom.NOWHERE
