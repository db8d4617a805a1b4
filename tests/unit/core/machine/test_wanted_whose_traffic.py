"""Whose traffic it is: third deployments keep what somebody gave them, whatever ends a rollout."""

from dataclasses import replace

import pytest

from rollout.core.machine.decision import Decision
from rollout.core.machine.effects_needed import effects_needed
from rollout.core.records.effects import Attention, DeleteDeployment, Notice
from rollout.core.records.observation import ModelId, Observation, ProvisioningState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause, HoldReason, Rollout, Seen
from rollout.core.records.signals import Command, Verb
from rollout.errors import RefusedError
from tests.support.builders import (
    BLUE,
    GREEN,
    MODEL,
    NOW,
    a_current,
    a_deployment,
    a_rollout,
    after,
    an_endpoint,
    deployments,
    held,
    look,
    ours,
    rollout_of,
    seen,
    signal,
    traffic_of,
)

P = ProvisioningState
SHIFTING, BAKING, PROMOTED, RETIRING = (
    a_rollout(Phase.SHIFTING),
    a_rollout(Phase.BAKING),
    a_rollout(Phase.PROMOTED),
    a_rollout(Phase.RETIRING),
)


def asked(rollout: Rollout, there: Observation) -> dict[str, int] | None:
    return traffic_of(tuple(effects_needed(a_current(rollout), there, NOW)))


def asks(decision: Decision) -> bool:
    return any(isinstance(effect, Attention) for effect in decision.effects)


def deletes(decision: Decision) -> list[str]:
    return [each.name for each in decision.effects if isinstance(each, DeleteDeployment)]


def drifted(rollout: Rollout, split: dict[str, int]) -> Rollout:
    """The rollout after two looks that saw this split."""
    once = rollout_of(look(rollout, seen(split, "who"), after(1)))
    return rollout_of(look(once, seen(split, "who"), after(2)))


def order(rollout: Rollout, verb: Verb = Verb.ROLLBACK, *take_from: str) -> Decision:
    return signal(rollout, Command(verb, "ann", "why", take_from=take_from), after(5))


def test_a_drift_asks_for_an_operator_once_and_says_what_serves() -> None:
    there = seen({GREEN: 10, "red": 90}, "who")
    once = rollout_of(look(BAKING, there))
    twice = look(once, there, after(1))
    (asked,) = [each.text for each in twice.effects if isinstance(each, Attention)]
    assert "red 90 %" in asked
    third = look(rollout_of(twice), there, after(2))
    assert not any(isinstance(each, Attention) for each in third.effects)


@pytest.mark.parametrize("rollout", [SHIFTING, BAKING, PROMOTED], ids=lambda r: r.phase)
@pytest.mark.parametrize("split", [{"red": 100}, {BLUE: 30, "red": 70}, {BLUE: 99, "red": 1}])
@pytest.mark.parametrize("hold", [True, False])
def test_where_a_third_deployment_took_the_candidates_place_the_rollout_ends_without_a_write(
    rollout: Rollout, split: dict[str, int], *, hold: bool
) -> None:
    back = drifted(held(rollout) if hold else rollout, split)
    assert (back.phase, back.cause) == (Phase.ROLLING_BACK, Cause.FOREIGN_ROLLBACK)
    there = seen(split, "who")
    once = look(back, there, after(3))
    assert rollout_of(once).phase is Phase.ROLLING_BACK, "one sighting proves nothing"
    twice = look(rollout_of(once), there, after(4))
    assert rollout_of(twice).phase is Phase.DISCARDING
    assert [each for each in twice.effects if isinstance(each, Attention)]
    assert traffic_of((*once.effects, *twice.effects)) is None


THIRDS: list[tuple[dict[str, int], dict[str, int] | None]] = [
    ({"red": 100}, None),
    ({BLUE: 60, "red": 40}, None),
    ({GREEN: 10, "red": 90}, {BLUE: 10, "red": 90}),
    ({BLUE: 50, GREEN: 10, "red": 40}, {BLUE: 60, "red": 40}),
    ({GREEN: 10, "red": 45, "amber": 45}, {BLUE: 10, "red": 45, "amber": 45}),
]


@pytest.mark.parametrize("phase", [Phase.ROLLING_BACK, Phase.DISCARDING])
@pytest.mark.parametrize("state", [P.SUCCEEDED, P.FAILED])
@pytest.mark.parametrize(("there", "wanted"), THIRDS)
def test_the_way_back_moves_the_candidates_share_and_nobody_elses(
    phase: Phase,
    state: ProvisioningState,
    there: dict[str, int],
    wanted: dict[str, int] | None,
) -> None:
    assert asked(a_rollout(phase), seen(there, "who", state)) == wanted


@pytest.mark.parametrize("phase", [Phase.ROLLING_BACK, Phase.DISCARDING])
def test_an_operators_order_moves_what_it_names_and_no_more(phase: Phase) -> None:
    ordered = a_rollout(phase, may_take=("red",))
    assert asked(ordered, seen({"red": 100}, "who")) == {BLUE: 100}
    there = seen({GREEN: 10, "red": 50, "amber": 40}, "who")
    assert asked(ordered, there) == {BLUE: 60, "amber": 40}


def test_without_a_stable_what_serves_most_takes_the_candidates_share() -> None:
    first = a_rollout(Phase.ROLLING_BACK, stable=None)
    there = seen({GREEN: 40, "red": 50, "amber": 10}, "who")
    assert asked(first, there) == {"red": 90, "amber": 10}


def test_while_retiring_a_third_deployment_that_took_all_ends_it_as_a_rollback() -> None:
    there = seen({"red": 100}, "who")
    once = rollout_of(look(RETIRING, there))
    back = look(once, there, after(1))
    assert rollout_of(back).cause is Cause.FOREIGN_ROLLBACK
    assert not deletes(back)
    assert traffic_of(back.effects) is None


