"""What the first call of each kind costs a new process, beside a later one of the same kind.

A child loads the app with Microsoft's worker library alone and makes one kind of call several
times: the first must import what its door needs, build the app, connect and sign in. Kinds take
turns, each time in new children. An alert has its own row, on the local Functions host: from the
start of the process to the traffic PUT, beside an alert that finds the app warm.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from compileall import compile_dir
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from demo.json_calls import call
from demo.local_cloud import APP_SETTINGS, LocalCloud
from demo.machine import measured
from demo.places import MODEL, REPOSITORY, SERVICE
from dev.bench.alert_times import alert
from dev.bench.alerts_sent import fired, last_write, put_after, roll_out, seen
from dev.bench.json_child import JsonChild
from dev.bench.metering import environment_in_force, services_in
from dev.bench.timing import MS, Took, cpus, spread, walls
from localazure.event_grid.events import model_registered_event
from localazure.functions_host.process import functions_host_process
from rollout.adapters.storage.wakeups import WakeUp, format_wake_up
from rollout.ports import Commit
from rollout.settings import read_settings
from rollout.wiring import dependencies

ROUNDS = 3
WARM_CALLS = 5
WITHOUT_TICK = {"AzureWebJobs.tick.Disabled": "true"}
"""Nothing but the call that is measured warms the process."""
TICK = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": None, "IsPastDue": False}
LONG_BAKE = "3600s"
ADDRESS = "http://localhost/api"


@dataclass(frozen=True)
class FromStart:
    """Seconds from the process's start until it was ready, and from there to the traffic PUT."""

    ready: float
    until_put: float


