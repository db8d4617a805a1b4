"""Whose traffic it is: what somebody else chose to serve is theirs (ADR 13)."""

from collections.abc import Mapping
from datetime import timedelta

from localazure.world import Write
from rollout.core.records.offers import OfferSource
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import Rollout
from tests.support.schedules.watching import MANAGED, Door, Loss, Witness, is_ours
from tests.support.stories.azure import CONTROLLER
from tests.support.stories.surroundings import Committed

CONFIRMED = frozenset({Phase.BAKING, Phase.PROMOTED})
"""The candidate was seen with its weight, so that it can lose it."""

CAUSES: Mapping[str, frozenset[str]] = {
    "foreign rollback": frozenset({"foreign rollback"}),
    "harm": frozenset({"alert", "gate", "inconclusive"}),
    "cancelled": frozenset({"operator", "cancelled"}),
    "replaced": frozenset({"superseded"}),
    "hold expired": frozenset({"hold expired"}),
}
"""Why a rollout with traffic goes back, by the finding that ends it."""

LOOKS = 3
"""Two looks in a row believe a split; one more, for a row that was saved by another worker."""

NOT_STALE = timedelta(minutes=2)
"""Above this, a read that shows the split before a write is no stale read any more."""


def whose_traffic_it_is(witness: Witness, write: Write) -> None:
    """No write of ours takes weight that somebody else gave, unless a person's order named it."""
    rollout, door = witness.rollout, witness.door
    if not is_ours(write) or rollout is None:
        return
    before, after = write.before.split.live, write.after.split.live
    third = set(before) - {rollout.candidate, rollout.stable}
    if third:
        witness.note("situation: a write of ours beside a third deployment")
    if door.paused or (witness.stale_reads and door.shown != before):
        # Endpoint writes carry no ETag: nothing can be said of a split that was not seen.
        witness.note("situation: a write upon a split that was not seen")
        return
    if door.shown != before:
        witness.broke(whose_traffic_it_is, f"not seen: {dict(before)}, but {door.shown}")
    for name in _protected(witness, rollout, before):
        if after.get(name, 0) < before[name] and name not in witness.named:
            witness.broke(whose_traffic_it_is, f"{name}: {dict(before)} -> {dict(after)}")


def _protected(witness: Witness, rollout: Rollout, before: Mapping[str, int]) -> set[str]:
    """The rollout owns its candidate. Until a shift was seen, stable's weight is ambiguous: what
    the endpoint had before the write looks like somebody's way back (ADR 8)."""
    own = {rollout.candidate}
    if rollout.phase not in CONFIRMED | {Phase.RETIRING}:
        own.add(rollout.stable or "")
    return (witness.theirs & set(before)) - own


def a_lost_candidate_is_left(witness: Witness, write: Write) -> None:
    """After somebody else took all of the candidate's weight, no write of ours moves traffic."""
    loss = witness.loss
    before, after = write.before.split.live, write.after.split.live
    if loss is None or not is_ours(write) or before == after:
        return
    if witness.door.shown == before and not witness.door.paused:
        witness.broke(a_lost_candidate_is_left, f"{loss} -> {dict(after)}")
    # What was written without having seen it is another story from here on.
    witness.loss = None


def watch_for_a_loss(witness: Witness, write: Write) -> None:
    """Remember that somebody else took all of the candidate's weight, or changed that again."""
    rollout = witness.rollout
    if write.operation != MANAGED or write.caller == CONTROLLER or rollout is None:
        return
    before, after = write.before.split.live, write.after.split.live
    witness.loss = None
    # What somebody else gave a candidate that is only mirrored to is theirs to take again.
    ours = rollout.phase in CONFIRMED and rollout.asked_for_traffic_at is not None
    had_some = ours and rollout.candidate in before
    if had_some and after and rollout.candidate not in after:
        witness.loss = Loss(rollout.id, write.at, dict(after))
        witness.note("situation: a candidate lost its weight by another hand")
        if set(after) - {rollout.stable}:
            witness.note("situation: ... to a third deployment")


def a_lost_candidate_ends_the_trial(witness: Witness, door: Door) -> None:
    """A candidate that lost its weight by another's hand is rolled back once two looks saw it."""
    loss, rollout = witness.loss, witness.rollout
    if loss is None or rollout is None or rollout.id != loss.rollout:
        return
    saw = door.kind == "work" and not (door.troubled or door.paused or door.busy)
    settled = witness.now() - loss.at > NOT_STALE
    if saw and settled and door.split == loss.split:
        loss.looks += 1
    if loss.looks >= LOOKS and PHASES[rollout.phase].on_trial:
        witness.broke(a_lost_candidate_ends_the_trial, f"{loss}: {rollout.phase}")


def a_lost_candidate_is_a_foreign_rollback(witness: Witness, step: Committed) -> None:
    """What ends such a trial is called a foreign rollback, unless something else came first."""
    loss, rollout = witness.loss, step.after.rollout
    was = step.before.rollout if step.before else None
    if loss is None or rollout is None or was is None or rollout.id != loss.rollout:
        return
    if PHASES[was.phase].on_trial and PHASES[rollout.phase].back:
        (finding,) = (e.data["finding"] for e in step.history if e.kind == "PhaseChanged")
        cause = rollout.cause.value if rollout.cause else ""
        if finding == "foreign rollback":
            witness.note("situation: ... and it was taken for a rollback")
        if cause not in CAUSES.get(finding, ()):
            what = f"{loss}: {finding}, said to be for {cause}"
            witness.broke(a_lost_candidate_is_a_foreign_rollback, what)


def nothing_starts_by_itself_beside_anothers_choice(witness: Witness, step: Committed) -> None:
    """After a rollout, an event starts none beside a third deployment that somebody chose."""
    was, now = step.before.rollout if step.before else None, step.after.rollout
    if was is None or now is None or was.id == now.id or now.stable is None:
        return
    if now.stable in (was.candidate, was.stable):
        return
    if now.created_by is OfferSource.EVENT:
        witness.broke(nothing_starts_by_itself_beside_anothers_choice, now.stable)
    else:
        witness.note("situation: a start was ordered beside a third deployment")


def what_is_deleted_was_ours(witness: Witness, write: Write) -> None:
    """A deletion of ours hits a candidate of ours, or the stable that a promoted one replaced."""
    if write.operation != "deployments.delete" or write.caller != CONTROLLER:
        return
    name, rollout = write.resource.partition("/")[2], witness.rollout
    retired = rollout is not None and rollout.stable == name and rollout.phase is Phase.RETIRING
    if not retired and name not in witness.names:
        witness.broke(what_is_deleted_was_ours, name)
