"""How near a state is to either end: to a proof of harm, and to enough evidence to pass."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log
from typing import Any

from rollout.core.gate.checks.errors import FAILURES
from rollout.core.gate.judging.judge import answers_shown
from rollout.core.gate.judging.odds import standings
from rollout.core.gate.judging.sentences import MAX_ODDS, nearest_to_harm
from rollout.core.gate.judging.state import State
from rollout.core.gate.probing.combining import from_probes, together
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.policy.quality_model import Quality


@dataclass(frozen=True)
class Nearness:
    """Odds, as a number to one, and those that are needed.

    `name` is the check, or what is to be shown. `from_probes` is the part of the evidence, in ln,
    that came from probes, in 0..1: 0 for harm.
    """

    name: str
    odds: float
    of: float
    from_probes: float = 0.0


def harm_so_near(
    policy: GatePolicy, stored: Mapping[str, Any], quality: Quality | None = None
) -> Nearness | None:
    """The check that is nearest to harm; None where no check decides."""
    state = State.load(stored)
    nearest = nearest_to_harm(standings(policy, state, quality))
    if nearest is None:
        return None
    return Nearness(nearest.check.name, _odds(nearest.ln), exp(nearest.check.ln_needed))


def pass_so_near(
    policy: GatePolicy, stored: Mapping[str, Any], quality: Quality | None = None
) -> Nearness | None:
    """The evidence that is furthest from what a stage needs; None where none is needed."""
    state = State.load(stored)
    found = [
        (name, together(state.probes, name, ln), ln)
        for each in standings(policy, state, quality)
        if each.decides
        for name, ln in each.check.proofs(state.stage)
    ]
    # A whole set that may pass has no odds to wait for.
    found += [
        (each.what, each.ln, each.ln)
        for each in answers_shown(policy, state, quality)
        if not each.passed
    ]
    if not found:
        return None
    name, ln, ln_live = min(found, key=lambda each: each[1])
    part = 0.0
    if state.probes is not None and name == FAILURES:
        part = from_probes(state.probes, ln_live)
    return Nearness(name, _odds(ln), 1 / policy.budget.advance, part)


def _odds(ln: float) -> float:
    return exp(min(ln, log(MAX_ODDS)))
