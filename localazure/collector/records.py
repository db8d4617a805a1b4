"""The records: what a data collector writes, one JSON object a line.

Fields as in the samples of Microsoft's page on collecting production data (how-to-collect-
production-data, 2022 to 2025) and in what azureml-ai-monitoring 1.0.0 posts (measured).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

MAX_INLINE_BYTES = 4 * 1000 * 1000
"""Larger data are not in the line, which then names a file (the page says 4 MB)."""

REQUEST, RESPONSE = "request", "response"
"""The two collections that the platform itself fills."""

_TYPE_PREFIX = "azureml.inference."
_JSON = "application/json"
_TEXT = "text/"


@dataclass(frozen=True)
class Record:
    """One record: `data` as JSON text, or as the bytes of a file of their own (`raw`).

    `fields` are the others that its kind has; `moment` is when the data were logged.
    """

    id: str
    source: str
    collection: str
    moment: datetime
    content_type: str
    data: str
    fields: Mapping[str, str]
    raw: bytes | None = None

    def line(self, url: str | None = None) -> bytes:
        """Return the record with its line break; `url` is where the data are, if not inline."""
        encoded = self.data.encode() if self.raw is None else self.raw
        document = {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": f"{_TYPE_PREFIX}{self.collection}",
            "datacontenttype": self.content_type,
            "time": self.moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "contentrange": f"bytes 0-{max(len(encoded) - 1, 0)}/{len(encoded)}",
            **self.fields,
        }
        if url is not None:
            document["datainblob"] = "true"
        head = json.dumps(document, separators=(",", ":"))
        # The data are JSON already; reading and writing them again would cost the most.
        data = self.data if url is None else json.dumps(url)
        return f'{head[:-1]},"data":{data}}}\n'.encode()


def collected(source: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Record:
    """Return the record of one post of azureml-ai-monitoring; header names are in lower case.

    Raises:
        ValueError: it is not such a post: no type, no time, or the body is not JSON.
    """
    kind = headers.get("ce-type", "")
    if not kind.startswith(_TYPE_PREFIX):
        raise ValueError(f"ce-type must begin with {_TYPE_PREFIX}, not {kind!r}")
    correlation = headers.get("ce-x-request-id")
    named = {
        "correlationid": correlation,
        "xrequestid": correlation,
        "modelversion": headers.get("ce-model-version"),
        "collectdatatype": headers.get("ce-collect-data-type"),
        "agent": headers.get("ce-agent"),
    }
    at = headers.get("ce-time")
    record = Record(
        id=headers.get("trace-id") or str(uuid4()),
        source=source,
        collection=kind.removeprefix(_TYPE_PREFIX).lower(),
        moment=now if at is None else datetime.fromtimestamp(int(at), UTC),
        content_type=headers.get("content-type", _JSON),
        data=json.dumps(json.loads(body), separators=(",", ":")),
        fields={name: value for name, value in named.items() if value is not None},
    )
    return _apart_if_large(record)


def payload(
    source: str,
    collection: str,
    body: bytes,
    now: datetime,
    *,
    content_type: str,
    request_id: str,
    path: str | None = None,
) -> Record:
    """Return the record of a whole request (with `path`) or response.

    JSON is stored as it is (with the NaN that Python's own server lets through), other text as a
    string, anything else in a file of its own.
    """
    called = {} if path is None else {"path": path, "method": "POST"}
    record = Record(
        id=str(uuid4()),
        source=source,
        collection=collection,
        moment=now,
        content_type=content_type,
        data="",
        fields={**called, "correlationid": request_id, "xrequestid": request_id},
    )
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        if not content_type.startswith(_TEXT):
            return replace(record, raw=body)
        value = body.decode(errors="replace")
    else:
        record = replace(record, content_type=_JSON)
    return _apart_if_large(replace(record, data=json.dumps(value, separators=(",", ":"))))


def merged(records: Iterable[Record]) -> list[Record]:
    """Merge the rows of records that a script logged close together, in their order.

    All of `records` are of one collection. A merged record has the id and the correlation id of
    its first one; payloads, and what would become too large, are not merged.
    """
    done: list[Record] = []
    for record in records:
        last = done[-1] if done else None
        if last is not None and _mergeable(last) and _mergeable(record):
            rows = f"{last.data[:-1]},{record.data[1:]}"
            if len(rows) <= MAX_INLINE_BYTES:
                done[-1] = replace(last, data=rows)
                continue
        done.append(record)
    return done


def _mergeable(record: Record) -> bool:
    has_rows = record.data.startswith("[") and record.data != "[]"
    return record.raw is None and has_rows and record.collection not in (REQUEST, RESPONSE)


def _apart_if_large(record: Record) -> Record:
    encoded = record.data.encode()
    return record if len(encoded) <= MAX_INLINE_BYTES else replace(record, data="", raw=encoded)
