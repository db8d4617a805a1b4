"""Requests that nobody sent, counted as if they had ended in the past.

A benchmark then reads real minutes of hours through the metrics API without waiting for hours.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from localazure.monitor.recorder import MINUTE, RETENTION, Outcome, Recorder, floor_to_minute

MAX_A_MINUTE = 10_000
MAX_REQUESTS = 1_000_000
DEFAULT_MS = 12.0


def count_requests(recorder: Recorder, body: Mapping[str, Any]) -> int:
    """Count `perMinute` requests, spread evenly, in each whole minute of [`from`, `until`).

    `body` has also `endpoint`, `deployment`, `status` (200) and `milliseconds` (12). Returns how
    many were counted. `until` may not lie beyond Monitor's present.

    Raises:
        ValueError: a value is out of range; nothing was counted.
        KeyError: one is missing.
    """
    start, end = (datetime.fromisoformat(str(body[name])) for name in ("from", "until"))
    a_minute = int(body["perMinute"])
    if start.tzinfo is None or end.tzinfo is None:
        raise ValueError("from and until need an offset, such as 2026-01-31T10:00:00Z")
    now = recorder.present()
    if not now - RETENTION <= start <= end <= now:
        raise ValueError(f"from and until must be in order, in the last {RETENTION}")
    if not 0 < a_minute <= MAX_A_MINUTE:
        raise ValueError(f"perMinute must be 1 to {MAX_A_MINUTE}, not {a_minute}")
    minutes = (floor_to_minute(end) - floor_to_minute(start)) // MINUTE
    if minutes * a_minute > MAX_REQUESTS:
        raise ValueError(f"at most {MAX_REQUESTS} requests a call; ask for fewer minutes")
    status = int(body.get("status", 200))
    outcome = Outcome(str(body["deployment"]), status, status)
    took = float(body.get("milliseconds", DEFAULT_MS))
    for minute in range(minutes):
        begin = floor_to_minute(start) + minute * MINUTE
        for number in range(a_minute):
            at = begin + timedelta(minutes=number / a_minute)
            recorder.record(str(body["endpoint"]), outcome, took, at)
    return minutes * a_minute
