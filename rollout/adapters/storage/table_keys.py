r"""PartitionKeys and RowKeys: readable, ordered, and reversible for any name.

Table Storage refuses `/ \ # ?` and control characters in keys (Table service data model page).
They, the separator and the escape character become `!` and two hexadecimal digits.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from rollout.core.records.history import HistoryEntry, MinuteRecord
from rollout.core.records.offers import OfferRecord
from rollout.errors import RowTooLargeError

MAX_KEY_CHARACTERS = 512
"""Longest key: Table Storage takes 1 KiB, which is 512 UTF-16 units."""

CACHED_PARTS = 4096
"""How many escaped parts are remembered: every call escapes its endpoint's id."""

SEPARATOR = "|"
AFTER_SEPARATOR = "}"
"""The next character after `|`: the upper end of a range of keys with one prefix."""

CURRENT = "current"
LIVE_PARTITION = "live"
TICK_PARTITION = TICK_ROW = "tick"
SUMMARY_PARTITION = "summary"
SUSPENSION_ROW = "suspension"
"""In the tick's partition: the order about all services."""

_MINUTE = "%Y%m%dT%H%MZ"
_FORBIDDEN = re.compile(r"[/\\#?!|\x00-\x1f\x7f-\x9f]")
_ESCAPED = re.compile(r"!([0-9a-f]{2})")


@lru_cache(maxsize=CACHED_PARTS)
def escape(text: str) -> str:
    """Return `text` as part of a key."""
    return _FORBIDDEN.sub(lambda found: f"!{ord(found[0]):02x}", text)


def unescape(part: str) -> str:
    """Return the text that `escape` was given."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), part)


def partition_key(endpoint: str) -> str:
    """Return the partition of an endpoint, by its ARM id in any case.

    Raises:
        RowTooLargeError: The id is longer than a key can be.
    """
    return _key(endpoint.lower())


def endpoint_of(key: str) -> str:
    """Return the endpoint's ARM id in lower case from a key that holds it alone."""
    return unescape(key)


def history_key(entry_key: str) -> str:
    """Return the RowKey of a `HistoryEntry.key`; `""` gives one before the first."""
    rollout, _, sequence = entry_key.rpartition(SEPARATOR)
    return _key("history", rollout, sequence) if entry_key else f"history{SEPARATOR}"


def minute_key(
    rollout: str, minute: datetime, pair: int | None = None, *, answers: bool = False
) -> str:
    """Return the RowKey of a minute's record.

    `pair` makes it that of a pass of probes, `answers` that of a look at collected answers.
    """
    stamp = minute.astimezone(UTC).strftime(_MINUTE)
    if answers:
        return _key("minute", rollout, stamp, "answers")
    return _key("minute", rollout, stamp, *(() if pair is None else ("probes", f"{pair:08d}")))


def minutes_after(rollout: str, minute: datetime | None) -> tuple[str, str]:
    """Return the keys between which a rollout's minutes lie, or those later than `minute`."""
    low, high = range_of("minute", rollout)
    return low if minute is None else minute_key(rollout, minute) + AFTER_SEPARATOR, high


def offer_key(model: str, version: str) -> str:
    return _key("offer", model, version)


def name_key(slug: str) -> str:
    return _key("name", slug)


def summary_key(service: str, endpoint: str) -> str:
    return _key(service, endpoint.lower())


def summary_of(key: str) -> tuple[str, str]:
    """Return the service and the endpoint's ARM id in lower case from a summary's key."""
    service, _, endpoint = key.partition(SEPARATOR)
    return unescape(service), unescape(endpoint)


def keys_of(
    history: Sequence[HistoryEntry],
    minutes: Sequence[MinuteRecord],
    offers: Sequence[OfferRecord],
) -> list[str]:
    """Return the RowKeys of these records."""
    return [
        *(history_key(each.key) for each in history),
        *(
            minute_key(each.rollout, each.minute, each.pair, answers=each.answers)
            for each in minutes
        ),
        *(offer_key(each.offer.model, each.offer.version) for each in offers),
    ]


def range_of(*parts: str) -> tuple[str, str]:
    """Return the keys between which (both exclusive) all keys lie that begin with `parts`."""
    prefix = _key(*parts)
    return prefix + SEPARATOR, prefix + AFTER_SEPARATOR


def _key(*parts: str) -> str:
    key = SEPARATOR.join(escape(part) for part in parts)
    if len(key) > MAX_KEY_CHARACTERS:
        raise RowTooLargeError(
            f"a key of {len(key)} characters exceeds {MAX_KEY_CHARACTERS}: {key[:80]}..."
        )
    return key
