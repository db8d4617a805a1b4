"""Whether an answer is what the API's description says."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from rollout.inbound.api.openapi import document
from rollout.inbound.api.shapes import closed

SHOWN = 5


@cache
def _validator(name: str) -> Draft202012Validator:
    components = closed(document()["components"])
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": components},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


def deviations(name: str, answer: Any) -> Sequence[str]:
    """Say where an answer deviates from the component of this name; nothing undescribed in it."""
    found = _validator(name).iter_errors(answer)
    return [
        f"{error.json_path}: {error.message[:300]}"
        for _, error in zip(range(SHOWN), found, strict=False)
    ]
