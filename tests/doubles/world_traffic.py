"""`Metrics` and `Scoring` computed from the world: what its splits and models would have shown."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import exp, log

from localazure.logs.query_api import ACTION as LOGS_READ
from localazure.world import ACTIONS, METRICS_READ, SCORE, ArmError, Call, Split
from localazure.world.resources import ProvisioningState
from rollout.adapters.azure_ml.arm_ids import parse_endpoint_id, parse_model_reference
from rollout.adapters.metrics.azure_metrics import LOOK_BACK
from rollout.adapters.metrics.statuses import side_of
from rollout.core.gate.algebra.percentiles import tail
from rollout.core.policy.gate_model import LogQueries
from rollout.core.policy.model import Validate
from rollout.core.records.examination import ExamSeen
from rollout.core.records.observation import (
    EndpointSeen,
    Minute,
    Percentiles,
    SideMinute,
    SlowCounts,
    SlowThresholds,
    Tally,
    Validation,
)
from rollout.errors import (
    ArmThrottledError,
    ArmUnavailableError,
    MetricsUnavailableError,
    RolloutError,
)
from rollout.ports import ExamOrder, MetricsQuestion
from rollout.units import MINUTE
from tests.doubles.wire import Wire, endpoint_name
from tests.doubles.world_exams import Predict, WorldExam, always_the_label

OK, MODEL_ERROR, REFUSED = "200", "424", "400"
NORMAL = {"p50": 0.0, "p90": 1.2816, "p95": 1.6449, "p99": 2.3263}
"""Standard normal quantiles."""


@dataclass(frozen=True)
class Quality:
    """How a deployment answers: shares of failures and refusals (0 to 1), and its durations.

    These are log-normal with this P95, in milliseconds, and `spread` (0: all take the same time).
    """

    failures: float = 0.0
    p95_ms: float = 20.0
    refusals: float = 0.0
    spread: float = 0.5

    @property
    def latency(self) -> Percentiles:
        middle = log(self.p95_ms) - NORMAL["p95"] * self.spread
        return Percentiles(**{name: exp(middle + z * self.spread) for name, z in NORMAL.items()})

    def share_over(self, milliseconds: float) -> float:
        """The share of requests that take longer."""
        return tail(self.latency, log(milliseconds))


GOOD = Quality()


def always_good(_deployment: str, _minute: datetime) -> Quality:
    return GOOD


@dataclass
class Addressed:
    """Requests that named their deployment, by minute and status."""

    counted: bool = True
    _found: dict[tuple[str, str, datetime], Counter[str]] = field(default_factory=dict)

    def add(self, endpoint: str, name: str, at: datetime, status: str) -> None:
        key = endpoint.lower(), name.lower(), at.replace(second=0, microsecond=0)
        self._found.setdefault(key, Counter())[status] += 1

    def of(self, endpoint: str, name: str, minute: datetime) -> Mapping[str, float]:
        """What the metrics show of them."""
        found = self._found.get((endpoint.lower(), name.lower(), minute), Counter[str]())
        return {status: float(count) for status, count in found.items()} if self.counted else {}


@dataclass
class WorldMetrics:
    """The `Metrics` port.

    Every minute brings `per_minute` requests to an endpoint, divided by the split in force at the
    minute's start; `quality` says how a deployment answers in a minute. A minute is there
    `ingestion_delay` after its end, and in the logs, where it is asked for, `log_delay` after it.
    `tally` says what a custom check of some name counts in a side's minute. `addressed` are the
    requests that named their deployment; whether they are counted too is the world's choice, and
    so is whether mirrored ones are (`mirrored_counted`).
    """

    wire: Wire
    per_minute: float = 600.0
    quality: Callable[[str, datetime], Quality] = always_good
    ingestion_delay: timedelta = timedelta(minutes=2)
    log_delay: timedelta = timedelta(minutes=2)
    tally: Callable[[str, SideMinute], Tally] = lambda _name, side: Tally(
        side.requests, side.failures
    )
    addressed: Addressed = field(default_factory=Addressed)
    mirrored_counted: bool = True
    _splits: dict[str, list[tuple[datetime, Split]]] = field(default_factory=dict)
    _read: int = 0

    def minutes(
        self, endpoint: str, question: MetricsQuestion, *, timeout: float
    ) -> Sequence[Minute]:
        sides_asked = (question.stable, question.candidate)
        logs, thresholds = question.logs, question.thresholds
        over = None if thresholds is None else (thresholds.stable, thresholds.candidate)

        def read() -> Sequence[Minute]:
            self.wire.need(METRICS_READ, scope=endpoint)
            self._follow()
            first, last = (
                each.replace(second=0, microsecond=0) for each in (question.start, question.end)
            )
            sides = [
                {}
                if name is None
                else self._side(endpoint, name, first, last, latency=question.latency)
                for name in sides_asked
            ]
            if logs is not None:
                self.wire.need(LOGS_READ)
                for index, name in enumerate(sides_asked):
                    asked = (
                        None if over is None or thresholds is None else (over[index], thresholds)
                    )
                    for at, side in sides[index].items():
                        sides[index][at] = self._logged(name or "", at, side, logs, asked)
            count = max(0, (last - first) // MINUTE)
            moments = [first + number * MINUTE for number in range(count)]
            return [Minute(at, sides[0].get(at), sides[1].get(at)) for at in moments]

        try:
            found = self.wire.call("metrics.get", read, requests=1 + question.latency)
            return found if logs is None else self.wire.call("logs.query", lambda: found)
        except (MetricsUnavailableError, ArmThrottledError):
            raise
        except RolloutError as error:
            raise MetricsUnavailableError(f"metrics cannot be read: {error}") from error

    def _side(
        self, endpoint: str, name: str, first: datetime, last: datetime, *, latency: bool
    ) -> dict[datetime, SideMinute]:
        splits = self._splits.get(endpoint_name(endpoint).lower(), [])
        visible_until = self.wire.world.now() - self.ingestion_delay
        found: dict[datetime, SideMinute] = {}
        at = first - LOOK_BACK
        while at < last and at + MINUTE <= visible_until:
            where = bisect_right(splits, at, key=lambda one: one[0])
            share = self._share(splits[where - 1][1], name.lower()) if where else 0
            live = self._minute(name, at, self.per_minute * share / 100, latency=latency)
            found[at] = self._with_addressed(endpoint, name, at, live, latency=latency)
            at += MINUTE
        # A deployment without a request in the whole span has no series: absent, not zero.
        return found if any(side.requests for side in found.values()) else {}

    def _share(self, split: Split, name: str) -> int:
        """What reaches the deployment, in percent: by weight or, where it counts, by mirror."""
        mirrored = split.mirror.get(name, 0) if self.mirrored_counted else 0
        return split.live.get(name, 0) or mirrored

    def _minute(self, name: str, at: datetime, requests: float, *, latency: bool) -> SideMinute:
        if not requests:
            return SideMinute(0.0, 0.0)
        quality = self.quality(name, at)
        failed, refused = requests * quality.failures, requests * quality.refusals
        counts = {OK: requests - failed - refused, MODEL_ERROR: failed, REFUSED: refused}
        return SideMinute(
            requests=requests,
            failures=failed,
            by_status={status: count for status, count in counts.items() if count},
            client_errors=refused,
            latency=quality.latency if latency else None,
        )

    def _with_addressed(
        self, endpoint: str, name: str, at: datetime, live: SideMinute, *, latency: bool
    ) -> SideMinute:
        counts = self.addressed.of(endpoint_name(endpoint), name, at)
        if not counts:
            return live
        by_status = Counter(live.by_status)
        by_status.update(counts)
        more = side_of(by_status, self.quality(name, at).latency if latency else None)
        return replace(more, slow=live.slow, custom=live.custom)

    def _logged(
        self,
        name: str,
        at: datetime,
        side: SideMinute,
        logs: LogQueries,
        asked: tuple[Sequence[float], SlowThresholds] | None,
    ) -> SideMinute:
        if not side.requests or at + MINUTE > self.wire.world.now() - self.log_delay:
            return side
        custom = {check.name: self.tally(check.name, side) for check in logs.checks}
        if asked is None or not logs.slow_counts:
            return replace(side, custom=custom)
        over, thresholds = asked
        quality = self.quality(name, at)

        def count(milliseconds: float) -> float:
            return side.requests * quality.share_over(milliseconds)

        slow = SlowCounts(
            total=side.requests,
            over=tuple(map(count, over)),
            over_limit=tuple(map(count, thresholds.limit)),
            over_slo=None if thresholds.slo is None else count(thresholds.slo),
        )
        return replace(side, slow=slow, custom=custom)

    def _follow(self) -> None:
        log = self.wire.world.log
        for write in log.since(self._read):
            if write.operation == "operations.succeeded" and "/" not in write.resource:
                self._splits.setdefault(write.resource, []).append((write.at, write.after.split))
        self._read = len(log)


@dataclass
class WorldScoring:
    """The `Scoring` port.

    `verdict` says, by model version, what the samples would show, `predict` what it answers to the
    rows of an examination.
    """

    wire: Wire
    verdict: Callable[[str], Validation] = lambda _version: Validation(evidence="samples passed")
    predict: Predict = always_the_label
    addressed: Addressed = field(default_factory=Addressed)
    examined: list[ExamSeen] = field(default_factory=list)

    def examine(self, endpoint: str, seen: EndpointSeen, order: ExamOrder) -> ExamSeen:
        def ask() -> ExamSeen:
            if seen.auth_mode == "key":
                self.wire.need(ACTIONS[Call.ENDPOINTS_KEYS], scope=endpoint)
            return WorldExam(self.wire, endpoint, order, self.predict, self._count).run()

        found = self.wire.call("scoring.examine", ask)
        self.examined.append(found)
        return found

    def _count(self, endpoint: str, name: str, status: int) -> None:
        at = self.wire.world.now()
        self.addressed.add(endpoint_name(endpoint), name, at, str(status or 408))

    def validate(
        self,
        endpoint: str,
        seen: EndpointSeen,
        candidate: str,
        validate: Validate,
        samples: Mapping[str, bytes],
    ) -> Validation:
        def ask() -> Validation:
            if seen.auth_mode == "key":
                self.wire.need(ACTIONS[Call.ENDPOINTS_KEYS], scope=endpoint)
            elif not self.wire.allows(SCORE, endpoint):
                return Validation(transient=f"{candidate} answered 401")
            try:
                found = self.wire.world.deployments.get(endpoint_name(endpoint), candidate)
            except ArmError as error:
                return Validation(transient=error.message)
            if found.state is not ProvisioningState.SUCCEEDED:
                return Validation(transient=f"{candidate} is {found.state}")
            model = parse_model_reference(
                found.spec.model_id, parse_endpoint_id(endpoint).workspace
            )
            if model is None:
                raise ArmUnavailableError(f"{candidate} serves no registered model")
            return self.verdict(model.version)

        return self.wire.call("scoring.validate", ask)
