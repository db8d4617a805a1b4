"""A look's decision, and what its pass sends itself: inputs of the bundle to one side or both."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from rollout.core.decide import Context, decide
from rollout.core.machine.decision import Decision
from rollout.core.machine.examining import ExamWanted, exam_wanted
from rollout.core.machine.probing import ProbesWanted, probes_wanted
from rollout.core.machine.warming import WarmUpWanted, warm_up_wanted
from rollout.core.records.examination import ExamSeen
from rollout.core.records.observation import EndpointSeen, Observation, Unreachable
from rollout.core.records.own_requests import Probed, Warmed
from rollout.core.records.rollout import Current
from rollout.core.records.signals import Wake
from rollout.errors import ServicesUnavailableError
from rollout.ports import ProbeOrder, WarmUpOrder
from rollout.service.dependencies import Dependencies
from rollout.service.examining import send_slice
from rollout.service.observing import NO_ANSWER


def decided(
    ports: Dependencies,
    current: Current,
    seen: Observation,
    context: Context,
    *,
    probing: timedelta | None,
) -> tuple[Observation, Decision]:
    """Decide a look; where nothing else is due, send requests and decide again from the same row.

    Args:
        ports: The outside world.
        current: The row.
        seen: What the look read.
        context: Its moment.
        probing: How long the pass may send probes or warm-up requests; None: not at all.

    Returns:
        What the decision was made from, and the decision.
    """
    decision = decide(current, Wake(), seen, context)
    if probing is None:
        return seen, decision
    if (exam := exam_wanted(current, decision, seen, context.now)) is not None:
        seen = replace(seen, examined=_examined(ports, current, seen, exam, within=probing))
    elif (warm_up := warm_up_wanted(current, decision, seen)) is not None:
        seen = replace(seen, warmed=_warmed(ports, current, seen, warm_up, within=probing))
    elif (wanted := probes_wanted(current, decision, seen, context.now)) is not None:
        found = _probed(ports, current, seen, wanted, now=context.now, within=probing)
        seen = replace(seen, probes=found)
    else:
        return seen, decision
    return seen, decide(current, Wake(), seen, context)


def _examined(
    ports: Dependencies,
    current: Current,
    seen: Observation,
    wanted: ExamWanted,
    *,
    within: timedelta,
) -> ExamSeen | Unreachable:
    """Send a slice of the examination; `current` has a live rollout."""
    endpoint = seen.endpoint
    if not isinstance(endpoint, EndpointSeen):
        return Unreachable("there is no endpoint to ask")

    def send() -> ExamSeen:
        address = current.endpoint, endpoint
        return send_slice(ports, current.owner, address, wanted, within=within)

    return _sent(ports, current, "the examination", send)


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

    quality = rollout.policy.quality

    def send() -> Probed:
        inputs = ports.services.probe_inputs(rollout.policy, wanted.first, wanted.pairs)
        order = ProbeOrder(
            candidate=rollout.candidate,
            stable=stable,
            first=wanted.first,
            inputs=inputs,
            at=now.replace(second=0, microsecond=0),
            concurrency=probes.concurrency,
            timeout=probes.timeout,
            within=within,
            quality=quality,
            learnt=rollout.exam.learnt,
            twice=frozenset() if quality is None else wanted.twice(inputs.distinct),
        )
        return ports.probing.probe(current.endpoint, endpoint, order)

    return _sent(ports, current, "probes", send)


def _warmed(
    ports: Dependencies,
    current: Current,
    seen: Observation,
    wanted: WarmUpWanted,
    *,
    within: timedelta,
) -> Warmed | Unreachable:
    """Send what a raise waits for; `current` has a live rollout."""
    rollout, endpoint = current.owner, seen.endpoint
    probes = rollout.policy.probes
    if probes is None or not isinstance(endpoint, EndpointSeen):
        return Unreachable("there is nothing to warm up")

    def send() -> Warmed:
        inputs = ports.services.probe_inputs(rollout.policy, wanted.first, wanted.requests)
        order = WarmUpOrder(
            candidate=rollout.candidate,
            inputs=inputs.chosen,
            concurrency=wanted.at_once,
            timeout=probes.timeout,
            within=within,
        )
        return ports.probing.warm_up(current.endpoint, endpoint, order)

    return _sent(ports, current, "warm-up requests", send)


def _sent[Answers](
    ports: Dependencies, current: Current, what: str, send: Callable[[], Answers]
) -> Answers | Unreachable:
    """Send them; where that cannot be done the rollout goes on without, and the log says why."""
    try:
        return send()
    except (*NO_ANSWER, ServicesUnavailableError) as error:
        ports.log.info(
            "own requests were not sent",
            what=what,
            endpoint=current.endpoint,
            rollout=current.rollout_id,
            reason=str(error),
        )
        return Unreachable(f"{what}: {error}")
