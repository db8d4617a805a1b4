"""Small builders of core records for tests: a rollout from `blue` to `green-7`, at 12:00 UTC.

Every builder takes the fields a test is about as keyword arguments; the rest is ordinary.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rollout.core.decide import Context, decide
from rollout.core.machine.decision import Decision
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.policy.model import Policy, Stage
from rollout.core.records.effects import Effect, SetTraffic
from rollout.core.records.observation import (
    DeploymentSeen,
    EndpointSeen,
    MetricsSeen,
    Minute,
    ModelId,
    ModelSeen,
    Observation,
    Percentiles,
    ProvisioningState,
    ServiceSeen,
    SideMinute,
)
from rollout.core.records.offers import Offer, OfferSource, Release
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import Baking, Clock, Current, Hold, HoldReason, Rollout, Seen
from rollout.core.records.signals import Signal, Wake

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
BLUE, GREEN = "blue", "green-7"
MODEL = "fraud-model"
DIGEST = "digest"
ENDPOINT_ID = (
    "/subscriptions/s/resourcegroups/g/providers/microsoft.machinelearningservices"
    "/workspaces/w/onlineendpoints/fraud"
)
ROLLOUT_ID = "20260131T100000000000Z-0001"

POLICY = Policy(
    service="fraud",
    endpoint="fraud",
    model=MODEL,
    stages=(
        Stage(10, timedelta(minutes=10)),
        Stage(50, timedelta(minutes=10)),
        Stage(100, timedelta(minutes=20)),
    ),
    gate=GatePolicy(
        settle=timedelta(minutes=1),
        ingestion_delay=timedelta(minutes=1),
        min_minutes=3,
        min_requests=100,
        latency=None,
    ),
)
KNOWN_OF_STABLE: Mapping[str, Any] = {
    "minutes": 1440,
    "hours": 24.0,
    "per_minute": 900.0,
    "errors": {"bad": 100.0, "requests": 20000.0, "correlation": 0.0},
    "rejected": {"bad": 100.0, "requests": 20000.0, "correlation": 0.0},
    "latency": None,
}
"""A day of a calm stable: one request in 200 fails."""

_HAD_TRAFFIC = frozenset(
    {Phase.SHIFTING, Phase.BAKING, Phase.PROMOTED, Phase.RETIRING, Phase.SUCCEEDED, Phase.LOST}
)
_AT_THE_LAST_STAGE = frozenset({Phase.PROMOTED, Phase.RETIRING, Phase.SUCCEEDED})


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def after(count: float) -> datetime:
    """So many minutes after NOW."""
    return NOW + minutes(count)


def a_rollout(phase: Phase, **changes: Any) -> Rollout:
    """A rollout that entered `phase` at NOW, one hour after it started."""
    rollout = Rollout(
        id=ROLLOUT_ID,
        service="fraud",
        release=Release(MODEL, "7", DIGEST),
        candidate=GREEN,
        stable=BLUE,
        policy=POLICY,
        bundle_digest="bundle",
        phase=phase,
        stage=2 if phase in _AT_THE_LAST_STAGE else 0,
        since=NOW,
        started_at=NOW - minutes(60),
        phase_clock=Clock(NOW),
        deadline_clock=Clock(NOW - minutes(60)),
        seen=Seen(endpoint=True),
        model_created_at=NOW - minutes(70),
        ended_at=NOW if PHASES[phase].final else None,
    )
    if phase in _HAD_TRAFFIC:
        rollout = replace(rollout, write=1, asked_for_traffic_at=NOW)
    if phase is Phase.ROLLING_BACK:
        rollout = replace(rollout, write=2, asked_for_traffic_at=NOW - minutes(5))
    if phase is Phase.BAKING:
        rollout = replace(rollout, baking=Baking(window_start=NOW))
    if phase in _HAD_TRAFFIC or phase is Phase.ROLLING_BACK:
        rollout = replace(rollout, baseline=KNOWN_OF_STABLE)
    if phase is Phase.PROMOTED:
        rollout = replace(rollout, promoted_at=NOW)
    if phase in (Phase.RETIRING, Phase.DISCARDING):
        rollout = replace(rollout, delete_due=NOW)
    return replace(rollout, **changes)


def a_hold(reason: HoldReason = HoldReason.OPERATOR, since: datetime = NOW) -> Hold:
    return Hold(reason, "ann", since, since + timedelta(hours=24), "because")


def held(rollout: Rollout, reason: HoldReason = HoldReason.OPERATOR) -> Rollout:
    """The rollout, held since it entered its phase."""
    return replace(rollout, hold=a_hold(reason, rollout.since), halted_since=rollout.since)


def a_current(rollout: Rollout | None = None, **changes: Any) -> Current:
    current = Current(endpoint=ENDPOINT_ID, service="fraud", saved_at=NOW, rollout=rollout)
    return replace(current, **changes)


def an_offer(version: str = "8", source: OfferSource = OfferSource.EVENT, **changes: Any) -> Offer:
    """A version registered after the one on trial."""
    offer = Offer(MODEL, version, source, NOW, created_at=NOW - minutes(10))
    return replace(offer, **changes)


def an_endpoint(
    split: Mapping[str, int],
    stamp: str | None = None,
    state: ProvisioningState = ProvisioningState.SUCCEEDED,
    mirror: Mapping[str, int] | None = None,
) -> EndpointSeen:
    return EndpointSeen(state, split, mirror or {}, stamp)


def a_deployment(
    name: str, state: ProvisioningState = ProvisioningState.SUCCEEDED, **changes: Any
) -> DeploymentSeen:
    version = "7" if name == GREEN else "6"
    made = DeploymentSeen(name, state, 2, ModelId(MODEL, version), spec=f"spec of {version}")
    return replace(made, **{"rollout_tag": ROLLOUT_ID if name == GREEN else None, **changes})


def deployments(*those: DeploymentSeen | str) -> dict[str, DeploymentSeen]:
    made = [a_deployment(each) if isinstance(each, str) else each for each in those]
    return {each.name: each for each in made}


def a_service(policy: Policy | None = POLICY, digest: str = DIGEST) -> ServiceSeen:
    return ServiceSeen(policy, digest, "bundle")


def a_model(version: str, age: float) -> ModelSeen:
    """A version registered `age` minutes before NOW."""
    return ModelSeen(MODEL, version, NOW - minutes(age), {})


def side(requests: float, failures: float = 0, p95_ms: float | None = None) -> SideMinute:
    """One side's minute; with a P95 all its percentiles are in the usual proportion to it."""
    latency = None
    if p95_ms is not None:
        latency = Percentiles(p95_ms * 0.44, p95_ms * 0.83, p95_ms, p95_ms * 1.4)
    return SideMinute(requests, failures, latency=latency)


