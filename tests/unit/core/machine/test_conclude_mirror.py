"""What becomes of a rollout in its mirror: other hands, holds, a newer version, the end."""

from dataclasses import replace

import pytest

from rollout.core.decide import Context, decide
from rollout.core.machine.blame import offer_state
from rollout.core.policy.model import Approval, OnInconclusive
from rollout.core.records.effects import Notice
from rollout.core.records.observation import Observation, Unreachable
from rollout.core.records.offers import OfferState
from rollout.core.records.outlook import EvidenceFrom, Outlook
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause, HoldReason, Rollout
from rollout.core.records.signals import AlertFired, Command, Verb, Wake
from rollout.errors import RefusedError
from rollout.units import NO_TIME
from tests.support.builders import (
    BLUE,
    GREEN,
    NOW,
    a_current,
    after,
    an_offer,
    deployments,
    held,
    look,
    metrics,
    minutes,
    ours,
    rollout_of,
    seen,
    side,
    signal,
    some_minutes,
)
from tests.support.mirrors import (
    ALL_BLUE,
    MIRROR,
    TENTH,
    mirroring,
    shown,
    to_the_first_weight,
    write_of,
)

SHIFTING, BAKING = mirroring(Phase.SHIFTING), mirroring(Phase.BAKING)
DROPPED = shown(stamp=ours(1))


def hold_of(rollout: Rollout) -> HoldReason | None:
    return rollout.hold.reason if rollout.hold is not None else None


def twice(rollout: Rollout, there: Observation, first: float = 10) -> Rollout:
    """After two passes that see the same."""
    once = rollout_of(look(rollout, there, after(first)))
    return rollout_of(look(once, there, after(first + 1)))


def test_a_dropped_mirror_is_put_back_once_with_a_new_stamp_and_a_notice() -> None:
    once = look(BAKING, DROPPED, after(10))
    assert rollout_of(once).phase is Phase.BAKING
    assert write_of(once.effects) is None
    second = look(rollout_of(once), DROPPED, after(11))
    back = rollout_of(second)
    assert (back.phase, back.stage, back.write, hold_of(back)) == (Phase.SHIFTING, 0, 2, None)
    assert write_of(second.effects) == (ALL_BLUE, MIRROR)
    (notice,) = (each for each in second.effects if isinstance(each, Notice))
    assert "somebody else set blue 100 %" in notice.text
    assert "instead of blue 100 %, mirrored to green-7 20 %: it is put back once" in notice.text
    assert back.baking is None
    again = rollout_of(look(back, shown(stamp=ours(2), mirror=MIRROR), after(12)))
    assert (again.phase, again.mirror_put_back) == (Phase.BAKING, True)


def test_a_mirror_dropped_again_holds_and_only_an_operator_puts_it_back() -> None:
    baking = replace(BAKING, mirror_put_back=True)
    drifted = twice(baking, DROPPED)
    assert (drifted.phase, hold_of(drifted)) == (Phase.BAKING, HoldReason.DRIFT)
    assert "instead of blue 100 %, mirrored to green-7 20 %" in str(drifted.hold)
    assert write_of(look(drifted, DROPPED, after(13)).effects) is None
    resumed = signal(drifted, Command(Verb.RESUME, "ann", "mine"), after(14))
    assert "asking for blue 100 %, mirrored to green-7 20 %" in resumed.text
    assert write_of(look(rollout_of(resumed), DROPPED, after(15)).effects) == (ALL_BLUE, MIRROR)


def test_a_write_of_ours_that_lost_its_mirror_before_it_was_seen_is_put_back_too() -> None:
    shifting = replace(SHIFTING, asked_at=NOW, replaces=replace(SHIFTING.seen, split=ALL_BLUE))
    assert twice(shifting, DROPPED).mirror_put_back


def test_a_stale_read_after_the_write_is_no_drop() -> None:
    fresh = replace(BAKING, asked_at=after(9.8))
    assert rollout_of(look(fresh, DROPPED, after(10))).seen.foreign == 0
    weight = replace(to_the_first_weight(), phase=Phase.BAKING, asked_at=after(9.8))
    stale = shown(stamp=None, mirror=MIRROR)
    assert rollout_of(look(weight, stale, after(10))).seen.foreign == 0
    assert rollout_of(look(weight, shown(), after(10))).seen.foreign == 1


@pytest.mark.parametrize("paused", [True, False])
def test_under_a_halt_nothing_is_put_back(*, paused: bool) -> None:
    if paused:
        kept = twice(held(BAKING), DROPPED)
        assert (hold_of(kept), kept.mirror_put_back) == (HoldReason.OPERATOR, False)
        return
    once = rollout_of(look(BAKING, DROPPED, after(10), suspended=True))
    later = rollout_of(look(once, DROPPED, after(11), suspended=True))
    assert (hold_of(later), later.mirror_put_back) == (HoldReason.DRIFT, False)


