"""`Metrics` and `Scoring` computed from the world: what its splits and models would have shown."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from localazure.world import ACTIONS, METRICS_READ, SCORE, ArmError, Call
from localazure.world.resources import ProvisioningState
from rollout.adapters.arm_ids import parse_model_reference
from rollout.adapters.metrics import MINUTE
from rollout.core.observation import EndpointSeen, Minute, SideMinute, Validation
from rollout.core.policy import Validate
from rollout.errors import ArmUnavailableError, MetricsUnavailableError, RolloutError
from tests.doubles.wire import Wire, endpoint_name

OK, MODEL_ERROR = "200", "424"


@dataclass(frozen=True)
class Quality:
    """How a deployment answers: share of failures (0 to 1) and P95 in milliseconds."""

    failures: float = 0.0
    p95_ms: float = 20.0


GOOD = Quality()


def always_good(_deployment: str, _minute: datetime) -> Quality:
    return GOOD


@dataclass
class WorldMetrics:
    """The `Metrics` port.

    Every minute brings `per_minute` requests to an endpoint, divided by the split in force at the
    minute's start; `quality` says how a deployment answers in a minute. A minute is there
    `ingestion_delay` after its end.
    """

    wire: Wire
    per_minute: float = 600.0
    quality: Callable[[str, datetime], Quality] = always_good
    ingestion_delay: timedelta = timedelta(minutes=2)
    _splits: dict[str, list[tuple[datetime, Mapping[str, int]]]] = field(default_factory=dict)
    _read: int = 0

    def minutes(
        self,
        endpoint: str,
        *,
        stable: str | None,
        candidate: str,
        start: datetime,
        end: datetime,
        latency: bool,
        timeout: float,
    ) -> Sequence[Minute]:
        def read() -> Sequence[Minute]:
            self.wire.need(METRICS_READ)
            self._follow()
            first = start.replace(second=0, microsecond=0)
            count = max(0, (end.replace(second=0, microsecond=0) - first) // MINUTE)
            moments = [first + number * MINUTE for number in range(count)]
            splits = self._splits.get(endpoint_name(endpoint).lower(), [])
            sides = [
                {} if name is None else self._side(name, moments, splits, latency=latency)
                for name in (stable, candidate)
            ]
            return [Minute(at, sides[0].get(at), sides[1].get(at)) for at in moments]

        try:
            return self.wire.call("metrics.get", read)
        except MetricsUnavailableError:
            raise
        except RolloutError as error:
            raise MetricsUnavailableError(f"metrics cannot be read: {error}") from error

    def _side(
        self,
        name: str,
        moments: Sequence[datetime],
        splits: Sequence[tuple[datetime, Mapping[str, int]]],
        *,
        latency: bool,
    ) -> dict[datetime, SideMinute]:
        visible_until = self.wire.world.now() - self.ingestion_delay
        found: dict[datetime, SideMinute] = {}
        for at in moments:
            if at + MINUTE > visible_until:
                break
            where = bisect_right(splits, at, key=lambda one: one[0])
            weight = splits[where - 1][1].get(name.lower(), 0) if where else 0
            found[at] = self._minute(name, at, self.per_minute * weight / 100, latency=latency)
        # A deployment nobody called in the whole span has no series: absent, not zero.
        return found if any(side.requests for side in found.values()) else {}

    def _minute(self, name: str, at: datetime, requests: float, *, latency: bool) -> SideMinute:
        if not requests:
            return SideMinute(0.0, 0.0)
        quality = self.quality(name, at)
        failed = requests * quality.failures
        counts = {OK: requests - failed, MODEL_ERROR: failed}
        return SideMinute(
            requests=requests,
            failures=failed,
            by_status={status: count for status, count in counts.items() if count},
            p95_ms=quality.p95_ms if latency else None,
        )

    def _follow(self) -> None:
        log = self.wire.world.log
        for write in log.since(self._read):
            if write.operation == "operations.succeeded" and "/" not in write.resource:
                self._splits.setdefault(write.resource, []).append(
                    (write.at, write.after.split.live)
                )
        self._read = len(log)


@dataclass
class WorldScoring:
    """The `Scoring` port; `verdict` says, by model version, what the samples would show."""

    wire: Wire
    verdict: Callable[[str], Validation] = lambda _version: Validation(evidence="samples passed")

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
                self.wire.need(ACTIONS[Call.ENDPOINTS_KEYS])
            elif not self.wire.allows(SCORE):
                return Validation(transient=f"{candidate} answered 401")
            try:
                found = self.wire.world.deployments.get(endpoint_name(endpoint), candidate)
            except ArmError as error:
                return Validation(transient=error.message)
            if found.state is not ProvisioningState.SUCCEEDED:
                return Validation(transient=f"{candidate} is {found.state}")
            model = parse_model_reference(found.spec.model_id)
            if model is None:
                raise ArmUnavailableError(f"{candidate} serves no registered model")
            return self.verdict(model[1])

        return self.wire.call("scoring.validate", ask)
