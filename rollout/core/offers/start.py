"""A waiting offer becomes a rollout: in one transaction, and only from a world that can be undone.

Stable is the one deployment at 100 %. No rollout can start from any other split, from a mirror, or
from a stable that cannot serve: the offer is rejected with the reason, and an operator may offer
the version again. So it is where somebody else put another deployment in place since the last
rollout: an event takes nothing from it, an operator's offer may.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never

from rollout.core.machine.before_traffic import not_scored
from rollout.core.machine.draft import Draft
from rollout.core.machine.gate_inputs import known_of_stable, look_ahead, plan_failure
from rollout.core.machine.wanted import shown
from rollout.core.offers.flavors import changed_flavors
from rollout.core.offers.naming import candidate_name, slug
from rollout.core.offers.offers import age_unknown, stable_model
from rollout.core.offers.settling import settle
from rollout.core.offers.waiting import start_is_frozen
from rollout.core.policy.freeze_model import Zones
from rollout.core.policy.model import CreateFrom, Policy
from rollout.core.records.observation import (
    ABLE_TO_SERVE,
    BROKEN,
    Absent,
    DeploymentSeen,
    EndpointSeen,
    ModelSeen,
    Observation,
    ProvisioningState,
    ServiceSeen,
    Unreachable,
    Unsupported,
)
from rollout.core.records.offers import Offer, OfferSource, OfferState, Release
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Clock, Current, Rollout, Seen
from rollout.core.records.specs import Specs
from rollout.units import FULL_WEIGHT


@dataclass(frozen=True)
class _Asked:
    """An offer whose turn it is, and what its start is decided from."""

    offer: Offer
    policy: Policy
    service: ServiceSeen
    quarantined: tuple[str, ...]
    current: Current
    seen: Observation


@dataclass(frozen=True)
class _Ground:
    """Where a rollout would start from; `refusal` says why it cannot, `wait` why not yet."""

    stable: DeploymentSeen | None = None
    refusal: str = ""
    wait: str = ""


def start(draft: Draft, seen: Observation, fresh_id: str, zones: Zones | None = None) -> None:
    """Start the waiting offer, reject it with a reason, or leave it waiting."""
    waiting, service = draft.current.waiting, seen.service
    if waiting is None or not isinstance(service, ServiceSeen):
        return
    record = seen.offer_records.get((waiting.model, waiting.version))
    truth = seen.models.get((waiting.model, waiting.version))
    if isinstance(record, Unreachable) or isinstance(truth, Unreachable):
        return
    quarantined = record.quarantined if record is not None else ()
    if service.policy is None:
        text = "the service is no longer in the bundle"
        settle(draft, waiting, OfferState.REJECTED, text, quarantined=quarantined)
        return
    frozen = start_is_frozen(draft.current, service.policy, draft.now, zones)
    draft.current = replace(draft.current, start_frozen=frozen)
    if frozen is not None:
        return
    asked = _Asked(waiting, service.policy, service, quarantined, draft.current, seen)
    ground = _ground(draft.current, service.policy, seen)
    if ground.wait or isinstance(seen.template, Unreachable):
        return
    state, text = _fate(asked, ground)
    serves = _others_choice(asked, ground) if state is OfferState.ROLLOUT else ""
    if serves:
        _leave_alone(draft, asked, serves)
    elif state is OfferState.ROLLOUT:
        _begin(draft, asked, ground.stable, rollout_id(draft.now, fresh_id))
    else:
        settle(draft, waiting, state, text, quarantined=quarantined)


def _fate(asked: _Asked, ground: _Ground) -> tuple[OfferState, str]:
    """`ROLLOUT`, or what becomes of the offer instead. The first reason that applies decides."""
    offer = asked.offer
    if ground.refusal:
        return OfferState.REJECTED, ground.refusal
    # Nothing was tried, so that the release is not to blame and is not quarantined.
    if isinstance(asked.seen.template, str) and asked.seen.template:
        text = f"its templates cannot be used: {asked.seen.template} Repair them, then retry."
        return OfferState.REJECTED, text
    failed_before = asked.service.template_digest in asked.quarantined
    if failed_before and offer.source is not OfferSource.RETRY:
        return OfferState.QUARANTINED, "this release failed before: use retry"
    # The world may have moved on while the offer waited.
    serves = stable_model(asked.current, asked.seen)
    if offer.source is OfferSource.EVENT and serves is not None:
        same = (serves.name, serves.version) == (offer.model, offer.version)
        if same and offer.reregistered:
            return OfferState.ROLLOUT, ""
        if same:
            return OfferState.LIVE, "it serves already"
        if offer.created_at is not None and offer.created_at <= serves.created_at:
            return OfferState.SUPERSEDED, "a version registered later serves already"
    return OfferState.ROLLOUT, ""


def _others_choice(asked: _Asked, ground: _Ground) -> str:
    """What serves although no rollout of this app gave it traffic; "" where an offer may take it.

    An endpoint that never had a rollout was put into this app's hands as it is.
    """
    last, stable = asked.current.rollout, ground.stable
    if last is None or stable is None or asked.offer.source is not OfferSource.EVENT:
        return ""
    return "" if stable.name in (last.candidate, last.stable) else stable.name


def _leave_alone(draft: Draft, asked: _Asked, serves: str) -> None:
    offer, rollout = asked.offer, draft.rollout
    text = f"{serves} serves by somebody else's choice, and an event takes nothing from it"
    settle(draft, offer, OfferState.REJECTED, f"{text}: use retry", quarantined=asked.quarantined)
    memory = replace(rollout.seen, split={serves: FULL_WEIGHT}, at=draft.now)
    draft.rollout = replace(rollout, seen=memory)
    draft.ask_for_operator(
        f"version {offer.version} does not start: {text}",
        f"find out why it serves; retry version {offer.version} to start it beside that",
    )


def _ground(current: Current, policy: Policy, seen: Observation) -> _Ground:
    if current.endpoint.rpartition("/")[2] != policy.endpoint.lower():
        text = f"the service names {policy.endpoint} as its endpoint now: offer the version again"
        return _Ground(refusal=text)
    match seen.endpoint:
        case Unsupported(text):
            return _Ground(refusal=text)
        case Absent() if policy.create.endpoint:
            return _first(policy)
        case Absent():
            text = "the endpoint does not exist: create it, or set create.endpoint: true"
            return _Ground(refusal=text)
        case EndpointSeen() as endpoint if isinstance(seen.deployments, Mapping):
            return _on_endpoint(current, policy, endpoint, seen)
        case EndpointSeen() | Unreachable() | None:
            return _Ground(wait="the endpoint cannot be read now")
        case never:
            assert_never(never)


def _on_endpoint(
    current: Current, policy: Policy, endpoint: EndpointSeen, seen: Observation
) -> _Ground:
    if endpoint.state in BROKEN:
        return _Ground(refusal=f"the endpoint is {endpoint.state}: repair it, then retry")
    if endpoint.state is not ProvisioningState.SUCCEEDED:
        return _Ground(wait=f"the endpoint is {endpoint.state}")
    if age_unknown(current, seen):
        return _Ground(wait="the model that serves cannot be read now")
    if (refusal := not_scored(policy, endpoint)) is not None:
        return _Ground(refusal=refusal)
    if endpoint.mirror:
        return _Ground(refusal=f"traffic is mirrored to {shown(endpoint.mirror)}: end that first")
    if not endpoint.traffic:
        return _drained(seen) or _first(policy)
    return _on_stable(endpoint, seen)


def _drained(seen: Observation) -> _Ground | None:
    """Deployments without traffic: somebody took the endpoint out of service on purpose."""
    deployments = seen.deployments if isinstance(seen.deployments, Mapping) else {}
    able = sorted(name for name, each in deployments.items() if each.state in ABLE_TO_SERVE)
    if not able:
        return None
    return _Ground(refusal=f"{', '.join(able)} get no traffic: put one at 100 %, then retry")


def _first(policy: Policy) -> _Ground:
    if policy.create.source is CreateFrom.COPY:
        return _Ground(refusal="there is no live deployment to copy: add a deployment.yml")
    return _Ground()


def _on_stable(endpoint: EndpointSeen, seen: Observation) -> _Ground:
    if list(endpoint.traffic.values()) != [FULL_WEIGHT]:
        split = shown(endpoint.traffic)
        return _Ground(refusal=f"the split is {split}: put one deployment at 100 %, then retry")
    (name,) = endpoint.traffic
    stable = seen.deployment(name)
    if isinstance(stable, DeploymentSeen) and stable.state in ABLE_TO_SERVE:
        return _Ground(stable)
    state = stable.state if isinstance(stable, DeploymentSeen) else "absent"
    return _Ground(refusal=f"{name} has all traffic but is {state}: repair it, then retry")


def _begin(draft: Draft, asked: _Asked, stable: DeploymentSeen | None, identity: str) -> None:
    """Make a new rollout the endpoint's owner, with all that is written down at its start."""
    offer, seen = asked.offer, asked.seen
    version = slug(offer.version)
    present = seen.deployments if isinstance(seen.deployments, Mapping) else {}
    used = seen.name_counts.get(version, 0)
    stable_name = stable.name if stable is not None else None
    candidate, count = candidate_name(offer.version, stable_name, used, present)
    rollout = _new_rollout(asked, identity, candidate, stable, draft.now)
    planned: Mapping[str, Any] = {}
    # The gate has work only where there is a stable to roll back to.
    if stable is not None:
        unreachable = seen.history.unreachable if seen.history else ""
        ahead = look_ahead(rollout.policy, rollout.baseline, asked.service.inputs, unreachable)
        rollout = replace(rollout, policy=ahead.policy, outlook=ahead.outlook)
        planned = ahead.document
    settle(
        draft,
        offer,
        OfferState.ROLLOUT,
        f"rollout {rollout.id}",
        rollout=rollout.id,
        quarantined=asked.quarantined,
    )
    draft.begin(rollout)
    draft.add_name(version, count)
    _note_start(draft, asked, rollout, planned)
    draft.again = True


