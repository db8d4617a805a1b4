"""A conclusion becomes the next record: the transition, what a phase needs, the history."""

from dataclasses import replace
from datetime import datetime, timedelta

from rollout.core.machine.conclusion import Conclusion
from rollout.core.machine.draft import Draft
from rollout.core.machine.halts import lift_hold, set_hold
from rollout.core.machine.transitions import HOLDS, Finding, advance
from rollout.core.machine.wanted import shown, wanted_split
from rollout.core.records.offers import Offer, OfferRecord, OfferState
from rollout.core.records.rollout import (
    FINAL_PHASES,
    QUARANTINING_PHASES,
    Baking,
    Cause,
    Clock,
    Hold,
    HoldReason,
    Phase,
    Rollout,
)

ITSELF = "the controller"


def apply(draft: Draft, conclusion: Conclusion, *, actor: str = "") -> None:
    """Put the conclusion into the draft."""
    before, finding, now = draft.rollout, conclusion.finding, draft.now
    moved = advance(conclusion.rollout, finding, now)
    if conclusion.cause is not None and moved.cause is None:
        moved = replace(moved, cause=conclusion.cause, cause_text=conclusion.text)
    entered = (moved.phase, moved.stage) != (before.phase, before.stage)
    if entered or finding is Finding.RESTARTED:
        moved = _enter(before, moved, now)
        draft.again = moved.phase not in FINAL_PHASES
    if finding in HOLDS:
        moved = set_hold(moved, _hold(moved, HOLDS[finding], conclusion.text, actor, now))
    if finding is Finding.HOLD_EXPIRED and moved.phase is Phase.PROMOTED:
        moved = lift_hold(moved, now)
    # Whatever was planned before this finding: the next wake-up looks.
    draft.current = replace(draft.current, rollout=moved, next_look=None)
    for minute in conclusion.minutes:
        draft.minute(minute)
    if conclusion.planned is not None:
        draft.note("Planned", conclusion.text, data=conclusion.planned)
    _tell(draft, before, conclusion, actor)
    draft.effects.extend(conclusion.effects)
    if conclusion.attention:
        draft.attention(conclusion.attention)
    if moved.phase in FINAL_PHASES and before.phase not in FINAL_PHASES:
        _close_offer(draft)
    if finding is Finding.TEMPLATE_CHANGED:
        _offer_again(draft)


def _enter(before: Rollout, after: Rollout, now: datetime) -> Rollout:
    """What each phase needs when it begins."""
    match after.phase:
        case Phase.SHIFTING:
            if before.phase is Phase.PROMOTED:
                # The time in its keep was not spent on reaching the end.
                after = replace(after, deadline_clock=Clock(now))
            return replace(
                after,
                write=after.write + 1,
                asked_at=None,
                asked_for_traffic_at=after.asked_for_traffic_at or now,
                replaces=after.seen,
                baking=None,
            )
        case Phase.BAKING:
            return replace(after, baking=Baking(window_start=now))
        case Phase.PROMOTED:
            return replace(after, promoted_at=now)
        case Phase.RETIRING:
            return replace(after, delete_due=now)
        case Phase.ROLLING_BACK:
            return replace(after, write=after.write + 1, asked_at=None)
        case Phase.DISCARDING:
            if before.phase is not Phase.ROLLING_BACK:
                after = replace(after, write=after.write + 1, asked_at=None)
            return replace(after, delete_due=now + _keep(after))
        case phase if phase in FINAL_PHASES:
            return replace(after, ended_at=now)
        case _:
            return after


def _keep(rollout: Rollout) -> timedelta:
    had_traffic = rollout.asked_for_traffic_at is not None
    kept = had_traffic and rollout.cause is not Cause.SUPERSEDED
    return rollout.policy.rollback.keep if kept else timedelta(0)


def _hold(rollout: Rollout, reason: HoldReason, text: str, actor: str, now: datetime) -> Hold:
    return Hold(reason, actor or ITSELF, now, now + rollout.policy.hold_expires, text)


def _tell(draft: Draft, before: Rollout, conclusion: Conclusion, actor: str) -> None:
    after = draft.rollout
    data = {"finding": conclusion.finding.value, **conclusion.data}
    if after.cause is not None:
        data["cause"] = after.cause.value
    moved = (after.phase, after.stage) != (before.phase, before.stage)
    if moved or conclusion.finding is Finding.RESTARTED:
        data |= {"from": before.phase.value, "wanted": wanted_split(after)}
        text = f"{before.phase} -> {after.phase}: {conclusion.text}"
        if after.phase is Phase.SHIFTING:
            text = f"{text}; asking for {shown(wanted_split(after))}"
        draft.note("PhaseChanged", text, actor=actor, data=data)
    elif conclusion.finding in HOLDS:
        draft.note(
            "Held", f"{HOLDS[conclusion.finding]}: {conclusion.text}", actor=actor, data=data
        )
    if before.hold is not None and after.hold is None and not moved:
        draft.note("HoldLifted", f"no longer held for {before.hold.reason}", actor=actor)


def _close_offer(draft: Draft) -> None:
    """The offered version's row says how its rollout ended; the bad ones are quarantined."""
    rollout = draft.rollout
    release = rollout.release
    quarantined = rollout.earlier_quarantines
    state = OfferState.ROLLOUT
    if rollout.phase in QUARANTINING_PHASES:
        quarantined = tuple(dict.fromkeys((*quarantined, release.template_digest)))
        state = OfferState.QUARANTINED
    elif rollout.phase is Phase.SUPERSEDED:
        state = OfferState.SUPERSEDED
    current = draft.current
    offer = Offer(release.model, release.version, rollout.created_by, rollout.started_at)
    pending = [*current.offers, *([current.waiting] if current.waiting else [])]
    for other in pending:
        if (other.model, other.version) == (release.model, release.version):
            # The same version was offered anew meanwhile: its row says that it waits.
            offer = other
            state = OfferState.WAITING if other is current.waiting else OfferState.RECEIVED
    text = f"{rollout.phase}: {rollout.cause_text}" if rollout.cause else f"{rollout.phase}"
    draft.offer(OfferRecord(offer, state, draft.now, text, rollout.id, quarantined))


def _offer_again(draft: Draft) -> None:
    rollout = draft.rollout
    offer = Offer(
        rollout.release.model,
        rollout.release.version,
        rollout.created_by,
        draft.now,
        by=ITSELF,
        reason="its template changed",
    )
    draft.current = replace(draft.current, offers=(*draft.current.offers, offer))
    text = "offered again with the changed template"
    record = OfferRecord(
        offer, OfferState.RECEIVED, draft.now, text, rollout.id, rollout.earlier_quarantines
    )
    draft.offer(record)
