"""Asking for an operator about an endpoint from outside a decision: what is stuck or damaged.

Such a line has no history row and no lifecycle event, because nothing could be saved or no pass
ran; it still says which service, what serves and what to do.
"""

from rollout.core.machine.sentence import told_of
from rollout.core.records.rollout import Current
from rollout.service.dependencies import Dependencies


def attend(ports: Dependencies, current: Current, text: str, next_step: str) -> None:
    """Write one attention line about the endpoint's rollout, or its service where it has none."""
    sentence, fields = line_about(current, text, next_step)
    ports.log.attention(sentence, **fields)


def line_about(current: Current, text: str, next_step: str) -> tuple[str, dict[str, object]]:
    """Return such a line: its sentence and its fields."""
    fields: dict[str, object] = {"service": current.service, "next": next_step}
    sentence = f"{current.service}: {text}; next: {next_step}"
    if current.rollout is not None:
        sentence, told = told_of(current.rollout, text, next_step)
        fields = dict(told)
    return sentence, {**fields, "endpoint": current.endpoint, "rollout": current.rollout_id}
