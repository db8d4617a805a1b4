"""How long the view of a service takes, beside 100 and 100,000 history rows, against Azurite.

The targets are the app's own time (its CPU: what Azurite does is not counted) and the ratio of the
whole: a page costs the same however long the history is.
"""

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from rich.console import Console

from dev.bench.timing import Took, cpus, timed, walls
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
        few, many = _pages(account, FEW, rows)
    ratio = walls(many).median / walls(few).median
    console.print(
        f"(d) A page of {HISTORY_SHOWN} history rows with the row and the offers: {walls(few)} ms "
        f"beside {FEW:,} rows, {walls(many)} ms beside {rows:,}, in turns, ratio {ratio:.2f} "
        f"(target: at most {TARGET_RATIO:g}); our own CPU {cpus(few)} and {cpus(many)} ms (target: "
        f"at most {TARGET_MS:.0f})\n",
        soft_wrap=True,
    )
    return cpus(many).median <= TARGET_MS and ratio <= TARGET_RATIO


def _pages(account: StorageAccount, *sizes: int) -> list[list[Took]]:
    """Return what pages took beside so many rows each, read in turns."""
    with ExitStack() as tables:
        stores = [_filled(account, rows, tables) for rows in sizes]
        took: list[list[Took]] = [[] for _ in sizes]
        for _ in range(REPEATS):
            for store, rows, found in zip(stores, sizes, took, strict=True):
                found.append(_page(store, rows))
    return took


def _filled(account: StorageAccount, rows: int, tables: ExitStack) -> TableStore:
    number = uuid4().hex
    table = tables.enter_context(table_client(account, f"Rollouts{number}"))
    live = tables.enter_context(table_client(account, f"Live{number}"))
    ensure_created(table, live)
    store = TableStore(table, live)
    _fill(store, rows)
    return store


def _page(store: TableStore, rows: int) -> Took:
    def read() -> int:
        stored = store.load(ENDPOINT)
        assert stored is not None
        end = stored.current.sequence + 1
        shown = store.history(ENDPOINT, NO_ROLLOUT, HISTORY_SHOWN, before=end)
        store.offers(ENDPOINT, limit=51)
        return shown[-1].sequence

    took, last = timed(read)
    assert last == rows
    return took


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
