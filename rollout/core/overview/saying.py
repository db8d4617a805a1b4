"""One sentence about one service, for somebody who is woken by it and has nothing else to read."""

from collections.abc import Mapping

from rollout.core.machine.conclusion import barred
from rollout.core.machine.suspending import freeze_of, in_force, live_rollout
from rollout.core.machine.wanted import shown, wanted_share
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import Current, Rollout

_NOT_JUDGED = "no minute was judged yet"

_SENTENCES: Mapping[Phase, str] = {
    Phase.CREATING: "is being created as {candidate}",
    Phase.VALIDATING: "is being validated as {candidate}; no client reaches it",
    Phase.SHIFTING: "is to get {share}; the split is not seen yet",
    Phase.BAKING: "bakes at {share}: {evidence}",
    Phase.PROMOTED: "is promoted: {candidate} has all traffic, {stable} is kept",
    Phase.RETIRING: "is promoted; {stable} is being deleted",
    Phase.ROLLING_BACK: "is being rolled back{why}; the split is {seen}",
    Phase.DISCARDING: "has no traffic and is being discarded{why}",
    Phase.SUCCEEDED: "succeeded: {candidate} is stable now",
    Phase.ROLLED_BACK: "was rolled back{why}",
    Phase.FAILED: "failed before it had traffic{why}",
    Phase.SUPERSEDED: "was superseded{why}",
    Phase.LOST: "was lost{why}",
}
"""Every phase that a rollout can be in; a test finds one without a row."""


def says(current: Current) -> str:
    """Say where the service is, and why."""
    rollout = current.rollout
    if rollout is None:
        return _waits(current) or "no version was rolled out yet"
    who = f"version {rollout.release.version}"
    if rollout.hold is not None:
        hold = rollout.hold
        return f"{who} is held at {_where(rollout)} ({hold.reason}): {hold.text or hold.by}"
    stopped = stopped_by(current)
    if stopped and PHASES[rollout.phase].forward:
        return f"{who} waits at {_where(rollout)}: {stopped}"
    said = f"{who} {_of_phase(rollout)}{barred(rollout)}"
    return f"{said}; {waits}" if rollout.final and (waits := _waits(current)) else said


def stopped_by(current: Current) -> str:
    """What else than a hold keeps the service from going forward; "" where nothing does."""
    rollout, suspension = live_rollout(current), in_force(current)
    if suspension is not None:
        return f"suspended {suspension.told}"
    if rollout is not None and rollout.suspended:
        return "rollouts are suspended"
    frozen = freeze_of(current)
    return f"frozen until {frozen.text}" if frozen is not None else ""


def _waits(current: Current) -> str:
    stopped = stopped_by(current)
    if current.waiting is None:
        return f"nothing starts: {stopped}" if stopped else ""
    return f"version {current.waiting.version} waits{f': {stopped}' if stopped else ''}"


def _where(rollout: Rollout) -> str:
    share = wanted_share(rollout)
    return share if rollout.phase is Phase.BAKING else f"{share}, {rollout.phase}"


def _of_phase(rollout: Rollout) -> str:
    baking, seen = rollout.baking, rollout.seen
    return _SENTENCES[rollout.phase].format(
        candidate=rollout.candidate,
        stable=rollout.stable,
        share=wanted_share(rollout),
        evidence=(baking.evidence if baking is not None else "") or _NOT_JUDGED,
        why=f" ({rollout.cause}): {rollout.cause_text}" if rollout.cause is not None else "",
        seen=shown(seen.split, seen.mirror) if seen.at is not None else "not seen yet",
    )
