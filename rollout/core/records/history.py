"""What is appended and never changed: facts in order, and the minutes that the gate folded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rollout.core.records.phases import Phase

MAX_SEQUENCE = 10**8
"""Above any number of a history row: keys have eight digits."""

_PRIVATE = frozenset({"log"})
_BODIES = frozenset({"stable"})
"""Keys that hold a whole ARM body; the same key with a mere name is public."""


@dataclass(frozen=True)
class HistoryEntry:
    """One fact, in order: a transition, hold, command, rejected offer or request for attention.

    `kind` becomes the lifecycle event's type; `data` holds JSON values.
    """

    rollout: str
    sequence: int
    at: datetime
    kind: str
    phase: Phase
    stage: int
    text: str
    actor: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Sorts by rollout, then sequence."""
        return entry_key(self.rollout, self.sequence)

    @property
    def held_back(self) -> Mapping[str, Any]:
        """The part of `data` that events and views leave out.

        A container's log and a deployment's ARM body (with its environment variables) may hold
        secrets, and whoever reads events or views need not have access to those.
        """
        return {key: value for key, value in self.data.items() if _is_private(key, value)}

    @property
    def public(self) -> Mapping[str, Any]:
        """The rest of `data`."""
        return {key: value for key, value in self.data.items() if not _is_private(key, value)}


def entry_key(rollout: str, sequence: int) -> str:
    """Return the `HistoryEntry.key` of that number."""
    return f"{rollout}|{sequence:08d}"


def _is_private(key: str, value: object) -> bool:
    return key in _PRIVATE or (key in _BODIES and isinstance(value, Mapping))


@dataclass(frozen=True)
class MinuteRecord:
    """What the gate folded for one minute of a rollout; upserted by key.

    Or for one pass of probes, which has a record of its own, because its minute's requests settle
    later: `minute` is the pass's then, and `pair` the number of pairs that the rollout had sent
    before it. None: a minute of requests.

    Or for one look at collected answers (`answers`), which are read when they come: `minute` is
    the look's.
    """

    rollout: str
    minute: datetime
    stage: int
    data: Mapping[str, Any]
    pair: int | None = None
    answers: bool = False
