"""Candidate and stable that are not what they were: held, never promoted, never deleted unasked."""

from dataclasses import replace
from typing import Any

import pytest

from rollout.core.machine.decision import Decision
from rollout.core.records.effects import Attention, DeleteDeployment
from rollout.core.records.observation import (
    DeploymentSeen,
    ModelId,
    Observation,
    ProvisioningState,
)
from rollout.core.records.phases import FORWARD_PHASES, Phase
from rollout.core.records.rollout import CreateIntent, CreationStep, HoldReason, Rollout
from rollout.core.records.signals import AlertFired, Command, Verb
from rollout.core.records.specs import Specs
from rollout.errors import RefusedError
from tests.support.builders import (
    BLUE,
    GREEN,
    MODEL,
    NOW,
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
)

P = ProvisioningState
KNOWN = Specs("spec of 7", "spec of 6", "spec of 6")
SPLITS = {
    Phase.CREATING: {BLUE: 100},
    Phase.VALIDATING: {BLUE: 100},
    Phase.SHIFTING: {BLUE: 90, GREEN: 10},
    Phase.BAKING: {BLUE: 90, GREEN: 10},
    Phase.PROMOTED: {GREEN: 100},
    Phase.RETIRING: {GREEN: 100},
}
STRANGERS: dict[str, DeploymentSeen] = {
    "another model": a_deployment(GREEN, model=ModelId(MODEL, "9")),
    "a registry's": a_deployment(GREEN, model=ModelId(MODEL, "7", "registries/shared")),
    "another environment": a_deployment(GREEN, spec="another"),
    "no tag": a_deployment(GREEN, rollout_tag=None),
    "another rollout's tag": a_deployment(GREEN, rollout_tag="20250101T000000000000Z-0001"),
}
HOTFIX = a_deployment(BLUE, spec="hotfix", model=ModelId(MODEL, "6.1"))


def there(phase: Phase, *those: DeploymentSeen | str) -> Observation:
    return seen(SPLITS[phase], ours(), deployments=deployments(*those))


def looked(phase: Phase, *those: DeploymentSeen | str, **changes: Any) -> Decision:
    return look(a_rollout(phase, **{"specs": KNOWN, **changes}), there(phase, *those))


def held_for(decision: Decision) -> HoldReason | None:
    hold = rollout_of(decision).hold
    return hold.reason if hold else None


def attention(decision: Decision) -> list[str]:
    return [each.text for each in decision.effects if isinstance(each, Attention)]


def resume(rollout: Rollout, minute: float = 10) -> Rollout:
    return rollout_of(signal(rollout, Command(Verb.RESUME, "ann", "seen"), after(minute)))


@pytest.mark.parametrize("phase", sorted(FORWARD_PHASES))
@pytest.mark.parametrize("what", STRANGERS)
def test_a_candidate_that_is_not_the_release_holds_and_asks_once(phase: Phase, what: str) -> None:
    stranger = STRANGERS[what]
    decision = looked(phase, BLUE, stranger)
    assert (rollout_of(decision).phase, held_for(decision)) == (phase, HoldReason.REPLACED)
    (asked,) = attention(decision)
    assert asked.startswith(f"fraud version 7: held for replaced: {GREEN}")
    again = look(rollout_of(decision), there(phase, BLUE, stranger), after(1))
    assert (held_for(again), attention(again)) == (HoldReason.REPLACED, [])


@pytest.mark.parametrize("reason", sorted(set(HoldReason) - {HoldReason.REPLACED}))
def test_a_replacement_is_told_whatever_else_holds_the_rollout(reason: HoldReason) -> None:
    baking = held(a_rollout(Phase.BAKING, specs=KNOWN), reason)
    decision = look(baking, there(Phase.BAKING, BLUE, STRANGERS["another model"]))
    assert held_for(decision) is HoldReason.REPLACED
    assert "fraud-model:9" in attention(decision)[0]


def test_what_changes_only_how_much_is_served_is_no_replacement() -> None:
    more = a_deployment(GREEN, instance_count=9)
    assert held_for(looked(Phase.BAKING, BLUE, more)) is None
    assert held_for(looked(Phase.BAKING, replace(HOTFIX, spec="spec of 6"), GREEN)) is None


def test_what_an_older_row_does_not_know_is_learnt_at_the_next_look() -> None:
    learnt = rollout_of(looked(Phase.BAKING, BLUE, GREEN, specs=Specs()))
    assert learnt.specs == KNOWN
    assert learnt.seen.present == (BLUE, GREEN)
    unready = a_deployment(GREEN, P.CREATING)
    assert not rollout_of(looked(Phase.CREATING, BLUE, unready, specs=Specs())).specs.candidate
    untold = a_deployment(BLUE, spec="")
    assert rollout_of(looked(Phase.BAKING, untold, GREEN)).specs == KNOWN


def test_a_model_that_cannot_be_told_is_compared_by_the_rest() -> None:
    assert held_for(looked(Phase.BAKING, BLUE, a_deployment(GREEN, model=None))) is None


