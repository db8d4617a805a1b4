"""A queue message as a handler sees it: its text, and the metadata around it."""

import base64
import binascii
import json
from datetime import datetime
from typing import Any

from azure.storage.queue import QueueMessage

from localazure.functions_host.messages import TypedData


def decode_text(content: Any, *, base64: bool) -> str | None:
    """Return the text of a message, or None if it is not in host.json's encoding.

    With the host's default, base64, a message put by the Python SDK (plain text) does not decode
    and is poison at once.
    """
    if not base64:
        return str(content)
    try:
        return _decoded(str(content))
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None


def trigger_metadata(message: QueueMessage, text: str) -> dict[str, TypedData]:
    """Return the metadata for the worker.

    Where the text is a JSON object the host adds its top-level members, scalars as strings, and
    they overwrite the metadata of the same name (WorkerFunctionInvoker): a payload with "Id"
    decides what the handler sees as the message's id.
    """
    metadata = {
        "QueueTrigger": TypedData(string=text),
        "Id": TypedData(string=message.id),
        "PopReceipt": TypedData(string=message.pop_receipt or ""),
        "DequeueCount": TypedData(json=json.dumps(message.dequeue_count)),
    }
    times = {
        "InsertionTime": message.inserted_on,
        "ExpirationTime": message.expires_on,
        "NextVisibleTime": message.next_visible_on,
    }
    for name, moment in times.items():
        if isinstance(moment, datetime):
            metadata[name] = TypedData(json=json.dumps(moment.isoformat()))
    return {**metadata, **_members(text)}


def _members(text: str) -> dict[str, TypedData]:
    if not text.lstrip().startswith("{"):
        return {}
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    return {
        name: TypedData(string=value if isinstance(value, str) else json.dumps(value))
        for name, value in content.items()
        if value is not None and not isinstance(value, list)
    }


def _decoded(content: str) -> str:
    return base64.b64decode(content, validate=True).decode("utf-8")
