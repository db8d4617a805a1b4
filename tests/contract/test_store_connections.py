"""The store over connections that break: a read is asked once more, a write never."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from localazure.azurite import Azurite
from rollout.adapters.storage.storage_clients import StorageAccount, ensure_created, table_client
from rollout.adapters.storage.table_store import TableStore
from rollout.errors import StoreUnavailableError
from rollout.ports import LiveRow, RolloutStore
from tests.support.builders import NOW
from tests.support.cutting import Cutting

NUMBERS = count()
ENDPOINT = "/endpoints/fraud"


@pytest.fixture
def relay(azurite: Azurite) -> Iterator[Cutting]:
    with Cutting(azurite.account.ports.table) as running:
        yield running


@pytest.fixture
def cut_store(azurite: Azurite, relay: Cutting) -> Iterator[RolloutStore]:
    text = azurite.account.connection_string.replace(
        f":{azurite.account.ports.table}/", f":{relay.port}/"
    )
    account, number = StorageAccount(connection_string=text), next(NUMBERS)
    with (
        table_client(account, f"CutRollouts{number}") as rollouts,
        table_client(account, f"CutLive{number}") as live,
    ):
        ensure_created(rollouts, live)
        store = TableStore(rollouts, live)
        store.put_live(LiveRow(ENDPOINT, "fraud", NOW))
        yield store


READS: dict[str, Callable[[RolloutStore], object]] = {
    "load": lambda store: store.load(ENDPOINT),
    "live": lambda store: store.live(),
    "live_due": lambda store: list(store.live_due(NOW)),
    "live_row": lambda store: store.live_row(ENDPOINT),
    "live_page": lambda store: store.live_page("", 10),
    "live_of": lambda store: store.live_of("fraud"),
    "summaries": lambda store: store.summaries(),
    "live_summaries": lambda store: store.live_summaries(),
    "offers": lambda store: store.offers(ENDPOINT),
    "history": lambda store: store.history(ENDPOINT, "r", 10, before=5),
    "minutes": lambda store: store.minutes(ENDPOINT, "r"),
}


@pytest.mark.parametrize("name", READS)
def test_a_read_whose_connection_breaks_is_asked_once_more(
    cut_store: RolloutStore, relay: Cutting, name: str
) -> None:
    expected = READS[name](cut_store)
    relay.cuts = 1
    assert READS[name](cut_store) == expected
    assert relay.cuts == 0


@pytest.mark.parametrize("name", READS)
def test_an_outage_is_told(cut_store: RolloutStore, relay: Cutting, name: str) -> None:
    relay.cuts = 100
    with pytest.raises(StoreUnavailableError):
        READS[name](cut_store)


def test_a_write_whose_connection_breaks_is_not_repeated(
    cut_store: RolloutStore, relay: Cutting
) -> None:
    relay.cuts = 1
    with pytest.raises(StoreUnavailableError):
        cut_store.put_live(LiveRow(ENDPOINT, "fraud", NOW))
