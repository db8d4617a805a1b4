"""The gate's state as a rollout begins, from what is known of stable."""

from collections.abc import Mapping
from typing import Any

from rollout.core.gate.algebra import majority
from rollout.core.gate.algebra.absolute import Absolute
from rollout.core.gate.algebra.bernoulli import Counts
from rollout.core.gate.algebra.latency import Latency
from rollout.core.gate.algebra.streams import Stream
from rollout.core.gate.checks.stage import History, Stage
from rollout.core.gate.judging.state import State
from rollout.core.policy.gate_model import GatePolicy

MIN_MINUTES = 10
"""With fewer minutes of stable's traffic the assumed burstiness is used alone."""


NONE: Mapping[str, Any] = {"minutes": 0, "hours": 0.0, "per_minute": 0.0}


def opened(policy: GatePolicy, known: Mapping[str, Any], planned: float) -> dict[str, Any]:
    """The state at a rollout's start.

    Args:
        policy: The frozen gate policy.
        known: What `baseline` returned; `NONE` where there is no history.
        planned: The most minutes the whole rollout may bake, above 0.
    """
    streams = []
    for name in ("errors", "rejected"):
        part = known.get(name)
        if part is None:
            streams.append(Stream.opened(Counts(0.0, 0.0), policy.correlation_floor))
        else:
            counts = Counts(part["requests"], part["bad"])
            streams.append(Stream.opened(counts, part["correlation"]))
    latency = Latency.fresh()
    for index, threshold in enumerate(latency.thresholds):
        threshold.correlation = policy.correlation_floor
        if known.get("latency"):
            ln, share, share_limit, correlation = known["latency"][index]
            threshold.ln, threshold.share, threshold.share_limit = ln, share, share_limit
            threshold.correlation = correlation
    custom = {}
    for check in policy.logs.checks if policy.logs is not None else ():
        custom[check.name] = Stream.opened(Counts(0.0, 0.0), policy.correlation_floor)
    state = State(
        # History counts scaled down, so its minutes are too.
        known_minutes=streams[0].requests / known["per_minute"] if known["per_minute"] else 0.0,
        history=History(streams[0].requests, known.get("errors", {}).get("scale", 1.0)),
        planned=planned,
        errors=streams[0],
        majority=majority.fresh(),
        slo=Absolute.fresh(),
        rejected=streams[1],
        latency=latency,
        latency_slo=Absolute.fresh(),
        custom=custom,
        stage=Stage(),
    )
    return state.dump()
