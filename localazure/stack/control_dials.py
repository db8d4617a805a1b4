"""The dials as one flat JSON object: times in seconds, shares 0 to 1, switches as booleans."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from localazure.stack.parts import Parts
from localazure.world import Dials

MAX_SECONDS = 24 * 3600.0
MAX_DUPLICATES = 100
_WORLD_DIALS = tuple(Dials.__dataclass_fields__)
_SHARES = ("collector_loss", "collector_sampling")


class InvalidDialError(Exception):
    """A dial is unknown or its value out of range; the text says what is allowed."""


def read_dials(parts: Parts) -> dict[str, Any]:
    """Return every dial. `alert_every` null means each rule's own frequency."""
    every = parts.alerts.evaluate_every
    world = {
        name: value.total_seconds() if isinstance(value, timedelta) else value
        for name, value in asdict(parts.world.dials).items()
    }
    return {
        **world,
        "monitor_ahead": parts.recorder.ahead.total_seconds(),
        "ingestion_delay": parts.recorder.ingestion_delay.total_seconds(),
        "addressed_counted": parts.recorder.addressed_counted,
        "mirrored_counted": parts.recorder.mirrored_counted,
        "log_delay": parts.traffic_log.ingestion_delay.total_seconds(),
        "alert_every": None if every is None else every.total_seconds(),
        "poll_delay": parts.arm.poll_delay.total_seconds(),
        "duplicates": parts.delivery.duplicates,
        "collector_delay": parts.rows.dials.delay.total_seconds(),
        "collector_batch": parts.rows.dials.batch.total_seconds(),
        "collector_loss": parts.rows.dials.loss,
        "collector_sampling": parts.rows.dials.sampling,
    }


def turn_dials(parts: Parts, wanted: Mapping[str, Any]) -> None:
    """Change the dials in `wanted`; all are checked before one is turned.

    Raises:
        InvalidDialError: nothing was changed.
    """
    known = read_dials(parts)
    unknown = wanted.keys() - known.keys()
    if unknown:
        raise InvalidDialError(
            f"there is no dial {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}"
        )
    values = {name: _value(name, known[name], value) for name, value in wanted.items()}
    world = {name: value for name, value in values.items() if name in _WORLD_DIALS}
    parts.world.dials = replace(parts.world.dials, **world)
    if "monitor_ahead" in values:
        parts.recorder.ahead = values["monitor_ahead"]
    if "ingestion_delay" in values:
        parts.recorder.ingestion_delay = values["ingestion_delay"]
    if "addressed_counted" in values:
        parts.recorder.addressed_counted = values["addressed_counted"]
    if "mirrored_counted" in values:
        parts.recorder.mirrored_counted = values["mirrored_counted"]
    if "log_delay" in values:
        parts.traffic_log.ingestion_delay = values["log_delay"]
    if "alert_every" in values:
        parts.alerts.evaluate_every = values["alert_every"]
    if "poll_delay" in values:
        parts.arm.poll_delay = values["poll_delay"]
    if "duplicates" in values:
        parts.delivery.duplicates = values["duplicates"]
    prefix = "collector_"
    collector = {name.removeprefix(prefix): values[name] for name in values if prefix in name}
    parts.rows.dials = replace(parts.rows.dials, **collector)


def _value(name: str, present: Any, value: Any) -> Any:
    if isinstance(present, bool):
        if not isinstance(value, bool):
            raise InvalidDialError(f"{name} must be true or false")
        return value
    if name == "alert_every" and value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidDialError(f"{name} must be a number")
    if name == "duplicates":
        if value not in range(MAX_DUPLICATES + 1):
            raise InvalidDialError(f"{name} must be a whole number from 0 to {MAX_DUPLICATES}")
        return int(value)
    if name in _SHARES:
        if not 0 <= value <= 1:
            raise InvalidDialError(f"{name} must be from 0 to 1")
        return float(value)
    if not 0 <= value <= MAX_SECONDS:
        raise InvalidDialError(f"{name} must be 0 to {MAX_SECONDS:g} seconds")
    return timedelta(seconds=value)
