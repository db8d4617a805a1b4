"""Two numbers of a policy file that mean one thing: a range, or a value and its tolerance."""

from dataclasses import dataclass
from typing import Any

from rollout.core.policy.expectation import Interval, Near
from rollout.core.policy.values import Faults, Schema, is_number, quoted

_PAIR = 2


@dataclass(frozen=True)
class IntervalPair:
    """`[least, most]`, both included."""

    def read(self, value: Any, place: str, faults: Faults) -> Interval | None:
        found = _numbers(value)
        if found is None:
            faults.note(place, _not_two(value, "[least, most], such as [0, 1]"))
            return None
        return Interval(*found)

    def schema(self) -> Schema:
        number = {"type": "number"}
        return {"type": "array", "items": number, "minItems": _PAIR, "maxItems": _PAIR}

    def show(self, value: Any) -> Any:
        return [value.least, value.most]


@dataclass(frozen=True)
class NearPair:
    """`[value, tolerance]`."""

    def read(self, value: Any, place: str, faults: Faults) -> Near | None:
        found = _numbers(value)
        if found is None or found[1] < 0:
            example = "[value, tolerance], such as [0.93, 0.01], the tolerance 0 or more"
            faults.note(place, _not_two(value, example))
            return None
        return Near(*found)

    def schema(self) -> Schema:
        return {
            "type": "array",
            "prefixItems": [{"type": "number"}, {"type": "number", "minimum": 0}],
            "minItems": _PAIR,
            "maxItems": _PAIR,
        }

    def show(self, value: Any) -> Any:
        return [value.value, value.within]


def _numbers(value: Any) -> tuple[float, float] | None:
    if not isinstance(value, list) or len(value) != _PAIR or not all(map(is_number, value)):
        return None
    return float(value[0]), float(value[1])


def _not_two(value: Any, example: str) -> str:
    return f"{quoted(value)} does not fit here: write {example}."
