"""What a pass must see, given what it saw so far.

The service asks, reads, asks again with what it has, and stops when nothing new is needed. So a
validation is sent only to a candidate that was seen ready, and every read made is needed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rollout.core.machine.bake_window import due_minutes, knows_stable
from rollout.core.machine.gate_inputs import history_span, slow_thresholds, span_to_learn
from rollout.core.machine.live_answers import wants_live_answers
from rollout.core.machine.sight import Sight, compare, serving
from rollout.core.offers.naming import slug
from rollout.core.offers.waiting import changed_meanwhile, start_is_frozen
from rollout.core.policy.freeze_model import Zones
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.policy.model import CreateFrom
from rollout.core.records.observation import (
    BROKEN,
    Absent,
    EndpointSeen,
    Observation,
    ProvisioningState,
    ServiceSeen,
    SlowThresholds,
)
from rollout.core.records.offers import Offer
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import Current, Rollout

OFFERS_A_LOOK = 5
"""Each offer decided is up to four rows, and one transaction takes a hundred with the minutes."""


@dataclass(frozen=True)
class ReadEndpoint:
    pass


@dataclass(frozen=True)
class ReadDeployments:
    pass


@dataclass(frozen=True)
class ReadService:
    pass


@dataclass(frozen=True)
class ReadValidation:
    pass


@dataclass(frozen=True)
class ReadFailure:
    """Why the candidate's creation failed."""


@dataclass(frozen=True)
class ReadMetrics:
    """Minutes in [start, end), of which the last may still run.

    `thresholds` are for requests counted from logs.
    """

    start: datetime
    end: datetime
    thresholds: SlowThresholds | None


@dataclass(frozen=True)
class ReadPredictions:
    """What clients were answered, as both data collectors wrote it, since the last look."""


@dataclass(frozen=True)
class ReadHistory:
    """The minutes in [start, end) of the deployment that is or will be stable."""

    policy: GatePolicy
    stable: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class ReadTemplate:
    """Whether anything can be created from the service's templates."""


@dataclass(frozen=True)
class ReadModel:
    name: str
    version: str


@dataclass(frozen=True)
class ReadOffer:
    model: str
    version: str


@dataclass(frozen=True)
class ReadName:
    slug: str


@dataclass(frozen=True)
class ReadLog:
    """The candidate's log tail, for a rollback's history."""


Read = (
    ReadEndpoint
    | ReadDeployments
    | ReadService
    | ReadValidation
    | ReadFailure
    | ReadLog
    | ReadMetrics
    | ReadPredictions
    | ReadHistory
    | ReadTemplate
    | ReadModel
    | ReadOffer
    | ReadName
)


def reads_needed(
    current: Current,
    seen: Observation,
    now: datetime,
    *,
    suspended: bool,
    zones: Zones | None = None,
) -> set[Read]:
    """Say what this pass wants to see; the caller leaves out what it saw already.

    Args:
        current: The row.
        seen: What it saw so far.
        now: The pass's moment.
        suspended: All services are, as far as the pass knows.
        zones: The rules of the freeze windows' time zones; None: what the row says stands.
    """
    wanted: set[Read] = set()
    rollout = current.rollout
    if rollout is not None and not rollout.final:
        wanted.update(_for_phase(rollout, seen, now))
    # A rollback waits for nothing else.
    if current.offers and current.phase is not Phase.ROLLING_BACK:
        wanted.update(_for_offers(current, seen))
    free = rollout is None or rollout.final
    if current.waiting is not None and not free and current.phase is not Phase.ROLLING_BACK:
        wanted.update(_for_waiting(current.waiting, seen))
    own = current.suspension
    suspended = suspended or (own is not None and own.lasts(now))
    if current.waiting is not None and free and not suspended:
        wanted.update(_for_start(current, current.waiting, seen, now, zones))
    return wanted


def _for_phase(rollout: Rollout, seen: Observation, now: datetime) -> Iterator[Read]:
    yield ReadEndpoint()
    # Every look: candidate and stable must still be what they were.
    yield ReadDeployments()
    if PHASES[rollout.phase].reads_service:
        yield ReadService()
    candidate = seen.deployment(rollout.candidate)
    state = getattr(candidate, "state", None)
    if rollout.phase is Phase.CREATING and state in BROKEN:
        yield ReadFailure()
    ready = isinstance(seen.endpoint, EndpointSeen) and state is ProvisioningState.SUCCEEDED
    if rollout.phase is Phase.VALIDATING and ready and not rollout.validated:
        yield ReadValidation()
    if rollout.phase is Phase.ROLLING_BACK and rollout.policy.rollback.logs:
        endpoint = seen.endpoint
        # Only once the traffic is back: a rollback never waits for a log.
        if isinstance(endpoint, EndpointSeen) and compare(rollout, endpoint) is Sight.AS_WANTED:
            yield ReadLog()
    if rollout.phase is Phase.BAKING:
        yield from _for_the_gate(rollout, now)
    if wants_live_answers(rollout, seen, now):
        yield ReadPredictions()


def _for_the_gate(rollout: Rollout, now: datetime) -> Iterator[Read]:
    if rollout.stable is not None and not knows_stable(rollout):
        yield ReadHistory(rollout.policy.gate, rollout.stable, *span_to_learn(rollout))
    elif due := due_minutes(rollout, now):
        yield ReadMetrics(*due, slow_thresholds(rollout))


def _for_offers(current: Current, seen: Observation) -> Iterator[Read]:
    yield ReadService()
    yield ReadEndpoint()
    yield ReadDeployments()
    yield from _stables_model(current, seen)
    for offer in current.offers[:OFFERS_A_LOOK]:
        yield ReadModel(offer.model, offer.version)
        yield ReadOffer(offer.model, offer.version)


def _for_waiting(waiting: Offer, seen: Observation) -> Iterator[Read]:
    """A version that was archived, deleted or registered again while it waits replaces nothing."""
    yield ReadModel(waiting.model, waiting.version)
    if changed_meanwhile(waiting, seen):
        yield ReadOffer(waiting.model, waiting.version)


def _for_start(
    current: Current, waiting: Offer, seen: Observation, now: datetime, zones: Zones | None
) -> Iterator[Read]:
    yield ReadService()
    yield ReadEndpoint()
    yield ReadDeployments()
    service = seen.service
    policy = service.policy if isinstance(service, ServiceSeen) else None
    if policy is not None and start_is_frozen(current, policy, now, zones) is not None:
        return
    yield from _stables_model(current, seen)
    yield ReadModel(waiting.model, waiting.version)
    yield ReadOffer(waiting.model, waiting.version)
    yield ReadName(slug(waiting.version))
    stable, endpoint = serving(current, seen), seen.endpoint
    able = isinstance(endpoint, EndpointSeen) and endpoint.state is ProvisioningState.SUCCEEDED
    if policy is not None and policy.create.source is CreateFrom.TEMPLATE:
        yield ReadTemplate()
    if able and stable is not None and policy is not None:
        yield ReadHistory(policy.gate, stable, *history_span(policy, now))


def _stables_model(current: Current, seen: Observation) -> Iterator[Read]:
    stable = seen.deployment(serving(current, seen))
    if stable is None or isinstance(stable, Absent):
        return
    model = getattr(stable, "model", None)
    if model is not None and model.of_this_workspace:
        yield ReadModel(model.name, model.version)
