"""`Metrics`: computed by the double, and recorded and asked over https."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from localazure.monitor.recorder import Outcome
from localazure.world import DeploymentSpec, EndpointSpec, Fault, World
from rollout.adapters.metrics import ArmMetrics
from rollout.core.observation import EndpointSeen, Minute
from rollout.errors import MetricsUnavailableError
from rollout.ports import Metrics
from tests.doubles.wire import Wire
from tests.doubles.world_endpoints import WorldEndpoints
from tests.doubles.world_traffic import Quality, WorldMetrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollout.adapters.arm import Arm
    from tests.contract.local_azure import LocalAzure


SECONDS = 5.0
MINUTE = timedelta(minutes=1)


class Clock:
    """A clock that tests set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


START = datetime.now(UTC).replace(second=0, microsecond=0)
STORY = [
    # From this minute on, blue and green have these weights.
    (0, {"blue": 100}),
    (3, {"blue": 90, "green-7": 10}),
    (6, {"blue": 100}),
]
PER_MINUTE = 100


@pytest.fixture(params=["double", "arm"])
def measured(request: pytest.FixtureRequest) -> Iterator[tuple[Metrics, str]]:
    """Nine minutes of one endpoint: the same traffic, computed and recorded."""
    clock = Clock(START)
    world = World(clock=clock)
    wire = Wire(world)
    world.endpoints.put("shared", EndpointSpec("westeurope"))
    for name in ("blue", "green-7"):
        world.deployments.put("shared", name, DeploymentSpec("westeurope"))
    endpoint = world.workspace.endpoint("shared").lower()
    ports = WorldEndpoints(wire)
    for minute, split in STORY:
        clock.now = START + minute * MINUTE
        seen = ports.endpoint(endpoint, timeout=1)
        assert isinstance(seen, EndpointSeen)
        ports.set_traffic(endpoint, seen, split, stamp="s", timeout=1)
    clock.now = START + 9 * MINUTE
    if request.param == "double":
        quality: Callable[[str, datetime], Quality] = lambda name, _at: Quality(  # noqa: E731
            0.1 if name == "green-7" else 0.0, 20.0
        )
        yield WorldMetrics(wire, PER_MINUTE, quality, timedelta(0)), endpoint
        return
    local: LocalAzure = request.getfixturevalue("local_azure")
    arm: Arm = request.getfixturevalue("arm")
    recorder = local.parts.recorder
    real_clock = recorder.clock
    recorder.clock = clock
    recorder._slices.pop("shared", None)
    for minute in range(9):
        split = [weights for since, weights in STORY if since <= minute][-1]
        clock.now = START + minute * MINUTE
        for name, weight in split.items():
            for number in range(PER_MINUTE * weight // 100):
                failed = name == "green-7" and number % 10 == 0
                outcome = Outcome(name, 424 if failed else 200, 500 if failed else 200)
                recorder.record("shared", outcome, 20.0)
    clock.now = START + 9 * MINUTE
    yield ArmMetrics(arm), endpoint
    recorder.clock = real_clock
    local.parts.arm.faults.clear()


def read(
    measured: tuple[Metrics, str],
    first: int,
    last: int,
    *,
    stable: str | None = "blue",
    latency: bool = True,
) -> list[Minute]:
    metrics, endpoint = measured
    return list(
        metrics.minutes(
            endpoint,
            stable=stable,
            candidate="green-7",
            start=START + first * MINUTE,
            end=START + last * MINUTE,
            latency=latency,
            timeout=SECONDS,
        )
    )


def test_minutes_are_split_by_deployment_and_status(measured: tuple[Metrics, str]) -> None:
    (minute,) = read(measured, 4, 5)
    assert minute.at == START + 4 * MINUTE
    assert minute.stable is not None
    assert (minute.stable.requests, minute.stable.failures) == (90, 0)
    assert minute.candidate is not None
    assert (minute.candidate.requests, minute.candidate.failures) == (10, 1)
    assert minute.candidate.by_status == {"200": 9, "424": 1}
    assert (minute.stable.p95_ms, minute.candidate.p95_ms) == (20, 20)


def test_every_minute_is_there_once_and_the_end_is_exclusive(
    measured: tuple[Metrics, str],
) -> None:
    minutes = read(measured, 1, 8)
    assert [minute.at for minute in minutes] == [START + number * MINUTE for number in range(1, 8)]


def test_a_series_that_is_there_is_zero_where_nobody_called(measured: tuple[Metrics, str]) -> None:
    before, first = read(measured, 2, 4)
    assert before.candidate is not None
    assert (before.candidate.requests, before.candidate.failures) == (0, 0)
    assert before.candidate.p95_ms is None
    assert first.candidate is not None
    assert first.candidate.requests == 10


def test_a_deployment_nobody_called_in_the_span_is_absent_and_not_zero(
    measured: tuple[Metrics, str],
) -> None:
    minutes = read(measured, 0, 3)
    assert [minute.candidate for minute in minutes] == [None, None, None]
    assert all(minute.stable is not None for minute in minutes)


def test_minutes_that_are_not_there_yet_are_absent(measured: tuple[Metrics, str]) -> None:
    *_, last, future = read(measured, 5, 10)
    assert last.stable is not None
    assert (future.stable, future.candidate) == (None, None)


def test_without_a_stable_only_the_candidate_is_read(measured: tuple[Metrics, str]) -> None:
    (minute,) = read(measured, 4, 5, stable=None, latency=False)
    assert minute.stable is None
    assert minute.candidate is not None
    assert minute.candidate.p95_ms is None


def test_an_empty_span_needs_no_answer(measured: tuple[Metrics, str]) -> None:
    assert read(measured, 5, 5) == []


@pytest.mark.parametrize("status", [429, 503, 403])
def test_a_metric_source_that_refuses_is_unavailable(
    request: pytest.FixtureRequest, measured: tuple[Metrics, str], status: int
) -> None:
    metrics, _ = measured
    if isinstance(metrics, WorldMetrics):
        metrics.wire.faults.add("metrics.get", Fault(status))
    else:
        local: LocalAzure = request.getfixturevalue("local_azure")
        local.parts.arm.faults.add("metrics.get", Fault(status))
    with pytest.raises(MetricsUnavailableError):
        read(measured, 0, 3)
