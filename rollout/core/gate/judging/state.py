"""The gate's memory: a small JSON object that a rollout carries through all its stages.

The harm processes are never reset; the evidence to pass belongs to a stage. What is loaded here is
mutable, and lives for one fold only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rollout.core.gate.algebra.latency import Latency
from rollout.core.gate.algebra.streams import Stream
from rollout.core.gate.checks.stage import FIRST_RULES, RULES, History, Stage, Totals
from rollout.core.gate.checks.table import CUSTOM, TABLE
from rollout.core.gate.judging.crowding import Crowded
from rollout.core.gate.judging.darkness import Quiet
from rollout.core.gate.probing.memory import ProbeMemory
from rollout.core.gate.quality.memory import QualityMemory
from rollout.core.policy.gate_model import Check

MAX_BYTES, MAX_BYTES_WITH_PREDICTIONS = 8192, 12_288
"""Everything on at once, with the largest numbers there are; what is usual is far smaller. A table
keeps 64 KiB of a text."""

_FORMAT = ".7g"
MIN_STORED = 1e-99
"""How floats are stored: with all their digits the state would not fit into `MAX_BYTES`. Rounding
once a minute changes the odds by less than one part in a million."""


@dataclass
class State:
    """Everything the gate knows of one rollout.

    `rules` is the version of the arithmetic that it is judged by, from its start to its end;
    `crowded` what is remembered of refusals for want of instances, None where there were none.
    `memories` is what each check carries from minute to minute, by its name. `known_minutes` are
    stable's minutes behind what is known of its errors, `history` those of its requests that were
    counted before the start; `planned` are the minutes over which the mixtures release their
    reserve. `mark` is the last minute folded, `heard` the last one with data from either side;
    `fired` holds the minute in which each check first reached its odds. `late` and `gaps` count
    minutes that came after they were folded, and that never came. `tallies` are what reasons quote:
    the candidate's requests and bad ones among them, and stable's, by percentile and by check.
    `probes` is None until the first of them were sent, `quality` until the first prediction was
    judged.
    """

    known_minutes: float
    history: History
    planned: float
    memories: dict[str, Any]
    stage: Stage
    totals: Totals = field(default_factory=Totals)
    quiet: Quiet = field(default_factory=Quiet)
    mark: datetime | None = None
    heard: datetime | None = None
    fired: dict[str, str] = field(default_factory=dict)
    tallies: dict[str, list[float]] = field(default_factory=dict)
    late: int = 0
    gaps: int = 0
    probes: ProbeMemory | None = None
    rules: int = RULES
    crowded: Crowded | None = None
    quality: QualityMemory | None = None

    @property
    def errors(self) -> Stream:
        """What is known of stable's failures: several checks and the soak rest on it."""
        memory: Stream = self.memories[Check.ERRORS.value]
        return memory

    @property
    def rejected(self) -> Stream:
        """What is known of stable's other client errors, for the soak."""
        memory: Stream = self.memories[Check.REJECTED.value]
        return memory

    @property
    def latency(self) -> Latency:
        """What is known of stable's latency: sources and forecasts ask for it too."""
        memory: Latency = self.memories[Check.LATENCY.value]
        return memory

    def memory_of(self, name: str) -> Any:
        """What the charge of that name remembers."""
        if name in self.memories:
            return self.memories[name]
        if name == Check.PROBES.value:
            return self.probes
        return (self.quality or QualityMemory()).part(name)

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> "State":
        """Read `dump`'s object back. Another version is a bug in this product."""
        if not FIRST_RULES <= stored["v"] <= RULES:
            raise ValueError(
                f"the gate's state has version {stored['v']}, not {FIRST_RULES} to {RULES}"
            )
        return cls(
            known_minutes=stored["known_minutes"],
            history=History(*stored["history"]),
            planned=stored["planned"],
            memories=_memories(stored),
            stage=Stage.load(stored["stage"]),
            totals=Totals.load(stored["totals"]),
            quiet=Quiet(*stored["quiet"]),
            mark=_moment(stored["mark"]),
            heard=_moment(stored["heard"]),
            fired=dict(stored["fired"]),
            tallies=dict(stored["tallies"]),
            late=stored["late"],
            gaps=stored["gaps"],
            probes=ProbeMemory.load(stored["probes"]) if "probes" in stored else None,
            rules=stored["v"],
            crowded=Crowded.load(stored["crowded"]) if "crowded" in stored else None,
            quality=QualityMemory.load(stored["quality"]) if "quality" in stored else None,
        )

    def dump(self) -> dict[str, Any]:
        """Return the JSON object; loaded and dumped again it is the same."""
        return {key: _short(each) for key, each in self._whole().items()}

    def _whole(self) -> dict[str, Any]:
        return {
            "v": self.rules,
            "known_minutes": self.known_minutes,
            "history": [self.history.requests, self.history.scale],
            "planned": self.planned,
            **{name: self.memories[name].dump() for name in TABLE if name in self.memories},
            "custom": {
                name: memory.dump() for name, memory in self.memories.items() if name not in TABLE
            },
            "stage": self.stage.dump(),
            "totals": self.totals.dump(),
            "quiet": [self.quiet.minutes, self.quiet.expected],
            "mark": _text(self.mark),
            "heard": _text(self.heard),
            "fired": self.fired,
            "tallies": self.tallies,
            "late": self.late,
            "gaps": self.gaps,
            # Most endpoints with traffic never have any.
            **({} if self.probes is None else {"probes": self.probes.dump()}),
            **({} if self.crowded is None else {"crowded": self.crowded.dump()}),
            **({} if self.quality is None else {"quality": self.quality.dump()}),
        }


def _memories(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Read what is there: a rollout that began before a check existed ends without that check."""
    built_in = {name: row.kind.load(stored[name]) for name, row in TABLE.items() if name in stored}
    return built_in | {name: CUSTOM.load(each) for name, each in stored["custom"].items()}


def _short(value: Any) -> Any:
    if isinstance(value, float):
        rounded = float(format(value, _FORMAT)) if abs(value) >= MIN_STORED else 0.0
        return int(rounded) if rounded.is_integer() else rounded
    if isinstance(value, dict):
        return {key: _short(each) for key, each in value.items()}
    return [_short(each) for each in value] if isinstance(value, list) else value


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
