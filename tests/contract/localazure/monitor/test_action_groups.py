"""Action groups over real sockets: which receivers are called, how often, and when calls end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from localazure.monitor.action_groups import ActionGroups, RetrySchedule
from localazure.monitor.alert_rules import AlertEngine, AlertNotice
from localazure.monitor.recorder import Outcome, Recorder

PROVIDERS = "/subscriptions/s/resourceGroups/g/providers"
ENDPOINT = f"{PROVIDERS}/Microsoft.MachineLearningServices/workspaces/w/onlineEndpoints/e"
RULE = f"{PROVIDERS}/Microsoft.Insights/metricAlerts/failures"
GROUP = f"{PROVIDERS}/Microsoft.Insights/actionGroups/rollback"
START = datetime(2026, 1, 1, tzinfo=UTC)


class Receiver:
    """A webhook that answers with the given statuses, then 202."""

    def __init__(self, statuses: Sequence[int]) -> None:
        self._statuses = list(statuses)
        self.bodies: list[dict[str, Any]] = []
        self.queries: list[str] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.json())
        self.queries.append(request.rel_url.raw_query_string)
        return web.Response(status=self._statuses.pop(0) if self._statuses else 202)


class WaitingClock:
    """A clock that waiting moves, not real time."""

    def __init__(self) -> None:
        self.now = START
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Scene:
    """A receiver behind an action group, and the clock it retries by."""

    receiver: Receiver
    groups: ActionGroups
    url: str
    clock: WaitingClock


@asynccontextmanager
async def scene(*statuses: int, scale: float = 1.0) -> AsyncIterator[Scene]:
    receiver = Receiver(statuses)
    clock = WaitingClock()
    app = web.Application()
    app.router.add_post("/alerts", receiver.handle)
    async with TestServer(app, host="127.0.0.1") as server, aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{server.port}/alerts?code=a%2Fb%3D%3D"
        schedule = RetrySchedule().scaled(scale)
        groups = ActionGroups(session, schedule, sleep=clock.sleep, clock=lambda: clock.now)
        assert groups.put(GROUP, group(url))[0] == 201
        yield Scene(receiver, groups, url, clock)


def group(url: str, **changes: Any) -> dict[str, Any]:
    return {
        "location": "Global",
        "properties": {
            "groupShortName": "rollback",
            "enabled": True,
            "azureFunctionReceivers": [
                {
                    "name": "alert",
                    "functionName": "alert",
                    "httpTriggerUrl": url,
                    "useCommonAlertSchema": True,
                }
            ],
        }
        | changes,
    }


def any_request_is_too_many() -> dict[str, Any]:
    return {
        "properties": {
            "severity": 1,
            "scopes": [ENDPOINT],
            "evaluationFrequency": "PT1M",
            "windowSize": "PT1M",
            "criteria": {
                "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
                "allOf": [
                    {
                        "metricName": "RequestsPerMinute",
                        "operator": "GreaterThan",
                        "threshold": 0,
                        "timeAggregation": "Average",
                        "dimensions": [
                            {"name": "deployment", "operator": "Include", "values": ["*"]}
                        ],
                    }
                ],
            },
            "actions": [{"actionGroupId": GROUP.lower(), "webHookProperties": {"a": "b"}}],
        }
    }


def notice() -> AlertNotice:
    now = START
    recorder = Recorder(lambda: now)
    engine = AlertEngine(recorder)
    recorder.record("e", Outcome("green", 424, 500), 1.0)
    now = START + timedelta(minutes=1)
    assert engine.put(RULE, any_request_is_too_many())[0] == 201
    (fired,) = engine.evaluate_due(now)
    return fired


def in_scene(play: Callable[[Scene], Awaitable[None]], *statuses: int, scale: float = 1.0) -> None:
    async def run() -> None:
        async with scene(*statuses, scale=scale) as one:
            await play(one)

    asyncio.run(run())


def test_a_receiver_gets_the_common_schema_with_its_key_untouched() -> None:
    async def play(one: Scene) -> None:
        await one.groups.send(notice())
        (body,) = one.receiver.bodies
        assert body["schemaId"] == "azureMonitorCommonAlertSchema"
        assert body["data"]["customProperties"] == {"a": "b"}
        assert one.receiver.queries == ["code=a%2Fb%3D%3D"]
        assert one.groups.calls[0].delivered

    in_scene(play)


@pytest.mark.parametrize("status", [408, 429, 503, 504])
def test_busy_answers_are_retried_at_the_documented_times(status: int) -> None:
    async def play(one: Scene) -> None:
        await one.groups.send(notice())
        assert one.clock.waits == [5.0, 20.0, 5.0]
        assert one.groups.calls[0].answers == (status, status, status, 202)

    in_scene(play, status, status, status)


@pytest.mark.parametrize("status", [400, 401, 404, 500, 502])
def test_other_answers_are_final_and_silence_nothing(status: int) -> None:
    async def play(one: Scene) -> None:
        await one.groups.send(notice())
        await one.groups.send(notice())
        assert one.clock.waits == []
        assert [call.answers for call in one.groups.calls] == [(status,), (202,)]
        assert [call.delivered for call in one.groups.calls] == [False, True]

    in_scene(play, status)


def test_after_the_last_retry_the_receiver_is_left_alone_for_fifteen_minutes() -> None:
    async def play(one: Scene) -> None:
        await one.groups.send(notice())
        assert one.clock.waits == [5.0, 20.0, 5.0, 40.0, 5.0]
        one.clock.now += timedelta(minutes=14, seconds=59)
        await one.groups.send(notice())
        assert one.groups.calls[-1].silenced
        one.clock.now += timedelta(seconds=1)
        await one.groups.send(notice())
        assert one.groups.calls[-1].delivered
        assert len(one.receiver.bodies) == 7

    in_scene(play, *[503] * 6)


def test_a_demo_may_scale_every_wait() -> None:
    async def play(one: Scene) -> None:
        await one.groups.send(notice())
        assert one.clock.waits == [0.5, 2.0, 0.5, 4.0, 0.5]
        assert one.groups.schedule.silence == 90.0

    in_scene(play, *[503] * 6, scale=0.1)


def test_an_unreachable_receiver_counts_as_no_answer() -> None:
    async def play(one: Scene) -> None:
        one.groups.put(GROUP, group("http://127.0.0.1:1/nobody"))
        await one.groups.send(notice())
        assert one.groups.calls[0].answers == (None,) * 6

    in_scene(play)


def test_a_disabled_or_deleted_group_calls_no_receiver() -> None:
    async def play(one: Scene) -> None:
        assert one.groups.put(GROUP, group(one.url, enabled=False))[0] == 200
        await one.groups.send(notice())
        assert one.groups.get(GROUP.upper())[1]["name"] == "rollback"
        assert [one.groups.delete(GROUP)[0] for _ in range(2)] == [200, 204]
        assert one.groups.get(GROUP)[0] == 404
        await one.groups.send(notice())
        assert one.receiver.bodies == []

    in_scene(play)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "groupShortName"),
        (group("ftp://elsewhere"), "http(s) address"),
        (
            group(
                "http://a",
                webhookReceivers=[{"name": "w", "serviceUri": "http://a"}],
            ),
            "useCommonAlertSchema",
        ),
    ],
)
def test_a_bad_group_is_400_with_what_to_change(body: dict[str, Any], says: str) -> None:
    async def play(one: Scene) -> None:
        status, answer = one.groups.put(f"{GROUP}2", body)
        assert status == 400
        assert says in answer["error"]["message"]

    in_scene(play)


def test_the_loop_evaluates_and_sends_until_it_is_cancelled() -> None:
    async def play(one: Scene) -> None:
        recorder = Recorder(lambda: one.clock.now)
        engine = AlertEngine(recorder)
        arrived = asyncio.Event()

        async def send(told: AlertNotice) -> None:
            assert told.rule.name == "failures"
            arrived.set()

        engine.put(RULE, any_request_is_too_many())
        recorder.record("e", Outcome("green", 424, 500), 1.0)
        one.clock.now += timedelta(minutes=1)
        loop = asyncio.create_task(engine.run(send, loop_seconds=0.01))
        await asyncio.wait_for(arrived.wait(), 10)
        loop.cancel()
        with pytest.raises(asyncio.CancelledError):
            await loop

    in_scene(play)
