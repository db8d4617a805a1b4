"""Is the candidate slower? Slow requests are counted and compared like failed ones.

"At most m times slower" means that for every duration c the candidate exceeds m * c no more often
than stable exceeds c: for each c a null of `bernoulli` with ratio 1. The durations are stable's own
P50, P90, P95 and P99 as known before the minute. A fifth bet is on all of them together (`shift`).
A mean of e-processes is an e-process, so the wealth is a weighted mean of the five.

With the log of every request the counts are exact. From per-minute percentiles they are rebuilt,
which is an approximation that no theorem covers; `PERCENTILE_SLACK` makes up for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Any

from rollout.core.gate.algebra import evidence, shift
from rollout.core.gate.algebra.bernoulli import Counts, Line, log_e_value, log_ratio
from rollout.core.gate.algebra.dispersion import effective, spread
from rollout.core.gate.algebra.mixture import ALTERNATIVES, Mixture
from rollout.core.gate.algebra.percentiles import QUANTILES, percentile, tail
from rollout.core.policy.gate_model import LatencyCheck
from rollout.core.records.observation import SideMinute, SlowThresholds

EVIDENCE_POINTS = (0.10, 0.05, 0.025)
"""The limit for P50, P90 and P95: by how much the share of slow requests may exceed stable's."""

PERCENTILE_SLACK = 0.03
"""Tolerance for counts rebuilt from percentiles, as a part of the share beyond the percentile."""

SLO_SHARE = 0.05
"""P95 is within a time if at most one request in twenty takes longer."""

_WORST = 0.97
_WORST_LIMIT = 0.96
_THRESHOLD_WEIGHT = 0.1
_THRESHOLD_FULL_AT = 5.0
_SHARE_WEIGHT = 0.2
_SHARE_HALF_AT = 200.0
"""Smoothing of stable's thresholds and slow shares: the weight of a minute with ample requests, and
how many (slow) requests make it ample."""

ALONE_FROM = 200.0
"""Requests of stable that must have been counted before the candidate is compared with stable's
shares alone: with fewer, the standard error of a share of one half is above 3.5 points."""

_MIN_SHARE = 1e-6

_TOGETHER = 1 / 3
"""The part of the money that is bet on all thresholds together; the rest is on each alone."""

_MAX_SPREAD = 2.0
"""A threshold whose requests count for less than half of the best one's is bet on alone only."""


@dataclass
class Threshold:
    """One percentile's harm process and what is known of stable there.

    `ln` is the threshold's logarithm in ln(ms), None until stable showed one; `share` and
    `share_limit` are stable's shares above the threshold and above `limit` times it.
    """

    process: Mixture
    ln: float | None
    share: float
    share_limit: float
    correlation: float

    @classmethod
    def opened(cls, quantile: float) -> "Threshold":
        share = 1 - quantile
        return cls(Mixture.fresh(), None, share, share / 2, 0.0)

    @classmethod
    def load(cls, stored: Sequence[Any]) -> "Threshold":
        ln, share, share_limit, correlation, *process = stored
        return cls(Mixture.load(process), ln, share, share_limit, correlation)

    def dump(self) -> list[Any]:
        return [self.ln, self.share, self.share_limit, self.correlation, *self.process.dump()]

    def bet(
        self, candidate: Counts, stable: Counts, slack: float, *, alpha: float, planned: float
    ) -> None:
        values: list[float] = []
        if candidate.requests > 0 and stable.requests > 0:
            # Alternatives must lie beyond the null, also while all of stable is over the threshold.
            share = min(self.share, _WORST_LIMIT - slack)
            line = Line(1.0, slack)
            low = line.at(share)
            values = [
                log_e_value(
                    line,
                    (low + (_WORST - low) * (step / ALTERNATIVES) ** 2, share),
                    candidate,
                    stable,
                )
                for step in range(1, ALTERNATIVES + 1)
            ]
        self.process.bet(values, alpha=alpha, planned_minutes=planned)

    def bet_alone(self, limit: float, candidate: Counts, *, alpha: float, planned: float) -> None:
        values: list[float] = []
        if candidate.requests > 0 and limit <= _WORST_LIMIT:
            values = [
                log_ratio(candidate, limit + (_WORST - limit) * (step / ALTERNATIVES) ** 2, limit)
                for step in range(1, ALTERNATIVES + 1)
            ]
        self.process.bet(values, alpha=alpha, planned_minutes=planned)

    def learn(
        self,
        quantile: float,
        side: SideMinute,
        counts: Counts,
        over_limit: float,
        seen: float | None,
    ) -> None:
        """Add stable's minute; after every bet on it.

        `seen` are stable's requests counted so far, these included; None: see `Latency`.
        """
        if self.ln is not None and counts.requests > 0:
            weight = _SHARE_WEIGHT * counts.requests / (counts.requests + _SHARE_HALF_AT)
            if seen is not None:
                # A plain mean first, in which the share assumed at the start counts as one request.
                weight = max(weight, counts.requests / (seen + 1))
            self.share += weight * (inside(counts.bad / counts.requests) - self.share)
            limited = inside(over_limit / counts.requests)
            self.share_limit += weight * (limited - self.share_limit)
        value = percentile(side.latency, quantile)
        if value is None:
            return
        if self.ln is None:
            self.ln = log(value)
            return
        ample = min(1.0, side.requests * (1 - quantile) / _THRESHOLD_FULL_AT)
        self.ln += _THRESHOLD_WEIGHT * ample * (log(value) - self.ln)


