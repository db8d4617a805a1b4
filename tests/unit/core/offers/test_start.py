"""A waiting offer becomes a rollout, is rejected with the reason, or waits on."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.decide import Context, decide
from rollout.core.gate.forecast import planner
from rollout.core.machine.decision import Decision
from rollout.core.offers.start import rollout_id
from rollout.core.policy.model import Create, CreateFrom, SampleRequest, Validate
from rollout.core.policy.probes_model import Probes
from rollout.core.records.effects import Attention
from rollout.core.records.observation import (
    Absent,
    MetricsSeen,
    Observation,
    ProvisioningState,
    ServiceSeen,
    Unreachable,
    Unsupported,
)
from rollout.core.records.offers import Offer, OfferRecord, OfferSource, OfferState
from rollout.core.records.orders import Starter
from rollout.core.records.outlook import EvidenceFrom
from rollout.core.records.phases import FINAL_PHASES, Phase
from rollout.core.records.rollout import Clock
from rollout.core.records.signals import Wake
from rollout.units import MINUTE
from tests.support.builders import (
    BLUE,
    DIGEST,
    GREEN,
    MODEL,
    NOW,
    POLICY,
    a_current,
    a_deployment,
    a_model,
    a_rollout,
    a_service,
    an_endpoint,
    an_offer,
    deployments,
    minutes,
    rollout_of,
    seen,
    side,
    some_minutes,
)

CREATES = replace(POLICY, create=Create(endpoint=True))
COPIES = replace(POLICY, create=Create(source=CreateFrom.COPY, endpoint=True))
READY = seen(
    {BLUE: 100},
    deployments=deployments(BLUE),
    models={(MODEL, "6"): a_model("6", 60)},
    name_counts={"8": 0},
)


def started(
    observation: Observation = READY, offer: Offer | None = None, **changes: Any
) -> Decision:
    current = a_current(**{"waiting": offer or an_offer(), **changes})
    return decide(current, Wake(), observation, Context(NOW, fresh_id="f00d"))


def fate(decision: Decision) -> OfferState:
    (record,) = decision.offers
    return record.state


def test_a_version_whose_templates_cannot_be_used_is_rejected_and_not_quarantined() -> None:
    decision = started(replace(READY, template="fraud/deployment.yml:7: There is no such field."))
    (record,) = decision.offers

    assert record.state is OfferState.REJECTED
    assert record.quarantined == ()
    assert "fraud/deployment.yml:7: There is no such field. Repair them, then retry" in record.text


def test_an_endpoint_that_sample_requests_cannot_sign_in_to_is_refused() -> None:
    policy = replace(POLICY, validate=Validate((SampleRequest("sample.json"),)))
    tokens = replace(an_endpoint({BLUE: 100}), auth_mode="amltoken")
    decision = started(replace(READY, endpoint=tokens, service=a_service(policy)))
    (record,) = decision.offers
    assert (record.state, record.quarantined) == (OfferState.REJECTED, ())
    assert "the auth mode amltoken: set key or aad_token" in record.text


def test_a_number_registered_again_starts_although_it_serves() -> None:
    offer = an_offer("6", reregistered=True)
    there = replace(READY, models={**READY.models, (MODEL, "6"): a_model("6", 1)})
    assert fate(started(there, offer)) is OfferState.ROLLOUT
    assert fate(started(there, an_offer("6"))) is OfferState.LIVE


def test_a_version_waits_while_its_templates_cannot_be_read() -> None:
    decision = started(replace(READY, template=Unreachable("the bundle is away")))

    assert decision.offers == ()
    assert decision.current.waiting is not None


def test_the_deployment_at_100_percent_becomes_stable() -> None:
    decision = started()
    rollout = rollout_of(decision)
    assert (rollout.phase, rollout.stable, rollout.candidate) == (Phase.CREATING, BLUE, "green-8")
    assert rollout.id == "20260131T120000000000Z-f00d"
    assert rollout.phase_clock == rollout.deadline_clock == Clock(NOW)
    assert rollout.seen.endpoint
    assert fate(decision) is OfferState.ROLLOUT
    assert decision.names == {"8": 1}
    assert decision.again
    assert decision.current.waiting is None


def test_a_rollout_knows_who_started_it() -> None:
    ann = Starter("ann", "1-ann")
    offer = an_offer("8", OfferSource.START, by="ann", offerer=ann)
    assert started(offer=offer).current.owner.starter == ann
    assert started().current.owner.starter == Starter()


def test_the_decision_belongs_to_the_old_history_and_the_start_to_the_new() -> None:
    decision = started(rollout=a_rollout(Phase.ROLLED_BACK), sequence=9, head="x|00000009")
    assert [(entry.kind, entry.sequence) for entry in decision.history] == [
        ("OfferDecided", 10),
        ("RolloutStarted", 1),
    ]
    assert decision.history[1].rollout == rollout_of(decision).id
    assert decision.current.head == decision.history[1].key


@pytest.mark.parametrize("phase", sorted(FINAL_PHASES))
def test_an_ended_rollout_makes_place(phase: Phase) -> None:
    decision = started(rollout=a_rollout(phase), published="x|00000003")
    assert rollout_of(decision).phase is Phase.CREATING
    assert decision.current.published == "x|00000003"


SWAPPED = replace(
    READY, endpoint=an_endpoint({"hotfix": 100}), deployments=deployments(BLUE, "hotfix")
)


@pytest.mark.parametrize("phase", sorted(FINAL_PHASES))
def test_an_event_takes_nothing_from_what_somebody_else_put_in_place(phase: Phase) -> None:
    decision = started(SWAPPED, rollout=a_rollout(phase))
    assert fate(decision) is OfferState.REJECTED
    assert rollout_of(decision).phase is phase
    assert decision.current.waiting is None
    (asked,) = [each for each in decision.effects if isinstance(each, Attention)]
    assert "hotfix serves by somebody else's choice" in asked.text
    assert asked.fields["split"] == "hotfix 100 %"


@pytest.mark.parametrize("source", [OfferSource.START, OfferSource.RETRY])
def test_an_operators_offer_starts_beside_what_somebody_else_put_in_place(
    source: OfferSource,
) -> None:
    decision = started(SWAPPED, an_offer(source=source), rollout=a_rollout(Phase.ROLLED_BACK))
    assert rollout_of(decision).stable == "hotfix"


def test_an_endpoint_that_never_had_a_rollout_is_taken_as_it_is() -> None:
    assert rollout_of(started(SWAPPED)).stable == "hotfix"


def test_a_live_rollout_makes_none() -> None:
    decision = started(rollout=a_rollout(Phase.ROLLING_BACK))
    assert rollout_of(decision).candidate == GREEN
    assert decision.current.waiting == an_offer()


def test_while_everything_is_suspended_nothing_starts() -> None:
    decision = decide(a_current(waiting=an_offer()), Wake(), READY, Context(NOW, suspended=True))
    assert decision.current.waiting == an_offer()
    assert decision.current.rollout is None
    assert not decision.has_rows
    assert not decision.effects


def test_names_that_were_used_or_are_there_are_avoided() -> None:
    there = replace(READY, deployments=deployments(BLUE, "green-8-r2"), name_counts={"8": 1})
    assert rollout_of(started(there)).candidate == "green-8-r3"


WAITS: list[tuple[str, dict[str, Any]]] = [
    ("service unreadable", {"service": Unreachable("bundle")}),
    ("service not read", {"service": None}),
    ("endpoint unreadable", {"endpoint": Unreachable("arm")}),
    ("endpoint not read", {"endpoint": None}),
    ("deployments unreadable", {"deployments": Unreachable("arm")}),
    (
        "endpoint updating",
        {"endpoint": an_endpoint({BLUE: 100}, state=ProvisioningState.UPDATING)},
    ),
    ("the serving model unreadable", {"models": {(MODEL, "6"): Unreachable("arm")}}),
]


@pytest.mark.parametrize("changes", [row[1] for row in WAITS], ids=[row[0] for row in WAITS])
def test_what_cannot_be_read_or_is_busy_lets_the_offer_wait(changes: dict[str, Any]) -> None:
    decision = started(replace(READY, **changes))
    assert decision.current == a_current(waiting=an_offer())
    assert not decision.offers


REJECTS: list[tuple[str, dict[str, Any], str]] = [
    ("service gone", {"service": a_service(policy=None)}, "no longer in the bundle"),
    ("kubernetes", {"endpoint": Unsupported("not managed")}, "not managed"),
    ("no endpoint", {"endpoint": Absent()}, "create.endpoint: true"),
    (
        "endpoint failed",
        {"endpoint": an_endpoint({BLUE: 100}, state=ProvisioningState.FAILED)},
        "the endpoint is Failed",
    ),
    (
        "endpoint canceled",
        {"endpoint": an_endpoint({BLUE: 100}, state=ProvisioningState.CANCELED)},
        "the endpoint is Canceled",
    ),
    ("mirror", {"endpoint": an_endpoint({BLUE: 100}, mirror={"m": 5})}, "mirrored to m 5 %"),
    ("split", {"endpoint": an_endpoint({BLUE: 60, "red": 40})}, "put one deployment at 100 %"),
    (
        "stable failed",
        {"deployments": deployments(a_deployment(BLUE, ProvisioningState.FAILED))},
        "blue has all traffic but is Failed",
    ),
    ("stable absent", {"deployments": {}}, "blue has all traffic but is absent"),
    (
        "nothing to copy",
        {"endpoint": an_endpoint({}), "deployments": {}, "service": a_service(COPIES)},
        "no live deployment to copy",
    ),
    ("drained", {"endpoint": an_endpoint({})}, "blue get no traffic"),
    (
        "the service names another endpoint",
        {"service": a_service(replace(POLICY, endpoint="other-endpoint"))},
        "names other-endpoint as its endpoint now",
    ),
]


@pytest.mark.parametrize(
    ("changes", "reason"), [row[1:] for row in REJECTS], ids=[row[0] for row in REJECTS]
)
def test_what_could_not_be_undone_is_rejected_with_the_reason(
    changes: dict[str, Any], reason: str
) -> None:
    decision = started(replace(READY, **changes))
    assert fate(decision) is OfferState.REJECTED
    assert reason in decision.offers[0].text
    assert decision.current.waiting is None
    assert decision.current.rollout is None


@pytest.mark.parametrize("state", [ProvisioningState.UPDATING, ProvisioningState.SCALING])
def test_a_stable_that_scales_is_able(state: ProvisioningState) -> None:
    there = replace(READY, deployments=deployments(a_deployment(BLUE, state)))
    assert rollout_of(started(there)).stable == BLUE


@pytest.mark.parametrize(
    ("changes", "exists"),
    [
        ({"endpoint": Absent(), "deployments": {}, "service": a_service(CREATES)}, False),
        ({"endpoint": an_endpoint({}), "deployments": {}}, True),
    ],
)
def test_an_endpoint_without_traffic_gets_its_first_deployment(
    changes: dict[str, Any], *, exists: bool
) -> None:
    rollout = rollout_of(started(replace(READY, **changes)))
    assert (rollout.stable, rollout.candidate) == (None, "blue-8")
    assert rollout.seen.endpoint is exists


@pytest.mark.parametrize(
    ("offer", "state"),
    [
        (an_offer("6"), OfferState.LIVE),
        (an_offer("6", OfferSource.START), OfferState.ROLLOUT),
        (an_offer(created_at=NOW - minutes(60)), OfferState.SUPERSEDED),
        (an_offer(created_at=None), OfferState.ROLLOUT),
        (an_offer(source=OfferSource.START, created_at=NOW - minutes(61)), OfferState.ROLLOUT),
    ],
)
def test_the_world_may_have_moved_on_while_it_waited(offer: Offer, state: OfferState) -> None:
    assert fate(started(offer=offer)) is state


@pytest.mark.parametrize(
    ("source", "state"),
    [
        (OfferSource.EVENT, OfferState.QUARANTINED),
        (OfferSource.START, OfferState.QUARANTINED),
        (OfferSource.RETRY, OfferState.ROLLOUT),
    ],
)
def test_a_release_that_failed_meanwhile_starts_only_by_retry(
    source: OfferSource, state: OfferState
) -> None:
    offer = an_offer(source=source)
    record = OfferRecord(offer, OfferState.WAITING, NOW, "", quarantined=(DIGEST,))
    decision = started(replace(READY, offer_records={(MODEL, "8"): record}), offer)
    assert fate(decision) is state
    assert decision.offers[0].quarantined == (DIGEST,)
    if state is OfferState.ROLLOUT:
        assert rollout_of(decision).earlier_quarantines == (DIGEST,)


def test_starting_asks_nothing_of_the_world_yet() -> None:
    assert not started().effects


def test_a_forecast_that_fails_stops_no_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_arguments: Any) -> None:
        raise ValueError("math domain error")

    monkeypatch.setattr(planner, "plan", fails)
    decision = started(replace(READY, history=MetricsSeen(())))
    rollout = rollout_of(decision)
    assert rollout.phase is Phase.CREATING
    assert rollout.baseline is not None
    start, told = decision.history[-2:]
    why = "the forecast failed (ValueError: math domain error)"
    assert (start.kind, start.data["plan"]) == ("RolloutStarted", {"unknown": why})
    assert told.kind == "Notice"
    assert f"{why}: the rollout goes on without a plan" in told.text


def quiet_start(service: ServiceSeen, per_minute: int) -> Decision:
    """Beside a stable with few requests."""
    before = NOW - timedelta(minutes=600)
    history = MetricsSeen(some_minutes(600, None, side(per_minute), before))
    return started(replace(READY, history=history, service=service))


def test_the_start_says_and_keeps_where_evidence_will_come_from() -> None:
    policy = replace(POLICY, probes=Probes(), gate=replace(POLICY.gate, min_requests=50))
    for inputs, source in ((0, EvidenceFrom.NOWHERE), (60, EvidenceFrom.PROBES)):
        decision = quiet_start(replace(a_service(policy), inputs=inputs), 2)
        rollout = rollout_of(decision)
        assert rollout.outlook.inputs == inputs
        assert rollout.outlook.stages[0] is source
        planned = decision.history[-1].data
        assert (planned["inputs"], planned["onInconclusive"]) == (inputs, "auto")
        assert planned["plan"]["stages"][0]["evidenceFrom"] == source.value
        assert planned["plan"]["stages"][0]["probed"] is bool(inputs)


@pytest.mark.parametrize("left_open", [True, False])
def test_a_longer_bake_is_chosen_only_where_the_policy_leaves_it_open(*, left_open: bool) -> None:
    gate = replace(POLICY.gate, min_requests=50, max_bake=timedelta(hours=1))
    written = replace(POLICY, gate=gate, max_bake_auto=left_open)
    decision = quiet_start(a_service(written), 20)
    policy = rollout_of(decision).policy
    assert (policy.gate.max_bake > timedelta(hours=1)) is left_open
    assert replace(policy, gate=gate) == written
    assert decision.history[-1].data["plan"]["maxBakeMinutes"] == policy.gate.max_bake / MINUTE
    chosen = rollout_of(decision).outlook.stages[0]
    assert chosen is (EvidenceFrom.LIVE if left_open else EvidenceFrom.NOWHERE)


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=9000)), max_size=9))
def test_rollout_ids_sort_by_time(ages: list[timedelta]) -> None:
    moments = sorted(NOW + age for age in ages)
    ids = [rollout_id(moment, "ffff") for moment in moments]
    assert ids == sorted(ids)
