"""What a person may order: every verb in every phase under every hold."""

from dataclasses import replace

import pytest

from rollout.core.decide import Context, decide
from rollout.core.gate import Verdict
from rollout.core.machine.commands import pin
from rollout.core.records.observation import Observation
from rollout.core.records.phases import FINAL_PHASES, FORWARD_PHASES, Phase
from rollout.core.records.rollout import Baking, Cause, HoldReason, Rollout, Seen
from rollout.core.records.signals import Command, Expected, Verb
from rollout.errors import RefusedError
from tests.support.builders import (
    BLUE,
    NOW,
    POLICY,
    ROLLOUT_ID,
    a_current,
    a_rollout,
    after,
    held,
    rollout_of,
    signal,
)

HOLDS = [None, *HoldReason]
PHASES = [phase for phase in Phase if phase is not Phase.NONE]
ADVANCE_LEGAL = {
    (Phase.BAKING, None),
    (Phase.BAKING, HoldReason.APPROVAL),
    (Phase.BAKING, HoldReason.INCONCLUSIVE),
    (Phase.BAKING, HoldReason.METRIC_SOURCE),
    (Phase.BAKING, HoldReason.GATE),
    (Phase.BAKING, HoldReason.DEADLINE),
    (Phase.BAKING, HoldReason.ALERT),
    (Phase.BAKING, HoldReason.PREDICTIONS),
    (Phase.VALIDATING, HoldReason.APPROVAL),
    (Phase.VALIDATING, HoldReason.GOLDEN),
    # Never set there.
    (Phase.BAKING, HoldReason.GOLDEN),
    (Phase.VALIDATING, HoldReason.PREDICTIONS),
}


def an_order(verb: Verb) -> Command:
    return Command(verb, "ann", "because", skip_evidence=verb is Verb.ADVANCE)


def prepared(phase: Phase, reason: HoldReason | None) -> Rollout:
    rollout = a_rollout(phase)
    return rollout if reason is None else held(rollout, reason)


def passed(rollout: Rollout) -> Rollout:
    return replace(rollout, baking=Baking(NOW, verdict=Verdict.ADVANCE, evidence="healthy"))


def legal(verb: Verb, phase: Phase, reason: HoldReason | None) -> bool:
    if phase not in FORWARD_PHASES:
        # A suspension is of the service, whatever runs there.
        return verb is Verb.SUSPEND
    match verb:
        case Verb.PAUSE:
            return reason in {
                None,
                HoldReason.METRIC_SOURCE,
                HoldReason.GATE,
                HoldReason.PREDICTIONS,
            }
        case Verb.RESUME:
            return reason not in {
                None,
                HoldReason.APPROVAL,
                HoldReason.GATE,
                HoldReason.PREDICTIONS,
            }
        case Verb.ADVANCE:
            return (phase, reason) in ADVANCE_LEGAL
        case Verb.ROLLBACK | Verb.CANCEL:
            return True
        case Verb.RETRY | Verb.UNSUSPEND | Verb.OVERRIDE:
            return False
        case Verb.SUSPEND:
            return True


@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("reason", HOLDS)
def test_every_order_is_carried_out_or_refused_with_a_reason(
    verb: Verb, phase: Phase, reason: HoldReason | None
) -> None:
    rollout = prepared(phase, reason if phase in FORWARD_PHASES else None)
    if not legal(verb, phase, reason if phase in FORWARD_PHASES else None):
        with pytest.raises(RefusedError, match=r"\w+ \w+"):
            signal(rollout, an_order(verb))
        return
    decision = signal(rollout, an_order(verb), after(1))
    assert decision.history[0].kind == "Commanded"
    assert decision.history[0].actor == "ann"
    assert decision.text.startswith(f"{verb}: ")


def test_an_endpoint_without_a_rollout_takes_no_orders() -> None:
    with pytest.raises(RefusedError, match="never had a rollout"):
        signal(None, an_order(Verb.PAUSE))


