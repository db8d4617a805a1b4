"""`Metrics`: computed by the double, and recorded and asked over https."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from localazure.logs.query_api import WORKSPACE
from localazure.monitor.recorder import Outcome
from localazure.world import DeploymentSpec, EndpointSpec, Fault, Faults, World
from rollout.adapters.metrics.azure_metrics import LOOK_BACK, AzureMetrics
from rollout.core.policy.gate_model import CustomCheck, LogQueries
from rollout.core.records.observation import (
    EndpointSeen,
    Minute,
    Percentiles,
    SlowCounts,
    SlowThresholds,
    Tally,
)
from rollout.errors import ArmThrottledError, MetricsUnavailableError
from rollout.ports import Metrics, MetricsQuestion
from tests.doubles.wire import Wire
from tests.doubles.world_endpoints import WorldEndpoints
from tests.doubles.world_traffic import Quality, WorldMetrics
from tests.support.paths import PROJECT

if TYPE_CHECKING:
    from tests.support.contract.local_azure import LocalAzure

SECONDS = 5.0
MINUTE = timedelta(minutes=1)
START = datetime.now(UTC).replace(second=0, microsecond=0)
STORY = [
    # From this minute on, blue and green have these weights.
    (0, {"blue": 100}),
    (3, {"blue": 90, "green-7": 10}),
    (6, {"blue": 100}),
]
PER_MINUTE = 100
MILLISECONDS = 20.0
QUALITIES = {
    "blue": Quality(p95_ms=MILLISECONDS, spread=0.0),
    "green-7": Quality(0.1, MILLISECONDS, refusals=0.1, spread=0.0),
}

OPERATIONS = PROJECT / "docs" / "operations.md"


def documented_query() -> str:
    """The example that users start from."""
    _, _, after = OPERATIONS.read_text().partition("```\nAmlOnlineEndpointTrafficLog\n")
    return f"AmlOnlineEndpointTrafficLog\n{after.partition('```')[0]}"


FAILED = CustomCheck("failed answers", documented_query())
LOGS = LogQueries(WORKSPACE)
THRESHOLDS = SlowThresholds(
    stable=(10.0, 15.0, 19.5, 20.5),
    candidate=(11.0, 19.5, 20.5, 30.0),
    limit=(5.0, 19.9, 20.1, 40.0),
    slo=19.0,
)


class Clock:
    """A clock that tests set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class Measured:
    """Nine minutes of one endpoint as a port shows them."""

    metrics: Metrics
    endpoint: str
    clock: Clock
    faults: Faults
    delay_logs: Callable[[timedelta], None]

    def read(
        self,
        first: int,
        last: int,
        *,
        stable: str | None = "blue",
        candidate: str | None = "green-7",
        latency: bool = True,
        logs: LogQueries | None = None,
        thresholds: SlowThresholds | None = None,
    ) -> list[Minute]:
        return list(
            self.metrics.minutes(
                self.endpoint,
                MetricsQuestion(
                    stable,
                    candidate,
                    start=START + first * MINUTE,
                    end=START + last * MINUTE,
                    latency=latency,
                    logs=logs,
                    thresholds=thresholds,
                ),
                timeout=SECONDS,
            )
        )


