"""What must hold after every story, whatever happened in it.

The witnesses are the world's write log, the store's rows and its journal of transactions, and what
the lifecycle topic got: never what the product believes of itself.
"""

from collections.abc import Iterator
from itertools import pairwise

from localazure.world import Snapshot, Write
from rollout.adapters.azure_ml.arm_bodies import ROLLOUT_TAG, STAMP_TAG
from rollout.core.machine.transitions import TRANSITIONS, Finding
from rollout.core.records.decision_fields import DECISION_FIELDS
from rollout.core.records.history import HistoryEntry
from rollout.core.records.lifecycle_events import LIFECYCLE_EVENTS
from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import NO_ROLLOUT, Rollout
from rollout.service.decision_log import NO_LINE
from tests.support.stories.audits import verdicts_computed_again
from tests.support.stories.azure import CONTROLLER
from tests.support.stories.stage import Story

_PERSON = frozenset({"Commanded"})
_BACK = frozenset({Phase.ROLLING_BACK, Phase.DISCARDING})


def check(
    story: Story, *, late_writes: bool = False, bugs: bool = False, others: bool = False
) -> None:
    """Check every invariant.

    `late_writes`: a paused worker's write is part of the story; `bugs`: a planted error is;
    `others`: other hands deploy too, under any name.
    """
    if not bugs:
        no_pass_failed(story)
    every_split_is_whole(story)
    no_weight_on_what_cannot_serve(story)
    nothing_with_traffic_is_deleted(story)
    going_back_is_final(story, late_writes=late_writes, others=others)
    one_rollout_owns_the_endpoint(story)
    every_offer_has_one_outcome(story)
    history_folds_to_the_row(story)
    lifecycle_is_in_order(story)
    every_event_is_documented(story)
    no_stage_is_cut_short(story)
    every_verdict_can_be_audited(story)
    no_line_is_missing(story)


def no_line_is_missing(story: Story) -> None:
    """Whatever a row holds, its decision has a log line with every field."""
    assert not [line for line in story.log.lines if line.startswith(NO_LINE)]
    assert all(list(line) == list(DECISION_FIELDS) for line in story.log.decisions)


def every_event_is_documented(story: Story) -> None:
    """docs/lifecycle-events.md lists each kind of row with all that its data holds."""
    for entry in (each for step in story.store.journal for each in step.history):
        assert set(entry.public) <= set(LIFECYCLE_EVENTS[entry.kind].details), entry


def no_pass_failed(story: Story) -> None:
    """Faults of ports are expected by name; an error that a pass did not expect is a bug."""
    failed = [line for line in story.log.lines if line.startswith("a pass failed")]
    assert not failed, failed


def every_verdict_can_be_audited(story: Story) -> None:
    """Each stored verdict follows from what was stored before it, digit for digit."""
    for rollout in _by_id(story).values():
        verdicts_computed_again(story, rollout)


def every_split_is_whole(story: Story) -> None:
    """I1: sums to 100, or to 0 on an endpoint that has no stable."""
    for write in _own(story, "endpoints.put"):
        total = sum(write.after.split.live.values())
        stamped = write.tags.get(STAMP_TAG, "").rpartition("/")[0]
        assert total in (0, 100), write
        if total == 0 and stamped:
            assert _by_id(story)[stamped].stable is None, write


def no_weight_on_what_cannot_serve(story: Story) -> None:
    """I2: the world refuses it too; a raise goes only to what is Succeeded at that instant."""
    states: dict[str, str | None] = {}
    for write in story.world.log:
        endpoint, _, deployment = write.resource.partition("/")
        if deployment:
            states[write.resource] = write.after.state
        elif write.operation == "endpoints.put":
            for name in (*write.after.split.live, *write.after.split.mirror):
                state = states.get(f"{endpoint}/{name}")
                assert state is not None, f"weight on absent {name}: {write}"
                if raises(write, name) and write.caller == CONTROLLER:
                    able = ("Succeeded", "Updating", "Scaling")
                    assert state in able, f"weight on {name}, which is {state}: {write}"


def nothing_with_traffic_is_deleted(story: Story) -> None:
    """I3: deletions come from RETIRING (stable) or DISCARDING (candidate), at weight 0."""
    split: dict[str, Snapshot] = {}
    rollouts = _by_id(story).values()
    for write in story.world.log:
        endpoint, _, deployment = write.resource.partition("/")
        if not deployment:
            split[endpoint] = write.after
        elif write.operation == "deployments.delete" and write.caller == CONTROLLER:
            held = split.get(endpoint, Snapshot()).split
            assert not held.holds(deployment), f"deleted with traffic: {write}"
            retired = any(
                r.stable == deployment and _entered(story, r.id, Phase.RETIRING, write)
                for r in rollouts
            )
            discarded = any(
                r.candidate == deployment and _entered(story, r.id, Phase.DISCARDING, write)
                for r in rollouts
            )
            assert retired or discarded, f"deleted by whom? {write}"


def going_back_is_final(story: Story, *, late_writes: bool, others: bool = False) -> None:
    """I4: after a recorded rollback nothing raises the candidate, and the end is without it."""
    log = list(story.world.log)
    for rollout in _by_id(story).values():
        since = _writes_before(story, rollout.id)
        if since is None:
            continue
        own = [w for w in log[since:] if w.operation == "endpoints.put" and w.caller == CONTROLLER]
        ours = [w for w in own if w.tags.get(STAMP_TAG, "").startswith(f"{rollout.id}/")]
        name = rollout.candidate
        raised = [w for w in ours if raises(w, name)]
        if not late_writes:
            assert not raised, f"raised after the rollback was recorded: {raised}"
            if ours:
                assert not ours[0].after.split.holds(name), ours[0]
        over = rollout.final and rollout.phase is not Phase.LOST
        if over and story.rollout.id == rollout.id:
            left = rollout.candidate in story.deployments
            if others and left:
                left = _is_ours(story, rollout)
            assert not left, "final before the fence stands"
            serves = {**story.split, **story.mirror} if story.deployments else {}
            assert others or rollout.candidate not in serves