def test_a_rollout_succeeds_only_while_the_release_serves() -> None:
    replaced = deployments(a_deployment(GREEN, model=ModelId(MODEL, "9")))
    ended = look(RETIRING, seen({GREEN: 100}, ours(1), deployments=replaced))
    assert rollout_of(ended).phase is Phase.LOST
    assert asks(ended)


def test_retiring_says_which_weight_or_mirror_keeps_the_old_stable() -> None:
    mirrored = replace(an_endpoint({GREEN: 100}, ours(1)), mirror={BLUE: 5})
    decision = look(RETIRING, seen(endpoint=mirrored), after(60))
    assert not deletes(decision)
    (asked,) = [each.text for each in decision.effects if isinstance(each, Attention)]
    assert "blue cannot be deleted: it has 5 % of mirrored traffic" in asked
    weighed = look(RETIRING, seen({GREEN: 60, BLUE: 40}, ours(1)), after(60))
    assert "blue cannot be deleted: it has 40 % of traffic" in str(weighed.effects)


SERVES_RED = Seen(True, foreign=2, split={GREEN: 10, "red": 50, "amber": 40}, stamp="who")


def test_a_rollback_says_what_keeps_serving_beside_stable() -> None:
    back = order(held(replace(BAKING, seen=SERVES_RED), HoldReason.DRIFT))
    assert rollout_of(back).may_take == ()
    assert back.text == (
        "rollback: asking for amber 40 %, blue 10 %, red 50 %; amber 40 %, red 50 % keeps serving: "
        "name it in take_from to move it to stable"
    )


@pytest.mark.parametrize(
    "phase", [Phase.SHIFTING, Phase.BAKING, Phase.PROMOTED, Phase.ROLLING_BACK, Phase.DISCARDING]
)
def test_an_order_that_names_a_third_deployment_is_kept_with_the_rollout(phase: Phase) -> None:
    begun = a_rollout(phase, seen=SERVES_RED)
    ordered = order(begun, Verb.ROLLBACK, "red")
    back = rollout_of(ordered)
    assert (back.may_take, back.write) == (("red",), begun.write + 1)
    assert "amber 40 % keeps serving" in ordered.text
    assert ordered.history[0].data["take_from"] == ["red"]
    assert asked(back, seen(SERVES_RED.split, "who")) == {BLUE: 60, "amber": 40}


@pytest.mark.parametrize("name", ["hotfix", BLUE, GREEN])
def test_an_order_may_name_only_a_third_deployment_that_has_traffic(name: str) -> None:
    with pytest.raises(RefusedError, match=f"{name} has no traffic to take: amber 40 %, red 50 %"):
        order(replace(BAKING, seen=SERVES_RED), Verb.ROLLBACK, name)
    with pytest.raises(RefusedError, match="no third deployment has any"):
        order(BAKING, Verb.ROLLBACK, name)


def test_without_a_stable_nothing_can_be_taken() -> None:
    with pytest.raises(RefusedError, match="no stable"):
        order(replace(SHIFTING, stable=None, seen=SERVES_RED), Verb.ROLLBACK, "red")


def test_a_rollback_under_way_is_ordered_again_only_to_take_more() -> None:
    with pytest.raises(RefusedError, match="rolled back already"):
        order(a_rollout(Phase.ROLLING_BACK, seen=SERVES_RED))


@pytest.mark.parametrize("phase", [Phase.VALIDATING, Phase.BAKING])
def test_resume_takes_nothing_from_a_third_deployment(phase: Phase) -> None:
    drift = held(a_rollout(phase, seen=SERVES_RED), HoldReason.DRIFT)
    with pytest.raises(RefusedError, match="amber 40 %, red 50 % is somebody else's choice"):
        order(drift, Verb.RESUME)
    put_back = replace(drift, seen=replace(SERVES_RED, split={BLUE: 90, GREEN: 10}))
    assert rollout_of(order(put_back, Verb.RESUME)).hold is None


def test_a_validated_candidate_takes_nothing_from_a_third_deployment_seen_once() -> None:
    there = seen({"red": 100}, "who")
    shifting = rollout_of(look(a_rollout(Phase.VALIDATING, validated="passed"), there))
    assert shifting.phase is Phase.SHIFTING
    assert asked(shifting, there) is None
    assert drifted(shifting, {"red": 100}).cause is Cause.FOREIGN_ROLLBACK


def test_a_hold_that_expires_takes_only_the_candidates_share() -> None:
    drift = held(replace(BAKING, seen=SERVES_RED), HoldReason.DRIFT)
    there = seen(SERVES_RED.split, "who")
    expired = look(drift, there, after(24 * 60))
    assert rollout_of(expired).cause is Cause.HOLD_EXPIRED
    assert any(isinstance(each, Notice) for each in expired.effects)
    assert traffic_of(expired.effects) == {BLUE: 10, "red": 50, "amber": 40}


def test_a_way_back_that_leaves_others_serving_ends_with_them() -> None:
    back = a_rollout(Phase.ROLLING_BACK, cause=Cause.ALERT)
    there = seen({BLUE: 10, "red": 90}, ours(2))
    once = look(back, there)
    twice = look(rollout_of(once), there, after(1))
    (told,) = [each.text for each in twice.effects if isinstance(each, Attention)]
    assert "blue 10 %, red 90 %: somebody else's choice, left as it is" in told
    gone = replace(there, deployments=deployments(BLUE, "red"))
    assert rollout_of(look(rollout_of(twice), gone, after(2))).phase is Phase.ROLLED_BACK