@pytest.fixture(params=["double", "azure"])
def measured(request: pytest.FixtureRequest) -> Iterator[Measured]:
    """The same traffic, computed and recorded."""
    clock = Clock(START)
    world = World(clock=clock)
    wire = Wire(world)
    world.endpoints.put("shared", EndpointSpec("westeurope"))
    for name in QUALITIES:
        world.deployments.put("shared", name, DeploymentSpec("westeurope"))
    endpoint = world.workspace.endpoint("shared").lower()
    ports = WorldEndpoints(wire)
    for minute, split in STORY:
        clock.now = START + minute * MINUTE
        seen = ports.endpoint(endpoint, timeout=1)
        assert isinstance(seen, EndpointSeen)
        ports.set_traffic(endpoint, seen, split, {}, stamp="s", timeout=1)
    clock.now = START + 9 * MINUTE
    if request.param == "double":
        double = WorldMetrics(
            wire, PER_MINUTE, lambda name, _: QUALITIES[name], timedelta(0), timedelta(0)
        )
        yield Measured(double, endpoint, clock, wire.faults, partial(setattr, double, "log_delay"))
        return
    local: LocalAzure = request.getfixturevalue("local_azure")
    metrics: AzureMetrics = request.getfixturevalue("metrics")
    recorder = local.parts.recorder
    real_clock = recorder.clock
    recorder.clock = clock
    recorder.forget("shared")
    for minute in range(9):
        split = [weights for since, weights in STORY if since <= minute][-1]
        clock.now = START + minute * MINUTE
        for name, weight in split.items():
            for number in range(PER_MINUTE * weight // 100):
                recorder.record("shared", outcome(name, number), MILLISECONDS)
    clock.now = START + 9 * MINUTE
    log = local.parts.traffic_log
    delay = partial(setattr, log, "ingestion_delay")
    yield Measured(metrics, endpoint, clock, local.parts.arm.faults, delay)
    recorder.clock = real_clock
    delay(timedelta(0))
    local.parts.arm.faults.clear()


def outcome(name: str, number: int) -> Outcome:
    """Of ten requests to green one fails and one is refused; blue answers all."""
    if name == "green-7" and number % 10 == 0:
        return Outcome(name, 424, 500)
    if name == "green-7" and number % 10 == 1:
        return Outcome(name, 400, None)
    return Outcome(name, 200, 200)


def test_minutes_are_split_by_deployment_and_status(measured: Measured) -> None:
    (minute,) = measured.read(4, 5)
    assert minute.at == START + 4 * MINUTE
    assert minute.stable is not None
    assert (minute.stable.requests, minute.stable.failures, minute.stable.client_errors) == (
        90,
        0,
        0,
    )
    side = minute.candidate
    assert side is not None
    assert (side.requests, side.failures, side.client_errors) == (10, 1, 1)
    assert side.by_status == {"200": 8, "400": 1, "424": 1}


def test_latency_is_all_four_percentiles(measured: Measured) -> None:
    (minute,) = measured.read(4, 5)
    for side in (minute.stable, minute.candidate):
        assert side is not None
        assert side.latency is not None
        assert vars(side.latency) == pytest.approx(
            vars(Percentiles(MILLISECONDS, MILLISECONDS, MILLISECONDS, MILLISECONDS))
        )


def test_latency_that_is_not_asked_for_is_not_there(measured: Measured) -> None:
    (minute,) = measured.read(4, 5, latency=False)
    assert minute.stable is not None
    assert minute.stable.latency is None


def test_every_minute_is_there_once_and_the_end_is_exclusive(measured: Measured) -> None:
    minutes = measured.read(1, 8)
    assert [minute.at for minute in minutes] == [START + number * MINUTE for number in range(1, 8)]


def test_a_series_that_is_there_is_zero_where_nobody_called(measured: Measured) -> None:
    before, first = measured.read(2, 4)
    assert before.candidate is not None
    assert (before.candidate.requests, before.candidate.failures) == (0, 0)
    assert before.candidate.latency is None
    assert first.candidate is not None
    assert first.candidate.requests == 10


def test_a_deployment_called_within_the_look_back_is_zero_and_not_absent(
    measured: Measured,
) -> None:
    sides = [minute.candidate for minute in measured.read(7, 9)]
    assert [side and side.requests for side in sides] == [0, 0]


def test_a_deployment_called_before_the_look_back_is_absent(measured: Measured) -> None:
    later = 7 + LOOK_BACK // MINUTE
    measured.clock.now = START + (later + 3) * MINUTE
    assert [minute.candidate for minute in measured.read(later, later + 2)] == [None, None]


def test_a_deployment_nobody_called_yet_is_absent_and_not_zero(measured: Measured) -> None:
    minutes = measured.read(0, 3)
    assert [minute.candidate for minute in minutes] == [None, None, None]
    assert all(minute.stable is not None for minute in minutes)


def test_minutes_that_are_not_there_yet_are_absent(measured: Measured) -> None:
    *_, last, future = measured.read(5, 10)
    assert last.stable is not None
    assert (future.stable, future.candidate) == (None, None)


def test_without_a_stable_only_the_candidate_is_read(measured: Measured) -> None:
    (minute,) = measured.read(4, 5, stable=None)
    assert minute.stable is None
    assert minute.candidate is not None


def test_a_day_of_stables_history_is_read_without_a_candidate(measured: Measured) -> None:
    minutes = measured.read(-24 * 60 + 9, 9, candidate=None)
    assert len(minutes) == 24 * 60
    assert all(minute.candidate is None for minute in minutes)
    assert sum(minute.stable.requests for minute in minutes if minute.stable) == 870
    assert minutes[-1].stable is not None
    assert minutes[-1].stable.latency is not None


def test_an_empty_span_needs_no_answer(measured: Measured) -> None:
    assert measured.read(5, 5) == []


@pytest.mark.parametrize("call", ["metrics.get", "logs.query"])
def test_a_source_that_takes_no_more_requests_says_how_long_to_wait(
    measured: Measured, call: str
) -> None:
    measured.faults.add(call, Fault(429, retry_after=7))
    with pytest.raises(ArmThrottledError) as caught:
        measured.read(4, 5, logs=LOGS, thresholds=THRESHOLDS)
    assert caught.value.wait == timedelta(seconds=7)


@pytest.mark.parametrize("status", [503, 403])
def test_a_metric_source_that_refuses_is_unavailable(measured: Measured, status: int) -> None:
    measured.faults.add("metrics.get", Fault(status))
    with pytest.raises(MetricsUnavailableError):
        measured.read(0, 3)


def test_slow_requests_are_counted_against_each_sides_own_thresholds(measured: Measured) -> None:
    (minute,) = measured.read(4, 5, logs=LOGS, thresholds=THRESHOLDS)
    assert minute.stable is not None
    assert minute.stable.slow == SlowCounts(90, (90, 90, 90, 0), (90, 90, 0, 0), 90)
    assert minute.candidate is not None
    assert minute.candidate.slow == SlowCounts(10, (10, 10, 0, 0), (10, 10, 0, 0), 10)


def test_without_an_absolute_time_nothing_is_counted_against_one(measured: Measured) -> None:
    relative = replace(THRESHOLDS, slo=None)
    (minute,) = measured.read(4, 5, logs=LOGS, thresholds=relative)
    assert minute.candidate is not None
    assert minute.candidate.slow == SlowCounts(10, (10, 10, 0, 0), (10, 10, 0, 0), None)


@pytest.mark.parametrize(
    ("logs", "thresholds"),
    [(None, THRESHOLDS), (LOGS, None), (replace(LOGS, slow_counts=False), THRESHOLDS)],
)
def test_slow_requests_that_are_not_asked_for_are_not_counted(
    measured: Measured, logs: LogQueries | None, thresholds: SlowThresholds | None
) -> None:
    (minute,) = measured.read(4, 5, logs=logs, thresholds=thresholds)
    assert minute.stable is not None
    assert minute.stable.requests == 90
    assert minute.stable.slow is None


def test_a_custom_check_is_counted_by_its_own_query(measured: Measured) -> None:
    logs = replace(LOGS, slow_counts=False, checks=(FAILED,))
    (minute,) = measured.read(4, 5, logs=logs)
    assert minute.stable is not None
    assert minute.stable.custom == {FAILED.name: Tally(90, 0)}
    assert minute.candidate is not None
    assert minute.candidate.custom == {FAILED.name: Tally(10, 1)}


def test_a_minute_that_is_not_in_the_logs_yet_has_requests_and_no_counts(
    measured: Measured,
) -> None:
    measured.delay_logs(4 * MINUTE)
    logs = replace(LOGS, checks=(FAILED,))
    there, late = (
        minute.candidate for minute in measured.read(4, 6, logs=logs, thresholds=THRESHOLDS)
    )
    assert there is not None
    assert there.slow is not None
    assert there.custom
    assert late is not None
    assert late.requests == 10
    assert late.latency is not None
    assert late.slow is None
    assert late.custom == {}


def test_a_minute_without_requests_has_no_counts(measured: Measured) -> None:
    (minute,) = measured.read(7, 8, logs=LOGS, thresholds=THRESHOLDS)
    assert minute.candidate is not None
    assert minute.candidate.requests == 0
    assert minute.candidate.slow is None


@pytest.mark.parametrize("status", [503, 403, 400])
def test_logs_that_cannot_be_read_are_no_fewer_data_but_an_error(
    measured: Measured, status: int
) -> None:
    measured.faults.add("logs.query", Fault(status))
    with pytest.raises(MetricsUnavailableError):
        measured.read(4, 5, logs=LOGS, thresholds=THRESHOLDS)