@pytest.mark.parametrize(
    ("verb", "rollout", "answer"),
    [
        (
            Verb.PAUSE,
            a_rollout(Phase.BAKING),
            "held in BAKING at 10 %; rollback still works, and resume lifts the hold",
        ),
        (Verb.RESUME, held(a_rollout(Phase.BAKING)), "goes on in BAKING at 10 %"),
        (
            Verb.RESUME,
            held(a_rollout(Phase.BAKING), HoldReason.DRIFT),
            "asking for blue 90 %, green-7 10 %",
        ),
        (
            Verb.ADVANCE,
            held(a_rollout(Phase.VALIDATING), HoldReason.APPROVAL),
            "asking for blue 90 %, green-7 10 %",
        ),
        (
            Verb.ADVANCE,
            a_rollout(Phase.BAKING),
            (
                "asking for blue 50 %, green-7 50 %; "
                "skipped at 10 %, no verdict: no minute was judged yet"
            ),
        ),
        (
            Verb.ADVANCE,
            passed(a_rollout(Phase.BAKING, stage=2)),
            "promoted, green-7 keeps all traffic",
        ),
        (Verb.ROLLBACK, a_rollout(Phase.BAKING), "asking for blue 100 %"),
        (
            Verb.ROLLBACK,
            a_rollout(Phase.CREATING),
            "cancelled before it had traffic; green-7 is deleted",
        ),
    ],
)
def test_the_answer_says_what_follows_from_the_order(
    verb: Verb, rollout: Rollout, answer: str
) -> None:
    assert signal(rollout, an_order(verb), after(1)).text == f"{verb}: {answer}"


FAILING = "candidate 37 of 100 failed"
PRESS = Command(Verb.ADVANCE, "ann", "because")


@pytest.mark.parametrize(
    "verdict", ["", *(each for each in Verdict if each is not Verdict.ADVANCE)]
)
def test_a_stage_that_the_gate_has_not_passed_is_advanced_only_by_who_says_so(verdict: str) -> None:
    judged = Baking(NOW, verdict=verdict, evidence=FAILING if verdict else "")
    told = f"{verdict}: {FAILING}" if verdict else "no verdict: no minute was judged yet"
    rollout = a_rollout(Phase.BAKING, baking=judged)
    with pytest.raises(RefusedError, match="has not passed 10 %") as refused:
        signal(rollout, PRESS)
    assert told in str(refused.value)
    assert '"skip_evidence": true' in str(refused.value)

    decision = signal(rollout, replace(PRESS, skip_evidence=True))
    assert decision.text.endswith(f"; skipped at 10 %, {told}")
    assert decision.history[0].text == (
        f"advance by ann: because; without the gate's evidence, {told}"
    )
    assert decision.history[0].data["skipped"] == {
        "verdict": verdict,
        "evidence": told.partition(": ")[2],
    }


def test_nothing_is_skipped_where_the_gate_passed_the_stage() -> None:
    decision = signal(passed(a_rollout(Phase.BAKING)), replace(PRESS, skip_evidence=True))
    assert decision.text == "advance: asking for blue 50 %, green-7 50 %"
    assert "skipped" not in decision.history[0].data


@pytest.mark.parametrize("verdict", [Verdict.CONTINUE, Verdict.INCONCLUSIVE, Verdict.HOLD])
def test_an_approval_stands_unless_later_minutes_lean_towards_harm(verdict: Verdict) -> None:
    asked = a_rollout(Phase.BAKING, baking=Baking(NOW, verdict=verdict, evidence=FAILING))
    approval = held(asked, HoldReason.APPROVAL)
    if verdict is Verdict.HOLD:
        with pytest.raises(RefusedError, match=FAILING):
            signal(approval, PRESS)
    else:
        assert "skipped" not in signal(approval, PRESS).text


def doubted(phase: Phase, *about: str) -> Rollout:
    rollout = held(a_rollout(phase), HoldReason.PREDICTIONS)
    assert rollout.hold is not None
    return replace(rollout, hold=replace(rollout.hold, about=about))


@pytest.mark.parametrize("phase", [Phase.VALIDATING, Phase.BAKING])
def test_advance_accepts_what_the_predictions_showed_and_skips_nothing_else(phase: Phase) -> None:
    decision = signal(doubted(phase, "answers"), PRESS, after(1))

    moved = rollout_of(decision)
    assert (moved.phase, moved.stage, moved.hold) == (phase, 0, None)
    assert moved.accepted == ("answers",)
    assert "what its predictions showed is accepted (answers); goes on in" in decision.text


def test_a_second_finding_of_predictions_is_accepted_beside_the_first() -> None:
    once = replace(doubted(Phase.BAKING, "losses", "answers"), accepted=("answers",))

    assert rollout_of(signal(once, PRESS)).accepted == ("answers", "losses")


def test_advance_that_skips_the_evidence_accepts_the_predictions_too() -> None:
    asked = replace(PRESS, skip_evidence=True)
    moved = rollout_of(signal(doubted(Phase.BAKING, "answers"), asked, after(1)))

    assert (moved.phase, moved.stage, moved.accepted) == (Phase.SHIFTING, 1, ("answers",))


