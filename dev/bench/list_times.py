"""How long the list of 1,000 services takes, in one process, against Azurite.

A bundle of that many services on disk, and a baking rollout of each in the tables. The targets are
the whole time of a list, and its ratio to a bare query of the same rows in the same run: what this
app adds to what the store and its SDK take.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from dev.bench.many_services import AT, BAKE, WORKSPACE, names, summary, write_bundle
from dev.bench.timing import Took, cpus, timed, walls
from localazure.azurite import Azurite
from rollout.adapters.storage.storage_clients import StorageAccount, ensure_created, table_client
from rollout.adapters.storage.summary_rows import summary_entity
from rollout.adapters.storage.table_keys import SUMMARY_PARTITION
from rollout.inbound.summary_views import list_text
from rollout.wiring import RunningApp, build_app

SERVICES, SERVICES_ONCE = 1000, 20
REPEATS = 15
A_TRANSACTION = 100
TARGET_MS, TARGET_RATIO = 300.0, 2.0


def report(console: Console, *, once: bool) -> bool:
    """Measure and print; return whether both targets are met."""
    count, repeats = (SERVICES_ONCE, 1) if once else (SERVICES, REPEATS)
    with _listed(count) as (app, query):
        _list(app, count)  # the first one reads the bundle
        bare: list[Took] = []
        listed: list[Took] = []
        size = 0
        for _ in range(repeats):
            bare.append(timed(query)[0])
            took, size = timed(lambda: _list(app, count))
            listed.append(took)
    whole, alone = walls(listed), walls(bare)
    ratio = cpus(listed).median / cpus(bare).median
    console.print(
        f"(f) The list of {count:,} services, {size / 2**20:.1f} MiB: {whole} ms (target: at "
        f"most {TARGET_MS:.0f}), {cpus(listed)} of CPU; a bare query of the same rows: {alone} "
        f"ms, {cpus(bare)} of CPU; ratio of CPU {ratio:.2f} (target: at most {TARGET_RATIO:g})\n",
        soft_wrap=True,
    )
    return whole.median <= TARGET_MS and ratio <= TARGET_RATIO


@contextmanager
def _listed(count: int) -> Iterator[tuple[RunningApp, Callable[[], object]]]:
    with tempfile.TemporaryDirectory() as folder, Azurite() as azurite:
        storage = azurite.account.connection_string
        bundle = write_bundle(Path(folder), count)
        app = build_app({**WORKSPACE, "AzureWebJobsStorage": storage, "SERVICES_BUNDLE": bundle})
        with table_client(StorageAccount(storage), app.settings.live_table) as live:
            ensure_created(live)
            rows = [
                ("create", summary_entity(summary(app.settings, name))) for name in names(count)
            ]
            for first in range(0, count, A_TRANSACTION):
                live.submit_transaction(rows[first : first + A_TRANSACTION])
            partition = {"partition": SUMMARY_PARTITION}
            yield (
                app,
                lambda: list(
                    live.query_entities("PartitionKey eq @partition", parameters=partition)
                ),
            )


def _list(app: RunningApp, count: int) -> int:
    """Return the size of the answer in bytes."""
    page = app.service.page("", count, AT + BAKE)
    body = list_text(page.views, page.after).encode()
    assert len(page.views) == count
    return len(body)
