"""Clients for tables and queues, with short time-outs and without retries.

The next pass is the retry; an SDK that repeats a write turns its own success into a refusal.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ResourceExistsError

from rollout.adapters.storage.storage_faults import reading

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.data.tables import TableClient
    from azure.storage.queue import QueueClient

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
CLIENT_OPTIONS: dict[str, Any] = {
    "retry_total": 0,
    "retry_connect": 0,
    "retry_read": 0,
    "retry_status": 0,
    "connection_timeout": CONNECT_SECONDS,
    "read_timeout": READ_SECONDS,
}

ONE_MORE_READ: dict[str, Any] = {"retry_total": 1, "retry_connect": 1, "retry_read": 1}
"""For reads: an idle connection that was closed meanwhile is not an outage."""


@dataclass(frozen=True)
class StorageAccount:
    """Where the app's storage is.

    Either `connection_string`, or the two service URLs with a credential (identity-based).
    """

    connection_string: str = ""
    table_url: str = ""
    queue_url: str = ""
    credential: "TokenCredential | None" = None


def table_client(account: StorageAccount, table: str) -> "TableClient":
    """Return a client of one table; no request is made."""
    from azure.data.tables import TableClient  # noqa: PLC0415 - 130 ms that doors may not need

    if account.connection_string:
        return TableClient.from_connection_string(
            account.connection_string, table, **CLIENT_OPTIONS
        )
    return TableClient(account.table_url, table, credential=account.credential, **CLIENT_OPTIONS)


def queue_client(account: StorageAccount, queue: str) -> "QueueClient":
    """Return a client of one queue that sends plain text; no request is made."""
    from azure.storage.queue import QueueClient  # noqa: PLC0415 - only where wake-ups are put

    if account.connection_string:
        return QueueClient.from_connection_string(
            account.connection_string, queue, **CLIENT_OPTIONS
        )
    return QueueClient(account.queue_url, queue, credential=account.credential, **CLIENT_OPTIONS)


def ensure_created(*clients: "TableClient | QueueClient") -> None:
    """Create missing tables and queues: for development only, in Azure they come with `infra/`.

    Raises:
        StoreUnavailableError: Storage cannot be reached or refuses.
    """
    for client in clients:
        create = client.create_table if hasattr(client, "create_table") else client.create_queue
        with reading():
            try:
                create()
            except ResourceExistsError:
                continue