def some_minutes(
    count: int,
    candidate: SideMinute | None,
    stable: SideMinute | None = None,
    start: datetime = NOW,
) -> tuple[Minute, ...]:
    """`count` equal minutes from `start` on."""
    return tuple(Minute(start + minutes(n), stable, candidate) for n in range(count))


def metrics(*those: Minute) -> MetricsSeen:
    return MetricsSeen(tuple(those))


def seen(
    split: Mapping[str, int] | None = None,
    stamp: str | None = None,
    state: ProvisioningState = ProvisioningState.SUCCEEDED,
    **changes: Any,
) -> Observation:
    """An endpoint with this split (`blue` 100 unless told), `blue` and `green-7` both ready."""
    observation = Observation(
        endpoint=an_endpoint({BLUE: 100} if split is None else split, stamp, state),
        deployments=deployments(BLUE, GREEN),
        service=a_service(),
    )
    return replace(observation, **changes)


def ours(write: int = 1) -> str:
    """The stamp of that write of the example rollout."""
    return f"{ROLLOUT_ID}/{write}"


def look(
    rollout: Rollout,
    observation: Observation,
    now: datetime = NOW,
    *,
    suspended: bool = False,
    first_look: bool = True,
    unwatched_after: timedelta = timedelta.max,
    **current: Any,
) -> Decision:
    """One look of a pass at this rollout. However late it comes, others came before it, unless
    `unwatched_after` is shorter.
    """
    context = Context(
        now,
        suspended=suspended,
        first_look=first_look,
        fresh_id="f00d",
        unwatched_after=unwatched_after,
    )
    return decide(a_current(rollout, **current), Wake(), observation, context)


def signal(rollout: Rollout | None, what: Signal, now: datetime = NOW, **current: Any) -> Decision:
    """One signal of a door."""
    return decide(a_current(rollout, **current), what, Observation(), Context(now))


def rollout_of(decision: Decision) -> Rollout:
    assert decision.current.rollout is not None
    return decision.current.rollout


def traffic_of(effects: tuple[Effect, ...]) -> dict[str, int] | None:
    """The split the effects ask for; None when they ask for none."""
    asked = [dict(effect.split) for effect in effects if isinstance(effect, SetTraffic)]
    assert len(asked) <= 1
    return asked[0] if asked else None
