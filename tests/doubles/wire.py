"""What carries the doubles' calls to the world: refusals as the adapters word them, and faults."""

from collections.abc import Callable
from dataclasses import dataclass, field

from localazure.world import (
    ACTIONS,
    Access,
    ArmError,
    Call,
    Effect,
    EndpointSpec,
    Fault,
    Faults,
    Governance,
    World,
)
from localazure.world.governance import (
    check_linked,
    check_secrets,
    enforces_secrets,
    unauthorised,
    user_assigned,
)
from localazure.world.throttling import Throttling, kind_of
from rollout.adapters.azure_ml.arm_ids import parse_endpoint_id
from rollout.adapters.azure_ml.azure_faults import refusal
from rollout.adapters.azure_ml.request_limits import RequestLimits
from rollout.errors import ArmUnavailableError
from tests.doubles.seam import Seam

APP = "rollout-app"
"""The principal that the app's identity is."""

_LIMITED = frozenset({*Call, "metrics.get"})
_METHODS = {"put": "PUT", "delete": "DELETE", "getLogs": "POST"}


@dataclass
class Wire:
    """One world, what goes wrong on the way there, and what the app's identity may do in it.

    Calls have the names of `localazure.world.Call` (`endpoints.put`, `deployments.list`, ...), for
    `seam` and `faults` alike. A fault with effect AFTER puts the write into `late`.
    """

    world: World
    seam: Seam = field(default_factory=Seam)
    faults: Faults = field(default_factory=Faults)
    late: list[Callable[[], object]] = field(default_factory=list)
    access: Access = field(default_factory=Access)
    governance: Governance = field(default_factory=Governance)
    limits: RequestLimits = field(default_factory=RequestLimits)

    def __post_init__(self) -> None:
        self._throttling = Throttling(self.world.now)

    def allows(self, action: str, scope: str = "") -> bool:
        """Say whether the app's identity has the right to an action, on an ARM id."""
        return self.access.allows(APP, action, scope or self.world.workspace.path)

    def need(self, *actions: str, scope: str = "") -> None:
        """Refuse the call under way as Resource Manager does, unless all these are allowed.

        A double names the actions of every request that the real adapter makes for the call.
        """
        for action in actions:
            if not self.allows(action, scope):
                raise unauthorised(APP, action, scope or self.world.workspace.path)

    def need_to_write(self, call: Call, path: str, owner: EndpointSpec | None = None) -> None:
        """Refuse a write as Resource Manager does: the right, what it names, locks, policies.

        `owner` is the endpoint that is written, or whose deployment is.
        """
        action = ACTIONS[call]
        self.need(action, scope=path)
        if owner is not None:
            named = user_assigned(owner.identity)
            check_linked(self.access, self.governance, APP, (action, path), named)
            if enforces_secrets(owner.identity, owner.properties):
                check_secrets(self.access, APP, self.world.workspace.path)
        self.governance.check(_METHODS[call.value.rpartition(".")[2]], path, action)

    def call[Result](
        self, name: str, action: Callable[[], Result], *, write: bool = False, requests: int = 1
    ) -> Result:
        """Carry a call out, or let the planned fault happen.

        `requests` is how many the real adapter makes, where Resource Manager limits them.
        """

        def carry() -> Result:
            for _ in range(requests):
                self._ask_for_room(name)
            return self._carry(name, action, write=write)

        return self.seam.run(name, carry)

    def call_if(self, name: str, wanted: Callable[[], bool], action: Callable[[], object]) -> None:
        """Carry a write out if, just before it is sent, it is still `wanted`."""

        def send() -> None:
            if wanted():
                self._ask_for_room(name)
                self._carry(name, action, write=True)

        self.seam.run(name, send)

    def run_late(self) -> list[str]:
        """Carry out the writes that were held up; return what the world refused."""
        refused: list[str] = []
        late, self.late = self.late, []
        for action in late:
            try:
                action()
            except ArmError as error:
                refused.append(error.message)
        return refused

    def _ask_for_room(self, name: str) -> None:
        """Refuse what is beyond Resource Manager's limits, where that dial is on."""
        dials, method = self.world.dials, _METHODS.get(name.rpartition(".")[2], "GET")
        if not dials.throttle or name not in _LIMITED:
            return
        path = self.world.workspace.path
        with self.limits.counted(method, path) as told:
            subscription = self.world.workspace.subscription
            admission = self._throttling.admit(
                subscription, APP, kind_of(method), shuts=dials.throttle_shuts
            )
            told.status, told.headers = (429 if admission.refusal else 200), admission.headers
        if admission.refusal:
            raise refusal(
                429,
                "SubscriptionRequestsThrottled",
                admission.refusal,
                write=method != "GET",
                retry_after=admission.headers["Retry-After"],
            )

    def _carry[Result](self, name: str, action: Callable[[], Result], *, write: bool) -> Result:
        fault = self.faults.next_for(name)
        try:
            if fault is None:
                return action()
            if fault.effect is Effect.BEFORE:
                action()
        except ArmError as error:
            raise refusal(error.status, error.code, error.message, write=write) from error
        if fault.effect is Effect.AFTER:
            self.late.append(action)
            raise ArmUnavailableError(f"{name} was not answered in time")
        raise _planned(name, fault, write=write)


def _planned(name: str, fault: Fault, *, write: bool) -> Exception:
    if fault.drops_connection or fault.status is None:
        return ArmUnavailableError(f"the answer of {name} was lost")
    retry_after = "" if fault.retry_after is None else str(fault.retry_after)
    return refusal(fault.status, fault.code, fault.message, write=write, retry_after=retry_after)


def endpoint_name(endpoint: str) -> str:
    """Return the name in an endpoint's ARM id."""
    return parse_endpoint_id(endpoint).name
