"""What belongs to one stage: its evidence to pass, its minutes, and what its soak compares with."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rollout.core.gate.algebra import evidence
from rollout.core.gate.algebra.bernoulli import Counts, rate_bounds
from rollout.core.gate.algebra.dispersion import spread
from rollout.core.gate.algebra.evidence import Evidence, Products, Restartable
from rollout.core.gate.algebra.latency import EVIDENCE_POINTS
from rollout.core.gate.algebra.streams import Stream
from rollout.core.records.observation import SideMinute
from rollout.units import FULL_WEIGHT

HISTORY_MISSES = 0.001
"""The probability that sampling noise makes one of the soak's bounds on stable's share wrong."""

FIRST_RULES, RULES = 1, 2
"""Versions of the gate's arithmetic. A rollout is judged to its end by those it began with, which
its baseline names: so every stored verdict can be computed again."""

LEAST_UNKNOWN = 1e-6
"""Counts may be fractional, but less of a request than this is none."""


@dataclass
class Totals:
    """Requests, failures and other 4xx of both sides."""

    candidate: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    stable: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])

    @classmethod
    def load(cls, stored: Sequence[Sequence[float]]) -> "Totals":
        return cls(list(stored[0]), list(stored[1]))

    def dump(self) -> list[list[float]]:
        return [self.candidate, self.stable]

    def add(self, candidate: SideMinute | None, stable: SideMinute | None) -> None:
        for total, side in ((self.candidate, candidate), (self.stable, stable)):
            if side is not None:
                total[0] += side.requests
                total[1] += side.failures
                total[2] += side.client_errors


@dataclass
class Soak:
    """Bounds of stable's share of failures before it lost its traffic, and of other 4xx.

    Stable's true share lies outside `low` to `high` with a small probability only.
    """

    low: float
    high: float
    rejected_high: float

    @classmethod
    def against(
        cls, errors: Stream, rejected: Stream, minutes: float, history: "History"
    ) -> "Soak":
        """Take the bounds from what the rollout knows of stable, gathered over `minutes`."""
        low, high = _bounds(errors, minutes, history)
        return cls(low, high, _bounds(rejected, minutes, history)[1])


@dataclass(frozen=True)
class History:
    """Stable's requests before the start, as counted, and the factor they were scaled down by."""

    requests: float
    scale: float


@dataclass
class Stage:
    """`minutes` are those folded in this stage, empty ones included, `answered` those in which the
    candidate had requests; `soak` is there only at 100 %; `unknown` are the candidate's requests
    that have no HTTP status, beside its `totals`. `errors` and `latency` are the evidence to pass,
    the latter for each of P50, P90, P95.

    `served` are the requests that the candidate has answered at this weight since the settle time,
    probes included: its latency counts once they are enough. None under the first rules, which knew
    no warming up. `mirror` is the percentage of stable's requests that the candidate gets too, at
    weight 0 (0: none are mirrored).
    """

    index: int = -1
    weight: int = 0
    minutes: int = 0
    answered: int = 0
    totals: Totals = field(default_factory=Totals)
    errors: Evidence = field(default_factory=Restartable)
    latency: list[Evidence] = field(
        default_factory=lambda: [Restartable() for _ in EVIDENCE_POINTS]
    )
    soak: Soak | None = None
    unknown: float = 0.0
    served: float | None = 0.0
    mirror: int = 0

    @classmethod
    def begun(
        cls,
        index: int,
        weight: int,
        soak: Soak | None,
        before: "Stage",
        rules: int,
        *,
        mirror: int = 0,
    ) -> "Stage":
        """Return a new stage after `before`, under these rules: its evidence begins from nothing.

        A stage that starts again at its weight has a candidate that is as warm as it was.
        """
        if rules == FIRST_RULES:
            latency: list[Evidence] = [Products() for _ in EVIDENCE_POINTS]
            stage = cls(index, weight, errors=Products(), latency=latency, soak=soak, served=None)
        else:
            again = (before.index, before.weight) == (index, weight)
            stage = cls(index, weight, soak=soak, served=before.served if again else 0.0)
        return replace(stage, mirror=mirror)

    def serve(self, requests: float) -> None:
        """Count what the candidate answered, by live requests or by probes."""
        if self.served is not None:
            self.served += requests

    def is_warm(self, least: float) -> bool:
        """Say whether the candidate has answered enough at this weight for its latency to count."""
        return self.served is None or self.served >= least

    @property
    def share(self) -> int:
        """The percentage of the requests that should reach the candidate, mirrored or not."""
        return self.mirror or self.weight

    @property
    def mirrored_unseen(self) -> float:
        """How many mirrored requests the metrics should show of which they show none; 0: some."""
        requests, stable = self.totals.candidate[0] + self.unknown, self.totals.stable[0]
        return stable * self.mirror / FULL_WEIGHT if not requests else 0.0

    @property
    def unknown_share(self) -> float:
        """The part of the candidate's requests of which nobody knows what became."""
        return self.unknown / (self.totals.candidate[0] + self.unknown) if self.unknown else 0.0

    @classmethod
    def load(cls, stored: dict[str, Any]) -> "Stage":
        return cls(
            index=stored["index"],
            weight=stored["weight"],
            minutes=stored["minutes"],
            answered=stored["answered"],
            totals=Totals.load(stored["totals"]),
            errors=evidence.load(stored["errors"]),
            latency=[evidence.load(row) for row in stored["latency"]],
            soak=Soak(*stored["soak"]) if stored["soak"] is not None else None,
            unknown=stored.get("unknown", 0.0),
            served=stored.get("served"),
            mirror=stored.get("mirror", 0),
        )

    def dump(self) -> dict[str, Any]:
        soak = self.soak
        # A state has little room, and most endpoints never have such a request.
        rare = {"unknown": self.unknown} if self.unknown >= LEAST_UNKNOWN else {}
        if self.served is not None:
            rare["served"] = self.served
        if self.mirror:
            rare["mirror"] = self.mirror
        return rare | {
            "index": self.index,
            "weight": self.weight,
            "minutes": self.minutes,
            "answered": self.answered,
            "totals": self.totals.dump(),
            "errors": self.errors.dump(),
            "latency": [each.dump() for each in self.latency],
            "soak": None if soak is None else [soak.low, soak.high, soak.rejected_high],
        }


def _bounds(stream: Stream, minutes: float, history: History) -> tuple[float, float]:
    """Scaling makes the history follow stable faster, not less certain: that is undone here."""
    if stream.requests <= 0:
        return 0.0, 1.0
    a_minute = stream.requests / minutes if minutes > 0 else stream.requests
    recent = max(stream.requests - history.requests, 0.0)
    worth = stream.requests / (history.scale * history.requests + recent)
    counts = Counts(stream.requests * worth, stream.bad * worth)
    return rate_bounds(counts.divided(spread(a_minute, stream.correlation)), HISTORY_MISSES)
