"""Writes the tables of routes in localazure/README.md: `python -m dev.localazure_routes`.

The routes are taken from the servers themselves, made but not started: those of Resource Manager
are recorded as they are mounted, those of aiohttp applications are read from their routers. What a
call of the control surface does is said by its handler's docstring.
"""

import inspect
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from aiohttp import web

from localazure.arm.arm import Arm
from localazure.arm.endpoint_routes import EndpointRoutes
from localazure.arm.route_table import (
    WORKSPACE,
    mount_assets,
    mount_endpoints,
    mount_workspace,
)
from localazure.arm.router import Handler, Router
from localazure.arm.workspace_routes import WorkspaceRoutes
from localazure.event_grid.topic import CustomTopics
from localazure.identity import TokenAuthority
from localazure.logs.query_api import QueryApi
from localazure.logs.traffic_log import TrafficLog
from localazure.monitor.alert_rules import AlertEngine
from localazure.monitor.annotations import Annotations
from localazure.monitor.recorder import Recorder
from localazure.receivers.application import Receivers
from localazure.scoring.data_plane import DataPlane
from localazure.stack.control import Control
from localazure.stack.endpoint_views import WorldEndpoints
from localazure.stack.instant_models import InstantModels
from localazure.stack.monitor_routes import mount_annotations, mount_metrics, mount_resources
from localazure.stack.stack import TOKEN_PATH
from localazure.world import World
from localazure.world.names import PROVIDER

if TYPE_CHECKING:
    from localazure.stack.parts import Parts

TARGET = Path(__file__).resolve().parent.parent / "localazure" / "README.md"
BEGIN, END = "<!-- routes: begin -->", "<!-- routes: end -->"
COMMAND = "python -m dev.localazure_routes"
ABBREVIATED = "WORKSPACE"
ALERT_RESOURCES = ("metricAlerts", "actionGroups")
_ANY_METHOD = "*"


@dataclass(frozen=True)
class ArmRoute:
    """A call of Resource Manager: `name` is for fault rules, `action` for restricted rights."""

    method: str
    path: str
    name: str
    action: str


class _RecordingRouter(Router):
    """Notes what is mounted. The real router keeps patterns, from which no path can be read."""

    def __init__(self) -> None:
        super().__init__()
        self.mounted: list[ArmRoute] = []

    def mount(
        self, method: str, template: str, name: str, action: str | None, handler: Handler
    ) -> None:
        super().mount(method, template, name, action, handler)
        self.mounted.append(ArmRoute(method, template, name, action or ""))


class _RecordingArm(Arm):
    """A control plane that hands on what other services mount on it."""

    def __init__(self, world: World, router: Router) -> None:
        super().__init__(world)
        self._recording = router

    def mount(
        self, method: str, template: str, name: str, action: str | None, handler: Handler
    ) -> None:
        self._recording.mount(method, template, name, action, handler)


def arm_routes() -> list[ArmRoute]:
    """Every call of Resource Manager and Azure Monitor, sorted by path and method."""
    world, router, recorder = World(), _RecordingRouter(), Recorder()
    mount_workspace(router, WorkspaceRoutes(world, None))
    mount_assets(router, world)
    mount_endpoints(router, EndpointRoutes(world, timedelta(0), None))
    arm = _RecordingArm(world, router)
    mount_metrics(arm, recorder)
    mount_annotations(arm, Annotations())
    for kind in ALERT_RESOURCES:
        mount_resources(arm, kind, AlertEngine(recorder))
    return sorted(router.mounted, key=lambda route: (route.path, route.method))


def data_routes() -> Iterator[tuple[str, web.AbstractRoute]]:
    """Every route of the other servers that imitate something of Azure, with the server's name."""
    world, recorder = World(), Recorder()
    arm = Arm(world)
    chance = random.Random(0)  # noqa: S311 - splits no traffic here
    scoring = DataPlane(WorldEndpoints(world), InstantModels(chance), recorder)
    traffic = TrafficLog(recorder, world.workspace)
    logs = QueryApi(traffic, TokenAuthority(), arm.faults, arm.access)
    topics = web.Application()
    topics.add_routes(CustomTopics().routes())
    for server, application in (
        ("scoring", scoring.application()),
        ("Log Analytics", logs.application()),
        ("Event Grid topic", topics),
        ("receivers", Receivers().application()),
    ):
        for route in _served(application):
            yield server, route


def control_routes() -> Iterator[web.AbstractRoute]:
    """Every route of the control surface."""
    # These add routes of their own; the other parts are not looked at before a call.
    parts = cast("Parts", SimpleNamespace(topics=CustomTopics(), receivers=Receivers()))
    return _served(Control(parts, 1.0).application())


def tables() -> str:
    """The whole text between the two markers."""
    return "\n".join([*_arm_table(), "", *_data_table(), "", *_control_table()])


def with_tables(page: str) -> str:
    """Return the page with what stands between the markers replaced.

    Raises:
        ValueError: a marker is missing.
    """
    before, _, rest = page.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"localazure/README.md needs {BEGIN} and, below it, {END}")
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


def _arm_table() -> Iterator[str]:
    yield "### Resource Manager and Azure Monitor"
    yield ""
    yield _row("method", "path", "name in fault rules", "action")
    yield _row(*["---"] * 4)
    for route in arm_routes():
        path = route.path.replace(WORKSPACE, ABBREVIATED)
        action = route.action.removeprefix(f"{PROVIDER}/")
        yield _row(route.method, f"`{path}`", f"`{route.name}`", f"`{action}`")
    yield ""
    yield f"`{ABBREVIATED}` is `{WORKSPACE}`."
    yield f"Actions that name no provider begin with `{PROVIDER}/`."


def _data_table() -> Iterator[str]:
    yield "### Scoring, logs, events and tokens"
    yield ""
    yield _row("server", "method", "path")
    yield _row(*["---"] * 3)
    for server, route in data_routes():
        yield _row(server, route.method, f"`{_path(route)}`")
    yield _row("identity", "GET", f"`{TOKEN_PATH}`, beside Resource Manager")


def _control_table() -> Iterator[str]:
    yield "### Control surface"
    yield ""
    yield _row("method", "path", "what it does, or the body it takes")
    yield _row(*["---"] * 3)
    for route in control_routes():
        text = " ".join((inspect.getdoc(route.handler) or "").split())
        yield _row(route.method, f"`{_path(route)}`", text)


def _served(application: web.Application) -> Iterator[web.AbstractRoute]:
    """Routes in the order they are tried, without the HEAD that aiohttp adds to every GET."""
    for route in application.router.routes():
        if route.method not in {_ANY_METHOD, "HEAD"}:
            yield route


def _path(route: web.AbstractRoute) -> str:
    return "" if route.resource is None else route.resource.canonical


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '\\|') for cell in cells)} |"


if __name__ == "__main__":
    TARGET.write_text(with_tables(TARGET.read_text(encoding="utf-8")), encoding="utf-8")
