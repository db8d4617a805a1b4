"""What a raise waits for where the policy asks for warm-up requests, and for how long at most."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from rollout.core.decide import Context, decide
from rollout.core.machine.decision import Decision
from rollout.core.machine.probing import probes_wanted
from rollout.core.machine.warming import WARM_UP_LOOKS, WarmUpWanted, warm_up_wanted
from rollout.core.policy.expectation import Expectation
from rollout.core.policy.gate_model import ErrorsCheck, GatePolicy, Margin
from rollout.core.policy.model import Approval, SampleRequest, Stage, Validate
from rollout.core.policy.probes_model import Probes, ProbesWhen
from rollout.core.records.effects import Recheck
from rollout.core.records.observation import (
    MetricsSeen,
    Observation,
    ProvisioningState,
    Unreachable,
)
from rollout.core.records.own_requests import OwnMinute, OwnRequests, Warmed, WarmUp
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import HoldReason, Rollout
from rollout.core.records.signals import Command, Verb, Wake
from tests.support.builders import (
    BLUE,
    GREEN,
    KNOWN_OF_STABLE,
    MODEL,
    NOW,
    POLICY,
    a_current,
    a_deployment,
    a_model,
    a_rollout,
    after,
    an_offer,
    deployments,
    held,
    metrics,
    ours,
    rollout_of,
    seen,
    side,
    some_minutes,
)

COUNT = 40
PROBES = Probes(when=ProbesWhen.NEVER, warm_up=COUNT)
SAMPLE = Validate((SampleRequest("sample.json"),))
WARMED = replace(
    POLICY,
    probes=PROBES,
    validate=SAMPLE,
    gate=GatePolicy(errors=ErrorsCheck(limit=Margin(1.5, 0.2)), latency=None),
    stages=(Stage(10, timedelta(minutes=15)), Stage(100, timedelta(minutes=15))),
)
VALIDATING = a_rollout(
    Phase.VALIDATING, policy=WARMED, baseline=KNOWN_OF_STABLE, validated="passed"
)
BAKING = a_rollout(Phase.BAKING, policy=WARMED, baseline=KNOWN_OF_STABLE)
TENTH = {BLUE: 90, GREEN: 10}
PASSED_AT = after(30)
MINUTE = OwnMinute(PASSED_AT, {"200": COUNT})
DONE = Warmed(COUNT, (MINUTE,))
REFUSED = Warmed(3, (OwnMinute(PASSED_AT, {"200": 3, "429": 1}),), "429 from the candidate")


def at_zero(**changes: Any) -> Observation:
    return seen({BLUE: 100}, **changes)


def in_bake(**changes: Any) -> Observation:
    """A stage whose every minute was good, and enough of them."""
    shown = metrics(*some_minutes(25, side(100), side(900), after(3)))
    return seen(TENTH, ours(1), **{"metrics": shown, **changes})


def decided(
    rollout: Rollout, what: Observation, now: datetime = PASSED_AT, **changes: Any
) -> tuple[WarmUpWanted | None, Decision]:
    """What a pass decides, and what it may send then."""
    current = a_current(rollout, **changes)
    decision = decide(current, Wake(), what, Context(now))
    return warm_up_wanted(current, decision, what), decision


def so_far(rollout: Rollout, *counts: int) -> Rollout:
    return replace(rollout, own=replace(rollout.own, warm_up=WarmUp(*counts)))


@pytest.mark.parametrize(
    ("rollout", "what"), [(VALIDATING, at_zero()), (BAKING, in_bake())], ids=["first", "further"]
)
def test_each_raise_waits_for_the_candidate_to_be_warm(rollout: Rollout, what: Observation) -> None:
    wanted, waits = decided(rollout, what)

    assert wanted == WarmUpWanted(0, COUNT, PROBES.concurrency)
    assert rollout_of(waits).phase is rollout.phase
    assert waits.effects == (Recheck(),)
    assert rollout_of(waits).own.warm_up == WarmUp(looks=1)
    decision = decided(rollout, replace(what, warmed=DONE))[1]
    assert rollout_of(decision).phase is Phase.SHIFTING
    changed = next(each for each in decision.history if each.kind == "PhaseChanged")
    assert "; 40 of 40 warm-up requests answered" in changed.text


def test_what_was_done_for_one_raise_is_not_done_for_the_next() -> None:
    raised = rollout_of(decided(VALIDATING, at_zero(warmed=DONE))[1])

    assert raised.own.warm_up == WarmUp()


@pytest.mark.parametrize(
    "rollout",
    [
        replace(VALIDATING, policy=replace(WARMED, probes=None)),
        replace(VALIDATING, policy=replace(WARMED, probes=replace(PROBES, warm_up=0))),
        replace(VALIDATING, policy=replace(WARMED, validate=Validate())),
        replace(
            VALIDATING,
            policy=replace(
                WARMED, validate=Validate((SampleRequest("x.json", Expectation(status=400)),))
            ),
        ),
        replace(VALIDATING, stable=None),
    ],
    ids=["no probes", "none asked for", "no inputs", "only refused inputs", "first deployment"],
)
def test_without_warm_up_requests_no_raise_waits(rollout: Rollout) -> None:
    wanted, decision = decided(rollout, at_zero())

    assert wanted is None
    assert rollout_of(decision).phase is Phase.SHIFTING
    assert "warm-up" not in decision.history[0].text


def test_after_the_last_stage_nothing_is_raised() -> None:
    last = replace(BAKING, stage=1)
    what = in_bake(endpoint=seen({GREEN: 100}, ours(1)).endpoint)
    shown = metrics(*some_minutes(25, side(1000), None, after(3)))

    decision = decided(last, replace(what, metrics=shown))[1]

    assert rollout_of(decision).own.warm_up == WarmUp()


def test_a_stage_that_has_not_passed_is_not_warmed_up() -> None:
    wanted, decision = decided(BAKING, in_bake(metrics=MetricsSeen()), after(5))

    assert wanted is None
    assert rollout_of(decision).own.warm_up == WarmUp()


def test_requests_that_one_look_had_no_time_for_are_sent_in_the_next() -> None:
    what = in_bake(warmed=Warmed(25, (OwnMinute(PASSED_AT, {"200": 25}),)))

    once = rollout_of(decided(BAKING, what)[1])
    assert (once.phase, once.own.warm_up) == (Phase.BAKING, WarmUp(1, 25))
    assert decided(once, in_bake(metrics=metrics()))[0] == WarmUpWanted(25, 15, 2)
    rest = Warmed(15, (OwnMinute(PASSED_AT, {"200": 15}),))
    twice = rollout_of(decided(once, in_bake(metrics=metrics(), warmed=rest))[1])

    assert (twice.phase, twice.stage) == (Phase.SHIFTING, 1)


def test_a_429_halves_how_many_are_sent_and_how_many_at_once() -> None:
    once = rollout_of(decided(BAKING, in_bake(warmed=REFUSED))[1])

    assert once.own.warm_up == WarmUp(looks=1, answered=3, stops=1)
    assert decided(once, in_bake(metrics=metrics()))[0] == WarmUpWanted(3, COUNT // 2, 1)
    often = so_far(BAKING, 7, 3, 7)
    assert decided(often, in_bake())[0] == WarmUpWanted(3, 1, 1)


@pytest.mark.parametrize("warmed", [None, Unreachable("503"), REFUSED])
def test_no_raise_waits_longer_than_its_looks(warmed: Any) -> None:
    """Whether they could not be sent, were refused, or the pass lost a race."""
    rollout = BAKING
    for look in range(WARM_UP_LOOKS + 1):
        shown = {"metrics": metrics()} if look else {}
        if rollout.phase is Phase.BAKING:
            rollout = rollout_of(decided(rollout, in_bake(warmed=warmed, **shown))[1])

    assert (rollout.phase, rollout.stage) == (Phase.SHIFTING, 1)


def test_own_requests_are_remembered_and_say_nothing_to_the_gate() -> None:
    alone = rollout_of(decided(BAKING, in_bake())[1])
    failing = Warmed(9, (OwnMinute(PASSED_AT, {"500": 9}),))
    found = rollout_of(decided(BAKING, in_bake(warmed=failing))[1])

    assert found.own == OwnRequests((failing.own[0],), warm_up=WarmUp(1, 9))
    assert found.gate == alone.gate
    assert found.own.probed_at is None


def test_the_candidate_is_warm_before_it_is_probed() -> None:
    probed = replace(WARMED, probes=replace(PROBES, when=ProbesWhen.ALWAYS))
    rollout = replace(VALIDATING, policy=probed)
    warmed = at_zero(warmed=DONE)

    assert decided(rollout, at_zero(), NOW)[0] is not None
    decision = decided(rollout, warmed, NOW)[1]
    assert rollout_of(decision).phase is Phase.VALIDATING
    once = a_current(rollout_of(decision))
    again = decide(once, Wake(), at_zero(), Context(NOW))
    assert warm_up_wanted(once, again, at_zero()) is None
    assert probes_wanted(once, again, at_zero(), NOW) is not None


def test_nothing_is_sent_in_a_halt_and_no_look_is_counted() -> None:
    for halted_ in (held(BAKING), held(VALIDATING)):
        what = in_bake() if halted_.phase is Phase.BAKING else at_zero()
        wanted, decision = decided(halted_, what)
        assert wanted is None
        assert rollout_of(decision).phase is halted_.phase
        assert rollout_of(decision).own.warm_up == WarmUp()
    current = a_current(BAKING)
    decision = decide(current, Wake(), in_bake(), Context(PASSED_AT, suspended=True))
    assert warm_up_wanted(current, decision, in_bake()) is None


def test_an_operators_advance_raises_at_once() -> None:
    approval = held(VALIDATING, HoldReason.APPROVAL)
    command = Command(Verb.ADVANCE, "operator", "good enough")

    decision = decide(a_current(approval), command, Observation(), Context(PASSED_AT))

    assert rollout_of(decision).phase is Phase.SHIFTING


def test_what_a_stage_that_needs_an_approval_asks_for_is_no_raise_yet() -> None:
    stages = (WARMED.stages[0], replace(WARMED.stages[1], approval=Approval.ANYBODY))
    rollout = replace(BAKING, policy=replace(WARMED, stages=stages))

    wanted, decision = decided(rollout, in_bake())

    assert wanted is None
    hold = rollout_of(decision).hold
    assert hold is not None
    assert hold.reason is HoldReason.APPROVAL


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": seen({BLUE: 100}, None, ProvisioningState.UPDATING).endpoint},
        {"endpoint": Unreachable("503")},
        {"deployments": Unreachable("503")},
        {"deployments": deployments(BLUE, a_deployment(GREEN, state=ProvisioningState.DELETING))},
    ],
    ids=["busy", "endpoint unread", "deployments unread", "not able to serve"],
)
def test_what_cannot_be_asked_now_is_waited_for(changes: Any) -> None:
    wanted, decision = decided(VALIDATING, at_zero(**changes))

    assert wanted is None
    assert rollout_of(decision).own.warm_up == WarmUp(looks=1)


def test_what_was_seen_once_is_confirmed_first() -> None:
    absent = in_bake(deployments=deployments(GREEN))
    doubtful = replace(BAKING, seen=replace(BAKING.seen, absent=1, endpoint=True))
    current = a_current(doubtful)
    decision = decide(current, Wake(), absent, Context(PASSED_AT, first_look=False))
    uncertain = replace(rollout_of(decision), seen=doubtful.seen)

    asked = replace(decision, current=replace(decision.current, rollout=uncertain))

    assert warm_up_wanted(current, asked, absent) is None


def test_whatever_else_is_due_comes_first() -> None:
    known = {(MODEL, "8"): a_model("8", 0)}
    what = in_bake(models=known, offer_records={(MODEL, "8"): None})

    wanted, decision = decided(BAKING, what, offers=(an_offer(),))

    assert decision.offers
    assert rollout_of(decision).own.warm_up.looks == 1
    assert wanted is None
    nothing = a_current(None)
    assert warm_up_wanted(nothing, Decision(nothing), in_bake()) is None


@pytest.mark.parametrize("counts", [(-1, 0, 0), (0, -1, 0), (0, 0, -1)])
def test_counts_below_zero_are_no_row(counts: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="fewer than 0"):
        WarmUp(*counts)


def test_the_clock_of_a_rollout_is_not_passed_by_a_raise_that_waits() -> None:
    """A stage that passed in time is not overdue because it is warmed up."""
    late = replace(BAKING, policy=replace(WARMED, deadline=PASSED_AT - NOW - timedelta(minutes=1)))

    wanted, decision = decided(late, in_bake())

    assert wanted is not None
    assert rollout_of(decision).hold is None
