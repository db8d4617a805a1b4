"""Ten thousand endpoints, and a restart each hour: each is looked at within the stated period."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from rollout.adapters.azure_ml.request_limits import Kind, RequestLimits, subscription_of
from rollout.adapters.azure_ml.request_limits import Limits as ArmLimits
from rollout.adapters.azure_ml.turns import LimitedTurns
from rollout.core.records.rounds import RoundKind
from rollout.ports import Stored
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.directory import Directory
from rollout.service.leftovers import Leftovers
from rollout.service.retention import Pruner
from rollout.service.rounds import Job, Rounds
from rollout.service.sweeping import FullSweep, LiveSweep, Looking
from tests.support.stories.farm import MINUTE, Farm

ENDPOINTS = 10_000
AT_ONCE = 8
"""The app reads so many at the same time; here one after another, each in its share of the time."""

SECONDS = {"store": 0.015 / AT_ONCE, "endpoints": 0.1 / AT_ONCE, "deployments": 0.1 / AT_ONCE}
"""What a call takes: a read of a table as on a busy account, one of Resource Manager as usual."""

Make = Callable[[Dependencies, Limits, Directory], Job]


def _live(ports: Dependencies, limits: Limits, directory: Directory) -> Job:
    return LiveSweep(ports, limits, directory, Looking(ports, limits))


def _full(ports: Dependencies, limits: Limits, directory: Directory) -> Job:
    return FullSweep(ports, limits, directory, Looking(ports, limits))


class Looks:
    """The longest time between two looks at each endpoint, by the calls that look."""

    def __init__(self, began: datetime) -> None:
        self._began = began
        self._last: dict[str, datetime] = {}
        self.longest = timedelta(0)

    def note(self, endpoint: str, now: datetime) -> None:
        self.longest = max(self.longest, now - self._last.get(endpoint, self._began))
        self._last[endpoint] = now

    def ended(self, now: datetime) -> int:
        """Return how many endpoints were looked at; those that wait still count too."""
        self.longest = max([self.longest, *(now - at for at in self._last.values())])
        return len(self._last)


@pytest.mark.parametrize(
    ("make", "within", "simulated"),
    [
        (_live, Limits.sweep_live.within, timedelta(hours=2)),
        (_full, Limits.sweep_all.within, timedelta(hours=7)),
        (Leftovers, Limits.clean.within, timedelta(hours=3)),
        (Pruner, Limits.prune.within, timedelta(days=2)),
    ],
    ids=list(RoundKind),
)
def test_ten_thousand_endpoints_come_within_the_period_although_processes_live_an_hour(
    make: Make, within: timedelta, simulated: timedelta
) -> None:
    farm = Farm(ENDPOINTS, SECONDS)
    if make is _live:
        farm.live(farm.names)
    began = farm.clock.now
    looks = Looks(began)
    load = farm.store._load

    def noted(endpoint: str) -> Stored | None:
        looks.note(endpoint, farm.clock.now)
        return load(endpoint)

    farm.store._load = noted  # type: ignore[method-assign]  # below the seam, which has no names
    rounds, seen = Rounds(farm.ports, farm.limits, []), 0
    for minute in range(simulated // MINUTE):
        if minute % 60 == 0:
            # An hour's end is no moment of a round's: restarts fall into the middle of some.
            rounds = Rounds(
                farm.ports, farm.limits, [make(farm.ports, farm.limits, farm.directory)]
            )
        farm.clock.by(MINUTE)
        if rounds.unsaved:
            rounds.mark(farm.clock.now)
        rounds.run(farm.clock.now)
        if make is Leftovers:
            for endpoint in farm.endpoints.looked[seen:]:
                looks.note(endpoint, farm.clock.now)
            seen = len(farm.endpoints.looked)
    assert looks.ended(farm.clock.now) == ENDPOINTS
    assert looks.longest <= within
    assert not farm.log.attentions


def test_an_idle_day_of_a_thousand_services_costs_few_transactions() -> None:
    farm = Farm(1000, SECONDS)
    farm.finished(farm.names)
    farm.tick()
    farm.seam.calls.clear()
    for minute in range(24 * 60):
        if minute % 240 == 7:
            farm.restart()
        farm.tick()
    calls = {
        name: count
        for name, count in sorted(farm.seam.calls.items())
        if name.startswith(("store.", "deliveries."))
    }
    assert sum(calls.values()) <= 20_000, calls
    assert calls["store.load"] >= 9 * 1000, "each is swept within three hours, and pruned"
    assert farm.seam.calls["endpoints.get"] >= 24 * 1000, "each is searched within the hour"
    assert not farm.log.attentions


def test_the_search_for_leftovers_leaves_looks_and_ways_back_their_requests() -> None:
    quick = {"endpoints": 0.02 / AT_ONCE, "deployments": 0.02 / AT_ONCE}
    farm = Farm(ENDPOINTS, SECONDS | quick)
    began = 0.0

    def seconds() -> float:
        return farm.clock.now.timestamp() + farm.stopwatch.now - began

    limits = RequestLimits(clock=seconds)
    ports = replace(farm.ports, turns=LimitedTurns(limits, clock=seconds))
    subscription = subscription_of(farm.limits.workspace) or ""
    least: list[float] = []

    def counted(name: str) -> None:
        if name in {"endpoints.get", "deployments.list"}:
            with limits.counted("GET", farm.endpoint(farm.names[0])):
                least.append(limits._buckets[subscription, Kind.READS].left)

    farm.seam.before.append(counted)
    job = Leftovers(ports, farm.limits, farm.directory)
    rounds = Rounds(ports, farm.limits, [job])
    for _ in range(Limits.clean.within // MINUTE):
        farm.clock.by(MINUTE)
        began = farm.stopwatch.now
        rounds.mark(farm.clock.now)
        rounds.run(farm.clock.now)
    assert len(set(farm.endpoints.looked)) == ENDPOINTS
    assert min(least) >= ArmLimits().reads.size * ArmLimits().reserved
    assert not farm.log.attentions
