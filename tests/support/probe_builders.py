"""Pairs and passes of probes, from 12:00 UTC on."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from rollout.core.gate import begin_stage, fold_probes, opened, probes_sent
from rollout.core.policy.gate_model import ErrorsCheck, GatePolicy, Margin
from rollout.core.policy.probes_model import Probes
from rollout.core.records.probes import ProbeAnswer, ProbePair, ProbesSeen
from tests.support.gate_builders import KNOWN, MINUTE, PLANNED, START

GATE = GatePolicy(errors=ErrorsCheck(limit=Margin(1.5, 0.03)), settle_requests=0)
"""A candidate that needs no warming up."""

PROBES = Probes(repeats=10)
INPUTS = 40

GOOD, BAD = ProbeAnswer(200, 100.0), ProbeAnswer(500, 5.0)

SPREAD = (60.0, 80.0, 90.0, 95.0, 100.0, 105.0, 110.0, 120.0, 150.0, 200.0)
"""Durations of ten answers, in ms."""


def quick(times: float = 1.0, shift: int = 0) -> list[ProbeAnswer]:
    """Twenty answers, none failed; `shift` moves which pair they belong to."""
    took = [times * each for each in (*SPREAD, *SPREAD)]
    return [ProbeAnswer(200, each) for each in (*took[shift:], *took[:shift])]


def answers(good: int, bad: int = 0) -> list[ProbeAnswer]:
    return [*[BAD] * bad, *[GOOD] * good]


def pairs(
    candidate: Sequence[ProbeAnswer], stable: Sequence[ProbeAnswer], first: int = 0
) -> tuple[ProbePair, ...]:
    both = zip(candidate, stable, strict=True)
    return tuple(ProbePair(first + at, ours, theirs) for at, (ours, theirs) in enumerate(both))


def seen(
    candidate: Sequence[ProbeAnswer],
    stable: Sequence[ProbeAnswer],
    *,
    first: int = 0,
    at: datetime = START,
    inputs: int = INPUTS,
    **fields: Any,
) -> ProbesSeen:
    return ProbesSeen(at, inputs, len(candidate), pairs(candidate, stable, first), **fields)


def begun(policy: GatePolicy = GATE, weight: int = 10) -> dict[str, Any]:
    """The stored state at the beginning of a first stage."""
    return begin_stage(opened(policy, KNOWN, PLANNED), 0, weight)


def probed(
    state: dict[str, Any],
    passes: Iterable[tuple[Sequence[ProbeAnswer], Sequence[ProbeAnswer]]],
    *,
    policy: GatePolicy = GATE,
    probes: Probes = PROBES,
    inputs: int = INPUTS,
) -> dict[str, Any]:
    """The state after these passes, one a minute."""
    for minute, (candidate, stable) in enumerate(passes):
        one = seen(
            candidate,
            stable,
            first=probes_sent(state),
            at=START + minute * MINUTE,
            inputs=inputs,
        )
        state = fold_probes(policy, probes, state, one)
    return state
