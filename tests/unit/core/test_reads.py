"""What a pass wants to see: no read that nobody needs, and none before it makes sense."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from rollout.core.policy.model import Create, CreateFrom, RollbackPolicy
from rollout.core.reads import (
    Read,
    ReadDeployments,
    ReadEndpoint,
    ReadFailure,
    ReadHistory,
    ReadLog,
    ReadMetrics,
    ReadModel,
    ReadName,
    ReadOffer,
    ReadService,
    ReadTemplate,
    ReadValidation,
    reads_needed,
)
from rollout.core.records.observation import (
    Absent,
    ModelId,
    Observation,
    ProvisioningState,
    Unreachable,
)
from rollout.core.records.phases import FINAL_PHASES, Phase
from rollout.core.records.rollout import Baking, Rollout
from rollout.core.records.specs import Specs
from tests.support.builders import (
    BLUE,
    GREEN,
    MODEL,
    NOW,
    POLICY,
    a_current,
    a_deployment,
    a_model,
    a_rollout,
    a_service,
    after,
    an_offer,
    deployments,
    ours,
    seen,
)

NOTHING = Observation()
P = ProvisioningState
BOTH = {ReadEndpoint(), ReadDeployments()}


def wanted(
    rollout: Rollout | None,
    there: Observation = NOTHING,
    now: datetime = NOW,
    *,
    suspended: bool = False,
    **current: Any,
) -> set[Read]:
    return reads_needed(a_current(rollout, **current), there, now, suspended=suspended)


@pytest.mark.parametrize("phase", [Phase.CREATING, Phase.VALIDATING])
def test_before_traffic_the_template_is_watched(phase: Phase) -> None:
    assert wanted(a_rollout(phase)) == {*BOTH, ReadService()}


@pytest.mark.parametrize(
    "phase",
    [Phase.SHIFTING, Phase.PROMOTED, Phase.RETIRING, Phase.ROLLING_BACK, Phase.DISCARDING],
)
def test_later_only_endpoint_and_deployments_are_read(phase: Phase) -> None:
    assert wanted(a_rollout(phase)) == BOTH


@pytest.mark.parametrize("stage", [0, 2])
def test_a_bake_reads_what_candidate_and_stable_are_at_every_look(stage: int) -> None:
    assert wanted(a_rollout(Phase.BAKING, stage=stage)) == BOTH


def test_a_replaced_stable_is_learnt_from_its_own_minutes_only() -> None:
    since = Specs(stable_since=after(-30))
    baking = a_rollout(Phase.BAKING, baseline=None, specs=since)
    (learnt,) = [each for each in wanted(baking) if isinstance(each, ReadHistory)]
    assert (learnt.start, learnt.end) == (after(-30), NOW)
    at_once = replace(baking, specs=Specs(stable_since=NOW))
    (learnt,) = [each for each in wanted(at_once) if isinstance(each, ReadHistory)]
    assert (learnt.start, learnt.end) == (after(-1), NOW)


@pytest.mark.parametrize(
    ("state", "wants"), [(P.FAILED, True), (P.CANCELED, True), (P.SUCCEEDED, False)]
)
def test_why_a_creation_failed_is_read_only_when_it_failed(
    state: ProvisioningState, *, wants: bool
) -> None:
    there = seen(deployments=deployments(BLUE, a_deployment(GREEN, state)))
    assert (ReadFailure() in wanted(a_rollout(Phase.CREATING), there)) is wants


@pytest.mark.parametrize(
    ("there", "validated", "wants"),
    [
        (seen(), "", True),
        (seen(), "passed", False),
        (NOTHING, "", False),
        (seen(endpoint=Unreachable("arm")), "", False),
        (seen(deployments=deployments(a_deployment(GREEN, P.UPDATING))), "", False),
    ],
)
def test_samples_are_sent_only_to_a_candidate_that_was_seen_ready(
    there: Observation, validated: str, *, wants: bool
) -> None:
    rollout = a_rollout(Phase.VALIDATING, validated=validated)
    assert (ReadValidation() in wanted(rollout, there)) is wants


def test_a_log_is_read_only_once_the_traffic_is_back_and_the_policy_asks() -> None:
    logs = replace(POLICY, rollback=RollbackPolicy(logs=True))
    back = seen({BLUE: 100}, ours(2))
    asking = a_rollout(Phase.ROLLING_BACK, policy=logs)
    assert ReadLog() in wanted(asking, back)
    assert ReadLog() not in wanted(asking, seen({GREEN: 100}, ours(1)))
    assert ReadLog() not in wanted(asking)
    assert ReadLog() not in wanted(a_rollout(Phase.ROLLING_BACK), back)


def test_metrics_are_read_up_to_the_minute_that_runs_at_most_an_hour_of_them() -> None:
    baking = a_rollout(Phase.BAKING)
    assert not any(isinstance(each, ReadMetrics) for each in wanted(baking, now=after(0.9)))
    assert ReadMetrics(after(1), after(3), None) in wanted(baking, now=after(2.9))
    assert ReadMetrics(after(1), after(61), None) in wanted(baking, now=after(200))
    folded = replace(baking, baking=Baking(NOW, folded_until=after(61)))
    assert ReadMetrics(after(61), after(121), None) in wanted(folded, now=after(200))


def test_an_offer_wants_its_truth_and_what_serves() -> None:
    asked = wanted(None, offers=(an_offer("8"),))
    assert asked == {*BOTH, ReadService(), ReadModel(MODEL, "8"), ReadOffer(MODEL, "8")}
    there = seen({BLUE: 100})
    assert ReadModel(MODEL, "6") in wanted(None, there, offers=(an_offer("8"),))


def test_the_workspace_is_not_asked_for_a_model_that_is_registered_elsewhere() -> None:
    blue = a_deployment(BLUE, model=ModelId(MODEL, "6", "registries/shared"))
    there = seen({BLUE: 100}, deployments=deployments(blue))
    assert ReadModel(MODEL, "6") not in wanted(None, there, offers=(an_offer("8"),))


@pytest.mark.parametrize(
    "there",
    [
        seen({BLUE: 90, GREEN: 10}),
        seen({"red": 100}),
        seen({BLUE: 100}, deployments=deployments(a_deployment(BLUE, model=None))),
        seen(endpoint=Absent(), deployments={}),
        seen({BLUE: 100}, deployments=Unreachable("arm")),
    ],
    ids=["a split", "stable absent", "model unknown", "no endpoint", "unreadable"],
)
def test_where_nothing_serves_no_model_of_it_is_asked_for(there: Observation) -> None:
    models = [
        look for look in wanted(None, there, waiting=an_offer()) if isinstance(look, ReadModel)
    ]
    assert models == [ReadModel(MODEL, "8")]


def test_a_rollback_waits_for_nothing_that_an_offer_needs() -> None:
    assert wanted(a_rollout(Phase.ROLLING_BACK), offers=(an_offer(),)) == BOTH


def test_a_baseline_that_is_learnt_late_has_only_minutes_from_before_the_rollout() -> None:
    late = a_rollout(Phase.BAKING, baseline=None)
    (history,) = [each for each in wanted(late) if isinstance(each, ReadHistory)]
    assert history.end == late.started_at < late.since


@pytest.mark.parametrize("phase", sorted(FINAL_PHASES))
def test_a_start_wants_its_name_as_well(phase: Phase) -> None:
    own = {ReadModel(MODEL, "8"), ReadOffer(MODEL, "8"), ReadName("8")}
    expected = {*BOTH, ReadService(), *own}
    assert wanted(a_rollout(phase), waiting=an_offer()) == expected
    assert wanted(None, waiting=an_offer()) == expected


@pytest.mark.parametrize(
    ("source", "asked"),
    [(CreateFrom.TEMPLATE, {ReadTemplate()}), (CreateFrom.COPY, set())],
)
def test_a_start_asks_whether_its_templates_can_be_used_where_it_creates_from_them(
    source: CreateFrom, asked: set[Read]
) -> None:
    policy = replace(POLICY, create=Create(source=source))
    there = seen({BLUE: 100}, service=replace(a_service(), policy=policy))

    assert wanted(None, there, waiting=an_offer()) & {ReadTemplate()} == asked


def test_what_cannot_start_now_is_not_looked_up() -> None:
    assert wanted(None, waiting=an_offer(), suspended=True) == set()
    own = {ReadModel(MODEL, "8")}
    assert wanted(a_rollout(Phase.SHIFTING), waiting=an_offer()) == BOTH | own
    assert wanted(a_rollout(Phase.SUCCEEDED)) == set()
    assert wanted(None) == set()


def test_a_rollback_asks_nothing_about_the_version_that_waits() -> None:
    assert wanted(a_rollout(Phase.ROLLING_BACK), waiting=an_offer()) == BOTH


@pytest.mark.parametrize(
    "truth",
    [Absent(), replace(a_model("8", 10), archived=True), a_model("8", 5)],
    ids=["deleted", "archived", "registered again"],
)
def test_what_is_known_of_a_waiting_version_is_read_once_it_changed(truth: object) -> None:
    there = seen(models={(MODEL, "8"): truth})
    asked = wanted(a_rollout(Phase.BAKING), there, waiting=an_offer())
    assert ReadOffer(MODEL, "8") in asked
    same = seen(models={(MODEL, "8"): a_model("8", 10)})
    assert ReadOffer(MODEL, "8") not in wanted(a_rollout(Phase.BAKING), same, waiting=an_offer())
