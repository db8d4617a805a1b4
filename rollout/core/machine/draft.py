"""One decision while it is made: the next record and everything saved with it.

A draft lives inside one call of `decide`. It numbers the history, so that no fact is kept without a
row and no row without a fact.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from rollout.core.machine.decision import Decision
from rollout.core.machine.sentence import told_of
from rollout.core.records.alert_tally import AlertTally
from rollout.core.records.effects import Attention, Effect, Notice
from rollout.core.records.history import HistoryEntry, MinuteRecord
from rollout.core.records.offers import OfferRecord
from rollout.core.records.rollout import Current, Rollout


class Draft:
    """Collects one decision about one endpoint at the moment `now`.

    `suspended`: nothing starts or moves forward here.
    """

    def __init__(self, current: Current, now: datetime, *, suspended: bool = False) -> None:
        self.current = current
        self.now = now
        self.suspended = suspended
        self.effects: list[Effect] = []
        self.again = False
        self.outcome = ""
        self.text = ""
        self._history: list[HistoryEntry] = []
        self._minutes: list[MinuteRecord] = []
        self._offers: dict[tuple[str, str], OfferRecord] = {}
        self._names: dict[str, int] = {}

    @property
    def rollout(self) -> Rollout:
        """The rollout; only for callers that know there is one."""
        return self.current.owner

    @rollout.setter
    def rollout(self, rollout: Rollout) -> None:
        self.current = replace(self.current, rollout=rollout)

    def begin(self, rollout: Rollout) -> None:
        """Make `rollout` the owner; its history starts at 1."""
        self.current = replace(
            self.current, rollout=rollout, sequence=0, next_look=None, alerts=AlertTally()
        )

    def note(
        self, kind: str, text: str, *, actor: str = "", data: Mapping[str, Any] | None = None
    ) -> None:
        """Add one history row, which is also the lifecycle event."""
        current = self.current
        entry = HistoryEntry(
            rollout=current.rollout_id,
            sequence=current.sequence + 1,
            at=self.now,
            kind=kind,
            phase=current.phase,
            stage=current.rollout.stage if current.rollout else 0,
            text=text,
            actor=actor,
            data=data or {},
        )
        self._history.append(entry)
        self.current = replace(current, sequence=entry.sequence, head=entry.key)

    def ask_for_operator(self, text: str, next_step: str = "") -> None:
        """Ask for an operator: a history row, and an error line.

        `next_step` is said instead of what the hold or the phase has in its table.
        """
        sentence, fields = told_of(self.rollout, text, next_step)
        self.note("AttentionNeeded", sentence, data=fields)
        self.effects.append(Attention(sentence, fields))
        if not self.rollout.final:
            self.rollout = replace(self.rollout, attention_at=self.now)

    def give_notice(self, text: str) -> None:
        """Tell operators what they should know: a history row, and a warning."""
        sentence, fields = told_of(self.rollout, text)
        self.note("Notice", sentence, data=fields)
        self.effects.append(Notice(sentence, fields))

    def add_minute(self, record: MinuteRecord) -> None:
        self._minutes.append(record)

    def add_offer(self, record: OfferRecord) -> None:
        self._offers[record.offer.model, record.offer.version] = record

    def add_name(self, slug: str, count: int) -> None:
        self._names[slug] = count

    def answer(self, outcome: str, text: str) -> None:
        """Set what a door answers its caller."""
        self.outcome, self.text = outcome, text

    def done(self) -> Decision:
        return Decision(
            current=self.current,
            history=tuple(self._history),
            minutes=tuple(self._minutes),
            offers=tuple(self._offers.values()),
            names=dict(self._names),
            effects=tuple(self.effects),
            again=self.again,
            outcome=self.outcome,
            text=self.text,
        )
