"""One line of a collection's file: whose answers it holds, of which minute.

A line is a CloudEvents record. Those of a script's own collection hold a list of rows, of one
request or of several that were merged; each row is an answer. Those of the platform's payload
logging hold one answer as it was sent. A payload above 4 MB, or one that is not text, is a file of
its own: the line then has its URL.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollout.text.moments import read_moment

PAYLOADS = frozenset({"request", "response"})
"""The platform's own collections; every other is a script's."""

_MINUTE = 16
"""Characters of `2026-11-26T18:16`."""

_UTC = ("Z", "+00:00")
_YES = (True, "true", "True")


class NotARecordError(ValueError):
    """A line that holds no whole record; the message is a sentence's part."""


@dataclass(frozen=True)
class Found:
    """What one line holds; `elsewhere` is the URL of a payload that is a file of its own."""

    minute: datetime
    answers: tuple[Any, ...] = ()
    elsewhere: str = ""


class Records:
    """Reads the lines of one deployment's collection. Remembers what repeats itself in them.

    Args:
        deployment: Whose; a record whose `source` names another is passed over, since several
            deployments may write to one folder.
        collection: Its name.
        endpoint: The deployment's; "" where it is not known. Deployments of several endpoints may
            have one name, and one folder.
    """

    def __init__(self, deployment: str, collection: str, endpoint: str = "") -> None:
        self._ending = f"/deployments/{deployment}".lower()
        self._whole_ending = f"/onlineendpoints/{endpoint}{self._ending}".lower()
        self._endpoint = endpoint
        self._payload = collection.lower() in PAYLOADS
        self._sources: dict[str, bool] = {}
        self._minutes: dict[str, datetime] = {}

    def read(self, line: bytes) -> Found | None:
        """Return what a line holds of this deployment.

        Returns:
            None for a record of another deployment.

        Raises:
            NotARecordError: It is no whole record: half of one, or of a form that is not known.
        """
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise NotARecordError("it is no JSON") from error
        if not isinstance(record, dict):
            raise NotARecordError("it is no JSON object")
        if not self._is_ours(record.get("source")):
            return None
        minute = self._minute(record.get("time"))
        data = record.get("data")
        if record.get("datainblob") in _YES:
            if not isinstance(data, str) or not data:
                raise NotARecordError("it has no URL of its payload")
            return Found(minute, elsewhere=data)
        if "data" not in record or _is_a_part(record.get("contentrange")):
            raise NotARecordError("it has no whole payload")
        return Found(minute, tuple(self.answers(data)))

    def answers(self, data: Any) -> Sequence[Any]:
        """Return the answers that a record's data are, wherever they stand."""
        return [data] if self._payload or not isinstance(data, list) else data

    def _is_ours(self, source: Any) -> bool:
        """A record without a source, or with another kind of one, is its folder's owner's."""
        if not isinstance(source, str):
            return True
        known = self._sources.get(source)
        if known is None:
            text = source.lower().rstrip("/")
            whole = bool(self._endpoint) and "/onlineendpoints/" in text
            ending = self._whole_ending if whole else self._ending
            known = "/deployments/" not in text or text.endswith(ending)
            self._sources[source] = known
        return known

    def _minute(self, time: Any) -> datetime:
        if not isinstance(time, str):
            raise NotARecordError("it has no time")
        if not time.endswith(_UTC):
            # Of another zone, or of none at all: converted, and never remembered.
            return _moment(time).replace(second=0, microsecond=0)
        text = time[:_MINUTE]
        known = self._minutes.get(text)
        if known is None:
            known = self._minutes[text] = _moment(f"{text}+00:00")
        return known


def _moment(text: str) -> datetime:
    try:
        return read_moment(text)
    except ValueError as error:
        raise NotARecordError("its time is no moment") from error


def _is_a_part(content_range: Any) -> bool:
    """`bytes 0-35/36` is whole; so is `bytes 0-24/*`, of which the total is not known."""
    if not isinstance(content_range, str):
        return False
    span, _, total = content_range.removeprefix("bytes ").partition("/")
    first, _, last = span.partition("-")
    if first.isdecimal() and int(first) > 0:
        return True
    return total.isdecimal() and last.isdecimal() and int(last) + 1 < int(total)
