"""What Azure refuses for good: it is found before anything is made, and it is never kept quiet."""

from localazure.world import Write
from rollout.adapters.azure_ml.arm_bodies import ROLLOUT_TAG
from rollout.core.records.observation import EndpointSeen, ProvisioningState
from rollout.core.records.phases import PHASES, Phase
from tests.support.schedules.watching import Door, Witness
from tests.support.stories.azure import CONTROLLER

REHEARSAL = "/0"
"""How the stamp of a rollout's write 0 ends (ADR 42)."""


def nothing_is_created_before_the_rehearsal(witness: Witness, write: Write) -> None:
    """Beside a stable no candidate is made before the way back was written and seen."""
    rollout, made_for = witness.rollout, write.tags.get(ROLLOUT_TAG)
    if write.operation != "deployments.put" or write.caller != CONTROLLER or rollout is None:
        return
    beside = rollout.id == made_for and rollout.stable is not None
    # Where nothing had traffic there was no way back.
    beside = beside and bool(witness.door.shown)
    if beside and rollout.id not in witness.rehearsed:
        witness.broke(nothing_is_created_before_the_rehearsal, write.resource)


def watch_for_the_rehearsal(witness: Witness, found: EndpointSeen) -> None:
    """Note whose write 0 is shown as done."""
    rollout, _, number = (found.stamp or "").rpartition("/")
    if f"/{number}" == REHEARSAL and found.state is ProvisioningState.SUCCEEDED:
        witness.rehearsed.add(rollout)


def watch_for_a_refusal(witness: Witness) -> None:
    """Azure has just refused a write of traffic for good."""
    witness.door.refused = True
    rollout = witness.rollout
    if rollout is None:
        return
    facts = PHASES[rollout.phase]
    which = "start" if rollout.phase is Phase.CREATING else "raise" if facts.raises else "way back"
    witness.note(f"situation: Azure refused a {which} for good")


def a_refused_write_asks_for_an_operator(witness: Witness, door: Door) -> None:
    """Each look in which a write of traffic is refused tells an operator, at once and again."""
    if door.kind != "work" or not door.refused or door.troubled or door.paused:
        return
    if witness.told() == door.told:
        witness.broke(a_refused_write_asks_for_an_operator, witness.rollout and witness.rollout.id)
