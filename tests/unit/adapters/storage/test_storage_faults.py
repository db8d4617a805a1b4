"""What a failed storage call means to the caller."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from rollout.adapters.storage.storage_clients import StorageAccount, queue_client, table_client
from rollout.adapters.storage.storage_faults import error_text, write_fault
from rollout.adapters.storage.table_store import TableStore
from rollout.errors import (
    RolloutError,
    RowTooLargeError,
    StaleRowError,
    StoreUnavailableError,
    UnknownOutcomeError,
)
from rollout.ports import Commit, LiveRow, Version
from tests.doubles.records import AT, CURRENT, ENDPOINT, entry
from tests.unit.adapters.conftest import FixedCredential


def answered(status: int | None, code: str | None = None) -> HttpResponseError:
    error = HttpResponseError("the service said so\nand more")
    error.status_code = status
    error.error_code = code  # type: ignore[attr-defined] # as azure-data-tables sets it
    return error


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (answered(412, "UpdateConditionNotSatisfied"), StaleRowError),
        (answered(409, "EntityAlreadyExists"), StaleRowError),
        (answered(409), StaleRowError),
        (answered(404, "ResourceNotFound"), StaleRowError),
        (answered(404, "TableNotFound"), StoreUnavailableError),
        (answered(409, "TableBeingDeleted"), StoreUnavailableError),
        (answered(413), RowTooLargeError),
        (answered(400, "PropertyValueTooLarge"), RowTooLargeError),
        (answered(400, "InvalidInput"), StoreUnavailableError),
        (answered(403, "AuthorizationFailure"), StoreUnavailableError),
        (answered(429), StoreUnavailableError),
        (answered(503, "ServerBusy"), StoreUnavailableError),
        (answered(500, "InternalError"), StoreUnavailableError),
        (answered(500, "OperationTimedOut"), UnknownOutcomeError),
        (answered(504), UnknownOutcomeError),
        (answered(None), UnknownOutcomeError),
        (ServiceRequestError("refused"), StoreUnavailableError),
        (ServiceResponseError("reset"), UnknownOutcomeError),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)[:12]),
)
def test_a_failed_write_is_told_apart(error: AzureError, meaning: type[RolloutError]) -> None:
    assert type(write_fault(error)) is meaning


def test_an_error_is_told_in_one_line() -> None:
    assert error_text(answered(503, "ServerBusy")) == "503 ServerBusy: the service said so"
    assert error_text(ServiceRequestError("")) == "ServiceRequestError: ServiceRequestError"


def test_missing_rights_and_tables_are_told_with_what_to_do() -> None:
    assert "storage data roles" in str(write_fault(answered(403)))
    assert "Create the tables" in str(write_fault(answered(404, "TableNotFound")))


@dataclass
class HangingUp:
    """A service that reads a request and closes the connection; `requests` counts them."""

    url: str
    requests: int = 0


@pytest.fixture
def hanging_up() -> Iterator[HangingUp]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = HangingUp(f"http://127.0.0.1:{server.getsockname()[1]}/account")

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                found.requests += 1
                with connection:
                    connection.recv(65536)

        thread = threading.Thread(target=serve)
        thread.start()
        yield found
        server.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=5)


def store_at(url: str) -> tuple[TableStore, list[object]]:
    text = f"AccountName=account;AccountKey=a2V5;TableEndpoint={url};"
    account = StorageAccount(f"DefaultEndpointsProtocol=http;{text}")
    rollouts, live = table_client(account, "Rollouts"), table_client(account, "Live")
    return TableStore(rollouts, live), [rollouts, live]


def test_a_write_whose_answer_is_lost_has_an_unknown_outcome(hanging_up: HangingUp) -> None:
    store, _ = store_at(hanging_up.url)
    for history in ([], [entry(1)]):
        with pytest.raises(UnknownOutcomeError):
            store.commit(Commit(CURRENT, None, history=history))
    assert hanging_up.requests == 2  # nothing was sent again


def test_a_read_that_is_not_answered_is_unavailable(hanging_up: HangingUp) -> None:
    store, _ = store_at(hanging_up.url)
    with pytest.raises(StoreUnavailableError):
        store.live()
    with pytest.raises(StoreUnavailableError):
        store.history_after(ENDPOINT, "", 5)
    assert hanging_up.requests == 4  # each was asked once more


def test_one_row_is_read_once_more_before_storage_counts_as_unavailable(
    hanging_up: HangingUp,
) -> None:
    store, _ = store_at(hanging_up.url)
    with pytest.raises(StoreUnavailableError):
        store.load(ENDPOINT)
    assert hanging_up.requests == 2


def test_a_service_that_is_not_there_is_unavailable() -> None:
    store, _ = store_at("http://127.0.0.1:1/account")
    with pytest.raises(StoreUnavailableError):
        store.commit(Commit(CURRENT, None))
    with pytest.raises(StoreUnavailableError):
        store.put_live(LiveRow(ENDPOINT, "fraud", AT))
    with pytest.raises(StoreUnavailableError):
        store.drop_live(LiveRow(ENDPOINT, "fraud", AT, Version("1")))


def test_clients_take_urls_and_a_credential_too() -> None:
    account = StorageAccount(
        table_url="https://a.table.core.windows.net",
        queue_url="https://a.queue.core.windows.net",
        credential=FixedCredential(),
    )
    with table_client(account, "Rollouts") as table, queue_client(account, "work") as queue:
        assert table.url.startswith(account.table_url)
        assert queue.url == "https://a.queue.core.windows.net/work"
