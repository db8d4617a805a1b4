"""Every verdict that a rollout stored is computed again, from nothing but what it stored."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollout.core.gate import Moment
from rollout.core.gate.history.audit import Ledger, Origin
from rollout.core.gate.history.documents import minute_from, moment_from, round_from
from rollout.core.gate.history.prediction_documents import predictions_from
from rollout.core.gate.probing.rounds import ProbeRound
from rollout.core.policy.gate_document import GATE
from rollout.core.policy.probes_document import PROBES
from rollout.core.policy.quality_document import QUALITY
from rollout.core.policy.values import Faults
from rollout.core.records.history import HistoryEntry, MinuteRecord
from rollout.core.records.observation import Minute
from rollout.core.records.predictions import PredictionsSeen
from rollout.core.records.rollout import Rollout
from tests.support.stories.stage import Story


@dataclass(frozen=True)
class Told:
    """A stored verdict: what was said, and the sentence that must hold its reason.

    `sequence` is its row's number; None for a verdict that stands with a minute.
    """

    data: Mapping[str, Any]
    sentence: str
    sequence: int | None = None

    @property
    def moment(self) -> Moment:
        return moment_from(self.data["judged"])


@dataclass(frozen=True)
class Learnt:
    """Where judging began, or began again: what the gate knew, and the row that tells of it."""

    at: datetime
    sequence: int
    origin: Origin

    def precedes(self, told: Told) -> bool:
        """The verdict was found from here on. Rows of one moment have an order of their own."""
        if self.at == told.moment.now and told.sequence is not None:
            return self.sequence < told.sequence
        return self.at < told.moment.now


@dataclass(frozen=True)
class Look:
    """The minutes one look folded, in which window, and what each left behind."""

    now: datetime
    window: str
    index: int
    weight: int
    mirror: int
    minutes: Sequence[Minute | ProbeRound | PredictionsSeen]
    numbers: Sequence[Mapping[str, Any]]

    def precedes(self, told: Told) -> bool:
        """The verdict rests on it. Of two passes of one moment the later one may have probed."""
        if self.now == told.moment.now:
            return _probed(self.numbers[-1]) <= _probed(told.data["numbers"])
        return self.now < told.moment.now


def verdicts_computed_again(story: Story, rollout: Rollout) -> int:
    """Check all verdicts of one rollout; return how many there were."""
    history = story.history(rollout.id)
    with story.unseen():
        stored_minutes = story.store.minutes(story.endpoint, rollout.id)
    records = sorted(stored_minutes, key=lambda record: record.minute)
    # One moment may end a window and begin the next.
    stored = sorted(
        _told(history, records),
        key=lambda told: (told.moment.now, told.data["window"], _probed(told.data["numbers"])),
    )
    if not stored:
        return 0
    origins = _origins(history)
    ledger = Ledger(origins.pop(0).origin)
    looks = _looks(records)
    window = ""
    for told in stored:
        while origins and origins[0].precedes(told):
            # Stable was replaced, or the candidate put back: all of it was learnt anew, but what
            # was seen until then belongs to what was known before, whether judged or not.
            learnt = origins.pop(0)
            while looks and looks[0].now < learnt.at:
                window = _folded(ledger, window, looks.pop(0))
            ledger, window = Ledger(learnt.origin), ""
        while looks and looks[0].precedes(told):
            window = _folded(ledger, window, looks.pop(0))
        index = told.data["numbers"]["stage"]
        stage = rollout.policy.stages[index]
        shares = (stage.weight, stage.mirror)
        window = _in_window(ledger, window, told.data["window"], index, shares)
        provisional = [minute_from(each) for each in told.data["provisional"]]
        again = ledger.judge(told.moment, provisional, told.data.get("accepted", ()))
        assert again.verdict == told.data["verdict"], told
        assert dict(again.numbers) == told.data["numbers"], told
        assert again.text in told.sentence, (again.text, told.sentence)
    # A pass may probe while no minute settles: its verdict is not stored then.
    left = [each for look in looks for each in look.minutes if isinstance(each, Minute)]
    assert not left, "minutes that no verdict followed"
    return len(stored)


def _probed(numbers: Mapping[str, Any]) -> int:
    """How many pairs had been sent by then."""
    sent: int = numbers.get("probes", {}).get("sent", 0)
    return sent


def _folded(ledger: Ledger, window: str, look: Look) -> str:
    """Fold a look, compare what it left behind, and return its window."""
    window = _in_window(ledger, window, look.window, look.index, (look.weight, look.mirror))
    assert ledger.fold(look.minutes) == look.numbers
    return window


def _in_window(
    ledger: Ledger, before: str, window: str, index: int, shares: tuple[int, int]
) -> str:
    if window != before:
        ledger.begin(index, *shares)
    return window


def _told(history: list[HistoryEntry], records: list[MinuteRecord]) -> Iterator[Told]:
    for entry in history:
        if "judged" in entry.data:
            yield Told(entry.data, entry.text, entry.sequence)
    for record in records:
        if "judgement" in record.data:
            yield Told(record.data["judgement"], record.data["judgement"]["text"])


def _origins(history: list[HistoryEntry]) -> list[Learnt]:
    """Each row that tells of a baseline."""
    told = (entry for entry in history if entry.data.get("baseline") is not None)
    return [Learnt(entry.at, entry.sequence, _origin(entry.data)) for entry in told]


def _origin(data: Mapping[str, Any]) -> Origin:
    faults = Faults()
    policy = GATE.read(data["gate"], "gate", faults)
    assert not faults.found
    probes = data.get("probes")
    sent = None if probes is None else PROBES.read(probes, "probes", faults)
    predictions = data.get("quality")
    quality = None if predictions is None else QUALITY.read(predictions, "quality", faults)
    assert not faults.found
    return Origin(policy, data["baseline"], data["plannedMinutes"], sent, quality)


def _looks(records: list[MinuteRecord]) -> list[Look]:
    """Group what was folded by look: minutes, the last of which tells of it; probes; answers."""
    looks: list[Look] = []
    batch: list[MinuteRecord] = []
    for record in records:
        if record.pair is not None or record.answers:
            looks.append(
                Look(
                    datetime.fromisoformat(record.data["now"]),
                    record.data["window"],
                    record.stage,
                    record.data["weight"],
                    record.data.get("mirror", 0),
                    [
                        predictions_from(record.data["predictions"])
                        if record.answers
                        else round_from(record.data["probes"])
                    ],
                    [record.data["numbers"]],
                )
            )
            continue
        batch.append(record)
        if "judgement" in record.data:
            looks.append(
                Look(
                    moment_from(record.data["judgement"]["judged"]).now,
                    record.data["window"],
                    record.stage,
                    record.data["weight"],
                    record.data.get("mirror", 0),
                    [minute_from(each.data) for each in batch],
                    [each.data["numbers"] for each in batch],
                )
            )
            batch = []
    assert not batch, "minutes that no look accounts for"
    # A look folds its minutes, then its probes, then what clients were answered.
    order = (Minute, ProbeRound, PredictionsSeen)
    return sorted(looks, key=lambda look: (look.now, order.index(type(look.minutes[0]))))
