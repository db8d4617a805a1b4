"""How long the view of a service takes, beside 100 and 100,000 history rows, against Azurite.

The targets are the app's own time (its CPU: what Azurite does is not counted) and the ratio of the
whole: a page costs the same however long the history is.
"""

import statistics
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from rich.console import Console

from localazure.azurite import Azurite
from rollout.adapters.storage.storage_clients import StorageAccount, ensure_created, table_client
from rollout.adapters.storage.table_store import TableStore
from rollout.core.records.history import HistoryEntry
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import NO_ROLLOUT, Current
from rollout.ports import Commit
from rollout.service.viewing import HISTORY_SHOWN

FEW, MANY, MANY_ONCE = 100, 100_000, 500
A_COMMIT = 99
REPEATS = 15
TARGET_MS, TARGET_RATIO = 100.0, 3.0
"""A thousand times the rows; what the ratio allows is Azurite's own look-up of a key."""
ENDPOINT = (
    "/subscriptions/s/resourcegroups/g/providers/microsoft.machinelearningservices/workspaces/w"
    "/onlineendpoints/fraud"
)
AT = datetime(2026, 1, 1, tzinfo=UTC)


def report(console: Console, *, once: bool) -> bool:
    """Measure and print; return whether both targets are met."""
    with Azurite() as azurite:
        account = StorageAccount(azurite.account.connection_string)
        rows = MANY_ONCE if once else MANY
        (few, _), (many, own) = (_median_ms(account, each) for each in (FEW, rows))
    console.print(
        f"(d) A page of {HISTORY_SHOWN} history rows with the row and the offers: {few:.0f} ms "
        f"beside {FEW:,} rows, {many:.0f} ms beside {rows:,}, ratio {many / few:.2f} (target: at "
        f"most {TARGET_RATIO:g}); {own:.0f} ms of it our own (target: at most {TARGET_MS:.0f})\n"
    )
    return own <= TARGET_MS and many / few <= TARGET_RATIO


def _median_ms(account: StorageAccount, rows: int) -> tuple[float, float]:
    """Return the medians of the whole time and of our own."""
    number = uuid4().hex
    with (
        table_client(account, f"Rollouts{number}") as table,
        table_client(account, f"Live{number}") as live,
    ):
        ensure_created(table, live)
        store = TableStore(table, live)
        _fill(store, rows)
        took, own = [], []
        for _ in range(REPEATS):
            began, busy = time.perf_counter(), time.process_time()
            stored = store.load(ENDPOINT)
            assert stored is not None
            end = stored.current.sequence + 1
            shown = store.history(ENDPOINT, NO_ROLLOUT, HISTORY_SHOWN, before=end)
            store.offers(ENDPOINT, limit=51)
            took.append(1000 * (time.perf_counter() - began))
            own.append(1000 * (time.process_time() - busy))
            assert shown[-1].sequence == rows
    return statistics.median(took), statistics.median(own)


def _fill(store: TableStore, rows: int) -> None:
    stored = None
    for first in range(1, rows + 1, A_COMMIT):
        entries = [
            HistoryEntry(
                NO_ROLLOUT, at, AT + timedelta(seconds=at), "AlertReceived", Phase.NONE, 0, "noise"
            )
            for at in range(first, min(first + A_COMMIT, rows + 1))
        ]
        current = stored.current if stored else Current(ENDPOINT, "fraud", AT)
        current = replace(current, sequence=entries[-1].sequence, head=entries[-1].key)
        stored = store.commit(Commit(current, stored, entries))
