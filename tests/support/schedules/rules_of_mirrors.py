"""A mirror is the rollout's only to its own candidate, and only on the way forward."""

from localazure.world import Write
from rollout.core.records.phases import PHASES
from tests.support.schedules.watching import Witness, is_ours
from tests.support.stories.surroundings import Committed


def whose_mirror_it_is(witness: Witness, write: Write) -> None:
    """No write of ours ends what somebody else mirrors, but to what it gives a weight."""
    rollout, door = witness.rollout, witness.door
    before, after = write.before.split, write.after.split
    if not is_ours(write) or rollout is None:
        return
    theirs = {name: part for name, part in before.mirror.items() if name != rollout.candidate}
    if theirs:
        witness.note("situation: a write of ours beside another's mirror")
    if door.paused or (witness.stale_reads and door.mirrored != before.mirror):
        # As with weights: nothing can be said of a mirror that was not seen.
        return
    for name, part in theirs.items():
        if name not in after.live and after.mirror.get(name) != part:
            witness.broke(whose_mirror_it_is, f"{before} -> {after}")


def a_way_back_ends_the_mirror(witness: Witness, write: Write) -> None:
    """Whatever of ours is written once a rollout goes back mirrors nothing to its candidate."""
    rollout = witness.rollout
    if not is_ours(write) or rollout is None or not PHASES[rollout.phase].back:
        return
    if witness.door.paused or witness.door.late_write:
        return
    name = rollout.candidate
    if name in write.before.split.mirror:
        witness.note("situation: a way back ended a mirror")
    if name in write.after.split.mirror:
        witness.broke(a_way_back_ends_the_mirror, f"{rollout.phase}: {write.after.split}")


def only_a_dropped_mirror_is_put_back(witness: Witness, step: Committed) -> None:
    """By itself, once, and where nothing else was changed: the rest is an operator's to decide."""
    was, now = step.before.rollout if step.before else None, step.after.rollout
    if was is None or now is None or was.id != now.id or witness.door.kind != "work":
        return
    if not any(each.data.get("finding") == "stage restarted" for each in step.history):
        return
    witness.note("situation: a mirror of ours was put back")
    door = witness.door
    if was.mirror_put_back or door.mirrored or door.shown != {was.stable: 100}:
        witness.broke(only_a_dropped_mirror_is_put_back, f"{door.shown}, {door.mirrored}")
