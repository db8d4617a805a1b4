"""Payload logging: whole requests and responses, as the router sees them.

The front end decides once per request, when it arrives, whether both are logged (the Lua of Azure's
inference front end); the rows of one request share its `x-request-id`.
"""

from dataclasses import dataclass

from localazure.collector.records import REQUEST, RESPONSE, payload
from localazure.collector.rows import CollectedRows
from localazure.runtime import CollectorSpec

_UNSAID_TYPE = "application/octet-stream"


@dataclass(frozen=True)
class Exchange:
    """One request that reached a deployment; `answer` is None where none came in time."""

    request_id: str
    path: str
    body: bytes
    content_type: str | None
    answer: bytes | None = None
    answer_type: str | None = None


class PayloadLog:
    """Adds the rows of whole payloads to `rows`."""

    def __init__(self, rows: CollectedRows) -> None:
        self._rows = rows

    def log(self, collector: CollectorSpec, what: Exchange) -> None:
        """Log an exchange as the collections `request` and `response` ask, on one draw."""
        drawn, sampling = self._rows.chance.random(), self._rows.dials.sampling
        bodies = {
            REQUEST: (what.body, what.content_type),
            RESPONSE: (what.answer, what.answer_type),
        }
        for name, (body, content_type) in bodies.items():
            collection = collector.collections.get(name)
            if collection is None or body is None or drawn >= sampling * collection.sampling_rate:
                continue
            record = payload(
                collector.source,
                name,
                body,
                self._rows.clock(),
                content_type=content_type or _UNSAID_TYPE,
                request_id=what.request_id,
                path=what.path if name == REQUEST else None,
            )
            self._rows.add(collector, record)
