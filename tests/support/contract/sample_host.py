"""What the tests of the Functions host share: requests, patience, a storage and a host."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import aiohttp
from azure.storage.queue import QueueClient, QueueServiceClient

from localazure.azurite import Azurite
from localazure.ready_process import ReadyProcess
from localazure.tls import TlsFiles

SAMPLE_APP = Path(__file__).parent / "sample_app"
PATIENCE_SECONDS = 300.0


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def call(method: str, url: str, **options: Any) -> Answer:
    """One request on a fresh connection; the URL goes out as it is written."""

    async def send() -> Answer:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, allow_redirects=False, **options) as response,
        ):
            return Answer(response.status, response.headers.copy(), await response.read())

    return asyncio.run(send())


def eventually[T](look: Callable[[], T], holds: Callable[[T], bool] = bool) -> T:
    """Look until it holds; fail with what was seen last after a generous time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        seen = look()
        if holds(seen):
            return seen
        assert time.monotonic() < deadline, f"still: {seen!r}"
        time.sleep(0.05)


@dataclass(frozen=True)
class Storage:
    azurite: Azurite
    files: TlsFiles

    @property
    def connection_string(self) -> str:
        return self.azurite.account.connection_string

    def queue(self, name: str) -> QueueClient:
        service = QueueServiceClient.from_connection_string(
            self.connection_string, connection_verify=str(self.files.authority)
        )
        return service.get_queue_client(name)


@dataclass(frozen=True)
class SampleHost:
    process: ReadyProcess
    notes_file: Path

    def url(self, path: str) -> str:
        return f"{self.process.ready['url']}{path}"

    def call(self, method: str, path: str, key: str | None = None, **options: Any) -> Answer:
        headers = {**options.pop("headers", {})}
        if key is not None:
            headers["x-functions-key"] = self.process.ready[key]
        return call(method, self.url(path), headers=headers, **options)

    def notes(self, trigger: str) -> list[dict[str, Any]]:
        if not self.notes_file.exists():
            return []
        notes = [json.loads(line) for line in self.notes_file.read_text().splitlines()]
        return [note for note in notes if note["trigger"] == trigger]


class StartHost(Protocol):
    def __call__(self, queue_name: str, **settings: str) -> SampleHost: ...
