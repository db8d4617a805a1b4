"""A stage that asks for a second person begins only with somebody who did not start the rollout."""

from dataclasses import replace
from itertools import product

import pytest

from rollout.core.decide import Context, decide
from rollout.core.machine.commands import pin
from rollout.core.machine.decision import Decision
from rollout.core.machine.second_person import approval_needed
from rollout.core.overview.allowed import allowed
from rollout.core.policy.model import Approval, Stage
from rollout.core.records.observation import Observation
from rollout.core.records.orders import Proof, Starter
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import HoldReason, Rollout
from rollout.core.records.signals import Command, Verb
from rollout.errors import SecondPersonError
from tests.support.builders import NOW, POLICY, a_current, a_rollout, held, minutes

ASKS = Approval.SECOND_PERSON
ANN, BOB, PIPELINE = Proof("1-ann"), Proof("2-bob"), Proof("3-app", app=True)
BY_ANN, BY_EVENT = Starter("ann@contoso", ANN.subject), Starter()
POLICY_THAT_ASKS = replace(
    POLICY,
    stages=(
        Stage(10, minutes(10), ASKS),
        Stage(50, minutes(10), ASKS),
        Stage(100, minutes(10), ASKS),
    ),
)


def on_trial(phase: Phase = Phase.BAKING, starter: Starter = BY_ANN, stage: int = 0) -> Rollout:
    return a_rollout(phase, policy=POLICY_THAT_ASKS, starter=starter, stage=stage)


def advanced(rollout: Rollout, proof: Proof, *, actor: str = "somebody") -> Decision:
    current = a_current(rollout)
    order = Command(Verb.ADVANCE, actor, "because", skip_evidence=True, proof=proof)
    return decide(current, pin(order, current), Observation(), Context(NOW))


@pytest.mark.parametrize(
    ("starter", "proof", "words"),
    [
        (BY_ANN, ANN, "ada started it, so that somebody else must approve"),
        (BY_ANN, Proof(), "no sign-in proves who ada is"),
        (BY_ANN, PIPELINE, "ada is an app, and a person must approve"),
        (BY_ANN, replace(ANN, app=True), "ada is an app"),
        (BY_EVENT, Proof(), "no sign-in proves who ada is"),
        (BY_EVENT, PIPELINE, "ada is an app"),
        (Starter("claimed: ann"), BOB, "claimed: ann started it without a sign-in: cancel it"),
    ],
)
def test_who_started_it_and_who_is_not_proven_is_refused(
    starter: Starter, proof: Proof, words: str
) -> None:
    """Ann under another name is Ann: her object id is the same."""
    with pytest.raises(SecondPersonError, match=f"50 % needs a second person: {words}") as refused:
        advanced(on_trial(starter=starter), proof, actor="ada")
    assert refused.value.status == 403


@pytest.mark.parametrize(
    ("starter", "proof"),
    [(BY_ANN, BOB), (BY_EVENT, ANN), (Starter("pipeline", PIPELINE.subject), ANN)],
)
def test_another_person_lets_it_go_on(starter: Starter, proof: Proof) -> None:
    assert advanced(on_trial(starter=starter), proof).current.phase is Phase.SHIFTING


@pytest.mark.parametrize("reason", [None, HoldReason.APPROVAL, HoldReason.ALERT, HoldReason.GATE])
@pytest.mark.parametrize("stage", [0, 1])
def test_each_stage_asks_whatever_else_the_order_skips(
    reason: HoldReason | None, stage: int
) -> None:
    rollout = on_trial(stage=stage)
    rollout = held(rollout, reason) if reason is not None else rollout
    with pytest.raises(SecondPersonError):
        advanced(rollout, ANN)
    assert advanced(rollout, BOB).current.owner.stage == stage + 1


def test_the_first_weight_asks_too() -> None:
    rollout = held(on_trial(Phase.VALIDATING), HoldReason.APPROVAL)
    with pytest.raises(SecondPersonError, match="10 % needs a second person"):
        advanced(rollout, ANN)
    assert advanced(rollout, BOB).current.owner.approved_stage == 0


def test_what_the_predictions_showed_is_accepted_by_anybody_and_approves_nothing() -> None:
    rollout = held(on_trial(Phase.VALIDATING), HoldReason.PREDICTIONS)
    assert advanced(rollout, ANN).current.owner.approved_stage == -1


def test_the_promotion_after_the_last_stage_is_no_stage() -> None:
    assert advanced(on_trial(stage=2), ANN).current.phase is Phase.PROMOTED


def test_a_rollback_needs_no_second_person() -> None:
    for phase, proof in product((Phase.VALIDATING, Phase.BAKING), (ANN, Proof(), PIPELINE)):
        current = a_current(held(on_trial(phase), HoldReason.APPROVAL))
        order = Command(Verb.ROLLBACK, "ann", "because", proof=proof)
        after = decide(current, pin(order, current), Observation(), Context(NOW)).current
        assert after.phase in {Phase.DISCARDING, Phase.ROLLING_BACK}


@pytest.mark.parametrize(
    ("starter", "says"),
    [
        (BY_ANN, "the approval of a second person, not of ann@contoso, who started it"),
        (BY_EVENT, "the approval of a person who is signed in"),
        (
            Starter("claimed: ann"),
            (
                "the approval of a second person, which nobody can give, because claimed: ann "
                "started it without a sign-in: cancel it and start it again signed in"
            ),
        ),
    ],
)
def test_the_hold_says_who_may_not(starter: Starter, says: str) -> None:
    rollout = on_trial(starter=starter)
    assert approval_needed(rollout, rollout.policy.stages[1]) == says
    assert approval_needed(rollout, Stage(50, approval=Approval.ANYBODY)) == "an approval"


@pytest.mark.parametrize(
    ("starter", "reason", "needs"),
    [
        (BY_ANN, None, ("expected", "skip_evidence", "second-person")),
        (BY_ANN, HoldReason.APPROVAL, ("expected", "second-person")),
        (BY_EVENT, HoldReason.APPROVAL, ("expected", "second-person")),
        (Starter("claimed: ann"), HoldReason.APPROVAL, None),
    ],
)
def test_a_view_says_that_it_needs_one(
    starter: Starter, reason: HoldReason | None, needs: tuple[str, ...] | None
) -> None:
    rollout = on_trial(starter=starter)
    rollout = held(rollout, reason) if reason is not None else rollout
    found = {each.verb: each.needs for each in allowed(a_current(rollout), NOW)}
    assert found.get(Verb.ADVANCE) == needs
