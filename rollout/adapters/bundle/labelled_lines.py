"""A line of a `.jsonl` file that has an input and its label."""

import json
from typing import Any

from rollout.core.policy.quality_model import Labelled
from rollout.text.finite_json import read_finite


class LineFaultError(Exception):
    """The line is no such row; the text is a sentence for whoever wrote it."""


def read_labelled(text: bytes, labelled: Labelled) -> tuple[bytes, Any]:
    """Return the body that is sent, and the label that it has.

    Raises:
        LineFaultError: It is no JSON object, or its input or label is missing.
    """
    try:
        row = read_finite(text.decode())
    except (ValueError, RecursionError) as error:
        raise LineFaultError("This line is not JSON: write one labelled row a line.") from error
    if not isinstance(row, dict):
        raise LineFaultError("This line is no JSON object with an input and a label.")
    for what, name in (("label", labelled.label), ("input", labelled.input)):
        if name and name not in row:
            raise LineFaultError(
                f"The row has no {what}: write it as {name!r}, or name its field in quality.probed."
            )
    label = row.pop(labelled.label)
    if label is None:
        raise LineFaultError("Its label is null: leave the row out, or write the right prediction.")
    body = row[labelled.input] if labelled.input else row
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), label
