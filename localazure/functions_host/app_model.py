"""The app as the host sees it after its checks: functions with one trigger each."""

from dataclasses import dataclass

from localazure.functions_host.keys import AuthLevel
from localazure.functions_host.routes import RouteTemplate
from localazure.functions_host.schedule import Schedule

ALL_METHODS: frozenset[str] = frozenset()
"""What `HttpTrigger.methods` is when the decorator lists none: every method is served."""


@dataclass(frozen=True)
class HttpTrigger:
    """`template` includes the route prefix; an empty `methods` means every method."""

    template: RouteTemplate
    methods: frozenset[str]
    level: AuthLevel

    def serves(self, method: str) -> bool:
        return not self.methods or method in self.methods

    def shares_a_method_with(self, other: "HttpTrigger") -> bool:
        if not self.methods or not other.methods:
            return True
        return not self.methods.isdisjoint(other.methods)


@dataclass(frozen=True)
class TimerTrigger:
    """`use_monitor` is what the decorator says; fast schedules are never monitored."""

    schedule: Schedule
    run_on_startup: bool
    use_monitor: bool


@dataclass(frozen=True)
class QueueTrigger:
    """`connection` names the app setting; empty means `AzureWebJobsStorage`."""

    queue_name: str
    connection: str


@dataclass(frozen=True)
class EventGridTrigger:
    """One event per call; the webhook's query names the function."""


Trigger = HttpTrigger | TimerTrigger | QueueTrigger | EventGridTrigger


@dataclass(frozen=True)
class Function:
    """A function the host runs. `parameter` is the handler's argument for the trigger."""

    name: str
    function_id: str
    parameter: str
    trigger: Trigger
    disabled: bool = False


@dataclass(frozen=True)
class App:
    """All functions in the host's order (by name, ignoring case), and what the checks found.

    A function named in `errors` was dropped; one named in `warnings` runs, but perhaps not as
    its author expects.
    """

    functions: tuple[Function, ...]
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def find(self, name: str) -> Function | None:
        """Return the function with this name, ignoring case."""
        lowered = name.lower()
        return next((item for item in self.functions if item.name.lower() == lowered), None)