@pytest.mark.parametrize("mirror", [{GREEN: 50}, {"shadow": 10}, {"shadow": 10, GREEN: 20}])
def test_another_mirror_in_the_place_of_ours_holds(mirror: dict[str, int]) -> None:
    drifted = twice(BAKING, shown(stamp=ours(1), mirror=mirror))
    assert hold_of(drifted) is HoldReason.DRIFT
    assert twice(SHIFTING, shown(mirror={"shadow": 10})).hold is not None


def test_anothers_mirror_is_not_taken_by_a_resume() -> None:
    drifted = twice(BAKING, shown(stamp=ours(1), mirror={"shadow": 10}))
    with pytest.raises(RefusedError, match="a mirror of shadow 10 % is somebody else's choice"):
        signal(drifted, Command(Verb.RESUME, "ann", "mine"), after(13))
    gone = rollout_of(look(drifted, DROPPED, after(14)))
    assert rollout_of(signal(gone, Command(Verb.RESUME, "ann", "mine"), after(15))).hold is None


def test_anothers_mirror_never_holds_a_stage_with_a_weight() -> None:
    weight = replace(to_the_first_weight(), phase=Phase.BAKING)
    assert hold_of(twice(weight, shown(TENTH, ours(2), {"shadow": 10}))) is None


def test_a_weight_that_somebody_gave_the_mirrored_candidate_holds() -> None:
    assert hold_of(twice(BAKING, shown(TENTH, ours(1)))) is HoldReason.DRIFT


def test_a_third_deployment_with_weight_holds_too() -> None:
    """The candidate had none that anybody could have taken: this is no way back."""
    there = shown({"red": 100}, "who", deployments=deployments("red", BLUE, GREEN))
    assert hold_of(twice(BAKING, there)) is HoldReason.DRIFT


def test_a_pause_keeps_the_mirror_and_says_so() -> None:
    paused = signal(BAKING, Command(Verb.PAUSE, "ann", "wait"), after(5))
    assert "held in BAKING at 20 % mirrored" in paused.text
    there = shown(stamp=ours(1), mirror=MIRROR)
    assert write_of(look(rollout_of(paused), there, after(6)).effects) is None


def test_advance_skips_the_mirror_by_word_and_asks_for_the_first_weight() -> None:
    there = shown(stamp=ours(1), mirror=MIRROR)
    baking = rollout_of(look(BAKING, there, after(1)))
    with pytest.raises(RefusedError, match="the gate has not passed 20 % mirrored"):
        signal(baking, Command(Verb.ADVANCE, "ann", "go"), after(5))
    skipping = Command(Verb.ADVANCE, "ann", "go", skip_evidence=True)
    advanced = signal(baking, skipping, after(5))
    assert "asking for blue 90 %, green-7 10 %; skipped at 20 % mirrored" in advanced.text
    shifting = rollout_of(advanced)
    assert (shifting.asked_for_mirror_at, shifting.asked_for_traffic_at) == (NOW, after(5))
    assert write_of(look(shifting, there, after(6)).effects) == (TENTH, {})


def test_advance_is_refused_while_the_mirror_is_seen_to_be_gone() -> None:
    once = rollout_of(look(BAKING, DROPPED, after(10)))
    with pytest.raises(RefusedError, match=r"somebody else set blue 100 %: put the split back"):
        signal(once, Command(Verb.ADVANCE, "ann", "go", skip_evidence=True), after(11))


def test_approvals_name_the_mirror() -> None:
    policy = BAKING.policy
    first = replace(policy.stages[0], approval=Approval.ANYBODY)
    asks = replace(policy, stages=(first, *policy.stages[1:]))
    validating = mirroring(Phase.VALIDATING, policy=asks, validated="passed", stable=BLUE)
    waits = rollout_of(look(validating, seen()))
    assert hold_of(waits) is HoldReason.APPROVAL
    assert "validated; the first 20 % mirrored need an approval" in str(waits.hold)


def test_a_newer_version_replaces_a_candidate_that_is_only_mirrored_to() -> None:
    there = shown(stamp=ours(1), mirror=MIRROR)
    replaced = rollout_of(look(BAKING, there, after(1), waiting=an_offer()))
    assert (replaced.phase, replaced.cause) == (Phase.ROLLING_BACK, Cause.SUPERSEDED)