def _new_rollout(
    asked: _Asked, identity: str, candidate: str, stable: DeploymentSeen | None, now: datetime
) -> Rollout:
    offer, policy, seen = asked.offer, asked.policy, asked.seen
    return Rollout(
        id=identity,
        service=policy.service,
        release=Release(offer.model, offer.version, asked.service.template_digest),
        candidate=candidate,
        stable=stable.name if stable is not None else None,
        policy=policy,
        bundle_digest=asked.service.bundle_digest,
        phase=Phase.CREATING,
        stage=0,
        since=now,
        started_at=now,
        phase_clock=Clock(now),
        deadline_clock=Clock(now),
        created_by=offer.source,
        starter=offer.starter,
        model_created_at=offer.created_at,
        seen=Seen(endpoint=isinstance(seen.endpoint, EndpointSeen)),
        baseline=known_of_stable(policy, seen.history, asked.current.promotions)
        if stable is not None
        else None,
        flavors=_flavors(asked),
        earlier_quarantines=asked.quarantined,
        thawed_until=asked.current.start_thawed_until,
        specs=Specs(stable=stable.spec, stable_now=stable.spec) if stable is not None else Specs(),
    )


def _flavors(asked: _Asked) -> tuple[str, ...]:
    """How the model that serves and the one that starts were packaged otherwise."""
    serves = stable_model(asked.current, asked.seen)
    starts = asked.seen.models.get((asked.offer.model, asked.offer.version))
    if serves is None or not isinstance(starts, ModelSeen):
        return ()
    return changed_flavors(serves, starts)


def _note_start(draft: Draft, asked: _Asked, rollout: Rollout, planned: Mapping[str, Any]) -> None:
    offer = asked.offer
    against = f"beside {rollout.stable}" if rollout.stable else "the endpoint's first deployment"
    packaged = f"; packaged otherwise: {', '.join(rollout.flavors)}" if rollout.flavors else ""
    draft.note(
        "RolloutStarted",
        f"version {offer.version} starts as {rollout.candidate}, {against}{packaged}",
        actor=offer.by,
        data={
            "candidate": rollout.candidate,
            "stable": rollout.stable,
            "model": offer.model,
            "version": offer.version,
            "reason": offer.reason,
            "bundle": rollout.bundle_digest,
            "flavors": list(rollout.flavors),
            **planned,
        },
    )
    if planned and (failure := plan_failure(planned)):
        draft.give_notice(failure)


def rollout_id(now: datetime, fresh_id: str) -> str:
    """Ids begin with the moment of the pass, so that they sort by time."""
    return f"{now:%Y%m%dT%H%M%S%f}Z-{fresh_id}"
