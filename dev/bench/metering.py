"""Shared by the benchmarks: a count of every request an SDK sends, and a service to roll out."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from azure.core.pipeline.transport import RequestsTransport

from demo.local_cloud import ML_API, LocalCloud
from demo.places import ENDPOINT, MODEL
from demo.policies import ServiceCopy, demo_changes, stages

ENDPOINT_SPLIT_OPERATION = "endpoints.put"
ENDPOINT_PATH = f"/onlineendpoints/{ENDPOINT}"
"""The end of the path of a request about the endpoint itself, in lower case."""
WEIGHTS = (10, 50, 100)
BAKE_OF_THREE_MINUTES = "182s"


TOKEN_PATH = "/msi/token"  # noqa: S105 - a path
"""The local identity's path, at the address of its Resource Manager."""


@dataclass(frozen=True)
class Request:
    """One request on the wire; `kind` is table, queue, blob, arm, token or other."""

    kind: str
    method: str
    path: str


class Meter:
    """Counts requests of every azure-core client of this process, in order."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        """`addresses` maps base URLs to kinds."""
        self._kinds = {urlsplit(url).netloc: kind for url, kind in addresses.items()}
        self._lock = threading.Lock()
        self.requests: list[Request] = []

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Count until the end of the block."""
        send = RequestsTransport.send
        meter = self

        def counted(transport: RequestsTransport, request: Any, **options: Any) -> Any:
            meter.note(str(request.method), str(request.url))
            return send(transport, request, **options)

        with mock.patch.object(RequestsTransport, "send", counted):
            yield

    def note(self, method: str, url: str) -> None:
        """Count one request."""
        parts = urlsplit(url)
        with self._lock:
            kind = self._kinds.get(parts.netloc, "other")
            kind = "token" if parts.path == TOKEN_PATH else kind
            self.requests.append(Request(kind, method, parts.path))

    def since(self, position: int) -> list[Request]:
        """Return the requests after the first `position` ones."""
        return self.requests[position:]


@contextmanager
def environment_in_force(settings: Mapping[str, str]) -> Iterator[None]:
    """Set the variables for this process until the end of the block."""
    before = dict(os.environ)
    os.environ.update(settings)
    try:
        yield
    finally:
        # MLClient's constructor writes to the environment as well.
        os.environ.clear()
        os.environ.update(before)


def services_in(bundle: Path, *, bake: str = BAKE_OF_THREE_MINUTES) -> Path:
    """Make a bundle with the example service, its times shortened, and return it."""
    changes = {
        **demo_changes(WEIGHTS),
        "stages": stages(WEIGHTS, bake),
        "gate.min_minutes": 3,
        "create.call_timeout": "5s",
        "validate": {},
        "keep": "0s",
        "rollback.keep": "0s",
        "rollback.logs": False,
    }
    ServiceCopy(bundle).edit_policy(changes)
    return bundle


def register(cloud: LocalCloud, version: str) -> None:
    """Register a model version through Resource Manager."""
    reference = f"azureml://datastores/workspaceblobstore/paths/models/{MODEL}/{version}"
    path = f"{cloud.azure['workspaceId']}/models/{MODEL}/versions/{version}"
    cloud.arm("PUT", path, {"properties": {"modelUri": reference}}, ML_API).expect(200, 201)
