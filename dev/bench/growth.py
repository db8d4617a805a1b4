"""What the doors of one service cost after years of rollouts, with many others around it.

One endpoint with 500 rollouts, 20,000 rows of history and 700 offers lies in Azurite among 10,000
live ones. The target is our own CPU time of `show`: what the store and the network do is not
counted. A point read of the same run says what the SDK alone takes for one request.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from rich.console import Console

from dev.bench.many_services import AT, WORKSPACE, baking, names, summary, write_bundle
from dev.bench.timing import Took, cpus, timed, walls
from localazure.azurite import Azurite
from rollout.adapters.storage.live_rows import live_entity
from rollout.adapters.storage.storage_clients import StorageAccount, ensure_created, table_client
from rollout.adapters.storage.summary_rows import summary_entity
from rollout.adapters.storage.table_store import TableStore
from rollout.core.records.history import HistoryEntry
from rollout.core.records.offers import Offer, OfferRecord, OfferSource, OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Current
from rollout.core.records.signals import Command, Expected, Verb
from rollout.errors import RolloutError
from rollout.inbound.views import service_view
from rollout.ports import Commit, LiveRow
from rollout.wiring import RunningApp, build_app

TARGET_MS = 40.0
REPEATS = 15
A_TRANSACTION = 90
LAST_ROWS = 150
"""Rows of the latest rollout: more than a page has."""

DATA = {"alert": "an alert's id", "state": "Fired", "why": "more than 5 % of requests failed"}
"""As much as a usual row of history carries."""


@dataclass(frozen=True)
class Past:
    """How much lies behind the service, and how much around it."""

    rollouts: int = 500
    history: int = 20_000
    offers: int = 700
    around: int = 10_000


ONCE = Past(rollouts=5, history=200, offers=20, around=30)


def report(console: Console, *, once: bool) -> bool:
    """Measure and print; return whether the target is met."""
    past, repeats = (ONCE, 1) if once else (Past(), REPEATS)
    with _grown(past) as (app, store, service):
        endpoint = baking(app.settings, service).endpoint
        doors: dict[str, Callable[[], object]] = {
            "a point read": lambda: store.version(endpoint),
            "show": lambda: _show(app, service),
            "its first part (row)": lambda: app.service.row(service),
            "a page of offers": lambda: app.service.offers(service, "", 50),
            "retry of nothing": lambda: _refused(lambda: _retry(app, service)),
            "an unknown name": lambda: _refused(lambda: app.service.row("nobody")),
        }
        took: dict[str, list[Took]] = {name: [] for name in doors}
        for door in doors.values():
            door()  # the first one reads the bundle, and opens connections
        for _ in range(repeats):
            for name, door in doors.items():
                took[name].append(timed(door)[0])
    console.print(
        f"One service with {past.rollouts:,} rollouts, {past.history:,} history rows and "
        f"{past.offers:,} offers, among {past.around:,} live ones; ms of our CPU, and by the clock:"
    )
    for name, found in took.items():
        console.print(f"  {name}: {cpus(found)}, {walls(found)}")
    own = cpus(took["show"]).median
    console.print(f"  target for show: at most {TARGET_MS:.0f} ms of CPU\n")
    return own <= TARGET_MS


@contextmanager
def _grown(past: Past) -> Iterator[tuple[RunningApp, TableStore, str]]:
    number = uuid4().hex
    with tempfile.TemporaryDirectory() as folder, Azurite() as azurite:
        storage = azurite.account.connection_string
        bundle = write_bundle(Path(folder), 1)
        tables = {"ROLLOUTS_TABLE": f"Rollouts{number}", "LIVE_TABLE": f"Live{number}"}
        app = build_app(
            {**WORKSPACE, **tables, "AzureWebJobsStorage": storage, "SERVICES_BUNDLE": bundle}
        )
        account = StorageAccount(storage)
        with (
            table_client(account, app.settings.rollouts_table) as rollouts,
            table_client(account, app.settings.live_table) as live,
        ):
            ensure_created(rollouts, live)
            store = TableStore(rollouts, live)
            (service, *others) = names(past.around + 1)
            _fill(store, baking(app.settings, service), past)
            store.put_summary(summary(app.settings, service))
            rows = [summary_entity(summary(app.settings, name)) for name in others]
            rows += [
                live_entity(LiveRow(baking(app.settings, name).endpoint, name, AT))
                for name in (service, *others)
            ]
            for partition in {row["PartitionKey"] for row in rows}:
                own = [("upsert", row) for row in rows if row["PartitionKey"] == partition]
                for first in range(0, len(own), A_TRANSACTION):
                    live.submit_transaction(own[first : first + A_TRANSACTION])
            yield app, store, service


def _fill(store: TableStore, current: Current, past: Past) -> None:
    """Write the past: rollouts with as many rows each, and offers of which one in ten failed."""
    latest = current.rollout
    assert latest is not None
    older = past.rollouts - 1
    each = max(1, (past.history - LAST_ROWS) // older)
    sizes = {f"20250101T000000000000Z-{number:04}": each for number in range(older)}
    sizes[latest.id] = past.history - older * each
    entries = [
        HistoryEntry(name, at, AT, "AlertReceived", Phase.BAKING, 0, "noise", "app", DATA)
        for name, size in sizes.items()
        for at in range(1, size + 1)
    ]
    current = replace(current, sequence=sizes[latest.id], head=entries[-1].key)
    offers = [_offer(number) for number in range(past.offers)]
    stored = None
    for first in range(0, len(entries), A_TRANSACTION):
        rows = entries[first : first + A_TRANSACTION]
        stored = store.commit(Commit(current, stored, rows))
    for first in range(0, len(offers), A_TRANSACTION):
        records = offers[first : first + A_TRANSACTION]
        stored = store.commit(Commit(current, stored, offers=records))


def _offer(number: int) -> OfferRecord:
    state = OfferState.SUPERSEDED if number % 10 else OfferState.QUARANTINED
    offer = Offer("model", f"{number}", OfferSource.EVENT, AT)
    return OfferRecord(offer, state, AT + timedelta(seconds=number), "an old one")


def _show(app: RunningApp, service: str) -> int:
    """Return the size of the answer in bytes."""
    seen = app.service.show(service)
    assert len(seen.history) > 0
    view = service_view(
        seen.service,
        seen.endpoint,
        seen.current,
        AT,
        history=seen.history,
        offers=seen.offers,
        fault=seen.fault,
        history_before=seen.history_before,
        offers_after=seen.offers_after,
    )
    return len(json.dumps(view).encode())


def _retry(app: RunningApp, service: str) -> object:
    command = Command(Verb.RETRY, "ann", "to measure", Expected(), version="none such")
    return app.service.command(service, command, AT)


def _refused(call: Callable[[], object]) -> None:
    with suppress(RolloutError):
        call()