@dataclass(frozen=True)
class Slow:
    """One side's minute: `over` one threshold, and `over_limit` times it."""

    over: Counts
    over_limit: Counts


_NONE = Counts(0.0, 0.0)
NOTHING = Slow(_NONE, _NONE)


class Latency:
    """The thresholds of one rollout, P50 to P99; `together` bets on all at once (see `shift`).

    `seen` are stable's requests that were counted against the thresholds: with few of them its
    shares are not known well enough to stand in for it. None under the first rules, which did not
    count them, moved the shares by a tenth of a percent a request from the start and never asked
    how well they were known.
    `pause`: minutes until the bets begin afresh after a first alarm, 0 afterwards; None before it.
    """

    def __init__(
        self,
        thresholds: list[Threshold],
        together: Mixture,
        seen: float | None = 0.0,
        pause: int | None = None,
    ) -> None:
        self.thresholds = thresholds
        self.together = together
        self.seen = seen
        self.pause = pause

    @classmethod
    def fresh(cls, seen: float | None = 0.0) -> "Latency":
        thresholds = [Threshold.opened(quantile) for quantile in QUANTILES]
        return cls(thresholds, Mixture.fresh(), seen)

    @classmethod
    def load(cls, stored: Sequence[Sequence[Any]]) -> "Latency":
        parts = stored[: len(QUANTILES)]
        together, *more = stored[len(QUANTILES) :]
        seen, pause = more[0] if more else (None, None)
        return cls([Threshold.load(each) for each in parts], Mixture.load(together), seen, pause)

    def dump(self) -> list[list[Any]]:
        more = [] if self.seen is None else [[self.seen, self.pause]]
        return [*(each.dump() for each in self.thresholds), self.together.dump(), *more]

    @property
    def wealth(self) -> float:
        single = sum(each.process.wealth for each in self.thresholds) / len(self.thresholds)
        return (1 - _TOGETHER) * single + _TOGETHER * self.together.wealth

    @property
    def ln_wealth(self) -> float:
        return log(self.wealth)

    @property
    def vouches(self) -> bool:
        """Stable's shares are known well enough to stand in for it while it has no traffic."""
        return self.seen is None or self.seen >= ALONE_FROM

    def begin_pause(self, minutes: int) -> None:
        """After a first alarm: nothing is bet for so many minutes, then from anew."""
        self.pause = minutes

    def rest(self) -> None:
        """Let a minute of the pause pass; the last one begins all bets afresh."""
        self.pause = (self.pause or 1) - 1
        if not self.pause:
            for each in self.thresholds:
                each.process = Mixture.fresh()
            self.together = Mixture.fresh()

    @property
    def knows_stable(self) -> bool:
        """Stable showed every percentile at least once."""
        return all(each.ln is not None for each in self.thresholds)

    def asked(self, check: LatencyCheck) -> SlowThresholds | None:
        """What a source that sees single requests is to count; None until stable is known."""
        if not self.knows_stable:
            return None
        known = [exp(each.ln) for each in self.thresholds if each.ln is not None]
        return SlowThresholds(
            stable=tuple(known),
            candidate=tuple(check.tolerance * each for each in known),
            limit=tuple(check.limit * each for each in known),
            slo=milliseconds(check),
        )

    def slow(self, side: SideMinute | None, check: LatencyCheck, *, candidate: bool) -> list[Slow]:
        """Count one side's slow requests against each threshold."""
        if side is None:
            return [NOTHING] * len(self.thresholds)
        factor = check.tolerance if candidate else 1.0
        return [
            _slow(side, index, each.ln, factor, check.limit)
            for index, each in enumerate(self.thresholds)
        ]

    def bet(
        self,
        candidate: Sequence[Slow],
        stable: Sequence[Slow],
        *,
        exact: bool,
        alpha: float,
        planned: float,
    ) -> None:
        """Fold one minute with traffic on both sides; `exact` counts need no slack."""
        for quantile, each, slow, stable_slow in zip(
            QUANTILES, self.thresholds, candidate, stable, strict=True
        ):
            each.bet(
                effective(slow.over, each.correlation),
                effective(stable_slow.over, each.correlation),
                0.0 if exact else PERCENTILE_SLACK * (1 - quantile),
                alpha=alpha,
                planned=planned,
            )
        values = self._together(candidate, stable, 0.0 if exact else PERCENTILE_SLACK)
        self.together.bet(values, alpha=alpha, planned_minutes=planned)

    def _together(
        self, candidate: Sequence[Slow], stable: Sequence[Slow], slack: float
    ) -> list[float]:
        known = [each.ln for each in self.thresholds if each.ln is not None]
        if len(known) < len(QUANTILES):
            return []
        # At little traffic P95 and P99 may change places.
        order = sorted(self._informative(candidate[0].over.requests), key=known.__getitem__)
        correlation = max(self.thresholds[index].correlation for index in order)
        return shift.log_e_values(
            [self.thresholds[index].share for index in order],
            [slack * (1 - QUANTILES[index]) for index in order],
            [effective(candidate[index].over, correlation) for index in order],
            [effective(stable[index].over, correlation) for index in order],
        )

    def _informative(self, requests: float) -> list[int]:
        """The thresholds that go together: one that is bursty would devalue all others."""
        spreads = [spread(requests, each.correlation) for each in self.thresholds]
        return [i for i, each in enumerate(spreads) if each <= _MAX_SPREAD * min(spreads)]

    def bet_alone(self, candidate: Sequence[Slow], *, alpha: float, planned: float) -> None:
        """Fold a minute in which stable has no traffic, against its shares as last known.

        The looser limit is used, because nothing tells load from slowness now. Where those shares
        are not known well enough, nothing is bet.
        """
        if not self.vouches:
            candidate = [NOTHING] * len(self.thresholds)
        for each, slow, points in zip(
            self.thresholds, candidate, (*EVIDENCE_POINTS, EVIDENCE_POINTS[-1]), strict=True
        ):
            each.bet_alone(
                each.share + points,
                effective(slow.over_limit, each.correlation),
                alpha=alpha,
                planned=planned,
            )

    def learn(self, side: SideMinute | None, stable: Sequence[Slow]) -> None:
        if side is None:
            return
        if self.seen is not None:
            self.seen += max(each.over.requests for each in stable)
        for quantile, each, stable_slow in zip(QUANTILES, self.thresholds, stable, strict=True):
            each.learn(quantile, side, stable_slow.over, stable_slow.over_limit.bad, self.seen)

    def to_pass(
        self, candidate: Sequence[Slow], stable: Sequence[Slow], *, alone: bool
    ) -> list[list[float]]:
        """Return ln of the minute's e-values for the evidence to pass: a row for P50, P90, P95."""
        if alone and not self.vouches:
            return [[] for _ in EVIDENCE_POINTS]
        rows = []
        for points, each, slow, stable_slow in zip(
            EVIDENCE_POINTS, self.thresholds, candidate, stable, strict=False
        ):
            line = Line(1.0, points)
            best = min(each.share_limit, each.share)
            counts = effective(slow.over_limit, each.correlation)
            if alone:
                row = evidence.values_alone(
                    line.at(each.share), best, counts, steps=evidence.LATENCY_STEPS
                )
            else:
                row = evidence.values(
                    line,
                    (best, each.share),
                    counts,
                    effective(stable_slow.over, each.correlation),
                    steps=evidence.LATENCY_STEPS,
                )
            rows.append(row)
        return rows