def one_rollout_owns_the_endpoint(story: Story) -> None:
    """I5: a start replaces only a final rollout, under its ETag."""
    for step in story.store.journal:
        before = step.before.rollout if step.before else None
        after = step.after.rollout
        if after is not None and before is not None and before.id != after.id:
            assert before.final, f"{after.id} replaced {before.id} in {before.phase}"


def every_offer_has_one_outcome(story: Story) -> None:
    """I6: each accepted version has one row, and the lists of the owner row agree with it."""
    current = story.current
    received = {offer.version for offer in current.offers}
    waiting = current.waiting.version if current.waiting else None
    for version in story.accepted:
        state = story.offer_of(version).state
        assert (state is OfferState.RECEIVED) == (version in received), (version, state)
        assert (state is OfferState.WAITING) == (version == waiting), (version, state)


def history_folds_to_the_row(story: Story) -> None:
    """I7: contiguous, every move legal, and folding the moves gives the row."""
    for rollout in _by_id(story).values():
        entries = story.history(rollout.id)
        assert [e.sequence for e in entries] == list(range(1, len(entries) + 1)), rollout.id
        phase, stage = Phase.CREATING, 0
        for entry in _moves(entries):
            finding = Finding(entry.data["finding"])
            assert entry.data["from"] == phase, entry
            assert TRANSITIONS[phase][finding] is entry.phase, entry
            assert entry.stage == stage + (finding is Finding.STAGE_PASSED), entry
            phase, stage = entry.phase, entry.stage
        assert (phase, stage) == (rollout.phase, rollout.stage)


def lifecycle_is_in_order(story: Story) -> None:
    """I8: at least once, in order, and the same id always means the same fact."""
    facts: dict[str, HistoryEntry] = {}
    first: list[str] = []
    for endpoint, entry in story.lifecycle.published:
        assert endpoint == story.endpoint
        assert facts.setdefault(entry.key, entry) == entry
        if entry.key not in first:
            first.append(entry.key)
    assert first == sorted(first), "announced out of order"
    if story.current.head == story.current.published:
        stored = {e.key for key in (NO_ROLLOUT, *_by_id(story)) for e in story.history(key)}
        assert stored == set(first)


def no_stage_is_cut_short(story: Story) -> None:
    """I9: a stage ends after its bake or by a person, and none is skipped."""
    for rollout in _by_id(story).values():
        begun = None
        forced = False
        for entry in story.history(rollout.id):
            forced = forced or entry.kind in _PERSON
            if entry.kind != "PhaseChanged":
                continue
            passed = entry.data["finding"] in (Finding.STAGE_PASSED, Finding.ALL_PASSED)
            if passed and not forced:
                stage = entry.stage - (entry.data["finding"] == Finding.STAGE_PASSED)
                assert begun is not None
                assert entry.at - begun >= rollout.policy.stages[stage].bake, entry
            if entry.phase is Phase.BAKING:
                begun, forced = entry.at, False


def _is_ours(story: Story, rollout: Rollout) -> bool:
    """The product made it, and nobody took its mark away, or put it back after the end."""
    endpoint, ended = story.policy.endpoint, rollout.ended_at
    found = story.world.deployments.get(endpoint, rollout.candidate)
    if found.created.by != CONTROLLER or found.spec.tags.get(ROLLOUT_TAG) != rollout.id:
        return False
    theirs = (
        write.at
        for write in story.world.log.of("deployments.put")
        if write.resource == f"{endpoint}/{rollout.candidate}" and write.caller != CONTROLLER
    )
    return not any(ended is not None and at > ended for at in theirs)


def raises(write: Write, name: str) -> bool:
    """A deployment gets more of the clients' requests, or more copies of them."""
    before, after = write.before.split, write.after.split
    weight = after.live.get(name, 0) > before.live.get(name, 0)
    return weight or after.mirror.get(name, 0) > before.mirror.get(name, 0)


def _own(story: Story, operation: str) -> Iterator[Write]:
    return (write for write in story.world.log.of(operation) if write.caller == CONTROLLER)


def _by_id(story: Story) -> dict[str, Rollout]:
    """Every rollout of the story as it was last stored."""
    rollouts = (step.after.rollout for step in story.store.journal)
    return {rollout.id: rollout for rollout in rollouts if rollout is not None}


def _moves(entries: list[HistoryEntry]) -> list[HistoryEntry]:
    return [entry for entry in entries if entry.kind == "PhaseChanged"]


def _entered(story: Story, rollout: str, phase: Phase, write: Write) -> bool:
    """The store knew of the phase before the world saw the write."""
    return any(
        step.after.rollout is not None
        and step.after.rollout.id == rollout
        and step.after.rollout.phase is phase
        and step.world_writes <= write.sequence
        for step in story.store.journal
    )


def _writes_before(story: Story, rollout: str) -> int | None:
    """How many writes the world had seen when this rollout was first recorded as going back."""
    for step in story.store.journal:
        owner = step.after.rollout
        if owner is not None and owner.id == rollout and owner.phase in _BACK:
            return step.world_writes
    return None


def adjacent(entries: list[HistoryEntry]) -> list[tuple[Phase, Phase]]:
    """The phases a rollout went through, pair by pair."""
    return [(a.phase, b.phase) for a, b in pairwise(_moves(entries))]
