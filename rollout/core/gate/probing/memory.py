"""What the gate remembers of probes: harm for the whole rollout, evidence for one stage.

All of it is apart from what live requests left behind: twenty good probes a minute would hide a
candidate that fails its only live request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rollout.core.gate.algebra import evidence
from rollout.core.gate.algebra.bernoulli import Counts, Line
from rollout.core.gate.algebra.dispersion import effective
from rollout.core.gate.algebra.latency import EVIDENCE_POINTS, Latency, Slow
from rollout.core.gate.algebra.percentiles import NAMES
from rollout.core.gate.algebra.streams import Stream, line
from rollout.core.gate.checks.errors import failures
from rollout.core.gate.probing.proof import Proof
from rollout.core.gate.probing.rounds import ProbeRound
from rollout.core.policy.gate_model import GatePolicy, LatencyCheck
from rollout.core.policy.probes_model import Probes
from rollout.units import MINUTE

ASSUMED = Counts(100.0, 0.0)
"""What is taken for known of stable before its first probe: requests that mostly succeed, as those
of a validation do. Bets are fair whatever is assumed, and a few passes outweigh it."""


@dataclass
class StageProbes:
    """A stage's pairs and its evidence from them.

    `sent` are the pairs sent, `rounds` the passes with any that was not left out, `timed` the pairs
    that both sides answered and whose time was compared; `most` is what they may be worth, inputs *
    repeats. `stops` counts passes that stopped early. `tally` holds the pairs not left out and the
    candidate's failures among them, then stable's. `joined` is ln of the live evidence on P50, P90
    and P95 when the first timed pair came, 0 at most: see `combining`.
    """

    sent: int = 0
    rounds: int = 0
    timed: float = 0.0
    most: float = 0.0
    stops: int = 0
    tally: list[float] = field(default_factory=lambda: [0.0] * 4)
    failures: Proof = field(default_factory=Proof.fresh)
    latency: list[Proof] = field(default_factory=lambda: [Proof.fresh() for _ in EVIDENCE_POINTS])
    joined: list[float] = field(default_factory=lambda: [0.0 for _ in EVIDENCE_POINTS])

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> "StageProbes":
        sent, rounds, timed, most, stops = stored["counts"]
        return cls(
            sent,
            rounds,
            timed,
            most,
            stops,
            list(stored["tally"]),
            Proof.load(stored["failures"]),
            [Proof.load(each) for each in stored["latency"]],
            list(stored["joined"]),
        )

    def dump(self) -> dict[str, Any]:
        return {
            "counts": [self.sent, self.rounds, self.timed, self.most, self.stops],
            "tally": self.tally,
            "failures": self.failures.dump(),
            "latency": [each.dump() for each in self.latency],
            "joined": self.joined,
        }

    @property
    def pairs(self) -> float:
        """The pairs not left out."""
        return self.tally[0]

    @property
    def worth(self) -> float:
        """What they count as towards passing."""
        return min(self.pairs, self.most)


@dataclass
class ProbeMemory:
    """`sent` are the rollout's pairs; `failures` and `latency` are its harm processes.

    `heard` is the last pass in which both sides answered a pair without failing.
    `tally` and `slow` are what reasons quote: pairs and the failed ones of either side, and by
    percentile the timed pairs and slow ones: candidate's requests and bad ones, then stable's.
    """

    failures: Stream
    latency: Latency
    sent: int = 0
    heard: datetime | None = None
    tally: list[float] = field(default_factory=lambda: [0.0] * 4)
    slow: dict[str, list[float]] = field(default_factory=dict)
    stage: StageProbes = field(default_factory=StageProbes)

    @classmethod
    def opened(cls, failures: Stream, latency: Latency) -> "ProbeMemory":
        """Begin with a rollout's first pass of probes; bursts are those of live requests."""
        fresh = Latency.fresh()
        for each, live in zip(fresh.thresholds, latency.thresholds, strict=True):
            each.correlation = live.correlation
        return cls(Stream.opened(ASSUMED, failures.correlation), fresh)

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> "ProbeMemory":
        return cls(
            Stream.load(stored["failures"]),
            Latency.load(stored["latency"]),
            stored["sent"],
            None if stored["heard"] is None else datetime.fromisoformat(stored["heard"]),
            list(stored["tally"]),
            {name: list(each) for name, each in stored["slow"].items()},
            StageProbes.load(stored["stage"]),
        )

    def dump(self) -> dict[str, Any]:
        return {
            "failures": self.failures.dump(),
            "latency": self.latency.dump(),
            "sent": self.sent,
            "heard": None if self.heard is None else self.heard.isoformat(),
            "tally": self.tally,
            "slow": self.slow,
            "stage": self.stage.dump(),
        }

    def fold(
        self,
        policy: GatePolicy,
        probes: Probes,
        seen: ProbeRound,
        *,
        live: Sequence[float],
        planned: float,
        warm: bool,
    ) -> None:
        """Bet on one pass, then learn from it.

        Args:
            policy: The frozen gate policy.
            probes: The frozen policy of probes.
            seen: The pass.
            live: ln of the stage's live evidence on P50, P90 and P95; empty without a check of it.
            planned: The minutes over which the rollout's live bets are spread.
            warm: The candidate had answered enough at its weight for its latency to count.
        """
        stage = self.stage
        if not stage.timed:
            stage.joined = [min(each, 0.0) for each in live]
        self.sent += seen.sent
        stage.sent += seen.sent
        stage.stops += bool(seen.stopped)
        stage.most = float(seen.inputs * probes.repeats)
        if not seen.candidate.requests:
            return
        stage.rounds += 1
        if seen.candidate.latency is not None:
            self.heard = seen.at
        # A pass a minute is the rule; what is spread over more passes than come is lost.
        passes = min(planned, probes.max / probes.rate)
        within = policy.max_bake / MINUTE
        self._compare_failures(policy, seen, passes, within)
        if policy.latency is not None:
            self._compare_latency(policy, policy.latency, seen, passes, within, warm=warm)

    def _compare_failures(
        self, policy: GatePolicy, seen: ProbeRound, passes: float, within: float
    ) -> None:
        known = self.failures
        candidate, stable = failures(seen.candidate), failures(seen.stable)
        self.tally = _plus(self.tally, candidate, stable)
        self.stage.tally = _plus(self.stage.tally, candidate, stable)
        limit, share = line(policy.errors.limit), known.stable_share
        few, witness = (effective(each, known.correlation) for each in (candidate, stable))
        tolerance = line(policy.errors.tolerance)
        known.bet(tolerance, candidate, stable, alpha=policy.budget.probes, planned=passes)
        values = evidence.values(limit, (share, share), few, witness)
        self.stage.failures.fold(values, planned=within)
        known.learn(stable)

    def _compare_latency(
        self,
        policy: GatePolicy,
        check: LatencyCheck,
        seen: ProbeRound,
        passes: float,
        within: float,
        *,
        warm: bool,
    ) -> None:
        latency = self.latency
        candidate = latency.slow(seen.candidate, check, candidate=True)
        stable = latency.slow(seen.stable, check, candidate=False)
        if warm and seen.candidate.slow is not None and latency.knows_stable:
            self.stage.timed += seen.candidate.slow.total
            for name, each, witness in zip(NAMES, candidate, stable, strict=True):
                before = self.slow.get(name, [0.0] * 4)
                self.slow[name] = _plus(before, each.over, witness.over)
            alpha = policy.budget.probes
            latency.bet(candidate, stable, exact=True, alpha=alpha, planned=passes)
            self._prove_latency(candidate, stable, within)
        latency.learn(seen.stable, stable)

    def _prove_latency(
        self, candidate: Sequence[Slow], stable: Sequence[Slow], within: float
    ) -> None:
        for proof, points, each, slow, witness in zip(
            self.stage.latency,
            EVIDENCE_POINTS,
            self.latency.thresholds,
            candidate,
            stable,
            strict=False,
        ):
            alternative = min(each.share_limit, each.share), each.share
            few = effective(slow.over_limit, each.correlation)
            many = effective(witness.over, each.correlation)
            values = evidence.values(
                Line(1.0, points), alternative, few, many, steps=evidence.LATENCY_STEPS
            )
            proof.fold(values, planned=within)


def _plus(before: Sequence[float], candidate: Counts, stable: Counts) -> list[float]:
    more = (candidate.requests, candidate.bad, stable.requests, stable.bad)
    return [total + each for total, each in zip(before, more, strict=True)]