@pytest.mark.parametrize("phase", sorted(FORWARD_PHASES))
def test_pause_holds_and_resume_lifts(phase: Phase) -> None:
    paused = signal(a_rollout(phase), an_order(Verb.PAUSE), after(1))
    hold = rollout_of(paused).hold
    assert hold is not None
    assert (hold.reason, hold.by, hold.since) == (HoldReason.OPERATOR, "ann", after(1))
    resumed = rollout_of(signal(rollout_of(paused), an_order(Verb.RESUME), after(3)))
    assert (resumed.hold, resumed.phase, resumed.resumed_at) == (None, phase, after(3))


@pytest.mark.parametrize(
    ("phase", "back"),
    [
        (Phase.CREATING, Phase.DISCARDING),
        (Phase.VALIDATING, Phase.DISCARDING),
        (Phase.SHIFTING, Phase.ROLLING_BACK),
        (Phase.BAKING, Phase.ROLLING_BACK),
        (Phase.PROMOTED, Phase.ROLLING_BACK),
    ],
)
def test_rollback_cancels_before_traffic_and_goes_back_after_it(phase: Phase, back: Phase) -> None:
    moved = rollout_of(signal(a_rollout(phase), an_order(Verb.ROLLBACK)))
    assert (moved.phase, moved.cause, moved.cause_text) == (back, Cause.OPERATOR, "because")


@pytest.mark.parametrize("phase", sorted(FORWARD_PHASES))
def test_rollback_works_while_everything_is_suspended(phase: Phase) -> None:
    suspended = a_rollout(phase, suspended=True, halted_since=NOW)
    assert rollout_of(signal(suspended, an_order(Verb.ROLLBACK))).cause is Cause.OPERATOR


def test_while_everything_is_suspended_nothing_is_advanced() -> None:
    baking = a_current(a_rollout(Phase.BAKING))
    with pytest.raises(RefusedError, match="ROLLOUTS_SUSPENDED"):
        decide(baking, an_order(Verb.ADVANCE), Observation(), Context(NOW, suspended=True))


def test_advance_ends_the_bake_and_asks_for_the_next_stage() -> None:
    moved = rollout_of(signal(a_rollout(Phase.BAKING), an_order(Verb.ADVANCE), after(1)))
    assert (moved.phase, moved.stage, moved.write) == (Phase.SHIFTING, 1, 2)


@pytest.mark.parametrize("sightings", [1, 2])
@pytest.mark.parametrize("reason", [None, HoldReason.INCONCLUSIVE, HoldReason.APPROVAL])
def test_advance_overwrites_no_split_that_somebody_else_set(
    sightings: int, reason: HoldReason | None
) -> None:
    seen_once = Seen(endpoint=True, foreign=sightings, split={BLUE: 100})
    rollout = replace(prepared(Phase.BAKING, reason), seen=seen_once)
    with pytest.raises(RefusedError, match="somebody else set blue 100 %: put the split back"):
        signal(rollout, an_order(Verb.ADVANCE), after(1))


def test_advance_at_the_last_stage_promotes() -> None:
    moved = rollout_of(signal(a_rollout(Phase.BAKING, stage=2), an_order(Verb.ADVANCE), after(1)))
    assert (moved.phase, moved.promoted_at) == (Phase.PROMOTED, after(1))


def test_advance_approves_the_first_stage_after_validation() -> None:
    waiting = held(a_rollout(Phase.VALIDATING), HoldReason.APPROVAL)
    moved = rollout_of(signal(waiting, an_order(Verb.ADVANCE), after(1)))
    assert (moved.phase, moved.approved_stage, moved.hold) == (Phase.SHIFTING, 0, None)


def test_a_second_press_that_was_pinned_to_the_first_stage_is_refused() -> None:
    first = a_current(a_rollout(Phase.BAKING))
    given = pin(an_order(Verb.ADVANCE), first)
    with pytest.raises(RefusedError, match="the stage is 1 now, not 0"):
        signal(a_rollout(Phase.BAKING, stage=1), given)
    with pytest.raises(RefusedError, match="the phase is SHIFTING now, not BAKING"):
        signal(a_rollout(Phase.SHIFTING, stage=0), given)
    with pytest.raises(RefusedError, match="the rollout is later now"):
        signal(a_rollout(Phase.BAKING, id="later"), given)


