"""Random looks, alerts and orders: what no sequence of them may ever break."""

from dataclasses import replace

import pytest
from hypothesis import given

from rollout.adapters.storage.record_codec import decode, encode
from rollout.core.decide import decide
from rollout.core.machine.halts import halted
from rollout.core.machine.holds import HOLD_REASONS
from rollout.core.records.effects import SetTraffic
from rollout.core.records.history import HistoryEntry
from rollout.core.records.observation import (
    DeploymentSeen,
    EndpointSeen,
)
from rollout.core.records.offers import OfferRecord
from rollout.core.records.phases import FINAL_PHASES, FORWARD_PHASES, Phase
from rollout.core.records.rollout import Current
from rollout.core.records.signals import (
    Command,
)
from tests.support.random_walks import GOING_BACK, MOVES, RED, Walk, histories, walks

# The same lines thousands of times: tracing them costs twice their run and covers nothing more.
pytestmark = pytest.mark.no_cover


@MOVES
@given(walks())
def test_a_final_phase_is_left_only_for_another_rollout(walk: Walk) -> None:
    for before, *_, decision in walk.trail:
        was, now = before.rollout, decision.current.rollout
        if was is not None and now is not None and was.final and was.id == now.id:
            assert replace(now, attention_at=was.attention_at) == was


@MOVES
@given(walks())
def test_history_is_contiguous_and_tells_phase_and_stage(walk: Walk) -> None:
    for entries in histories(walk).values():
        assert [entry.sequence for entry in entries] == list(range(1, len(entries) + 1))
    last = histories(walk).get(walk.current.rollout_id, [])
    if walk.current.rollout is not None and last:
        assert (last[-1].phase, last[-1].stage) == (walk.current.phase, walk.current.rollout.stage)
        assert walk.current.head == last[-1].key


@MOVES
@given(walks())
def test_every_change_of_phase_or_stage_is_one_row(walk: Walk) -> None:
    for before, *_, decision in walk.trail:
        after = decision.current.rollout
        if before.rollout is None or after is None or after.id != before.rollout.id:
            continue
        moved = (before.phase, before.rollout.stage) != (after.phase, after.stage)
        rows = [entry for entry in decision.history if entry.kind == "PhaseChanged"]
        assert len(rows) == 1 if moved else len(rows) <= 1


@MOVES
@given(walks())
def test_every_split_that_is_asked_for_is_whole(walk: Walk) -> None:
    for _, _, there, _, decision in walk.trail:
        for effect in decision.effects:
            if isinstance(effect, SetTraffic):
                rollout, endpoint = decision.current.rollout, there.endpoint
                assert rollout is not None
                assert isinstance(endpoint, EndpointSeen)
                total = sum(effect.split.values())
                assert total == 100 or (total == 0 and rollout.stable is None)
                # Others keep what they were seen to have; weight is given to these two alone.
                given = {name for name in effect.split if name not in endpoint.traffic}
                assert given <= {rollout.stable, rollout.candidate}
                assert all(weight > 0 for weight in effect.split.values())


@MOVES
@given(walks())
def test_nothing_but_an_operators_order_takes_from_a_third_deployment(walk: Walk) -> None:
    for _, _, there, _, decision in walk.trail:
        rollout, endpoint = decision.current.rollout, there.endpoint
        for effect in decision.effects:
            if not isinstance(effect, SetTraffic):
                continue
            assert rollout is not None
            assert isinstance(endpoint, EndpointSeen)
            kept = effect.split.get(RED, 0) >= endpoint.traffic.get(RED, 0)
            assert kept or RED in rollout.may_take


@MOVES
@given(walks())
def test_a_rollout_succeeds_only_with_the_release_serving_as_wanted(walk: Walk) -> None:
    for before, _, there, _, decision in walk.trail:
        was, now = before.rollout, decision.current.rollout
        if now is None or was is None or was.final or now.phase is not Phase.SUCCEEDED:
            continue
        serving = there.deployment(now.candidate)
        assert isinstance(serving, DeploymentSeen)
        assert (serving.rollout_tag, serving.spec) == (now.id, now.specs.candidate)
        assert isinstance(there.endpoint, EndpointSeen)
        assert there.endpoint.traffic == {now.candidate: 100}


