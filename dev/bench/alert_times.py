"""From an alert's POST to the traffic PUT at Resource Manager, beside the plain SDK's time.

Both run warm against the same local control plane, in turns. The local Azure's log of changes gives
the PUT's time, so neither side measures itself. Azure's own operation takes extra time in both
cases. `first_calls` has the alert that finds no process.
"""

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from demo.json_calls import call
from demo.local_cloud import APP_SETTINGS, LocalCloud
from demo.machine import measured
from demo.places import ENDPOINT
from dev.bench.alerts_sent import fired, last_write, put_after, roll_out, seen
from dev.bench.metering import environment_in_force, services_in
from dev.bench.timing import MS, cpu_of, spread

ALERTS = 9
RUNNING_UPDATES = 5
RUNNING_SECONDS = 0.3
"""How long Azure's operation takes, if it is still to run at the SDK's first poll."""
TARGET_MS = 40.0


@dataclass(frozen=True)
class Answered:
    """Seconds from the call to the PUT at Resource Manager, and to the call's return.

    `cpu`: CPU seconds of the app meanwhile, in steps of 10 ms: only their mean says something.
    """

    until_put: float
    until_return: float
    cpu: float | None = None


def report(console: Console, *, once: bool) -> bool:
    """Measure and print; return whether the target is met."""
    settings = {**APP_SETTINGS, "TICK_SCHEDULE": "*/2 * * * * *"}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        services = services_in(work / "services")
        options = ("--runtime", "instant")
        cloud_of = partial(LocalCloud, azure_options=options, app_settings=settings)
        with cloud_of(work / "cloud", services, machine=measured()) as cloud:
            roll_out(cloud, "1", "SUCCEEDED")
            turns, waited, cold = (1, 1, 0) if once else (ALERTS, RUNNING_UPDATES, 1)
            alerts, finished = [], []
            with _sdk(cloud) as client:
                # The first of each imports and connects: only what is warm is measured.
                for number in range(cold + turns):
                    alerts.append(alert(cloud, str(number + 2)))
                    finished.append(_sdk_update(cloud, client))
                cloud.control("PUT", "dials", {"endpoint_update": RUNNING_SECONDS}).expect(200)
                running = [_sdk_update(cloud, client) for _ in range(waited)]
    return _print(console, alerts[cold:], finished[cold:], running)


def alert(cloud: LocalCloud, version: str) -> Answered:
    """Bring a version to its bake, send an alert about it, and wait until it is rolled back."""
    rollout = roll_out(cloud, version, "BAKING")
    body = fired(cloud, str(rollout["candidate"]))
    url = f"{cloud.app['url']}/api/alerts"
    headers = {"x-functions-key": cloud.app["functionKey"]}
    before, pid = last_write(cloud), cloud.app_pid
    began, busy = datetime.now(UTC), cpu_of(pid)
    call("POST", url, body, headers=headers).expect(202)
    returned, used = datetime.now(UTC), cpu_of(pid) - busy
    until_put = (put_after(cloud, before) - began).total_seconds()
    seen(cloud, version, "ROLLED_BACK")
    return Answered(until_put, (returned - began).total_seconds(), used)


@contextmanager
def _sdk(cloud: LocalCloud) -> Iterator[Any]:
    with environment_in_force(cloud.environment()):
        from azure.ai.ml import MLClient  # noqa: PLC0415 - reads the environment when imported
        from azure.identity import ManagedIdentityCredential  # noqa: PLC0415

        settings = cloud.environment()
        yield MLClient(
            ManagedIdentityCredential(),
            settings["AZURE_SUBSCRIPTION_ID"],
            settings["AZURE_RESOURCE_GROUP"],
            settings["AZUREML_WORKSPACE_NAME"],
        )


def _sdk_update(cloud: LocalCloud, client: Any) -> Answered:
    """Set the traffic as the tutorials do. The weight stays: only the call is measured."""
    before = last_write(cloud)
    began = datetime.now(UTC)
    endpoint = client.online_endpoints.get(ENDPOINT)
    endpoint.traffic = dict(endpoint.traffic)
    client.online_endpoints.begin_create_or_update(endpoint).result()
    returned = datetime.now(UTC)
    until_put = (put_after(cloud, before) - began).total_seconds()
    return Answered(until_put, (returned - began).total_seconds())


def _print(
    console: Console, alerts: list[Answered], finished: list[Answered], running: list[Answered]
) -> bool:
    title = (
        "(b) From the call to the traffic PUT that Resource Manager sees, warm; "
        "median (least-most), ms"
    )
    table = Table(title=title, title_justify="left")
    for column in ("way", "runs", "PUT seen after", "call returns after", "CPU of the app, mean"):
        table.add_column(column, justify="left" if column == "way" else "right")
    rows = {
        "alert POST to this app": alerts,
        "MLClient get + begin_create_or_update().result()": finished,
        "the same, operation still running at the first poll": running,
    }
    for name, answered in rows.items():
        used = [one.cpu * MS for one in answered if one.cpu is not None]
        table.add_row(
            name,
            str(len(answered)),
            str(spread(one.until_put * MS for one in answered)),
            str(spread(one.until_return * MS for one in answered)),
            f"{statistics.mean(used):.0f}" if used else "",
        )
    console.print(table)
    console.print(
        f"target: the alert's median at most {TARGET_MS:.0f} ms. Running operations take "
        f"{RUNNING_SECONDS} s here and the local control plane asks for a poll every second; "
        "without such a request the SDK polls after 30 s.\n",
        soft_wrap=True,
    )
    return spread(one.until_put * MS for one in alerts).median <= TARGET_MS
