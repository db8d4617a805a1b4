"""A raise and a rollback at once: how often the raise comes after it, how late, and until when.

Two processes run the app's own service and adapters on one row, against Azurite and the local
control plane. One makes the pass that raises the candidate, the other takes an alert at some moment
of that pass. The control plane's log of changes says when the traffic PUT was taken, so neither
side measures itself; all of them read one clock.

A raise is *late* if its PUT was taken after storage had carried the rollback's commit out, which
the row's ETag says. The *window* is the time from the begin of the last check of the row to the
PUT: only a rollback that commits in it can be overtaken. In the second part the rollback commits in
the window each time, and wake-ups are then carried out as they become due, until the traffic is
back.
"""

import random
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from demo.local_cloud import LocalCloud
from dev.bench.metering import ENDPOINT_SPLIT_OPERATION
from dev.bench.racing_rows import Rows, racing
from dev.bench.racing_services import Alerted, OtherProcess, Span, Worker, worker

RACES, RACES_ONCE = 10_000, 8
FORCED, FORCED_ONCE = 20, 1
ENDPOINTS, ENDPOINTS_ONCE = 40, 4
RACING_OPERATION_SECONDS = 0.3
OPERATIONS_SECONDS = (0.0, 4.0)
"""How long Azure's operation takes in the second part."""
SPREAD = 1.3
"""Alerts come evenly over this many times the usual pass up to its PUT."""
BACK_SECONDS = 120.0
SETTLE_SECONDS = 0.5
LOOK_SECONDS = 0.05
TICK_SECONDS = 60.0
FIRST_PUT_SECONDS = 0.1
LATEST = 20
"""So many passes and alerts say how long they take at present."""
SEED = 14
MS = 1000
TARGET_LATE_SHARE, TARGET_RAISED_SHARE = 0.05, 0.10


@dataclass(frozen=True)
class Race:
    """One race; moments and lengths in seconds.

    `put` is how long after its begin the pass's PUT was taken (None: nothing was raised), `window`
    how long before that the last check began, `late` how long before it the rollback was saved
    (None: it was saved later).
    """

    saves: bool
    put: float | None = None
    window: float = 0.0
    late: float | None = None


def report(console: Console, *, once: bool) -> bool:
    """Measure and print; return whether the target is met."""
    races, forced = (RACES_ONCE, FORCED_ONCE) if once else (RACES, FORCED)
    endpoints = ENDPOINTS_ONCE if once else ENDPOINTS
    with (
        tempfile.TemporaryDirectory() as folder,
        racing(Path(folder), endpoints) as (cloud, environment, rows),
    ):
        other = OtherProcess(environment)
        try:
            ran = _raced(cloud, worker(environment), rows, other, races)
            met = _print_races(console, ran)
            _prepare(rows)
            for number, seconds in enumerate(OPERATIONS_SECONDS):
                _operation_takes(cloud, seconds)
                some = list(rows.seen)[number * forced : (number + 1) * forced]
                back = _corrected(cloud, environment, rows, other, some)
                _print_back(console, seconds, back)
        finally:
            other.end()
    return met


def _raced(
    cloud: LocalCloud, mine: Worker, rows: Rows, other: OtherProcess, races: int
) -> list[Race]:
    """Run so many races, a round of all endpoints at a time."""
    chance = random.Random(SEED)  # noqa: S311 - moments, not secrets
    _operation_takes(cloud, RACING_OPERATION_SECONDS)
    position = _position(cloud)
    puts: list[float] = []
    leads: list[float] = []
    ran: list[Race] = []
    while len(ran) < races:
        _prepare(rows)
        position = _position(cloud, position)
        spans = []
        for number, endpoint in enumerate(rows.seen):
            usual = statistics.median(puts[-LATEST:]) if puts else FIRST_PUT_SECONDS
            mine.store.checks.clear()
            # Alerts take a while to be saved: their commits come evenly over the pass.
            lead = statistics.median(leads[-LATEST:]) if leads else 0.0
            ordered = time.time()
            begins = ordered + chance.uniform(0, SPREAD * usual)
            other.alert(endpoint, rows.candidate, begins)
            time.sleep(lead)
            begun = time.time()
            mine.service.work(endpoint, datetime.now(UTC), None)
            answered = other.answered()
            spans.append((endpoint, begun, begins, tuple(mine.store.checks), answered, number))
        raised = _raises(cloud, position, rows.candidate)
        for endpoint, begun, begins, checks, alerted, number in spans:
            race = _judged(
                begun,
                checks,
                alerted,
                raised.get(endpoint.rpartition("/")[2]),
                saves=number % 2 == 0,
            )
            ran.append(race)
            puts += [] if race.put is None else [race.put]
            if alerted.commit is not None:
                leads.append(alerted.commit.stored - begins)
        mine.wake_ups.take()
        time.sleep(RACING_OPERATION_SECONDS + SETTLE_SECONDS)
    return ran[:races]


def _prepare(rows: Rows) -> None:
    for number, endpoint in enumerate(rows.seen):
        rows.prepare(endpoint, saves=number % 2 == 0)
    # Putting the traffic there is an operation of Azure too.
    time.sleep(RACING_OPERATION_SECONDS + SETTLE_SECONDS)


def _judged(
    begun: float, checks: Sequence[Span], alerted: Alerted, put: float | None, *, saves: bool
) -> Race:
    if put is None or alerted.commit is None:
        return Race(saves)
    last = max(check.begun for check in checks if check.begun < put)
    late = put - alerted.commit.stored
    return Race(saves, put - begun, put - last, late if late > 0 else None)


