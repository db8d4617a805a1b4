"""Example records for tests: complete enough that every kind of field is in them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rollout.core.policy.expectation import Expectation
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.policy.model import (
    Approval,
    Policy,
    SampleRequest,
    Stage,
    Validate,
    WorkspaceName,
)
from rollout.core.records.history import HistoryEntry, MinuteRecord
from rollout.core.records.offers import Offer, OfferRecord, OfferSource, OfferState, Release
from rollout.core.records.orders import GivenOrder, OrderAnswer, OrderKey, Starter
from rollout.core.records.phases import Phase
from rollout.core.records.promotions import Promotions
from rollout.core.records.rollout import (
    Baking,
    Cause,
    Clock,
    CreateIntent,
    CreationStep,
    Current,
    Hold,
    HoldReason,
    Rollout,
    Seen,
)

AT = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
WORKSPACE = (
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourcegroups/ml-local/providers"
    "/microsoft.machinelearningservices/workspaces/workspace"
)
ENDPOINT = f"{WORKSPACE}/onlineendpoints/fraud-endpoint"

POLICY = Policy(
    service="fraud",
    endpoint="fraud-endpoint",
    model="fraud-model",
    tags={"stage": "prod"},
    workspace=WorkspaceName("11111111-1111-1111-1111-111111111111", "ml-local", "workspace"),
    validate=Validate(
        requests=(
            SampleRequest(
                "sample.json",
                Expectation(
                    present=("scores.0",),
                    absent=("error",),
                    values={"scores": [1, 2.5, None, {"deep": True}]},
                    latency=timedelta(milliseconds=1500),
                ),
            ),
        )
    ),
    stages=(Stage(10), Stage(50, approval=Approval.SECOND_PERSON), Stage(100)),
    gate=GatePolicy(),
)
OFFER = Offer("fraud-model", "7", OfferSource.EVENT, AT, created_at=AT - timedelta(minutes=1))
ROLLOUT = Rollout(
    id="20260131T100000Z-0001",
    service="fraud",
    release=Release("fraud-model", "7", "digest"),
    candidate="green-7",
    stable="blue-6",
    policy=POLICY,
    bundle_digest="bundle",
    phase=Phase.BAKING,
    stage=1,
    since=AT,
    started_at=AT,
    phase_clock=Clock(AT),
    deadline_clock=Clock(AT, timedelta(seconds=90.5)),
    hold=Hold(HoldReason.APPROVAL, "ann", AT, AT + timedelta(hours=24), "waits for ann"),
    cause=Cause.GATE,
    intent=CreateIntent(CreationStep.CANDIDATE, 2, AT),
    baking=Baking(AT),
    gate={"e": [0.5, 1], "n": None, "of": {"green-7": 3}},
    seen=Seen(True, split={"blue-6": 90, "green-7": 10}, at=AT, state="Succeeded"),
    starter=Starter("ann", "1-ann"),
)
CURRENT = Current(
    endpoint=ENDPOINT,
    service="fraud",
    saved_at=AT,
    rollout=ROLLOUT,
    offers=(OFFER, replace(OFFER, version="8")),
    waiting=OFFER,
    sequence=3,
    head=f"{ROLLOUT.id}|00000003",
    commit_id="c1",
    promotions=(Promotions(AT, 2, 1200.0, 3.0, 800.5),),
    orders=(
        GivenOrder(
            OrderKey("8e03978e", "digest of the request"),
            AT,
            OrderAnswer("pause", "pause", "pause: held", ROLLOUT.id, Phase.BAKING, 1),
        ),
    ),
)


def entry(sequence: int, rollout: str = ROLLOUT.id, text: str = "moved") -> HistoryEntry:
    """A history row."""
    return HistoryEntry(
        rollout, sequence, AT, "StageStarted", Phase.SHIFTING, 1, text, data={"weight": 10}
    )


def minute(at: datetime = AT) -> MinuteRecord:
    """What the gate folded for one minute."""
    return MinuteRecord(ROLLOUT.id, at, 1, {"requests": 12.0})


def offer_record(version: str = "7") -> OfferRecord:
    """What became of a version."""
    return OfferRecord(
        replace(OFFER, version=version), OfferState.QUARANTINED, AT, "it failed", ROLLOUT.id, ("d",)
    )
