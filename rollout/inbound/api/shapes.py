"""What shapes of answers are made of, as JSON Schema (2020-12, the dialect of OpenAPI 3.1).

An object has all of its properties, always: what is not known is `null`. Clients ignore properties
that they do not know, because later versions of the app add some.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 0}
MOMENT: Schema = {"type": "string", "format": "date-time"}
SECONDS: Schema = {"type": "integer", "description": "Seconds."}
PERCENT: Schema = {"type": "integer", "minimum": 0, "maximum": 100}
ANYTHING: Schema = {"type": "object", "additionalProperties": True}


def shape(text: str, /, **properties: Schema) -> Schema:
    """An object with all of these properties."""
    return {
        "type": "object",
        "description": text,
        "properties": properties,
        "required": list(properties),
    }


def joined(text: str, /, *parts: Schema, **more: Schema) -> Schema:
    """An object with the properties of all these objects, and `more`."""
    found: dict[str, Schema] = {}
    for part in parts:
        found.update(part["properties"])
    return shape(text, **found, **more)


def but_for(schema: Schema, *optional: str) -> Schema:
    """The same object, from which these properties may be missing."""
    return {**schema, "required": [each for each in schema["required"] if each not in optional]}


def maybe(schema: Schema, text: str = "") -> Schema:
    """That, or `null`; `text` says when."""
    known = schema.get("type")
    if isinstance(known, str) and "enum" not in schema:
        found = {**schema, "type": [known, "null"]}
    else:
        found = {"anyOf": [schema, {"type": "null"}]}
    return {**found, "description": text} if text else found


def said(schema: Schema, text: str) -> Schema:
    """The same, described."""
    return {**schema, "description": text}


def words(options: type[StrEnum] | Iterable[str]) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": [str(each) for each in options]}


def many(schema: Schema, text: str = "") -> Schema:
    """A list of those."""
    found: Schema = {"type": "array", "items": schema}
    return said(found, text) if text else found


def named(schema: Schema, text: str = "") -> Schema:
    """An object whose keys are names, and whose values are all of this kind."""
    found: Schema = {"type": "object", "additionalProperties": schema}
    return said(found, text) if text else found


def component(name: str) -> Schema:
    """What the description has under this name."""
    return {"$ref": f"#/components/schemas/{name}"}


def closed(schema: Any) -> Any:
    """The same schema, under which an object has no property that is not described.

    For tests: an answer must not have what its description does not.
    """
    if isinstance(schema, Mapping):
        inner = {key: closed(value) for key, value in schema.items()}
        if "properties" in schema and "additionalProperties" not in schema:
            inner["additionalProperties"] = False
        return inner
    return [closed(each) for each in schema] if isinstance(schema, list) else schema