@MOVES
@given(walks())
def test_only_an_operator_ends_what_only_an_operator_may_end_without_going_back(
    walk: Walk,
) -> None:
    for before, signal, *_, decision in walk.trail:
        was, now = before.rollout, decision.current.rollout
        if was is None or was.hold is None or now is None or now.phase is not was.phase:
            continue
        if HOLD_REASONS[was.hold.reason].until_an_operator and not isinstance(signal, Command):
            assert now.hold is not None
            assert HOLD_REASONS[now.hold.reason].until_an_operator


@MOVES
@given(walks())
def test_nothing_raises_the_candidate_while_held_or_going_back(walk: Walk) -> None:
    going_back: set[str] = set()
    for *_, decision in walk.trail:
        rollout = decision.current.rollout
        if rollout is None:
            continue
        for effect in decision.effects:
            if isinstance(effect, SetTraffic) and effect.raises_candidate:
                assert not halted(rollout)
                assert rollout.id not in going_back
                assert rollout.phase not in GOING_BACK
            elif isinstance(effect, SetTraffic):
                assert rollout.candidate not in effect.split
        if rollout.phase in GOING_BACK:
            going_back.add(rollout.id)
        assert rollout.id not in going_back or rollout.phase in GOING_BACK | FINAL_PHASES


@MOVES
@given(walks())
def test_no_stage_is_skipped_or_passed_before_its_bake(walk: Walk) -> None:
    for before, signal, *_, context, decision in walk.trail:
        was, now = before.rollout, decision.current.rollout
        if was is None or now is None or was.id != now.id:
            continue
        assert now.stage - was.stage in {0, 1}
        passed = now.stage > was.stage or (
            was.phase is Phase.BAKING and now.phase is Phase.PROMOTED
        )
        if passed:
            assert was.phase is Phase.BAKING
        if passed and not isinstance(signal, Command):
            assert was.baking is not None
            baked = context.now - was.baking.window_start
            assert baked >= was.policy.stages[was.stage].bake


@MOVES
@given(walks())
def test_a_hold_exists_only_where_something_could_go_forward(walk: Walk) -> None:
    for *_, decision in walk.trail:
        rollout = decision.current.rollout
        if rollout is not None and rollout.hold is not None:
            assert rollout.phase in FORWARD_PHASES
        if rollout is not None and not rollout.final:
            assert (rollout.halted_since is not None) is halted(rollout)


@MOVES
@given(walks())
def test_the_same_question_always_has_the_same_answer(walk: Walk) -> None:
    for before, signal, there, context, decision in walk.trail:
        assert decide(before, signal, there, context) == decision


@MOVES
@given(walks())
def test_what_is_saved_is_read_back_as_it_was(walk: Walk) -> None:
    for *_, decision in walk.trail[-8:]:
        assert decode(Current, encode(decision.current)) == decision.current
        for entry in decision.history:
            assert decode(HistoryEntry, encode(entry)) == entry
        for offer in decision.offers:
            assert decode(OfferRecord, encode(offer)) == offer


@MOVES
@given(walks())
def test_an_accepted_offer_is_always_somewhere(walk: Walk) -> None:
    offered: set[tuple[str, str]] = set()
    recorded: dict[tuple[str, str], OfferRecord] = {}
    for *_, decision in walk.trail:
        recorded |= {(r.offer.model, r.offer.version): r for r in decision.offers}
        current = decision.current
        offered |= {(o.model, o.version) for o in current.offers}
        for key in offered:
            assert key in recorded
        pending = {(o.model, o.version): "received" for o in current.offers}
        if current.waiting is not None:
            pending.setdefault((current.waiting.model, current.waiting.version), "waiting")
        for key, record in recorded.items():
            if record.state in {"received", "waiting"}:
                assert key in pending
