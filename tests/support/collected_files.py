"""What data collectors write: records as lines, and the blobs of a container in memory."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rollout.adapters.predictions.files import File

WORKSPACE = (
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/ml-local"
    "/providers/Microsoft.MachineLearningServices/workspaces/workspace"
)
URL = "https://account.blob.core.windows.net/container"


def source(endpoint: str, deployment: str) -> str:
    """The `source` of a record: its deployment's ARM id."""
    return f"{WORKSPACE}/onlineEndpoints/{endpoint}/deployments/{deployment}"


def record(
    data: Any,
    at: datetime,
    *,
    deployment: str = "green-7",
    endpoint: str = "fraud-endpoint",
    collection: str = "model_outputs",
    **more: Any,
) -> bytes:
    """One line with its end, as the platform writes it; None in `more` leaves a field out."""
    text = json.dumps(data)
    fields: Mapping[str, Any] = {
        "specversion": "1.0",
        "id": "0f0e",
        "source": source(endpoint, deployment),
        "type": f"azureml.inference.{collection}",
        "datacontenttype": "application/json",
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "data": data,
        "contentrange": f"bytes 0-{len(text) - 1}/{len(text)}",
        "correlationid": "8c1d",
        "xrequestid": "8c1d",
        "modelversion": "default",
        "collectdatatype": "pandas.core.frame.DataFrame",
        "agent": "azureml-ai-monitoring/1.0.0",
    } | more
    return (
        json.dumps({key: value for key, value in fields.items() if value is not None}).encode()
        + b"\n"
    )


def lines(rows: Sequence[Any], at: datetime, **more: Any) -> bytes:
    """One record for each row."""
    return b"".join(record([row], at, **more) for row in rows)


@dataclass
class MemoryFiles:
    """`Files` in memory; `asked` is every range that was read, `listings` every prefix."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, int, int]] = field(default_factory=list)
    listings: list[str] = field(default_factory=list)
    url: str = URL

    def append(self, name: str, content: bytes) -> None:
        """What an append blob does."""
        self.blobs[name] = self.blobs.get(name, b"") + content

    def listed(self, prefix: str) -> Iterator[File]:
        self.listings.append(prefix)
        for name in sorted(self.blobs):
            if name.startswith(prefix):
                yield File(name, len(self.blobs[name]))

    def read(self, name: str, first: int, length: int) -> bytes:
        self.asked.append((name, first, length))
        return self.blobs.get(name, b"")[first : first + length]
