"""What data collectors wrote goes into the gate's memory, and what a reader must know comes out."""

from collections.abc import Mapping
from typing import Any

from rollout.core.gate.judging.folding import note_fired
from rollout.core.gate.judging.odds import standings
from rollout.core.gate.judging.state import State
from rollout.core.gate.quality.live import Seen
from rollout.core.gate.quality.memory import QualityMemory
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.policy.quality_model import Quality
from rollout.core.records.predictions import Bins, PredictionsSeen

Stored = Mapping[str, Any]


def fold_predictions(
    policy: GatePolicy, quality: Quality, stored: Stored, seen: PredictionsSeen
) -> dict[str, Any]:
    """Return the state with one look's batches added, once.

    Args:
        policy: The frozen gate policy.
        quality: The frozen policy of predictions. Without a part `live` nothing is folded.
        stored: What `opened`, `begin_stage` or an earlier fold returned.
        seen: The look. Silence and unequal sampling change nothing.
    """
    live = quality.live
    if live is None or not (seen.batches or seen.bins):
        return dict(stored)
    state = State.load(stored)
    _live_of(state).learn_bins(live, seen.bins)
    for batch in seen.batches:
        _live_of(state).fold(
            live,
            batch,
            policy.budget,
            floor=state.errors.correlation,
            # Late answers of stable are from before the soak: they still compare.
            alone=state.stage.soak is not None and not batch.stable.answers,
            planned=state.planned,
        )
        # What is stored is rounded: the result must not depend on how many batches a look has.
        state = State.load(state.dump())
        # After each of them: odds that were reached count, whatever comes after.
        note_fired(standings(policy, state, quality), state, batch.minute)
    return state.dump()


def _live_of(state: State) -> Seen:
    """What is remembered of live answers, from now on."""
    correlation = state.errors.correlation
    state.quality = state.quality or QualityMemory.opened(correlation)
    state.quality.live = state.quality.live or Seen.opened(correlation)
    return state.quality.live


def bins_of(stored: Stored) -> tuple[Bins, ...]:
    """How each output is counted from now on; empty before the first were learnt."""
    quality = State.load(stored).quality
    return () if quality is None or quality.live is None else tuple(quality.live.bins)
