"""A Resource Manager of one workspace whose requests wait until a test lets them go."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rollout.adapters.azure_ml.arm import Arm
from rollout.core.records.observation import Absent
from rollout.errors import ArmUnavailableError

W = (
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourcegroups/g"
    "/providers/microsoft.machinelearningservices/workspaces/w"
)
BOUND_SECONDS = 20.0
"""More than anything takes here, however slow the machine is."""


def endpoint_body(name: str, version: int = 0) -> dict[str, Any]:
    """An endpoint as Azure shows it, all of it."""
    return {
        "name": name,
        "location": "westeurope",
        "kind": "Managed",
        "tags": {"version": str(version)},
        "properties": {
            "provisioningState": "Succeeded",
            "authMode": "Key",
            "scoringUri": f"https://{name}/score",
            "traffic": {"blue": 100},
            "mirrorTraffic": {},
        },
    }


class GatedArm(Arm):
    """Endpoints `e-0`, `e-1`, ... with what is asked about them, in `requests`.

    `hold` keeps requests of a name, `LIST` for lists, until `release`; `held` waits until one is
    there. `spoil` changes what the list shows, or raises. A page has `page` endpoints.
    """

    LIST = "list"

    def __init__(self, size: int = 12, *, page: int = 100) -> None:
        self.bodies = {f"e-{number}": endpoint_body(f"e-{number}") for number in range(size)}
        self.page = page
        self.requests: list[str] = []
        self.spoil: Callable[[dict[str, Any]], dict[str, Any]] = lambda body: body
        self.fails: dict[str, Exception] = {}
        self._lock = threading.Lock()
        self._gates: dict[str, threading.Event] = {}
        self._there: dict[str, threading.Event] = {}

    def hold(self, name: str) -> None:
        self._gates[name], self._there[name] = threading.Event(), threading.Event()

    def held(self, name: str) -> None:
        assert self._there[name].wait(BOUND_SECONDS)

    def release(self, name: str) -> None:
        self._gates[name].set()

    def change(self, name: str) -> int:
        """Change an endpoint; return the version it has from now on."""
        with self._lock:
            version = self.version(name) + 1
            self.bodies[name] = endpoint_body(name, version)
        return version

    def version(self, name: str) -> int:
        return int(self.bodies[name]["tags"]["version"])

    def get(
        self,
        path: str,
        *,
        timeout: float,
        api_version: str = "",
        query: Mapping[str, str] | None = None,
    ) -> Any:
        name = path.rpartition("/")[2]
        self._ask(name)
        return self.bodies.get(name, Absent())

    def each_page(
        self, path: str, *, timeout: float, api_version: str = "", most: int | None = None
    ) -> Iterator[Sequence[Mapping[str, Any]]]:
        for number, begin in enumerate(range(0, max(1, len(self.bodies)), self.page)):
            if most is not None and number >= most:
                raise ArmUnavailableError("too many pages")
            self._ask(self.LIST)
            with self._lock:
                shown = [self.spoil(body) for body in self.bodies.values()]
            yield shown[begin : begin + self.page]

    def _ask(self, name: str) -> None:
        with self._lock:
            self.requests.append(name)
        if name in self._gates:
            self._there[name].set()
            assert self._gates[name].wait(BOUND_SECONDS)
        if name in self.fails:
            raise self.fails[name]
