"""A look's decision, and the probes of its pass: inputs of the bundle, answers of both sides."""

from dataclasses import replace
from datetime import datetime, timedelta

from rollout.core.decide import Context, decide
from rollout.core.machine.decision import Decision
from rollout.core.machine.probing import ProbesWanted, probes_wanted
from rollout.core.records.observation import EndpointSeen, Observation, Unreachable
from rollout.core.records.own_requests import Probed
from rollout.core.records.rollout import Current
from rollout.core.records.signals import Wake
from rollout.errors import ServicesUnavailableError
from rollout.ports import ProbeOrder
from rollout.service.dependencies import Dependencies
from rollout.service.observing import NO_ANSWER


def decided(
    ports: Dependencies,
    current: Current,
    seen: Observation,
    context: Context,
    *,
    probing: timedelta | None,
) -> tuple[Observation, Decision]:
    """Decide a look; where nothing else is due, probe and decide once more from the same row.

    Args:
        ports: The outside world.
        current: The row.
        seen: What the look read.
        context: Its moment.
        probing: How long the pass may send probes; None: not at all.

    Returns:
        What the decision was made from, and the decision.
    """
    decision = decide(current, Wake(), seen, context)
    wanted = None if probing is None else probes_wanted(current, decision, seen, context.now)
    if wanted is None or probing is None:
        return seen, decision
    found = _probed(ports, current, seen, wanted, now=context.now, within=probing)
    seen = replace(seen, probes=found)
    return seen, decide(current, Wake(), seen, context)


def _probed(
    ports: Dependencies,
    current: Current,
    seen: Observation,
    wanted: ProbesWanted,
    *,
    now: datetime,
    within: timedelta,
) -> Probed | Unreachable:
    """Send what a first decision left room for; `current` has a live rollout with a stable."""
    rollout, endpoint = current.owner, seen.endpoint
    probes, stable = rollout.policy.probes, rollout.stable
    if probes is None or stable is None or not isinstance(endpoint, EndpointSeen):
        return Unreachable("there is nothing to probe")
    try:
        order = ProbeOrder(
            candidate=rollout.candidate,
            stable=stable,
            first=wanted.first,
            inputs=ports.services.probe_inputs(rollout.policy, wanted.first, wanted.pairs),
            at=now.replace(second=0, microsecond=0),
            concurrency=probes.concurrency,
            timeout=probes.timeout,
            within=within,
        )
        return ports.probing.probe(current.endpoint, endpoint, order)
    except (*NO_ANSWER, ServicesUnavailableError) as error:
        ports.log.info(
            "no probes were sent",
            endpoint=current.endpoint,
            rollout=current.rollout_id,
            reason=str(error),
        )
        return Unreachable(f"probes: {error}")
