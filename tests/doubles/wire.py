"""What carries the doubles' calls to the world: refusals as the adapters word them, and faults."""

from collections.abc import Callable
from dataclasses import dataclass, field

from localazure.world import Access, ArmError, Effect, Fault, Faults, World
from rollout.adapters.azure_ml.arm_ids import parse_endpoint_id
from rollout.adapters.azure_ml.azure_faults import refusal
from rollout.errors import ArmUnavailableError
from tests.doubles.seam import Seam

APP = "rollout-app"
"""The principal that the app's identity is."""


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

    def allows(self, action: str) -> bool:
        """Say whether the app's identity has the right to an action."""
        return self.access.allows(APP, action)

    def need(self, *actions: str) -> None:
        """Refuse the call under way as Resource Manager does, unless all these are allowed.

        A double names the actions of every request that the real adapter makes for the call.
        """
        for action in actions:
            if not self.allows(action):
                raise ArmError(
                    403,
                    "AuthorizationFailed",
                    f"The client '{APP}' does not have authorization to perform action '{action}'.",
                )

    def call[Result](
        self, name: str, action: Callable[[], Result], *, write: bool = False
    ) -> Result:
        """Carry a call out, or let the planned fault happen."""
        return self.seam.run(name, lambda: self._carry(name, action, write=write))

    def call_if(self, name: str, wanted: Callable[[], bool], action: Callable[[], object]) -> None:
        """Carry a write out if, just before it is sent, it is still `wanted`."""

        def send() -> None:
            if wanted():
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
    return refusal(fault.status, fault.code, fault.message, write=write)


def endpoint_name(endpoint: str) -> str:
    """Return the name in an endpoint's ARM id."""
    return parse_endpoint_id(endpoint).name
