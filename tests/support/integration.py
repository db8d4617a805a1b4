"""The product's own app in Microsoft's worker, on a local Azure without models."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.storage.queue import QueueServiceClient

from localazure.ready_process import ReadyProcess

SERVICE = "fraud-detection"
MODEL = "fraud-detection-model"
ENDPOINT = "fraud-detection-endpoint"
WORK_QUEUE = "rollout-work"
EVENT_QUEUE = "model-events"
CHANNELS = {"teams": "teams", "slack": "slack", "event": "hook"}
"""Kinds of channels for messages, and the local Azure's places for them."""

CONSOLE = "https://app.example/api/ui"
PATIENCE_SECONDS = 240.0
REQUEST_SECONDS = 30.0


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def eventually[T](look: Callable[[], T], holds: Callable[[T], bool] = bool) -> T:
    """Look until it holds; fail with what was seen last after a generous time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        seen = look()
        if holds(seen):
            return seen
        assert time.monotonic() < deadline, f"still: {seen!r}"
        time.sleep(0.2)


@dataclass(frozen=True)
class RunningProduct:
    """The app's process and the local Azure's addresses."""

    app: ReadyProcess
    azure: Mapping[str, Any]
    log: Path

    def call(
        self, method: str, path: str, body: bytes | None = None, *, key: bool = True, **headers: str
    ) -> Answer:
        """Call an HTTP function; header names are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            named["x-functions-key"] = self.app.ready["functionKey"]
        url = f"{self.app.ready['url']}/api/{path}"
        return send(method, url, body, {"Content-Type": "application/json", **named})

    def post(self, path: str, body: Any = None) -> Answer:
        return self.call("POST", path, None if body is None else json.dumps(body).encode())

    def show(self) -> Any:
        return self.call("GET", f"rollouts/{SERVICE}").json

    def deliver(self, event: Mapping[str, Any]) -> Answer:
        """Deliver one event as Event Grid does."""
        url = self.app.ready["eventGridUrl"].format(name="modelRegistered")
        return send("POST", url, json.dumps([event]).encode(), {"aeg-event-type": "Notification"})

    def control(self, method: str, path: str, body: Any = None) -> Answer:
        """Call the local Azure's control surface, which must agree."""
        content = None if body is None else json.dumps(body).encode()
        url = f"{self.azure['controlUrl']}/{path}"
        answer = send(method, url, content, {"Content-Type": "application/json"})
        assert answer.status < 300, answer.body
        return answer

    def queue_service(self) -> QueueServiceClient:
        return QueueServiceClient.from_connection_string(
            self.azure["connectionString"], connection_verify=self.azure["authority"]
        )

    @property
    def endpoint_id(self) -> str:
        return f"{self.azure['workspaceId']}/onlineEndpoints/{ENDPOINT}"


def send(method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
    """One request to a process of this test; every status is an answer."""
    request = urllib.request.Request(url, body, dict(headers), method=method)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as answer:  # noqa: S310
            return Answer(answer.status, _headers(answer.headers.items()), answer.read())
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, _headers(refusal.headers.items()), refusal.read())


def _headers(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    return {name.lower(): value for name, value in pairs}
