"""Every verdict that a rollout stored is computed again, from nothing but what it stored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollout.core.gate import Judgement
from rollout.core.gate.audit import Origin, Window, recompute
from rollout.core.gate.records import minute_from, moment_from
from rollout.core.gate_document import GATE
from rollout.core.policy import Policy
from rollout.core.policy_fields import Faults
from rollout.core.state import HistoryEntry, MinuteRecord, Rollout
from tests.stories.stage import Story


@dataclass(frozen=True)
class Told:
    """A stored verdict: what was said, and the sentence that must hold its reason."""

    data: Mapping[str, Any]
    sentence: str


def verdicts_computed_again(story: Story, rollout: Rollout) -> int:
    """Check all verdicts of one rollout; return how many there were."""
    history = story.history(rollout.id)
    with story.unseen():
        stored_minutes = story.store.minutes(story.endpoint, rollout.id)
    records = sorted(stored_minutes, key=lambda record: record.minute)
    stored = list(_told(history, records))
    if not stored:
        return 0
    origin = _origin(history)
    folded_at = _folded_at(records)
    for told in stored:
        again = _again(origin, rollout.policy, records, folded_at, told.data)
        assert again.verdict == told.data["verdict"], told
        assert dict(again.numbers) == told.data["numbers"], told
        assert again.text in told.sentence, (again.text, told.sentence)
    return len(stored)


def _told(history: list[HistoryEntry], records: list[MinuteRecord]) -> Iterator[Told]:
    for entry in history:
        if "judged" in entry.data:
            yield Told(entry.data, entry.text)
    for record in records:
        if "judgement" in record.data:
            yield Told(record.data["judgement"], record.data["judgement"]["text"])


def _origin(history: list[HistoryEntry]) -> Origin:
    """The last row that tells of the baseline: the first one, unless it came later."""
    data = [entry.data for entry in history if entry.data.get("baseline") is not None][-1]
    faults = Faults()
    policy = GATE.read(data["gate"], "gate", faults)
    assert not faults.found
    return Origin(policy, data["baseline"], data["plannedMinutes"])


def _folded_at(records: list[MinuteRecord]) -> dict[datetime, datetime]:
    """When each minute was folded: with the next one that tells how its look was judged."""
    moments: dict[datetime, datetime] = {}
    look: list[datetime] = []
    for record in records:
        look.append(record.minute)
        if "judgement" in record.data:
            now = moment_from(record.data["judgement"]["judged"]).now
            moments |= dict.fromkeys(look, now)
            look = []
    assert not look, "minutes that no look accounts for"
    return moments


def _again(
    origin: Origin,
    policy: Policy,
    records: list[MinuteRecord],
    folded_at: Mapping[datetime, datetime],
    told: Mapping[str, Any],
) -> Judgement:
    moment = moment_from(told["judged"])
    index = told["numbers"]["stage"]
    windows: dict[str, Window] = {}
    for record in records:
        if folded_at[record.minute] <= moment.now:
            window = windows.get(record.data["window"])
            minutes = [*(window.minutes if window else ()), minute_from(record.data)]
            windows[record.data["window"]] = Window(record.stage, record.data["weight"], minutes)
    if told["window"] not in windows:
        weight = policy.stages[index].weight
        windows[told["window"]] = Window(index, weight, [])
    provisional = [minute_from(each) for each in told["provisional"]]
    return recompute(origin, windows.values(), moment, provisional)
