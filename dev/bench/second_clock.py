"""What the second clock costs: an hour of an idle app, with and without its timer, on the wire.

One instance runs the timer; another one is asked for health once a minute; a third one has a door
called every ten seconds, which watches the timer each time. Then the timer is dead, and the third
one does what the second clock's messages ask for.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from rich.console import Console

from dev.bench.idle_day import Serving, idle_services
from dev.bench.metering import Meter
from rollout.service import RolloutService

SERVICES = 10
HOUR, HOUR_ONCE = 60, 15
"""Minutes."""
SETTLING = 30
"""Minutes in which the rounds make what was never there."""
MINUTE = timedelta(minutes=1)
DOOR_EVERY = timedelta(seconds=10)
PUT_A_MESSAGE = "/messages"
QUEUE_CALLS_A_MESSAGE = 3
"""Put, get and delete; the host makes the latter two."""
SECOND_TICK = "the second clock's tick"
TURN = timedelta(seconds=45)
"""The target: no more than one message in this time, however many ask (ADR 43)."""


@dataclass(frozen=True)
class Others:
    """The instances in which the timer does not run."""

    probed: RolloutService
    called: RolloutService


@dataclass(frozen=True)
class Spent:
    """The requests of one part, by what caused them, and the messages put in the timer's place."""

    requests: Mapping[str, int]
    turns: int

    def __str__(self) -> str:
        return ", ".join(f"{count} {name}" for name, count in sorted(self.requests.items()))


def report(console: Console, *, once: bool) -> bool:
    """Count and print; return whether the target is met."""
    minutes = HOUR_ONCE if once else HOUR
    with idle_services(SERVICES, Serving()) as (place, started):
        ticking, others = started(), Others(started(), started())
        meter, begin = place.meter(), datetime.now(UTC)
        for minute in range(SETTLING):
            ticking.tick(begin + minute * MINUTE)
        start = begin + SETTLING * MINUTE
        alive = _played(meter, others, start, minutes, ticking.tick)
        dead = _played(meter, others, start + minutes * MINUTE, minutes, None)
    console.print(
        f"(k) {minutes} minutes of an app of {SERVICES} idle services. One instance is probed once "
        f"a minute, another one has a door called every {DOOR_EVERY.seconds} s. The timer runs: "
        f"{alive}. It is dead: {dead}; {dead.turns} messages in its place, each of "
        f"{QUEUE_CALLS_A_MESSAGE} queue calls (target: at most one in {TURN.seconds} s)\n",
        soft_wrap=True,
    )
    return alive.turns == 0 and 0 < dead.turns <= minutes * MINUTE / TURN


def _played(
    meter: Meter,
    others: Others,
    start: datetime,
    minutes: int,
    tick: Callable[[datetime], object] | None,
) -> Spent:
    requests: Counter[str] = Counter()
    turns = 0

    def counted(cause: str, call: Callable[[], object]) -> None:
        nonlocal turns
        position = len(meter.requests)
        with meter.attached():
            call()
        for one in meter.since(position):
            requests[f"{one.kind} by {cause}"] += 1
        put = any(
            one.kind == "queue" and one.method == "POST" and one.path.endswith(PUT_A_MESSAGE)
            for one in meter.since(position)
        )
        if put and cause != SECOND_TICK:
            turns += 1
            counted(SECOND_TICK, partial(others.called.second_tick, now))

    for step in range(minutes * (MINUTE // DOOR_EVERY)):
        now = start + step * DOOR_EVERY
        if step % (MINUTE // DOOR_EVERY) == 0:
            if tick is not None:
                counted("the tick", partial(tick, now))
            counted("health", partial(others.probed.health, now))
        counted("watching", partial(others.called.watch_timer, now))
    return Spent(requests, turns)
