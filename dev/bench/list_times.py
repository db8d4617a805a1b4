"""How long the list of 1,000 services takes, in one process, against Azurite.

A bundle of that many services on disk, and a baking rollout of each in the tables. The targets are
the whole time of a list, and its ratio to a bare query of the same rows in the same run: what this
app adds to what the store and its SDK take.
"""

import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from demo.places import SERVICE, SERVICE_FOLDER
from localazure.azurite import Azurite
from rollout.adapters.storage.storage_clients import StorageAccount, ensure_created, table_client
from rollout.adapters.storage.summary_rows import summary_entity
from rollout.adapters.storage.table_keys import SUMMARY_PARTITION
from rollout.addresses import ENDPOINTS, workspace_id
from rollout.core.overview.standing import standing
from rollout.core.policy.model import Policy, Stage
from rollout.core.records.offers import Release
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Baking, Clock, Current, Rollout, Seen
from rollout.inbound.summary_views import FORM, SummaryViews, list_text
from rollout.ports import SummaryRow
from rollout.wiring import RunningApp, build_app

SERVICES, SERVICES_ONCE = 1000, 20
REPEATS = 15
A_TRANSACTION = 100
TARGET_MS, TARGET_RATIO = 300.0, 2.0
AT = datetime(2026, 1, 1, tzinfo=UTC)
BAKE = timedelta(minutes=10)
WORKSPACE = {
    "AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000000",
    "AZURE_RESOURCE_GROUP": "rg-ml",
    "AZUREML_WORKSPACE_NAME": "ws",
}


def report(console: Console, *, once: bool) -> bool:
    """Measure and print; return whether both targets are met."""
    count, repeats = (SERVICES_ONCE, 1) if once else (SERVICES, REPEATS)
    with _listed(count) as (app, query):
        _list(app, count)  # the first one reads the bundle
        bare, listed, size = [], [], 0
        for _ in range(repeats):
            bare.append(_ms(query))
            listed.append(_ms(lambda: _list(app, count)))
            size = _list(app, count)
    whole, alone = statistics.median(listed), statistics.median(bare)
    console.print(
        f"(f) The list of {count:,} services, {size / 2**20:.1f} MiB: {whole:.0f} ms (target: at "
        f"most {TARGET_MS:.0f}); a bare query of the same rows: {alone:.0f} ms, ratio "
        f"{whole / alone:.2f} (target: at most {TARGET_RATIO:g})\n"
    )
    return whole <= TARGET_MS and whole / alone <= TARGET_RATIO


@contextmanager
def _listed(count: int) -> Iterator[tuple[RunningApp, Callable[[], object]]]:
    with tempfile.TemporaryDirectory() as folder, Azurite() as azurite:
        storage = azurite.account.connection_string
        bundle = _bundle(Path(folder), count)
        app = build_app({**WORKSPACE, "AzureWebJobsStorage": storage, "SERVICES_BUNDLE": bundle})
        with table_client(StorageAccount(storage), app.settings.live_table) as live:
            ensure_created(live)
            rows = [("create", summary_entity(_summary(app, name))) for name in _names(count)]
            for first in range(0, count, A_TRANSACTION):
                live.submit_transaction(rows[first : first + A_TRANSACTION])
            partition = {"partition": SUMMARY_PARTITION}
            yield (
                app,
                lambda: list(
                    live.query_entities("PartitionKey eq @partition", parameters=partition)
                ),
            )


def _ms(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - began)


def _list(app: RunningApp, count: int) -> int:
    """Return the size of the answer in bytes."""
    page = app.service.page("", count, AT + BAKE)
    body = list_text(page.views, page.after).encode()
    assert len(page.views) == count
    return len(body)


def _names(count: int) -> list[str]:
    return [f"service-{number:04}" for number in range(count)]


def _bundle(folder: Path, count: int) -> str:
    policy = (SERVICE_FOLDER / "rollout.yaml").read_text()
    for name in _names(count):
        shutil.copytree(SERVICE_FOLDER, folder / name)
        named = policy.replace(f"service: {SERVICE}", f"service: {name}")
        named = named.replace(f"endpoint: {SERVICE}-endpoint", f"endpoint: {name}")
        (folder / name / "rollout.yaml").write_text(named)
    return str(folder)


def _summary(app: RunningApp, name: str) -> SummaryRow:
    endpoint = f"{workspace_id(app.settings.workspace)}{ENDPOINTS}{name}".lower()
    stages = (Stage(10, BAKE), Stage(50, BAKE), Stage(100, BAKE))
    policy = Policy(name, name, "model", stages=stages)
    rollout = Rollout(
        id="20260101T000000000000Z-0001",
        service=name,
        release=Release("model", "7", "digest"),
        candidate="green-7",
        stable="blue-6",
        policy=policy,
        bundle_digest="bundle",
        phase=Phase.BAKING,
        stage=0,
        since=AT,
        started_at=AT,
        phase_clock=Clock(AT),
        deadline_clock=Clock(AT),
        baking=Baking(AT, evidence="candidate 0 of 71 failed; harm 0.9:1 of 100:1 (errors)"),
        seen=Seen(endpoint=True, at=AT, split={"blue-6": 90, "green-7": 10}),
    )
    current = Current(endpoint, name, AT, rollout)
    text = SummaryViews().text(name, endpoint, current, AT)
    assert json.loads(text)["service"] == name
    return SummaryRow(name, endpoint, standing(current), FORM, AT, AT, live=True, text=text)
