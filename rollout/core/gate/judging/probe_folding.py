"""A pass of probes goes into the gate's memory, and what a sender must know comes out of it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rollout.core.gate.algebra.percentiles import NAMES
from rollout.core.gate.judging.folding import note_fired
from rollout.core.gate.judging.odds import numbers, standings, watched
from rollout.core.gate.judging.state import State
from rollout.core.gate.probing.memory import ProbeMemory
from rollout.core.gate.probing.pace import pairs_now
from rollout.core.gate.probing.rounds import ProbeRound, counted
from rollout.core.gate.quality.counting import counted_answers
from rollout.core.gate.quality.memory import QualityMemory
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.policy.probes_model import Probes
from rollout.core.policy.quality_model import Quality
from rollout.core.records.probes import ProbesSeen

Stored = Mapping[str, Any]


def fold_probes(
    policy: GatePolicy,
    probes: Probes,
    stored: Stored,
    seen: ProbesSeen,
    quality: Quality | None = None,
) -> dict[str, Any]:
    """Return the state with one pass's pairs added, once.

    Args:
        policy: The frozen gate policy.
        probes: The frozen policy of probes.
        stored: What `opened`, `begin_stage` or an earlier fold returned.
        seen: The pass. One without pairs counts as sent what it says.
        quality: The frozen policy of predictions; None: answers are not judged.
    """
    return fold_round(policy, probes, stored, round_of(policy, stored, seen), quality)


def round_of(policy: GatePolicy, stored: Stored, seen: ProbesSeen) -> ProbeRound:
    """Count the pairs that are about to be folded into `stored`: what the history keeps of them."""
    state = State.load(stored)
    memory, thresholds = state.probes, None
    if memory is not None and policy.latency is not None:
        thresholds = memory.latency.asked(policy.latency)
    answers = [pair.answers for pair in seen.pairs if pair.answers is not None]
    return replace(counted(seen, thresholds), answers=counted_answers(state.quality, answers))


def fold_round(
    policy: GatePolicy,
    probes: Probes,
    stored: Stored,
    seen: ProbeRound,
    quality: Quality | None = None,
) -> dict[str, Any]:
    """Return the state with one counted pass added; arguments as `fold_probes` has them."""
    state = State.load(stored)
    if state.probes is None:
        state.probes = ProbeMemory.opened(state.errors, state.latency)
    proofs = dict(proof for check in watched(policy, state) for proof in check.proofs(state.stage))
    live = [proofs[name] for name in NAMES if name in proofs]
    warm = state.stage.is_warm(policy.settle_requests)
    state.probes.fold(policy, probes, seen, live=live, planned=state.planned, warm=warm)
    state.stage.serve(seen.candidate.requests)
    if quality is not None and seen.answers is not None:
        state.quality = state.quality or QualityMemory.opened(state.errors.correlation)
        # A pass a minute is the rule; what is spread over more passes than come is lost.
        passes = min(state.planned, probes.max / probes.rate)
        state.quality.fold(
            quality,
            seen.answers,
            policy.budget,
            inputs=seen.inputs,
            rounds=min(max(seen.inputs / probes.rate, 1.0), passes),
            passes=passes,
        )
    after = State.load(state.dump())
    note_fired(standings(policy, after, quality), after, seen.at)
    return after.dump()


def numbers_of(
    policy: GatePolicy, stored: Stored, quality: Quality | None = None
) -> dict[str, Any]:
    """The evidence of every check as it stands, as a minute's record has it."""
    state = State.load(stored)
    return numbers(policy, state, standings(policy, state, quality))


def probes_sent(stored: Stored) -> int:
    """The pairs sent in the whole rollout."""
    memory = State.load(stored).probes
    return 0 if memory is None else memory.sent


def pairs_due(probes: Probes, stored: Stored, minutes_left: float) -> int:
    """The pairs that the next pass may send; see `pace`."""
    return pairs_now(probe_rate(probes, stored), probes.max, probes_sent(stored), minutes_left)


def probe_rate(probes: Probes, stored: Stored) -> int:
    """Pairs a minute: the policy's rate, halved for each pass of this stage that had to stop."""
    memory = State.load(stored).probes
    return probes.rate if memory is None else max(1, probes.rate >> memory.stage.stops)
