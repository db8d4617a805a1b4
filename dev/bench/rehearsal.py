"""What the rehearsal of the way back costs: a start with it and one without, on the wire.

Counted from the offer up to the PUT that creates the candidate: what follows is the same.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from unittest import mock

from rich.console import Console

from dev.bench.metering import Request, register
from dev.bench.storage_counts import (
    QUEUE_CALLS_A_MESSAGE,
    Metered,
    ended,
    is_traffic_put,
    metered_service,
)
from rollout.core.machine import before_traffic
from rollout.core.records.phases import Phase

DEPLOYMENTS = "/deployments/"
PUTS = 1
"""The target: so many writes more."""


def report(console: Console, *, once: bool) -> bool:
    """Count and print; return whether the target is met. Counting once is all there is."""
    del once
    said = StringIO()  # the SDK prints its progress
    with redirect_stdout(said), redirect_stderr(said), tempfile.TemporaryDirectory() as folder:
        looks, spent = _counted(Path(folder))
    more = {kind: number - spent[1].get(kind, 0) for kind, number in spent[0].items()}
    listed = ", ".join(f"{number} {kind}" for kind, number in sorted(more.items()) if number)
    console.print(
        f"(l) A start with the rehearsal ({looks[0]} looks) makes these requests more than one "
        f"without ({looks[1]} looks), up to the candidate's PUT: {listed}; each message is "
        f"{QUEUE_CALLS_A_MESSAGE} queue calls (target: {PUTS} PUT of the endpoint)\n",
        soft_wrap=True,
    )
    return more[_PUT] == PUTS


_PUT = "PUT of the endpoint"


def _counted(work: Path) -> tuple[Sequence[int], Sequence[Mapping[str, int]]]:
    with metered_service(work) as (metered, cloud):
        for version in ("1", "2", "3"):
            register(cloud, version)
        metered.roll_out("1", ended)
        metered.roll_out("2", ended)
        with_it = _until_creation(metered, lambda: metered.roll_out("3", _created))
        metered.roll_out("3", ended)
        register(cloud, "4")
        with mock.patch.object(before_traffic, "to_rehearse", return_value=False):
            without = _until_creation(metered, lambda: metered.roll_out("4", _created))
    return (with_it[0], without[0]), (with_it[1], without[1])


def _created(current: object) -> bool:
    return getattr(current, "phase", None) is not Phase.CREATING


def _until_creation(metered: Metered, act: Callable[[], None]) -> tuple[int, Mapping[str, int]]:
    position, counted = len(metered.meter.requests), len(metered.counts)
    act()
    requests = metered.meter.since(position)
    end = next(i for i, one in enumerate(requests) if _creates(one))
    return len(metered.counts) - counted, Counter(_kind(one) for one in requests[:end])


def _creates(request: Request) -> bool:
    return request.kind == "arm" and request.method == "PUT" and DEPLOYMENTS in request.path


def _kind(request: Request) -> str:
    if is_traffic_put(request):
        return _PUT
    return f"{request.kind} {'read' if request.method == 'GET' else request.method}"
