"""Answers for programs: JSON, YAML, or names alone."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import yaml

Form = Literal["table", "wide", "json", "yaml", "name"]


def as_json(document: Any) -> str:
    """Return indented JSON, in ASCII, that holds no command to a pipeline that shows it."""
    return json.dumps(document, indent=2).replace("##", "\\u0023#")


def as_json_line(document: Any) -> str:
    """Return the same in one line."""
    return json.dumps(document, separators=(",", ":")).replace("##", "\\u0023#")


def as_yaml(document: Any) -> str:
    """Return YAML in the order of the document, in ASCII."""
    text: str = yaml.safe_dump(document, sort_keys=False, default_flow_style=False, width=100)
    return text.rstrip("\n")


def as_names(views: Iterable[Mapping[str, Any]]) -> str:
    """Return one name a line."""
    return "\n".join(str(view["service"]) for view in views)


FOR_PROGRAMS: Mapping[str, Callable[[Any], str]] = {"json": as_json, "yaml": as_yaml}
