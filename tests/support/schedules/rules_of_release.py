"""What serves is the release: the candidate is what was made, or it does not win (ADR 14)."""

from collections.abc import Mapping

from localazure.world import Write
from rollout.core.records.observation import DeploymentSeen, ProvisioningState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Rollout
from tests.support.schedules.watching import Witness, is_ours
from tests.support.stories.invariants import raises
from tests.support.stories.surroundings import Committed

WON = frozenset({Phase.PROMOTED, Phase.RETIRING})
_TAG, _MODEL = -1, 0


def watch_the_making(witness: Witness, shown: Mapping[str, DeploymentSeen]) -> None:
    """Note what the candidate is as this call first sees it ready; a save makes it remembered."""
    rollout = witness.rollout
    if rollout is None or rollout.final or rollout.id in witness.made:
        return
    seen = shown.get(rollout.candidate)
    if seen is None or seen.state is not ProvisioningState.SUCCEEDED:
        return
    made = witness.serves_with(rollout.candidate)
    door = witness.door
    if made is not None and door.ready is None and _names_the_release(rollout, made):
        door.ready = (rollout.id, made)


def success_means_that_the_release_serves(witness: Witness, step: Committed) -> None:
    """SUCCEEDED is entered only when the candidate at 100 % is the release as it was made."""
    was, rollout = step.before.rollout if step.before else None, step.after.rollout
    if rollout is None or rollout.phase is not Phase.SUCCEEDED:
        return
    if was is not None and was.phase is Phase.SUCCEEDED:
        return
    door = witness.door
    if door.shown != {rollout.candidate: 100}:
        witness.broke(success_means_that_the_release_serves, f"seen: {door.shown}")
    if door.paused:
        return
    if _is_another(witness, rollout):
        serves = witness.serves_with(rollout.candidate)
        witness.broke(success_means_that_the_release_serves, f"{rollout.candidate}: {serves}")


def what_was_replaced_is_never_promoted(witness: Witness, step: Committed) -> None:
    """No look promotes, or passes a stage, while candidate or stable was replaced in place."""
    was, rollout = step.before.rollout if step.before else None, step.after.rollout
    if was is None or rollout is None or was.id != rollout.id or witness.door.paused:
        return
    if _is_another(witness, rollout) and rollout.id in witness.made:
        witness.note(f"situation: the candidate is another in {rollout.phase}")
    further = rollout.stage > was.stage or (
        rollout.phase in WON and rollout.phase is not was.phase and was.phase is not Phase.RETIRING
    )
    # A person's `advance` does not look; the look that follows holds.
    if not further or witness.door.kind != "work":
        return
    if _is_another(witness, rollout) or _beside_another(witness, rollout):
        witness.broke(what_was_replaced_is_never_promoted, f"{was.phase} -> {rollout.phase}")


def nothing_raises_what_was_replaced(witness: Witness, write: Write) -> None:
    """No write of ours raises a candidate that is not the release."""
    rollout = witness.rollout
    if not is_ours(write) or rollout is None or witness.door.paused:
        return
    raised = raises(write, rollout.candidate)
    if raised and _is_another(witness, rollout):
        witness.broke(nothing_raises_what_was_replaced, write.after.split)


def _is_another(witness: Witness, rollout: Rollout) -> bool:
    serves = witness.serves_with(rollout.candidate)
    return serves is None or serves != witness.made.get(rollout.id)


def _beside_another(witness: Witness, rollout: Rollout) -> bool:
    beside = witness.beside.get(rollout.id)
    serves = witness.serves_with(rollout.stable)
    return None not in (beside, serves) and beside[:_TAG] != serves[:_TAG]  # type: ignore[index]


def _names_the_release(rollout: Rollout, made: tuple[object, ...]) -> bool:
    model = str(made[_MODEL])
    return made[_TAG] == rollout.id and model.endswith(f"/versions/{rollout.release.version}")