@pytest.mark.parametrize("verb", [Verb.PAUSE, Verb.ROLLBACK])
def test_a_stage_that_moved_meanwhile_never_refuses_to_pause_or_go_back(verb: Verb) -> None:
    given = pin(an_order(verb), a_current(a_rollout(Phase.BAKING)))
    assert given.expected == Expected(ROLLOUT_ID)
    assert signal(a_rollout(Phase.SHIFTING, stage=1), given).history


def test_what_a_person_expected_is_kept_when_pinned() -> None:
    expected = Expected("another", Phase.SHIFTING, 3)
    given = replace(an_order(Verb.RESUME), expected=expected)
    assert pin(given, a_current(a_rollout(Phase.BAKING))).expected == expected
    assert pin(given, a_current()) is given


def test_an_order_that_names_the_first_stage_is_not_taken_for_the_present_one() -> None:
    named = replace(an_order(Verb.ADVANCE), expected=Expected(ROLLOUT_ID, Phase.BAKING, 0))
    second = a_rollout(Phase.BAKING, stage=1)
    with pytest.raises(RefusedError, match="the stage is 1 now, not 0"):
        signal(second, pin(named, a_current(second)))


def test_resume_after_drift_asserts_the_same_stage_anew() -> None:
    other = Seen(True, foreign=2, split={BLUE: 70}, stamp="who")
    for phase, stage in ((Phase.SHIFTING, 1), (Phase.BAKING, 1), (Phase.PROMOTED, 2)):
        drifted = held(a_rollout(phase, stage=stage, write=3, seen=other), HoldReason.DRIFT)
        moved = rollout_of(signal(drifted, an_order(Verb.RESUME), after(2)))
        assert (moved.phase, moved.stage, moved.write) == (Phase.SHIFTING, stage, 4)
        assert (moved.seen.foreign, moved.baking, moved.since) == (0, None, after(2))
        assert moved.replaces is not None
        assert moved.replaces.split == {BLUE: 70}


@pytest.mark.parametrize("phase", [Phase.CREATING, Phase.VALIDATING])
def test_resume_after_drift_before_traffic_stays_in_its_phase(phase: Phase) -> None:
    drifted = held(a_rollout(phase, seen=Seen(True, foreign=2)), HoldReason.DRIFT)
    moved = rollout_of(signal(drifted, an_order(Verb.RESUME)))
    assert (moved.phase, moved.seen.foreign) == (phase, 0)


def test_resume_gives_one_fresh_window_after_an_inconclusive_one() -> None:
    old = Baking(NOW, folded_until=after(9), begun=True)
    first = held(a_rollout(Phase.BAKING, baking=old), HoldReason.INCONCLUSIVE)
    moved = rollout_of(signal(first, an_order(Verb.RESUME), after(20)))
    assert moved.baking == Baking(after(20), fresh_windows=1)
    with pytest.raises(RefusedError, match="advance or roll back"):
        signal(held(moved, HoldReason.INCONCLUSIVE), an_order(Verb.RESUME), after(40))


def test_resume_starts_the_deadline_that_held_anew() -> None:
    shift = held(a_rollout(Phase.SHIFTING), HoldReason.UNCONFIRMED)
    assert rollout_of(signal(shift, an_order(Verb.RESUME), after(9))).phase_clock.started == after(
        9
    )
    bake = held(a_rollout(Phase.BAKING), HoldReason.DEADLINE)
    moved = rollout_of(signal(bake, an_order(Verb.RESUME), after(9)))
    assert moved.deadline_clock.started == after(9)


def test_resume_forgives_the_metric_source() -> None:
    failing = a_rollout(Phase.BAKING, baking=Baking(NOW, source_failures=5))
    moved = rollout_of(signal(held(failing, HoldReason.METRIC_SOURCE), an_order(Verb.RESUME)))
    assert moved.baking == Baking(NOW)


@pytest.mark.parametrize("phase", sorted(FINAL_PHASES))
def test_an_ended_rollout_says_how_it_ended(phase: Phase) -> None:
    with pytest.raises(RefusedError, match=f"the rollout has ended: {phase}"):
        signal(a_rollout(phase), an_order(Verb.ROLLBACK))


def test_once_the_old_stable_is_going_rollback_says_what_can_be_done() -> None:
    with pytest.raises(RefusedError, match="start its version again"):
        signal(a_rollout(Phase.RETIRING), an_order(Verb.ROLLBACK))


def test_the_hold_of_an_order_expires_as_the_policy_says() -> None:
    hold = rollout_of(signal(a_rollout(Phase.BAKING), an_order(Verb.PAUSE))).hold
    assert hold is not None
    assert hold.expires == NOW + POLICY.hold_expires
