"""What live requests and probes prove together.

Failures: the null is "at the limit or beyond it among live requests and among probes". Live counts
are those of the metric without our own probes, so given the past the two are independent, and the
product of two e-processes is one: E = E_live * E_probe.

Latency: the metric's percentiles may contain our own probes, and nothing takes them out again. A
weighted mean of two e-processes is one, whatever they have to do with each other: E = E_live / 4 +
3 E_probe / 4. Probes weigh more because they are sent where live requests are few. A stage may have
been watched for a while before its first probe, and a mean that began then could jump above E_live.
So the probes' part begins with E_live of that moment (`joined`), 1 at most.
"""

from math import exp, log

from rollout.core.gate.algebra.percentiles import NAMES
from rollout.core.gate.checks.errors import FAILURES
from rollout.core.gate.probing.memory import ProbeMemory, StageProbes

ON_LIVE = 0.25
"""The part of the money that is bet on live requests where probes bear on latency too."""


def together(probes: ProbeMemory | None, name: str, ln_live: float) -> float:
    """Ln of the evidence on failures, P50, P90 or P95; the live one alone without probes.

    Args:
        probes: What is remembered of probes.
        name: What the evidence is about, as a check's `proofs` say.
        ln_live: ln of the evidence from live requests.
    """
    if probes is None:
        return ln_live
    stage = probes.stage
    if name == FAILURES:
        return ln_live + on_failures(stage)
    if not stage.timed:
        return ln_live
    place = NAMES.index(name)
    ln_probes = stage.joined[place] + on_latency(stage)[place]
    most = max(ln_live, ln_probes)
    return most + log(ON_LIVE * exp(ln_live - most) + (1 - ON_LIVE) * exp(ln_probes - most))


def on_failures(stage: StageProbes) -> float:
    """Ln of the evidence that this stage's probes give on failures."""
    return stage.failures.weighed(stage.pairs, stage.most) if stage.pairs else 0.0


def on_latency(stage: StageProbes) -> list[float]:
    """Ln of the evidence that this stage's probes give on P50, P90 and P95."""
    return [each.weighed(stage.timed, stage.most) if stage.timed else 0.0 for each in stage.latency]


def from_probes(probes: ProbeMemory, ln_live: float) -> float:
    """The part of the evidence on failures, in ln, that came from probes: 0..1."""
    ours, theirs = max(on_failures(probes.stage), 0.0), max(ln_live, 0.0)
    return ours / (ours + theirs) if ours else 0.0