@pytest.mark.parametrize("phase", sorted(FORWARD_PHASES))
def test_a_replaced_stable_holds_with_a_sentence_of_its_own(phase: Phase) -> None:
    decision = looked(phase, HOTFIX, GREEN)
    assert held_for(decision) is HoldReason.REPLACED
    (asked,) = attention(decision)
    assert (
        "stable, blue, was replaced: it serves fraud-model:6.1 now; resume accepts it as it is"
        in asked
    )


def test_a_replaced_stable_that_cannot_be_read_now_is_still_replaced() -> None:
    replaced = replace(KNOWN, stable_now="hotfix")
    decision = looked(Phase.BAKING, GREEN, specs=replaced)
    (asked,) = attention(decision)
    assert "stable, blue, was replaced; resume accepts it as it is" in asked


def test_resume_takes_a_replaced_stable_and_learns_its_history_anew() -> None:
    begun = rollout_of(looked(Phase.BAKING, HOTFIX, GREEN, gate={"v": 1}))
    resumed = resume(begun)
    assert resumed.hold is None
    assert (resumed.specs.stable, resumed.specs.stable_since) == ("hotfix", NOW)
    assert (resumed.baseline, resumed.gate) == (None, {})
    assert resumed.baking is not None
    assert resumed.baking.window_start == after(10)
    further = look(resumed, there(Phase.BAKING, HOTFIX, GREEN), after(11))
    assert held_for(further) is None


def test_resume_is_refused_until_the_candidate_is_the_release_again() -> None:
    begun = rollout_of(looked(Phase.BAKING, BLUE, STRANGERS["another model"]))
    with pytest.raises(RefusedError, match="roll back, or restore it"):
        resume(begun)
    restored = rollout_of(look(begun, there(Phase.BAKING, BLUE, GREEN), after(5)))
    assert held_for(look(begun, there(Phase.BAKING, BLUE, GREEN), after(5))) is HoldReason.REPLACED
    resumed = resume(restored)
    assert (resumed.hold, resumed.baseline, resumed.specs) == (None, None, KNOWN)


def test_before_traffic_a_resume_forgets_that_the_name_was_taken() -> None:
    taken = a_rollout(Phase.CREATING, create_error="the name is taken")
    begun = rollout_of(look(taken, there(Phase.CREATING, BLUE, STRANGERS["no tag"])))
    assert begun.hold is not None
    removed = rollout_of(look(begun, there(Phase.CREATING, BLUE), after(1)))
    assert not removed.specs.fault


def test_a_name_taken_by_hand_is_asked_for_again_after_a_resume() -> None:
    begun = held(a_rollout(Phase.CREATING, create_error="taken"), HoldReason.REPLACED)
    resumed = resume(begun)
    assert (resumed.hold, resumed.create_error, resumed.baking) == (None, "", None)


@pytest.mark.parametrize("those", [(BLUE, STRANGERS["another model"]), (HOTFIX, GREEN)])
def test_a_rollback_passes_through_the_hold(those: tuple[DeploymentSeen | str, ...]) -> None:
    begun = rollout_of(looked(Phase.BAKING, *those))
    fired = AlertFired("id", "rule", GREEN, None, "5xx above 1 %")
    assert rollout_of(signal(begun, fired)).phase is Phase.ROLLING_BACK
    ordered = signal(begun, Command(Verb.ROLLBACK, "ann", "why"))
    assert rollout_of(ordered).phase is Phase.ROLLING_BACK


def deletions(decision: Decision) -> list[str]:
    return [each.name for each in decision.effects if isinstance(each, DeleteDeployment)]


def test_only_what_this_rollout_made_or_used_is_discarded() -> None:
    unused = a_rollout(Phase.DISCARDING)
    stranger = seen(deployments=deployments(BLUE, STRANGERS["no tag"]))
    left = look(unused, stranger)
    assert (deletions(left), rollout_of(left).phase) == ([], Phase.FAILED)
    under_way = replace(unused, intent=CreateIntent(CreationStep.CANDIDATE, 1, NOW))
    waits = look(under_way, stranger)
    assert (deletions(waits), rollout_of(waits).phase) == ([], Phase.DISCARDING)
    used = replace(unused, asked_for_traffic_at=NOW, write=2)
    proven = replace(stranger, endpoint=an_endpoint({BLUE: 100}, ours(2)))
    assert deletions(look(used, proven)) == [GREEN]
    assert deletions(look(replace(unused, specs=Specs("ours")), stranger)) == [GREEN]


@pytest.mark.parametrize(
    "those", [(HOTFIX, GREEN), (BLUE, STRANGERS["another model"])], ids=["stable", "candidate"]
)
@pytest.mark.parametrize("state", [P.SUCCEEDED, P.DELETING])
def test_nothing_is_retired_beside_what_is_not_what_it_was(
    those: tuple[DeploymentSeen | str, DeploymentSeen | str], state: ProvisioningState
) -> None:
    stable = those[0] if isinstance(those[0], DeploymentSeen) else a_deployment(BLUE)
    decision = looked(Phase.RETIRING, replace(stable, state=state), those[1])
    assert deletions(decision) == []
    # While the old stable is whole it is kept until an operator decides.
    whole = state is P.SUCCEEDED
    assert rollout_of(decision).phase is (Phase.PROMOTED if whole else Phase.RETIRING)
    assert held_for(decision) is (HoldReason.REPLACED if whole else None)
