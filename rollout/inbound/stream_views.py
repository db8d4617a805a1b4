"""What operators see of a rollout's two streams, live requests and probes, as plain JSON.

Apart from the other views because it needs the gate, which is most of what the product is made of:
the app must be indexed without it.
"""

from typing import Any

from rollout.core.gate import (
    NO_PROBES,
    answers_told,
    evidence_from_probes,
    probe_rate,
    rollout_probes,
    stage_live,
)
from rollout.core.machine.live_answers import live_of
from rollout.core.policy.probes_model import ProbesWhen
from rollout.core.records.rollout import Rollout

SHARE_DIGITS = 4


def streams_view(rollout: Rollout) -> dict[str, Any]:
    """The stage's live requests, and the part of its evidence that came from probes.

    Both are None while nothing bakes.
    """
    gate = rollout.gate if rollout.baking else None
    return {
        "live": stage_live(gate) if gate else None,
        "fromProbes": round(evidence_from_probes(gate), SHARE_DIGITS) if gate else None,
    }


def probes_view(rollout: Rollout) -> dict[str, Any] | None:
    """The rollout's pairs, and how many it may still send; None where it sends none at all."""
    probes = rollout.policy.probes
    if probes is None or probes.when is ProbesWhen.NEVER:
        return None
    found = rollout_probes(rollout.gate) if rollout.gate else NO_PROBES
    rate = probe_rate(probes, rollout.gate) if rollout.gate else probes.rate
    return {**found, "of": probes.max, "rate": rate, "inMetrics": rollout.own.counted}


def predictions_view(rollout: Rollout) -> dict[str, Any] | None:
    """What both sides predicted, as far as anything was compared; None where nothing is judged.

    `difference` is what the policy does about answers that differ, `accepted` names the checks
    whose findings an operator accepted. `paired` is about answers to probes, `labels` about those
    with a label, `live` about what clients were answered; each is None before the first.
    `collected` says what of live answers could not be read or judged, None where they are not
    judged at all: `silent` and `unequal` in words, `more` that a look had to leave some for the
    next, `leftOut` how many came in minutes in which the app itself asked.
    """
    quality = rollout.policy.quality
    if quality is None:
        return None
    told = answers_told(quality, rollout.gate) if rollout.gate else {}
    parts = {name: told.pop(name, None) for name in ("labels", "live")}
    return {
        "difference": quality.difference.value,
        "accepted": list(rollout.accepted),
        "paired": told or None,
        **parts,
        "collected": _collected(rollout),
    }


def _collected(rollout: Rollout) -> dict[str, Any] | None:
    found = rollout.collected
    if live_of(rollout) is None:
        return None
    return {
        "silent": found.silent or None,
        "unequal": found.unequal or None,
        "more": found.more,
        "leftOut": found.left_out,
    }
