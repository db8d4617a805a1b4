"""A command in the history, and the words that answers to commands share."""

from collections.abc import Mapping
from typing import Any

from rollout.core.machine.draft import Draft
from rollout.core.machine.skipped_evidence import told
from rollout.core.machine.wanted import shown_wanted, wanted_share
from rollout.core.records.rollout import Rollout
from rollout.core.records.signals import Command


def asking(rollout: Rollout) -> str:
    """The split that is asked for now."""
    return f"asking for {shown_wanted(rollout)}"


def where(rollout: Rollout) -> str:
    """The phase and the share, as an answer has them: `in BAKING at 10 %`."""
    return f"in {rollout.phase} at {wanted_share(rollout)}"


def note_command(draft: Draft, command: Command, skipped: Mapping[str, str] | None = None) -> None:
    """Write the command into the history, with the evidence that an `advance` skipped."""
    data: dict[str, Any] = {"verb": command.verb.value}
    text = f"{command.verb} by {command.actor}: {command.reason}"
    if command.version is not None:
        data["version"] = command.version
    if command.take_from:
        data["take_from"] = list(command.take_from)
    if command.until is not None:
        data["until"] = command.until.isoformat()
    if skipped:
        data["skipped"] = dict(skipped)
        text = f"{text}; without the gate's evidence, {told(skipped)}"
    draft.note("Commanded", text, actor=command.actor, data=data)
