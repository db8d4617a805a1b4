"""The parts of host.json that the host obeys, checked, with the host's own defaults.

Limits and defaults: QueuesOptions of azure-sdk-for-net and the host.json reference on
learn.microsoft.com/azure/azure-functions/functions-host-json.
"""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

SUPPORTED_VERSION = "2.0"
DEFAULT_FUNCTION_TIMEOUT = timedelta(minutes=30)
"""The default outside the Consumption plan, where it is five minutes."""

MAX_BATCH_SIZE = 32
UNLIMITED = "-1"
_TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})")
_LOG_LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "information": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "none": logging.CRITICAL,
}
_OBEYED = {"version", "functionTimeout", "functions", "extensions", "logging"}
_HARMLESS = {"$schema", "extensionBundle"}


class HostJsonError(Exception):
    """host.json is missing or wrong; the text names the key and its allowed values."""


@dataclass(frozen=True)
class QueueOptions:
    """`extensions.queues`. At most `batch_size + new_batch_threshold` messages are in progress."""

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    visibility_timeout: timedelta = timedelta(0)
    max_polling_interval: timedelta = timedelta(minutes=1)
    base64: bool = True


@dataclass(frozen=True)
class HostJson:
    """What host.json says. `function_timeout` None means no limit; `functions` None means all."""

    route_prefix: str = "api"
    function_timeout: timedelta | None = DEFAULT_FUNCTION_TIMEOUT
    functions: frozenset[str] | None = None
    queues: QueueOptions = QueueOptions()
    log_level: int = logging.INFO
    ignored: tuple[str, ...] = ()
    """Top-level keys this host does not act on, for a warning."""


def read_host_json(app_folder: Path) -> HostJson:
    """Read `host.json` of the app in `app_folder`.

    Raises:
        HostJsonError: it is missing, not JSON, not version 2.0, or a value is out of its range.
    """
    file = app_folder / "host.json"
    if not file.is_file():
        raise HostJsonError(f'{file} does not exist. Create it with {{"version": "2.0"}}.')
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise HostJsonError(f"{file} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise HostJsonError(f"{file} must be a JSON object.")
    return parse_host_json(content)


def parse_host_json(content: Mapping[str, Any]) -> HostJson:
    """Check the content of host.json and fill in the defaults.

    Raises:
        HostJsonError: as for `read_host_json`.
    """
    if content.get("version") != SUPPORTED_VERSION:
        raise HostJsonError(
            f'"version" in host.json must be "{SUPPORTED_VERSION}", not {content.get("version")!r}.'
        )
    extensions = _section(content, "extensions")
    http = _section(extensions, "http")
    functions = content.get("functions")
    if functions is not None and not (
        isinstance(functions, list) and all(isinstance(name, str) for name in functions)
    ):
        raise HostJsonError('"functions" in host.json must be a list of function names.')
    return HostJson(
        route_prefix=str(http.get("routePrefix", "api")).strip("/"),
        function_timeout=_function_timeout(content),
        functions=None if functions is None else frozenset(functions),
        queues=_queue_options(_section(extensions, "queues")),
        log_level=_log_level(_section(_section(content, "logging"), "logLevel")),
        ignored=tuple(sorted(set(content) - _OBEYED - _HARMLESS)),
    )


def parse_time_span(text: str) -> timedelta | None:
    """Read a .NET TimeSpan such as "00:05:00" or "1.00:00:00"; None for anything else."""
    match = _TIME_SPAN.fullmatch(text)
    if match is None:
        return None
    days, hours, minutes, seconds = (int(group or 0) for group in match.groups())
    if hours > 23 or minutes > 59 or seconds > 59:  # noqa: PLR2004 - a day's clock
        return None
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _queue_options(section: Mapping[str, Any]) -> QueueOptions:
    default = QueueOptions()
    batch_size = _integer(section, "batchSize", default.batch_size, 1, MAX_BATCH_SIZE)
    encoding = str(section.get("messageEncoding", "base64")).lower()
    if encoding not in {"base64", "none"}:
        raise HostJsonError('"messageEncoding" in host.json must be "base64" or "none".')
    return QueueOptions(
        batch_size=batch_size,
        new_batch_threshold=_integer(section, "newBatchThreshold", batch_size // 2, 0, 1000),
        max_dequeue_count=_integer(section, "maxDequeueCount", default.max_dequeue_count, 1, 1000),
        visibility_timeout=_time_span(section, "visibilityTimeout", default.visibility_timeout),
        max_polling_interval=_polling_interval(section, default.max_polling_interval),
        base64=encoding == "base64",
    )


def _section(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    section = parent.get(key, {})
    if not isinstance(section, Mapping):
        raise HostJsonError(f'"{key}" in host.json must be an object.')
    return section


def _integer(section: Mapping[str, Any], key: str, default: int, low: int, high: int) -> int:
    value = section.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise HostJsonError(f'"{key}" in host.json must be a whole number from {low} to {high}.')
    return value


def _time_span(section: Mapping[str, Any], key: str, default: timedelta) -> timedelta:
    if key not in section:
        return default
    value = section[key]
    span = parse_time_span(value) if isinstance(value, str) else None
    if span is None:
        raise HostJsonError(f'"{key}" in host.json must be a time span such as "00:00:05".')
    return span


def _polling_interval(section: Mapping[str, Any], default: timedelta) -> timedelta:
    value = section.get("maxPollingInterval")
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return timedelta(milliseconds=value)  # the older form: milliseconds
    return _time_span(section, "maxPollingInterval", default)


def _function_timeout(content: Mapping[str, Any]) -> timedelta | None:
    if content.get("functionTimeout") == UNLIMITED:
        return None
    return _time_span(content, "functionTimeout", DEFAULT_FUNCTION_TIMEOUT)


def _log_level(levels: Mapping[str, Any]) -> int:
    name = str(levels.get("default", "Information")).lower()
    if name not in _LOG_LEVELS:
        raise HostJsonError(
            '"logging.logLevel.default" in host.json must be one of Trace, Debug, Information, '
            "Warning, Error, Critical, None."
        )
    return _LOG_LEVELS[name]
