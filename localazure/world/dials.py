"""What a test or a demonstration may turn: how long things take, and disputed rules."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Self


@dataclass(frozen=True)
class Dials:
    """Provisioning times and open questions about Azure, with fast defaults.

    A zero time means that the operation has ended when its PUT is answered.
    """

    endpoint_creation: timedelta = timedelta(0)
    endpoint_update: timedelta = timedelta(0)
    """An endpoint PUT that leaves the split alone (tags, identity, description)."""
    traffic_update: timedelta = timedelta(0)
    endpoint_deletion: timedelta = timedelta(0)
    deployment_creation: timedelta = timedelta(0)
    """The least time; the runtime must report the container ready too."""
    deployment_update: timedelta = timedelta(0)
    deployment_scaling: timedelta = timedelta(0)
    deployment_deletion: timedelta = timedelta(0)

    stale_read: timedelta = timedelta(0)
    """How long after a traffic PUT has finished a GET still shows the split before it. Seen on
    Azure by azd, which therefore reads again (Azure/azure-dev, ai_helper.go)."""

    refuse_traffic_while_creating: bool = False
    """Answer 409 to a traffic PUT while any deployment of the endpoint is Creating. Nobody has
    documented which of the two Azure does."""

    weight_needs_succeeded: bool = False
    """Refuse to raise the weight of a deployment that is Updating or Scaling, too. By default
    only one that cannot serve (absent, Creating, Failed, Deleting) is refused."""

    delete_cancels: bool = True
    """A DELETE cancels what runs on the deployment (`OperationCanceled`: the troubleshooting page
    calls it overridden by an operation of higher priority). If false it is answered 409."""

    def turned(self, body: Mapping[str, Any]) -> Self:
        """Return these dials with some turned, as a JSON object says: times in seconds.

        Raises:
            ValueError: says which name or value is wrong.
        """
        changes: dict[str, Any] = {}
        for name, value in body.items():
            if name not in self.__dataclass_fields__:
                raise ValueError(f"unknown dial: {name}")
            is_switch = isinstance(getattr(self, name), bool)
            changes[name] = _switch(name, value) if is_switch else _seconds(name, value)
        return replace(self, **changes)


def _switch(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, not {value!r}")  # noqa: TRY004 - one error for the caller
    return value


def _seconds(name: str, value: object) -> timedelta:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
        raise ValueError(f"{name} must be a number of seconds, 0 or more, not {value!r}")
    try:
        return timedelta(seconds=value)
    except OverflowError as error:
        raise ValueError(f"{name} is too long: {value!r} seconds") from error