class Child:
    """A new process with the app loaded and nothing called yet."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._child = JsonChild(("dev.bench.call_app", str(REPOSITORY)), environment, quiet=True)
        assert self._child.began["ready"]

    def call(self, asked: Mapping[str, Any]) -> Took:
        """Make one call, which must succeed."""
        answer = self._child.ask(asked)
        assert answer["error"] is None, answer
        assert answer["status"] in (None, 200, 202), answer
        return Took(answer["wall"], answer["cpu"])

    def end(self) -> None:
        """Let it end by itself."""
        self._child.end()


def report(console: Console, *, once: bool) -> bool:
    """Measure and print; there is no target: the figures are what they are."""
    cold: dict[str, list[Took]] = {}
    warm: dict[str, list[Took]] = {}
    from_start, warm_alerts = [], []
    rounds, calls, kinds = (1, 1, KINDS[:1]) if once else (ROUNDS, WARM_CALLS, KINDS)
    compile_dir(REPOSITORY / "rollout", quiet=2)  # as a deployed package is
    with tempfile.TemporaryDirectory() as folder, _cloud(Path(folder)) as cloud:
        roll_out(cloud, "1", "SUCCEEDED")
        versions = map(str, count(2))
        for turn in range(rounds):
            version = next(versions)
            rollout = roll_out(cloud, version, "BAKING")
            cloud.stop_app()
            settings = cloud.app_environment()
            for kind in kinds:
                first, *later = _calls(cloud, settings, kind, 1 + calls)
                cold.setdefault(kind, []).append(first)
                warm.setdefault(kind, []).extend(later)
            state = Path(folder) / f"host{turn}"
            from_start.append(_cold_alert(cloud, str(rollout["candidate"]), state))
            if not once:
                cloud.restart_app()
                seen(cloud, version, "ROLLED_BACK")
                alert(cloud, next(versions))  # it warms the app
                warm_alerts.append(alert(cloud, next(versions)).until_put)
    _print(console, cold, warm)
    _print_alerts(console, from_start, warm_alerts)
    return True


@contextmanager
def _cloud(work: Path) -> Iterator[LocalCloud]:
    services = services_in(work / "services", bake=LONG_BAKE)
    settings = {**APP_SETTINGS, "TICK_SCHEDULE": "*/2 * * * * *"}
    options = ("--runtime", "instant")
    cloud_of = partial(LocalCloud, azure_options=options, app_settings=settings)
    with cloud_of(work / "cloud", services, machine=measured()) as cloud:
        yield cloud


def _calls(cloud: LocalCloud, settings: Mapping[str, str], kind: str, calls: int) -> list[Took]:
    child = Child(settings)
    try:
        took = []
        for number in range(calls):
            _make_due(cloud)
            took.append(child.call(_asked(cloud, kind, number)))
        return took
    finally:
        child.end()


def _make_due(cloud: LocalCloud) -> None:
    """Take out of the row until when there is nothing to judge: each pass then makes its look."""
    settings = cloud.app_environment()
    with environment_in_force(settings):
        store = dependencies(read_settings(settings)).store
        stored = store.load(_endpoint(cloud))
        assert stored is not None
        store.commit(Commit(replace(stored.current, next_look=None), stored))


def _endpoint(cloud: LocalCloud) -> str:
    return f"{cloud.azure['workspaceId']}/onlineEndpoints/{SERVICE}-endpoint".lower()


def _asked(cloud: LocalCloud, kind: str, number: int) -> Mapping[str, Any]:
    def http(function: str, method: str, path: str, **more: object) -> Mapping[str, Any]:
        value = {"method": method, "url": f"{ADDRESS}/{path}", **more}
        return {"function": function, "kind": "http", "value": value}

    def order() -> Mapping[str, Any]:
        verb = ("pause", "resume")[number % 2]
        params = {"service": SERVICE, "verb": verb}
        body = {"reason": "a benchmark"}
        return http("command", "POST", f"rollouts/{SERVICE}/{verb}", params=params, body=body)

    def event() -> Mapping[str, Any]:
        """A version that is on trial already: read, matched, and nothing to do."""
        workspace = str(cloud.azure["workspaceId"])
        found = model_registered_event(workspace, MODEL, "2", moment=datetime.now(UTC))
        return {"function": "modelRegistered", "kind": "json", "value": json.dumps(found)}

    if kind == KINDS[0]:
        return {"function": "tick", "kind": "json", "value": json.dumps(TICK)}
    if kind == KINDS[1]:
        text = format_wake_up(WakeUp((_endpoint(cloud),)))
        return {"function": "work", "kind": "string", "value": text}
    if kind == KINDS[2]:
        return event()
    if kind == KINDS[3]:
        return order()
    if kind == KINDS[4]:
        return http("showRollout", "GET", f"rollouts/{SERVICE}", params={"service": SERVICE})
    return http("listRollouts", "GET", "rollouts")


KINDS = (
    "tick",
    "work: a look of a bake",
    "event: a version known already",
    "order: pause or resume",
    "show",
    "list",
)


def _cold_alert(cloud: LocalCloud, candidate: str, state: Path) -> FromStart:
    """Start a new app while the candidate bakes, and send it an alert at once."""
    body = fired(cloud, candidate)
    settings = {**cloud.app_environment(), **WITHOUT_TICK}
    before, began = last_write(cloud), datetime.now(UTC)
    with functions_host_process(REPOSITORY, settings, state) as host:
        ready = datetime.now(UTC)
        headers = {"x-functions-key": host.ready["functionKey"]}
        call("POST", f"{host.ready['url']}/api/alerts", body, headers=headers).expect(202)
        put = put_after(cloud, before)
    return FromStart((ready - began).total_seconds(), (put - ready).total_seconds())


def _print(
    console: Console, cold: Mapping[str, list[Took]], warm: Mapping[str, list[Took]]
) -> None:
    runs = len(cold[KINDS[0]])
    title = f"(g) First calls of {runs} new processes each, and later; median (least-most), ms"
    table = Table(title=title, title_justify="left")
    for column in (
        "kind",
        "first, CPU",
        "later, CPU",
        "first, by the clock",
        "later, by the clock",
    ):
        table.add_column(column, justify="left" if column == "kind" else "right")
    for kind, first in cold.items():
        later = warm[kind]
        shown = (cpus(first), cpus(later), walls(first), walls(later))
        table.add_row(kind, *map(str, shown))
    console.print(table)


def _print_alerts(console: Console, starts: list[FromStart], warm: list[float]) -> None:
    whole = spread((one.ready + one.until_put) * MS for one in starts)
    after = spread(one.until_put * MS for one in starts)
    beside = str(spread(one * MS for one in warm)) if warm else "not measured"
    console.print(
        f"An alert that finds no process: {whole} ms from the start of the local host to the "
        f"traffic PUT, {after} of it after the alert's POST; one that finds the app warm: {beside}"
        ". What Azure needs to give the process a machine comes on top.\n",
        soft_wrap=True,
    )
