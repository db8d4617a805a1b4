"""The `Predictions` port over what Azure ML's data collectors write to Blob Storage."""

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from rollout.adapters.azure_ml.arm_ids import parse_endpoint_id
from rollout.adapters.azure_ml.data_collectors import Collection, collection_of, default_folder
from rollout.adapters.azure_ml.http_calls import Deadline
from rollout.adapters.predictions.allowance import Allowance, Bounds
from rollout.adapters.predictions.cursor import of_side, packed
from rollout.adapters.predictions.files import Files
from rollout.adapters.predictions.learning import lately
from rollout.adapters.predictions.places import Places
from rollout.adapters.predictions.reading import Progress, Source, read_on
from rollout.adapters.predictions.records import Records
from rollout.adapters.predictions.tallies import Tally
from rollout.core.policy.quality_model import Live
from rollout.core.predictions.outputs import learn_bins
from rollout.core.records.observation import DeploymentSeen
from rollout.core.records.predictions import Batch, Bins, PredictionsSeen, SideBatch
from rollout.ports import PredictionsQuestion
from rollout.text.moments import read_moment
from rollout.units import MINUTE

QUIET = timedelta(minutes=15)
"""A side of which nothing was collected for this long is said to be silent."""

UNREAD_SHARE = 0.01
"""Of one look's records: where more cannot be read, it is said."""

SAME_SHARE = 1e-9
_NAMES = re.compile(
    r"/onlineEndpoints/(?P<endpoint>[^/]+)/deployments/(?P<deployment>[^/]+)$", re.IGNORECASE
)
Containers = Callable[[str, str, Deadline], AbstractContextManager[Files]]
"""From an account's URL and a container's name to its files, read by a deadline."""


class Side(StrEnum):
    CANDIDATE = "candidate"
    STABLE = "stable"


@dataclass
class _Reader:
    """One side of one look."""

    side: Side
    source: Source
    tally: Tally
    progress: Progress

    def read(self, now: datetime, allowance: Allowance) -> None:
        before = self.progress
        found = read_on(self.source, before.position, self.tally, now, allowance)
        self.progress = Progress(
            found.position, found.more, before.unread + found.unread, found.left_out
        )


class CollectedPredictions:
    """The `Predictions` port. `containers` opens one; `bounds` are those of one look."""

    def __init__(
        self, places: Places, containers: Containers, bounds: Bounds | None = None
    ) -> None:
        self._places = places
        self._containers = containers
        self._bounds = bounds or Bounds()

    def read(
        self, endpoint: str, question: PredictionsQuestion, *, timeout: float
    ) -> PredictionsSeen:
        """Read on from the cursor. See `Predictions`."""
        deadline = Deadline(timeout)
        found = parse_endpoint_id(endpoint)
        collections = {
            Side.CANDIDATE: collection_of(question.candidate.body, question.live.collection),
            Side.STABLE: collection_of(question.stable.body, question.live.collection),
        }
        with ExitStack() as open_:
            sources: dict[Side, Source] = {}
            for side, collection in collections.items():
                if not collection.on:
                    continue
                name = _deployment(question, side).name
                folder = _folder(_deployment(question, side), found.name, question.live)
                place = self._places.of(
                    found.workspace, folder, collection, question.live, deadline
                )
                files = open_.enter_context(
                    self._containers(place.account, place.container, deadline)
                )
                records = Records(name, question.live.collection, found.name)
                sources[side] = Source(files, place.folder, collection.rolling, records)
            bins = question.bins
            if not bins and question.live.outputs and Side.STABLE in sources:
                answers = lately(sources[Side.STABLE], question.now)
                bins = learn_bins(question.live, answers) or ()
            readers = [_reader(side, source, question, bins) for side, source in sources.items()]
            self._read(readers, question.now, deadline)
        return _seen(question, bins, collections, readers)

    def _read(self, readers: list[_Reader], now: datetime, deadline: Deadline) -> None:
        """No side may keep the other from being read: the first gets half, and what is left.

        A look that reaches the deadline keeps nothing of what it read, so it stops well before.
        """
        seconds = min(self._bounds.seconds, deadline.left() / 2)
        allowance = Allowance(replace(self._bounds, seconds=seconds))
        for reader in readers[:-1]:
            reader.read(now, allowance.half())
        for reader in reversed(readers):
            if reader is readers[-1] or reader.progress.more:
                reader.read(now, allowance)