def _corrected(
    cloud: LocalCloud,
    environment: Mapping[str, str],
    rows: Rows,
    other: OtherProcess,
    endpoints: Sequence[str],
) -> list[float]:
    """Have the rollback commit in the window each time; return how long each raise stood."""

    def meanwhile(endpoint: str) -> None:
        other.alert(endpoint, rows.candidate, time.time())
        other.committed()

    mine = worker(environment, meanwhile=meanwhile)
    chance = random.Random(SEED)  # noqa: S311 - moments, not secrets
    stood = []
    for endpoint in endpoints:
        # The timer's next tick, whenever it is.
        mine.wake_ups.put(time.time() + chance.uniform(0, TICK_SECONDS), endpoint)
        stood.append(_stood_for(cloud, mine, rows, other, endpoint))
    return stood


def _stood_for(
    cloud: LocalCloud, mine: Worker, rows: Rows, other: OtherProcess, endpoint: str
) -> float:
    """Have one raise overtaken, carry out what is due until it is taken back, and time that."""
    position = _position(cloud)
    mine.service.work(endpoint, datetime.now(UTC), None)
    mine.wake_ups.waiting += other.answered().wake_ups
    end = time.time() + BACK_SECONDS
    while time.time() < end:
        mine.carry_out()
        stood = _stood(cloud, position, rows.candidate)
        if None not in stood:
            mine.wake_ups.take()
            return sum(each for each in stood if each is not None)
        time.sleep(LOOK_SECONDS)
    raise TimeoutError("a raise that came late was not taken back")


def _operation_takes(cloud: LocalCloud, seconds: float) -> None:
    cloud.control("PUT", "dials", {"traffic_update": seconds}).expect(200)


def _position(cloud: LocalCloud, at_least: int = 0) -> int:
    """How many changes were made."""
    return at_least + len(cloud.control("GET", f"writes?since={at_least}").expect(200))


def _traffic_writes(cloud: LocalCloud, position: int) -> list[Mapping[str, Any]]:
    writes = cloud.control("GET", f"writes?since={position}").expect(200)
    return [write for write in writes if write["operation"] == ENDPOINT_SPLIT_OPERATION]


def _raises(cloud: LocalCloud, position: int, candidate: str) -> dict[str, float]:
    """When the candidate was raised, by the endpoint's name."""
    return {
        str(write["resource"]): datetime.fromisoformat(write["at"]).timestamp()
        for write in _traffic_writes(cloud, position)
        if write["after"]["traffic"].get(candidate, 0)
        > write["before"]["traffic"].get(candidate, 0)
    }


def _stood(cloud: LocalCloud, position: int, candidate: str) -> list[float | None]:
    """How long each raise stood, from its PUT to the one that took it back; None: it stands."""
    raised: dict[str, float] = {}
    stood: dict[str, float | None] = {}
    for write in _traffic_writes(cloud, position):
        name, at = str(write["resource"]), datetime.fromisoformat(write["at"]).timestamp()
        if candidate not in write["after"]["traffic"]:
            if name in raised:
                stood[name] = at - raised.pop(name)
        elif write["after"]["traffic"][candidate] > write["before"]["traffic"].get(candidate, 0):
            raised[name] = at
            stood[name] = None
    return list(stood.values())


def _print_races(console: Console, ran: Sequence[Race]) -> bool:
    title = f"(r) {len(ran):,} raises, each with an alert at some moment of its pass; in ms"
    table = Table(title=title, title_justify="left")
    columns = ("last check", "races", "raised", "late", "share", "window", "p99", "most", "late by")
    for column in (*columns, "p99", "most"):
        table.add_column(column, justify="left" if column == "last check" else "right")
    for name, saves in (("at a commit", True), ("at a read", False)):
        same = [race for race in ran if race.saves is saves]
        raised = [race.window for race in same if race.put is not None]
        late = [race.late for race in same if race.late is not None]
        table.add_row(
            name,
            f"{len(same):,}",
            f"{len(raised):,}",
            f"{len(late):,}",
            f"{len(late) / max(1, len(same)):.2%}",
            *_shown(raised),
            *_shown(late),
        )
    console.print(table)
    console.print(
        f"target: at most {TARGET_LATE_SHARE:.0%} late, of races of which at least "
        f"{TARGET_RAISED_SHARE:.0%} raised: where nothing is raised, nothing can be late\n"
    )
    few_late = sum(race.late is not None for race in ran) <= TARGET_LATE_SHARE * len(ran)
    return few_late and sum(race.put is not None for race in ran) >= TARGET_RAISED_SHARE * len(ran)


def _shown(seconds: Sequence[float]) -> tuple[str, str, str]:
    """Median, 99th percentile and most, in milliseconds."""
    if not seconds:
        return "-", "-", "-"
    ordered = sorted(seconds)
    last = ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]
    return tuple(f"{each * MS:.1f}" for each in (statistics.median(ordered), last, ordered[-1]))  # type: ignore[return-value]


def _print_back(console: Console, seconds: float, stood: Sequence[float]) -> None:
    if not stood:
        console.print(f"operation of {seconds:g} s: no raise was taken after the rollback")
        return
    console.print(
        f"operation of {seconds:g} s: {len(stood)} raises overtook a rollback; they stood for "
        f"{statistics.median(stood):.2f} s (median), {min(stood):.2f} to {max(stood):.2f} s",
        soft_wrap=True,
    )
