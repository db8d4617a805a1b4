"""Sending the probes of one pass: the inputs from the bundle, the answers from both sides."""

from datetime import datetime, timedelta

from rollout.core.machine.probing import ProbesWanted
from rollout.core.records.observation import EndpointSeen, Observation, Unreachable
from rollout.core.records.own_requests import Probed
from rollout.core.records.rollout import Current
from rollout.errors import ServicesUnavailableError
from rollout.ports import ProbeOrder
from rollout.service.dependencies import Dependencies
from rollout.service.observing import NO_ANSWER


def probed(
    ports: Dependencies,
    current: Current,
    seen: Observation,
    wanted: ProbesWanted,
    *,
    now: datetime,
    within: timedelta,
) -> Probed | Unreachable:
    """Send what a first decision left room for.

    Args:
        ports: The outside world.
        current: The row; a rollout with a stable is live.
        seen: What was decided from.
        wanted: Which pairs.
        now: The pass's moment.
        within: How long the pass may send.
    """
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
