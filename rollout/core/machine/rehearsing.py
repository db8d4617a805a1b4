"""The way back, walked once before the way forward: the split that is there is written as it is.

What can refuse the write of a rollback refuses this one too: a right that is missing, an identity
that was deleted, a lock, a policy. It carries the stamp of the rollout's write 0 and counts once it
was seen, with no operation running. An endpoint's first deployment has nothing to go back to, and a
late write of no traffic would take its endpoint out of service: nothing is rehearsed.
"""

from dataclasses import replace

from rollout.core.machine.conclusion import Conclusion, wait
from rollout.core.machine.halts import halted
from rollout.core.machine.look import Look
from rollout.core.machine.sight import Sight
from rollout.core.machine.transitions import Finding
from rollout.core.machine.wanted import asked_lately, rehearsal_stamp, shown
from rollout.core.records.effects import SetTraffic
from rollout.core.records.failures import FailureKind
from rollout.core.records.observation import EndpointSeen
from rollout.core.records.rollout import Cause, CreationStep, Refused, Rollout


def to_rehearse(look: Look, endpoint: EndpointSeen) -> bool:
    """Whether the way back is still to be proven before the candidate is asked for.

    `endpoint` is at rest. Once the candidate was asked for, the way back had been seen: whoever
    writes another stamp after that undoes no proof. Where a person lets it go on although nothing
    has traffic there is no way back, and a write of no traffic must never come late.
    """
    rollout = look.rollout
    if rollout.stable is None or not (endpoint.traffic or look.sight is Sight.FOREIGN):
        return False
    if rollout.intent is not None and rollout.intent.step is CreationStep.CANDIDATE:
        return False
    return endpoint.stamp != rehearsal_stamp(rollout)


def rehearse(look: Look, endpoint: EndpointSeen) -> Conclusion:
    """Ask for the split that is there, unless somebody else's is or Azure just took the write."""
    rollout = look.rollout
    if look.sight is Sight.FOREIGN:
        there = shown(endpoint.traffic, endpoint.mirror)
        return wait(rollout, f"the split is {there}: somebody else's is not written", soon=True)
    if halted(rollout):
        return wait(rollout, "held before the way back is rehearsed")
    if asked_lately(rollout, look.now):
        return wait(rollout, "waiting to see the rehearsal of the way back", soon=True)
    effect = SetTraffic(
        endpoint.traffic, endpoint.mirror, rehearsal_stamp(rollout), raises_candidate=False
    )
    text = "the split that is there is written once more, to see that the way back is free"
    return Conclusion(Finding.WAIT, rollout, text, effects=(effect,), soon=True)


def no_way_back(rollout: Rollout, refused: Refused) -> Conclusion:
    """Nothing was created, and the release had no part in it; only a person can clear the way."""
    text = f"traffic could not go back here, so nothing was created: {refused.text}"
    kind = FailureKind.WAY_BACK
    return Conclusion(
        Finding.CREATION_FAILED,
        replace(rollout, failure=kind),
        text,
        Cause.CREATION_FAILED,
        data={"kind": kind.value},
        attention=f"it does not start: {text}",
        next_step=f"clear what refuses it, then retry version {rollout.release.version}",
    )