def _folder(deployment: DeploymentSeen, endpoint: str, live: Live) -> str:
    """Where a collection is without a data asset; names are spelt as Azure has them."""
    match = _NAMES.search(str(deployment.body.get("id") or ""))
    names = (match["endpoint"], match["deployment"]) if match else (endpoint, deployment.name)
    return default_folder(*names, live.collection)


def _reader(
    side: Side, source: Source, question: PredictionsQuestion, bins: tuple[Bins, ...]
) -> _Reader:
    since, now = (at.replace(second=0, microsecond=0) for at in (question.since, question.now))
    tally = Tally(question.live, bins, since, last=_last(question.cursor, side), now=now)
    return _Reader(side, source, tally, Progress(of_side(question.cursor, side)))


def _seen(
    question: PredictionsQuestion,
    bins: tuple[Bins, ...],
    collections: Mapping[Side, Collection],
    readers: list[_Reader],
) -> PredictionsSeen:
    by_side = {each.side: each for each in readers}
    counts = {side: each.tally.minutes for side, each in by_side.items()}
    minutes = sorted({minute for each in counts.values() for minute in each})
    nothing = SideBatch()
    batches = tuple(
        Batch(
            minute,
            counts.get(Side.CANDIDATE, {}).get(minute, nothing),
            counts.get(Side.STABLE, {}).get(minute, nothing),
        )
        for minute in minutes
    )
    cursor: dict[str, Any] = dict(question.cursor)
    for side, each in by_side.items():
        last = each.tally.last
        cursor[side] = packed(each.progress.position) | (
            {"last": last.isoformat()} if last is not None else {}
        )
    return PredictionsSeen(
        batches=batches,
        bins=bins,
        cursor=cursor,
        more=any(each.progress.more for each in readers),
        silent=_silent(question, collections, by_side),
        unequal=_unequal(collections, by_side),
    )


def _silent(
    question: PredictionsQuestion,
    collections: Mapping[Side, Collection],
    readers: Mapping[Side, _Reader],
) -> str:
    """Say what kept a side from being seen; "" where both were."""
    told = []
    for side, collection in collections.items():
        if not collection.on:
            name = _deployment(question, side).name
            told.append(f"{name} does not collect {question.live.collection}")
            continue
        if side is Side.STABLE and not question.stable_serves:
            continue
        last = readers[side].tally.last
        heard = max(question.since, last or question.since)
        if not readers[side].progress.more and question.now - heard >= QUIET:
            told.append(
                f"nothing was collected of {_whom(side)} for {(question.now - heard) // MINUTE} min"
            )
    return "; ".join(told)


def _unequal(collections: Mapping[Side, Collection], readers: Mapping[Side, _Reader]) -> str:
    told = []
    one, other = collections[Side.CANDIDATE], collections[Side.STABLE]
    if one.on and other.on and abs(one.sampling - other.sampling) > SAME_SHARE:
        told.append(
            f"{one.sampling:.3g} of the candidate's requests are collected, "
            f"{other.sampling:.3g} of stable's"
        )
    for side, each in readers.items():
        if each.progress.left_out:
            told.append(f"{each.progress.left_out} files of {_whom(side)} were too many to be read")
        unread = each.progress.unread
        answers = sum(minute.answers for minute in each.tally.minutes.values())
        if unread > UNREAD_SHARE * (unread + answers):
            told.append(f"{unread} of {_whom(side)}'s records could not be read")
    return "; ".join(told)


def _whom(side: Side) -> str:
    return "the candidate" if side is Side.CANDIDATE else "stable"


def _deployment(question: PredictionsQuestion, side: Side) -> DeploymentSeen:
    return question.candidate if side is Side.CANDIDATE else question.stable


def _last(cursor: Mapping[str, Any], side: Side) -> datetime | None:
    part = cursor.get(side)
    text = part.get("last") if isinstance(part, Mapping) else None
    try:
        return read_moment(text) if isinstance(text, str) else None
    except ValueError:
        return None
