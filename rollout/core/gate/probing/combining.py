"""What live requests and probes prove together.

Failures: the null is "at the limit or beyond it among live requests and among probes". Live counts
are those of the metric without our own probes, so given the past the two are independent, and the
product of two e-processes is one: E = E_live * E_probe.

Latency: the metric's percentiles may contain our own probes, and nothing takes them out again. The
mean of two e-processes is one whatever they have to do with each other: E = (E_live + E_probe) / 2.
A stage may have been watched for a while before its first probe; a mean that began then could jump
above what E_live was. So the probes' part begins with E_live of that moment (`joined`), 1 at most.
"""

from collections.abc import Sequence

from rollout.core.gate.algebra.bernoulli import log_mean_exp
from rollout.core.gate.algebra.percentiles import NAMES
from rollout.core.gate.checks.errors import FAILURES
from rollout.core.gate.probing.memory import Probes, StageProbes

def together(probes: Probes | None, name: str, ln_live: float) -> float:
    """ln of the evidence on failures, P50, P90 or P95; the live one alone without probes.

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
    return log_mean_exp([ln_live, stage.joined[place] + on_latency(stage)[place]])


def on_failures(stage: StageProbes) -> float:
    """ln of the evidence that this stage's probes give on failures."""
    return stage.failures.weighed(stage.pairs, stage.most) if stage.pairs else 0.0


def on_latency(stage: StageProbes) -> list[float]:
    """ln of the evidence that this stage's probes give on P50, P90 and P95."""
    return [
        each.weighed(stage.timed, stage.most) if stage.timed else 0.0 for each in stage.latency
    ]


def from_probes(probes: Probes, ln_live: float) -> float:
    """The part of the evidence on failures, in ln, that came from probes: 0..1."""
    ours, theirs = max(on_failures(probes.stage), 0.0), max(ln_live, 0.0)
    return ours / (ours + theirs) if ours else 0.0
