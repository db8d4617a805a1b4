"""A verdict computed again from what was stored: the policy, the baseline, every minute folded.

The result equals the stored verdict word for word and digit for digit, as long as the product's
gate is the one that gave it. It needs nothing that a rollout's history does not hold.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rollout.core.gate.baseline import opened
from rollout.core.gate.folding import begin_stage, fold
from rollout.core.gate.judging import Moment, judge
from rollout.core.gate.verdicts import Judgement
from rollout.core.gate_policy import GatePolicy
from rollout.core.observation import Minute


@dataclass(frozen=True)
class Origin:
    """What a rollout's decisions start from.

    `known` is the baseline as `baseline` returned it, `planned` the most minutes the whole rollout
    may bake.
    """

    policy: GatePolicy
    known: Mapping[str, Any]
    planned: float


@dataclass(frozen=True)
class Window:
    """One stage at its weight, or the same one begun anew, and the settled minutes folded in it."""

    index: int
    weight: int
    minutes: Sequence[Minute]


def refold(
    origin: Origin, windows: Iterable[Window]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the state after all windows, in order, and the numbers each minute left behind."""
    state = opened(origin.policy, origin.known, origin.planned)
    numbers: list[dict[str, Any]] = []
    for window in windows:
        state = begin_stage(state, window.index, window.weight)
        state, left = fold(origin.policy, state, window.minutes)
        numbers += left
    return state, numbers


def recompute(
    origin: Origin, windows: Iterable[Window], moment: Moment, provisional: Sequence[Minute] = ()
) -> Judgement:
    """Judge again.

    Args:
        origin: From the rollout's first history row.
        windows: Everything folded before the verdict; a window without a minute counts too.
        moment: The one that was stored with the verdict.
        provisional: The minutes that were not complete yet, likewise.
    """
    state, _ = refold(origin, windows)
    copy = fold(origin.policy, state, provisional)[0] if provisional else None
    return judge(origin.policy, state, moment, provisional=copy)
