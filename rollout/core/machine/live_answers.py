"""Live answers, from what both data collectors wrote: when they are read, and what becomes of them.

They come late, so they serve later stages, the soak and the keep. Nothing waits for them: where a
collector is silent, the rollout goes on without, and says so.

The app's own requests are collected like anybody's, and no record tells them apart. Their inputs
are not those of clients, and either side gets as many of them as the other, whatever the weights:
two models that are equal would seem to differ. So a minute in which the app sent anything is left
out, and `probing` leaves every other minute free where live answers are judged.

Each deployment writes in its own rhythm, and what one side answered says nothing without the other.
So neighbouring minutes make one batch until both sides have answers in it; and a look that found
those of one side alone is not kept: the next ones read them again, for a while.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce

from rollout.core.gate import bins_of, fold_predictions, numbers_of
from rollout.core.gate.history.prediction_documents import predictions_document
from rollout.core.machine.bake_window import knows_stable, stage_shares, the_bake
from rollout.core.machine.gate_inputs import gate_state
from rollout.core.policy.quality_model import Live
from rollout.core.records.collected import Collected, Lately
from rollout.core.records.history import MinuteRecord
from rollout.core.records.observation import DeploymentSeen, Observation, Unreachable
from rollout.core.records.own_requests import OwnMinute
from rollout.core.records.phases import Phase
from rollout.core.records.predictions import Batch, SideBatch
from rollout.core.records.rollout import Rollout
from rollout.units import FULL_WEIGHT

MOST_BATCHES = 60
"""Folded and written down in one look; after a long pause several minutes make one batch."""

WAIT = timedelta(minutes=15)
"""How old answers of one side may become before they are folded without the other's."""

UNJUDGED = "live answers are not judged as the policy asks"


def live_of(rollout: Rollout) -> Live | None:
    """Return what the policy says of live answers; None where they are not judged."""
    return None if rollout.policy.quality is None else rollout.policy.quality.live


def wants_live_answers(rollout: Rollout, seen: Observation, now: datetime) -> bool:
    """Say whether a pass reads them now: once a minute, from what both sides collect."""
    if live_of(rollout) is None or rollout.stable is None:
        return False
    if rollout.phase not in (Phase.BAKING, Phase.PROMOTED) or not knows_stable(rollout):
        return False
    if seen.metrics is not None and seen.metrics.unreachable:
        # Nothing is judged then, so nothing that was read would be kept.
        return False
    sides = (seen.deployment(rollout.candidate), seen.deployment(rollout.stable))
    if not all(isinstance(each, DeploymentSeen) for each in sides):
        return False
    last = rollout.collected.read_at
    return last is None or _minute(now) > last


def counts_since(rollout: Rollout) -> datetime:
    """From when on live answers count: the candidate had no requests before, not even copies."""
    return rollout.asked_for_requests_at or rollout.since


def stable_serves(rollout: Rollout) -> bool:
    """Say whether stable has traffic, by the stage: in the soak and the keep it has none."""
    weight = rollout.policy.stages[rollout.stage].weight
    return rollout.phase is Phase.BAKING and weight < FULL_WEIGHT


def asked_itself(rollout: Rollout, own: Iterable[OwnMinute]) -> Rollout:
    """Remember the minutes in which the app sent anything, where live answers are judged."""
    collected = rollout.collected
    if live_of(rollout) is None:
        return rollout
    for each in own:
        if each.any:
            collected = replace(collected, own=collected.own.with_minute(each.minute))
    return replace(rollout, collected=collected)


