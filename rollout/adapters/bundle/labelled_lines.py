"""A line of a `.jsonl` file that has an input and its label."""

import json
from typing import Any

from rollout.core.policy.quality_model import Labelled
from rollout.core.predictions.marking import label_fault
from rollout.text.finite_json import read_finite


class LineFaultError(Exception):
    """The line is no such row; the text is a sentence for whoever wrote it."""


def read_labelled(text: bytes, labelled: Labelled) -> tuple[bytes, Any]:
    """Return the body that is sent, and the label that it has.

    Raises:
        LineFaultError: It is no JSON object, its input or label is missing, or no answer could be
            scored against its label.
    """
    try:
        row = read_finite(text)
    except (ValueError, RecursionError) as error:
        raise LineFaultError("This line is not JSON.") from error
    if not isinstance(row, dict):
        raise LineFaultError("This line is no JSON object with an input and a label.")
    for what, name in (("label", labelled.label), ("input", labelled.input)):
        if name and name not in row:
            raise LineFaultError(f"The row has no {what}: write it as {name!r}, or name its field.")
    label = row[labelled.label]
    rest = {name: value for name, value in row.items() if name != labelled.label}
    return labelled_body(row[labelled.input] if labelled.input else rest, label, labelled), label


def labelled_body(what: Any, label: Any, labelled: Labelled) -> bytes:
    """Return a row's input as it is sent.

    Raises:
        LineFaultError: No answer could be scored against its label.
    """
    if fault := label_fault(labelled, label):
        raise LineFaultError(f"The row cannot be scored: {fault}.")
    try:
        return json.dumps(what, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        # JSON may hold half of a character as an escape, which no encoding has.
        return json.dumps(what).encode()
