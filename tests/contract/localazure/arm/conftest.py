"""A control plane without sockets, for what the SDK cannot send or show."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localazure.arm.arm import Arm
from localazure.arm.messages import ArmRequest, ArmResponse
from localazure.runtime import InstantRuntime
from localazure.world import World

PRINCIPAL = "tester"
BASE_URL = "https://127.0.0.1:4711"


@dataclass
class Wire:
    """Sends requests to an `Arm` as a client with a token would."""

    now: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    runtime: InstantRuntime = field(default_factory=InstantRuntime)

    def __post_init__(self) -> None:
        self.world = World(lambda: self.now, self.runtime)
        self.arm = Arm(self.world, poll_delay=timedelta(seconds=1))

    def move(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    def send(
        self, method: str, path: str, body: Any = None, *, token: str | None = PRINCIPAL
    ) -> ArmResponse:
        """Send to a path of the workspace, or to an absolute URL or path."""
        if not path.startswith(("https:", "/subscriptions", "/metadata")):
            path = f"{self.world.workspace.path}/{path}".rstrip("/")
        url = path if path.startswith("https:") else BASE_URL + path
        if "api-version=" not in url:
            url += ("&" if "?" in url else "?") + "api-version=2023-04-01-preview"
        headers = {"User-Agent": "wire-test"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.arm.handle(ArmRequest.from_url(method, url, headers, raw))

    def model(self, version: str = "1", name: str = "fraud-model") -> str:
        """Register a model version; return its ARM id."""
        body = {"properties": {"modelUri": f"azureml://m/{version}"}}
        answer = self.send("PUT", f"models/{name}/versions/{version}", body)
        model_id: str = answer.json()["id"]
        return model_id

    def endpoint(self, *deployments: str, live: dict[str, int] | None = None) -> None:
        """Make the endpoint `fraud` with these deployments and this split."""
        self.send("PUT", "onlineEndpoints/fraud", endpoint_body())
        for name in deployments:
            self.deploy(name)
        if live:
            self.send("PUT", "onlineEndpoints/fraud", endpoint_body(traffic=live))

    def deploy(self, name: str, version: str = "1") -> ArmResponse:
        body = deployment_body(self.model(version))
        return self.send("PUT", f"onlineEndpoints/fraud/deployments/{name}", body)


def endpoint_body(**properties: Any) -> dict[str, Any]:
    return {
        "location": "westeurope",
        "tags": {},
        "identity": {"type": "SystemAssigned"},
        "properties": {"authMode": "Key", "properties": {}, "traffic": {}, **properties},
    }


def deployment_body(model_id: str | None, **properties: Any) -> dict[str, Any]:
    return {
        "location": "westeurope",
        "tags": {"rollout": "r1"},
        "sku": {"name": "Default", "capacity": 2},
        "properties": {
            "endpointComputeType": "Managed",
            "model": model_id,
            "instanceType": "Standard_DS3_v2",
            **properties,
        },
    }


@pytest.fixture
def wire() -> Wire:
    return Wire()
