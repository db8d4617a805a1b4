"""Planned trouble: the nth call of a kind is refused, hangs, is lost, or only seems to fail.

A plan knows nothing of HTTP servers: it says what should happen to a call, and the carrier of the
call (the aiohttp application, an in-process transport) makes it happen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MAX_HANG_SECONDS = 3600.0


class Effect(StrEnum):
    """Whether, and when, a call with a fault is carried out nevertheless."""

    NONE = "none"
    """Never: the world does not see the call."""
    BEFORE = "before"
    """At once, before the hang and the false answer."""
    AFTER = "after"
    """Only after the hang, even if the client has given up by then: a late write."""


@dataclass(frozen=True)
class Fault:
    """What happens to one call.

    Answered with `status` (`None`: the true answer, so `effect` must not be NONE), or with no
    answer at all when `drops_connection`; either way `hang_seconds` later. `retry_after` is the
    header of that name, in whole seconds.
    """

    status: int | None = None
    effect: Effect = Effect.NONE
    hang_seconds: float = 0.0
    drops_connection: bool = False
    retry_after: int | None = None
    code: str = "InjectedFault"
    message: str = "This answer was planned by a fault rule."

    def __post_init__(self) -> None:
        if self.status is not None and not 400 <= self.status <= 599:  # noqa: PLR2004
            raise ValueError(f"status must be an HTTP error, 400 to 599, not {self.status}")
        if self.status is None and not self.drops_connection and self.effect is Effect.NONE:
            raise ValueError("a fault without effect needs a status, or drops_connection")
        if not 0 <= self.hang_seconds <= MAX_HANG_SECONDS:
            raise ValueError(f"hang_seconds must be 0 to {MAX_HANG_SECONDS:g}")

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "Fault":
        """Return the fault that a JSON object describes; its keys are this class's fields.

        Raises:
            ValueError: says which key or value is wrong.
        """
        unknown = body.keys() - cls.__dataclass_fields__.keys()
        if unknown:
            raise ValueError(f"unknown fault fields: {', '.join(sorted(unknown))}")
        values = dict(body)
        if "effect" in values:
            values["effect"] = Effect(values["effect"])
        return cls(**values)


@dataclass
class _Rule:
    call: str
    fault: Fault
    skip: int
    remaining: int


@dataclass
class Faults:
    """The plan of one local Azure. Counting begins when a rule is added."""

    _rules: list[_Rule] = field(default_factory=list)

    def add(self, call: str, fault: Fault, *, nth: int = 1, times: int = 1) -> None:
        """Let `fault` happen to `times` calls in a row, from the `nth` on (1 is the next call).

        `call` is a name as in `localazure.world.access.Call`, or that of a mounted route
        (`metrics.get`).

        Raises:
            ValueError: `nth` or `times` is less than 1.
        """
        if nth < 1 or times < 1:
            raise ValueError(f"nth and times count from 1, not {nth} and {times}")
        self._rules.append(_Rule(call, fault, nth - 1, times))

    def clear(self) -> None:
        """Forget every rule."""
        self._rules.clear()

    def next_for(self, call: str) -> Fault | None:
        """Count one call and return what should happen to it, `None` for nothing.

        When several rules fit, the one added first decides and the others wait their turn.
        """
        if not self._rules:
            return None
        chosen: Fault | None = None
        for rule in [rule for rule in self._rules if rule.call == call]:
            if rule.skip:
                rule.skip -= 1
            elif chosen is None:
                chosen = rule.fault
                rule.remaining -= 1
                if not rule.remaining:
                    self._rules.remove(rule)
        return chosen