def milliseconds(check: LatencyCheck) -> float | None:
    return None if check.slo is None else check.slo.total_seconds() * 1000


def over_slo(side: SideMinute | None, limit_ms: float) -> Counts:
    """How many requests of the minute took longer than the absolute time."""
    if side is None:
        return _NONE
    if side.slow is not None and side.slow.over_slo is not None:
        return Counts(side.slow.total, side.slow.over_slo)
    if side.latency is None or side.requests <= 0:
        return _NONE
    return Counts(side.requests, side.requests * tail(side.latency, log(limit_ms)))


def inside(share: float) -> float:
    """A share of slow requests that bets can be placed on: neither 0 nor 1."""
    return min(max(share, _MIN_SHARE), 1 - _MIN_SHARE)


def _slow(side: SideMinute, index: int, ln: float | None, factor: float, limit: float) -> Slow:
    if side.slow is not None:
        total = side.slow.total
        return Slow(
            Counts(total, side.slow.over[index]), Counts(total, side.slow.over_limit[index])
        )
    if side.latency is None or ln is None or side.requests <= 0:
        return NOTHING
    requests = side.requests
    over, over_limit = (requests * tail(side.latency, ln + log(each)) for each in (factor, limit))
    return Slow(Counts(requests, over), Counts(requests, over_limit))
