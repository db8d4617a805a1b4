"""When a pass may probe, how many pairs, and what the row remembers of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from rollout.core.decide import Context, decide
from rollout.core.gate.history.documents import round_from
from rollout.core.machine.decision import Decision
from rollout.core.machine.live_minutes import NOT_COUNTED
from rollout.core.machine.probing import (
    LOOKS_AT_ZERO,
    MAX_UNFOLDED,
    ProbesWanted,
    may_probe,
    probes_wanted,
    with_probes,
)
from rollout.core.policy.expectation import Expectation
from rollout.core.policy.model import SampleRequest, Validate
from rollout.core.policy.probes_model import Probes, ProbesWhen
from rollout.core.records.effects import Recheck
from rollout.core.records.observation import (
    MetricsSeen,
    Observation,
    ProvisioningState,
    Unreachable,
    Validation,
)
from rollout.core.records.own_requests import OwnMinute, OwnRequests, Probed
from rollout.core.records.phases import Phase
from rollout.core.records.probes import ProbeAnswer, ProbePair, ProbesSeen
from rollout.core.records.rollout import Baking, Cause, Rollout
from rollout.core.records.signals import Wake
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

QUIET = {**KNOWN_OF_STABLE, "per_minute": 10.0}
PROBED = replace(POLICY, probes=Probes(), validate=Validate((SampleRequest("sample.json"),)))
BAKING = a_rollout(Phase.BAKING, policy=PROBED, baseline=QUIET)
VALIDATING = a_rollout(Phase.VALIDATING, policy=PROBED, baseline=QUIET, validated="passed")
TENTH = {BLUE: 90, GREEN: 10}
ALL_BLUE = {BLUE: 100}
FEW = metrics(*some_minutes(3, side(1), side(9), after(1)))
MANY = metrics(*some_minutes(3, side(20), side(180), after(1)))
DUE = after(5)


def in_bake(shown: MetricsSeen | None = FEW, **changes: Any) -> Observation:
    return seen(TENTH, ours(1), metrics=shown, **changes)


def at_zero(**changes: Any) -> Observation:
    return seen(ALL_BLUE, **changes)


def decided(
    rollout: Rollout, what: Observation, now: datetime = DUE, **changes: Any
) -> tuple[ProbesWanted | None, Decision]:
    """What a pass decides first, and what it may probe then."""
    current = a_current(rollout, **changes)
    decision = decide(current, Wake(), what, Context(now))
    return probes_wanted(current, decision, what, now), decision


def wanted(rollout: Rollout, what: Observation, now: datetime = DUE, **changes: Any) -> Any:
    return decided(rollout, what, now, **changes)[0]


def probed(
    pairs: int = 20,
    *,
    candidate: int = 200,
    first: int = 0,
    at: datetime = DUE,
    own: Mapping[str, int] | None = None,
) -> Probed:
    answers = ProbeAnswer(candidate, 20.0), ProbeAnswer(200, 20.0)
    found = tuple(ProbePair(first + number, *answers) for number in range(pairs))
    counts = {"200": pairs} if own is None else own
    return Probed(ProbesSeen(at, 40, pairs, found), (OwnMinute(at, counts, counts),))


def test_a_bake_with_few_clients_is_probed() -> None:
    assert wanted(BAKING, in_bake()) == ProbesWanted(0, 20)


def test_with_clients_enough_only_probes_that_are_always_sent_are() -> None:
    always = replace(PROBED, probes=Probes(when=ProbesWhen.ALWAYS))

    assert wanted(BAKING, in_bake(MANY)) is None
    assert wanted(replace(BAKING, policy=always), in_bake(MANY)) == ProbesWanted(0, 20)


@pytest.mark.parametrize(("per_minute", "probes"), [(190.0, True), (200.0, False)])
def test_before_a_minute_has_settled_stables_history_says_how_many_clients_come(
    per_minute: float,
    probes: bool,  # noqa: FBT001 - a table's column
) -> None:
    rollout = replace(BAKING, baseline={**QUIET, "per_minute": per_minute})

    assert (wanted(rollout, in_bake(metrics()), after(1)) is not None) is probes


def test_nothing_is_probed_before_the_settle_time_is_over() -> None:
    just_begun = timedelta(seconds=59)

    assert wanted(BAKING, in_bake(None), NOW + just_begun) is None
    assert wanted(BAKING, in_bake(metrics()), after(1)) is not None


@pytest.mark.parametrize(
    "policy",
    [
        replace(PROBED, probes=None),
        replace(PROBED, probes=Probes(when=ProbesWhen.NEVER)),
        replace(PROBED, validate=Validate()),
        replace(PROBED, validate=Validate((SampleRequest("x.json", Expectation(status=400)),))),
    ],
)
def test_without_probes_or_inputs_nothing_is_probed(policy: Any) -> None:
    rollout = replace(BAKING, policy=policy)

    assert wanted(rollout, in_bake()) is None
    assert not may_probe(rollout, in_bake())


def test_inputs_of_their_own_need_no_sample_request() -> None:
    policy = replace(PROBED, validate=Validate(), probes=Probes("inputs.jsonl"))

    assert wanted(replace(BAKING, policy=policy), in_bake()) is not None


@pytest.mark.parametrize("side_", [BLUE, GREEN])
@pytest.mark.parametrize(
    ("state", "able"),
    [
        (ProvisioningState.UPDATING, True),
        (ProvisioningState.FAILED, False),
        (ProvisioningState.DELETING, False),
    ],
)
def test_both_sides_must_be_able_to_serve(
    side_: str,
    state: ProvisioningState,
    able: bool,  # noqa: FBT001 - a table's column
) -> None:
    other = GREEN if side_ == BLUE else BLUE
    what = in_bake(deployments=deployments(a_deployment(side_, state=state), other))

    assert (wanted(BAKING, what) is not None) is able


def test_nothing_is_probed_without_stable_or_its_history() -> None:
    alone = replace(BAKING, stable=None)

    assert not may_probe(alone, in_bake())
    assert wanted(replace(BAKING, baseline=None), in_bake()) is None


def test_nothing_is_probed_on_an_endpoint_that_is_not_as_wanted() -> None:
    for what in (
        seen({BLUE: 80, GREEN: 20}, "x/1", metrics=FEW),
        seen(TENTH, ours(1), ProvisioningState.UPDATING, metrics=FEW),
        replace(in_bake(), endpoint=Unreachable("503")),
        in_bake(MetricsSeen(unreachable="429")),
    ):
        assert wanted(BAKING, what) is None


def test_nothing_is_probed_in_a_halt() -> None:
    assert wanted(held(BAKING), in_bake()) is None
    assert wanted(replace(BAKING, suspended=True, halted_since=NOW), in_bake()) is not None
    current = a_current(BAKING)
    decision = decide(current, Wake(), in_bake(), Context(DUE, suspended=True))
    assert probes_wanted(current, decision, in_bake(), DUE) is None


def test_whatever_else_is_due_comes_first() -> None:
    harmed = metrics(*some_minutes(8, side(100, 50), side(900), after(1)))
    later = after(10)
    again, decision = decided(BAKING, in_bake(harmed), later)
    assert again is None
    assert rollout_of(decision).phase is Phase.ROLLING_BACK
    expiring = replace(BAKING, own=OwnRequests(missed=2, owed=OwnMinute(NOW, {"200": 9})))
    silent = metrics(*some_minutes(3, side(0), side(9), after(1)))
    noted, decision = decided(expiring, in_bake(silent))
    assert decision.effects or noted is not None


def test_an_offer_that_is_decided_in_this_look_comes_first() -> None:
    known = {(MODEL, "8"): a_model("8", 0)}
    what = in_bake(models=known, offer_records={(MODEL, "8"): None})

    found, decision = decided(BAKING, what, offers=(an_offer(),))

    assert decision.offers
    assert found is None


def test_without_a_rollout_nothing_is_probed() -> None:
    current = a_current(None)

    assert probes_wanted(current, Decision(current), in_bake(), DUE) is None
    ended = a_current(a_rollout(Phase.SUCCEEDED, policy=PROBED))
    assert probes_wanted(ended, Decision(ended), in_bake(), DUE) is None


def test_a_minute_is_probed_once() -> None:
    before = replace(BAKING, own=OwnRequests(looks=1, probed_at=DUE))

    assert wanted(before, in_bake(), DUE + timedelta(seconds=59)) is None
    assert wanted(before, in_bake(), after(6)) is not None


def test_minutes_that_are_not_folded_do_not_pile_up() -> None:
    piled = tuple(OwnMinute(after(number), {"200": 1}) for number in range(MAX_UNFOLDED + 1))
    start = Baking(window_start=NOW, folded_until=NOW, begun=False)
    full = replace(BAKING, own=OwnRequests(piled), baking=start)

    assert wanted(full, in_bake(metrics()), after(1)) is None


def test_the_rollouts_most_is_not_exceeded() -> None:
    few = replace(PROBED, probes=Probes(max=30))
    rollout = replace(BAKING, policy=few)
    once = rollout_of(decided(rollout, in_bake(probes=probed()))[1])

    assert wanted(once, in_bake(metrics()), after(6)) == ProbesWanted(20, 3)
    again = in_bake(metrics(), probes=probed(10, first=20, at=after(6)))
    twice = rollout_of(decided(once, again, after(6))[1])
    assert wanted(twice, in_bake(metrics()), after(7)) is None


def test_what_was_probed_is_in_the_gates_state_the_own_requests_and_a_record() -> None:
    rollout, records = with_probes(BAKING, probed(20), DUE + timedelta(seconds=30))

    assert rollout.own == OwnRequests((OwnMinute(DUE, {"200": 20}, {"200": 20}),), None, 1, DUE)
    (record,) = records
    assert (record.minute, record.stage, record.pair) == (DUE, 0, 0)
    assert record.data["weight"] == 10
    assert record.data["window"] == NOW.isoformat()
    assert round_from(record.data["probes"]).sent == 20
    assert record.data["numbers"]["probes"]["sent"] == 20


def test_nothing_probed_changes_nothing_and_an_attempt_counts_as_a_look() -> None:
    assert with_probes(BAKING, None, DUE) == (BAKING, ())
    unset = replace(BAKING, policy=POLICY)
    assert with_probes(unset, probed(), DUE) == (unset, ())
    tried, records = with_probes(BAKING, Unreachable("503"), DUE)
    assert (tried.own, records) == (OwnRequests(looks=1, probed_at=DUE), ())
    assert tried.gate == BAKING.gate


def test_a_bake_keeps_what_its_pass_probed() -> None:
    decision = decided(BAKING, in_bake(probes=probed()))[1]

    rollout = rollout_of(decision)
    assert rollout.phase is Phase.BAKING
    assert rollout.own.probed_at == DUE
    assert [each.pair for each in decision.minutes] == [None, None, None, 0]


def test_own_requests_are_no_live_ones() -> None:
    counts = {"200": 20}
    mine = tuple(OwnMinute(after(number), counts, counts) for number in (1, 2, 3))
    rollout = replace(BAKING, own=OwnRequests(mine))
    shown = metrics(*some_minutes(3, side(21), side(29), after(1)))

    decision = decided(rollout, in_bake(shown))[1]

    told = decision.minutes[0].data
    assert (told["candidate"]["requests"], told["stable"]["requests"]) == (1, 9)
    assert told["own"] == {"candidate": counts, "stable": counts}
    assert rollout_of(decision).own.minutes == ()


def test_it_is_told_once_that_the_metrics_do_not_count_probes() -> None:
    mine = tuple(OwnMinute(after(number), {"200": 20}) for number in range(1, 9))
    rollout = replace(BAKING, own=OwnRequests(mine))
    shown = metrics(*some_minutes(8, side(1), side(9), after(1)))

    decision = decided(rollout, in_bake(shown), after(10))[1]

    notices = [entry.text for entry in decision.history if entry.kind == "Notice"]
    assert len(notices) == 1
    assert NOT_COUNTED in notices[0]
    assert not rollout_of(decision).own.counted


def test_a_validated_candidate_is_probed_twice_before_the_first_weight() -> None:
    first, waits = decided(VALIDATING, at_zero())
    assert first == ProbesWanted(0, 20)
    assert (rollout_of(waits).phase, waits.effects) == (Phase.VALIDATING, (Recheck(),))

    once = rollout_of(decided(VALIDATING, at_zero(probes=probed()))[1])
    assert (once.phase, once.own.looks) == (Phase.VALIDATING, 1)
    second = wanted(once, at_zero(), DUE + timedelta(seconds=5))
    assert second == ProbesWanted(20, 20)
    shown = at_zero(probes=probed(first=20, at=after(6)))
    decision = decided(once, shown, after(6))[1]
    after_both = rollout_of(decision)

    assert (after_both.phase, LOOKS_AT_ZERO) == (Phase.SHIFTING, 2)
    assert [each.minute for each in after_both.own.minutes] == [after(6)]
    assert replace(after_both.own, minutes=()) == OwnRequests()
    (record,) = decision.minutes
    assert (record.data["window"], record.data["weight"], record.pair) == ("", 0, 20)


def test_the_sample_requests_are_answered_first() -> None:
    fresh = replace(VALIDATING, validated="")
    failed = at_zero(validation=Validation(transient="401"))
    passed = at_zero(validation=Validation(evidence="1 of 1"))

    assert wanted(fresh, failed) is None
    assert wanted(fresh, passed) == ProbesWanted(0, 20)


def test_harm_at_zero_ends_the_validation_and_is_recorded() -> None:
    once = rollout_of(decided(VALIDATING, at_zero(probes=probed(candidate=500)))[1])
    decision = decided(
        once, at_zero(probes=probed(candidate=500, first=20, at=after(6))), after(6)
    )[1]

    rollout = rollout_of(decision)
    assert (rollout.phase, rollout.cause) == (Phase.DISCARDING, Cause.VALIDATION_FAILED)
    assert rollout.cause_text.startswith("at 0 %: ")
    assert len(decision.minutes) == 1
    changed = next(each for each in decision.history if each.kind == "PhaseChanged")
    assert changed.data["verdict"] == "rollback"


@pytest.mark.parametrize(
    ("rollout", "what"),
    [
        (replace(VALIDATING, own=OwnRequests(looks=1)), {"probes": Unreachable("503")}),
        (replace(VALIDATING, policy=POLICY), {}),
        (replace(VALIDATING, stable=None), {}),
        (replace(VALIDATING, baseline=None), {}),
    ],
)
def test_what_cannot_be_probed_goes_on_without(rollout: Rollout, what: Any) -> None:
    decision = decided(rollout, at_zero(**what))[1]

    assert rollout_of(decision).phase is Phase.SHIFTING


def test_probes_at_zero_are_not_waited_for_beyond_the_deadline() -> None:
    late = NOW + PROBED.validate.deadline + timedelta(seconds=1)

    assert rollout_of(decided(VALIDATING, at_zero(), late)[1]).phase is Phase.SHIFTING


def test_a_look_that_asks_for_another_one_soon_does_not_probe() -> None:
    once_foreign = seen({BLUE: 50, GREEN: 50}, "x/9", metrics=FEW)
    found, decision = decided(BAKING, once_foreign)

    assert Recheck() in decision.effects
    assert found is None