def test_copies_that_fail_roll_back_and_the_release_is_to_blame_though_no_client_saw_it() -> None:
    there = shown(
        stamp=ours(1),
        mirror=MIRROR,
        metrics=metrics(*some_minutes(12, side(200, 100), side(1000, 5), start=after(1))),
    )
    back = rollout_of(look(BAKING, there, after(14)))
    assert (back.phase, back.cause, back.asked_for_traffic_at) == (
        Phase.ROLLING_BACK,
        Cause.GATE,
        None,
    )
    assert offer_state(back) is OfferState.QUARANTINED
    gone = rollout_of(look(back, shown(stamp=ours(2)), after(15)))
    # Its container may show why it failed.
    assert (gone.phase, (gone.delete_due or NOW) - after(15)) == (
        Phase.DISCARDING,
        gone.policy.rollback.keep,
    )
    absent = replace(shown(stamp=ours(2)), deployments=deployments(BLUE))
    assert rollout_of(look(gone, absent, after(16))).phase is Phase.FAILED


def test_a_candidate_that_was_only_replaced_is_not_kept() -> None:
    discarding = mirroring(Phase.ROLLING_BACK, asked_for_mirror_at=NOW, cause=Cause.SUPERSEDED)
    gone = rollout_of(look(discarding, shown(stamp=ours(2)), after(1)))
    assert (gone.delete_due or NOW) - after(1) == NO_TIME


@pytest.mark.parametrize(("ended", "outcome"), [(5, "rolling back"), (-5, "ignored"), (None, "")])
def test_an_alert_on_the_mirrored_candidate_rolls_back_unless_its_window_is_too_old(
    ended: float | None, outcome: str
) -> None:
    window_end = None if ended is None else after(ended)
    fired = AlertFired("id", "failures", GREEN, window_end, "30 % fail")
    decision = signal(BAKING, fired, after(6))
    assert decision.outcome == (outcome or "rolling back")
    if outcome == "ignored":
        assert "before the candidate was first given requests" in decision.text


def test_an_alert_on_stable_holds_the_mirror() -> None:
    fired = AlertFired("id", "failures", BLUE, after(5), "30 % fail")
    assert hold_of(rollout_of(signal(BAKING, fired, after(6)))) is HoldReason.ALERT


def test_with_stable_gone_while_a_mirrored_candidate_is_discarded_nothing_is_lost() -> None:
    """It never served a client: the endpoint is what somebody else made of it."""
    going = mirroring(Phase.DISCARDING, write=2, asked_for_mirror_at=NOW, delete_due=after(60))
    assert rollout_of(look(going, seen(deployments=Unreachable("arm")))).phase is Phase.DISCARDING
    without = shown({"red": 100}, "who", deployments=deployments("red", GREEN))
    assert twice(going, without).phase is Phase.DISCARDING


def test_sentences_say_what_is_mirrored() -> None:
    moved = look(SHIFTING, shown(stamp=ours(1), mirror=MIRROR), after(1))
    assert "seen: blue 100 %, mirrored to green-7 20 %" in moved.history[-1].text
    waits = look(SHIFTING, shown(), after(20))
    assert "waiting for blue 100 %, mirrored to green-7 20 %, seen blue 100 %" in str(
        rollout_of(waits).hold
    )
    back = replace(mirroring(Phase.ROLLING_BACK), since=NOW - minutes(60))
    said = look(back, shown(stamp=ours(2), mirror=MIRROR))
    assert "waiting to see blue 100 % and no mirror" in said.history[-1].text


def test_the_step_from_validation_tells_of_the_mirror() -> None:
    validating = mirroring(Phase.VALIDATING, validated="passed", stable=BLUE)
    current = a_current(validating)
    there = replace(seen(), history=None)
    decision = decide(current, Wake(), there, Context(NOW))
    moved = decision.history[-1]
    assert moved.data["wanted"] == ALL_BLUE
    assert moved.data["mirror"] == MIRROR
    assert "asking for blue 100 %, mirrored to green-7 20 %" in moved.text
    assert rollout_of(decision).asked_for_mirror_at == NOW
    assert rollout_of(decision).asked_for_traffic_at is None


@pytest.mark.parametrize("choice", list(OnInconclusive))
@pytest.mark.parametrize("foreseen", [EvidenceFrom.NOWHERE, EvidenceFrom.LIVE])
def test_copies_that_the_metrics_do_not_show_hold_whatever_the_policy_says(
    choice: OnInconclusive, foreseen: EvidenceFrom
) -> None:
    gate = replace(BAKING.policy.gate, max_bake=minutes(30))
    policy = replace(BAKING.policy, on_inconclusive=choice, gate=gate)
    outlook = Outlook(0, (foreseen,) * len(policy.stages))
    none_shown = metrics(*some_minutes(35, None, side(1000, 5), start=after(1)))
    there = shown(stamp=ours(1), mirror=MIRROR, metrics=none_shown)
    held_back = rollout_of(look(replace(BAKING, policy=policy, outlook=outlook), there, after(37)))
    assert (held_back.phase, hold_of(held_back)) == (Phase.BAKING, HoldReason.INCONCLUSIVE)
    assert "Azure Monitor shows no mirrored requests" in str(held_back.hold)