def with_live_answers(
    rollout: Rollout, seen: Observation, now: datetime
) -> tuple[Rollout, tuple[MinuteRecord, ...]]:
    """Return the rollout with what a look read of live answers, if it did, and the record of that.

    Counts go into the gate's state, once: the cursor goes into the same row. A look that could not
    read them counts as one, and as nothing else.
    """
    quality, found = rollout.policy.quality, seen.predictions
    if quality is None or found is None:
        return rollout, ()
    at, before = _minute(now), rollout.collected
    if isinstance(found, Unreachable):
        return replace(rollout, collected=replace(before, read_at=at, silent=found.text)), ()
    clients, left_out = _of_clients(found.batches, before.own)
    serves = stable_serves(rollout)
    if serves and not (found.more or found.silent) and _waits(clients, now):
        unread = replace(before, read_at=at, more=False, silent="", unequal=found.unequal)
        return replace(rollout, collected=unread), ()
    state = gate_state(rollout)
    # Those that the gate knows are no news.
    bins = () if bins_of(state) else found.bins
    joined = _joined(_paired(clients) if serves else clients, MOST_BATCHES)
    look = replace(found, batches=tuple(joined), bins=bins)
    gate = rollout.policy.gate
    after = fold_predictions(gate, quality, state, look)
    collected = Collected(
        found.cursor,
        at,
        found.more,
        found.silent,
        found.unequal,
        before.own,
        before.left_out + left_out,
        before.told,
    )
    folded = replace(rollout, gate=after, collected=collected)
    if not (look.batches or look.bins):
        return folded, ()
    data = {
        "now": now.isoformat(),
        "window": the_bake(rollout).window_start.isoformat(),
        **stage_shares(rollout),
        "predictions": predictions_document(look),
        "numbers": numbers_of(gate, after, quality),
    }
    return folded, (MinuteRecord(rollout.id, at, rollout.stage, data, answers=True),)


def impaired(rollout: Rollout) -> str:
    """What is said, where a rollout goes on, of live answers that could not be judged; else ""."""
    text = rollout.collected.impaired
    return f"{UNJUDGED}: {text}" if live_of(rollout) is not None and text else ""


def told_once(rollout: Rollout) -> tuple[Rollout, str]:
    """Return what operators are told, the first time that live answers cannot be judged."""
    text = impaired(rollout)
    if not text or rollout.collected.told:
        return rollout, ""
    return replace(rollout, collected=replace(rollout.collected, told=True)), text


def _of_clients(batches: Iterable[Batch], own: Lately) -> tuple[list[Batch], int]:
    """The minutes in which only clients asked, and how many answers the others had."""
    clients: list[Batch] = []
    left_out = 0
    for batch in batches:
        if batch.minute in own:
            left_out += batch.candidate.answers + batch.stable.answers
        else:
            clients.append(batch)
    return clients, left_out


def _joined(batches: Sequence[Batch], most: int) -> Iterable[Batch]:
    """As many batches at most; neighbours are joined, and have the first one's minute."""
    size = -(-len(batches) // most)
    for start in range(0, len(batches), max(size, 1)):
        yield _one(batches[start : start + size])


def _waits(batches: Sequence[Batch], now: datetime) -> bool:
    """Say whether these are answers of one side alone, and young enough to wait for the other's."""
    if not batches or now - batches[0].minute >= WAIT:
        return False
    return not (any(each.candidate.answers for each in batches) and _any_of_stable(batches))


def _paired(batches: Sequence[Batch]) -> Sequence[Batch]:
    """Join neighbours until each batch has answers of both sides; where one has none, do not."""
    found: list[list[Batch]] = []
    open_: list[Batch] = []
    for batch in batches:
        open_.append(batch)
        if any(each.candidate.answers for each in open_) and _any_of_stable(open_):
            found.append(open_)
            open_ = []
    if not found:
        return batches
    found[-1] += open_
    return [_one(each) for each in found]


def _any_of_stable(batches: Iterable[Batch]) -> bool:
    return any(each.stable.answers for each in batches)


def _one(batches: Sequence[Batch]) -> Batch:
    """Neighbours as one batch, of the first one's minute."""
    return Batch(
        batches[0].minute,
        reduce(SideBatch.plus, (each.candidate for each in batches)),
        reduce(SideBatch.plus, (each.stable for each in batches)),
    )


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
