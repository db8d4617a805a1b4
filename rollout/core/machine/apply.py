"""A conclusion becomes the next record: the transition, what a phase needs, the history."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from rollout.core.gate import promotion
from rollout.core.machine.blame import offer_state, unblamed
from rollout.core.machine.conclusion import Conclusion
from rollout.core.machine.draft import Draft
from rollout.core.machine.halts import lift_hold, set_hold
from rollout.core.machine.holds import HOLD_REASONS
from rollout.core.machine.live_minutes import afresh
from rollout.core.machine.telling import tell_change
from rollout.core.machine.transitions import HOLDS, Finding, advance
from rollout.core.machine.wanted import shown_wanted, wanted_mirror, wanted_split
from rollout.core.records.offers import Offer, OfferRecord, OfferState, is_repeated
from rollout.core.records.phases import Phase
from rollout.core.records.promotions import with_promotion
from rollout.core.records.rollout import (
    Baking,
    Cause,
    Clock,
    Hold,
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
        draft.again = not moved.final
    moved = _halt(moved, conclusion, actor, now)
    # Whatever was planned before this finding: the next wake-up looks.
    draft.current = replace(draft.current, rollout=moved, next_look=None)
    _record(draft, before, conclusion, actor)
    draft.effects.extend(conclusion.effects)
    tell_change(draft, before, conclusion.text)
    if conclusion.attention:
        draft.ask_for_operator(conclusion.attention, conclusion.next_step)
    if conclusion.notice:
        draft.give_notice(conclusion.notice)
    if moved.final and not before.final:
        _close_offer(draft)
        _count_replacement(draft)
        _keep_promotion(draft)
    if finding is Finding.TEMPLATE_CHANGED:
        _offer_again(draft)


def _halt(rollout: Rollout, conclusion: Conclusion, actor: str, now: datetime) -> Rollout:
    """Set the hold that the finding asks for, or deal with one that expired in the keep."""
    if conclusion.finding in HOLDS:
        reason = HOLDS[conclusion.finding]
        expires = now + rollout.policy.hold_expires
        text, about = conclusion.text, conclusion.about
        hold = Hold(reason, actor or ITSELF, now, expires, text, about=about)
        return set_hold(rollout, hold)
    if conclusion.finding is Finding.HOLD_EXPIRED and rollout.phase is Phase.PROMOTED:
        return _expired_in_keep(rollout, now)
    return rollout


def _expired_in_keep(rollout: Rollout, now: datetime) -> Rollout:
    """The candidate won already: the hold ends, or goes on where only an operator may end it."""
    hold = rollout.hold
    if hold is None or not HOLD_REASONS[hold.reason].until_an_operator:
        return lift_hold(rollout, now)
    return replace(
        rollout, hold=replace(hold, expires=now + rollout.policy.hold_expires, reminded=False)
    )


def _enter(before: Rollout, after: Rollout, now: datetime) -> Rollout:
    """What each phase needs when it begins."""
    match after.phase:
        case Phase.SHIFTING:
            return _enter_shifting(before, after, now)
        case Phase.BAKING:
            return replace(after, baking=Baking(window_start=now))
        case Phase.PROMOTED:
            return replace(after, promoted_at=now)
        case Phase.RETIRING:
            return replace(after, delete_due=now)
        case Phase.ROLLING_BACK:
            return _number_write(after)
        case Phase.DISCARDING:
            if before.phase is not Phase.ROLLING_BACK:
                after = _number_write(after)
            return replace(after, delete_due=now + _keep(after))
        case (
            Phase.NONE
            | Phase.CREATING
            | Phase.VALIDATING
            | Phase.SUCCEEDED
            | Phase.ROLLED_BACK
            | Phase.FAILED
            | Phase.SUPERSEDED
            | Phase.LOST
        ):
            return after
        case never:
            assert_never(never)


def _enter_shifting(before: Rollout, after: Rollout, now: datetime) -> Rollout:
    if before.phase is Phase.PROMOTED:
        # The time in its keep was not spent on reaching the end.
        after = replace(after, deadline_clock=Clock(now))
    mirrors = bool(wanted_mirror(after))
    return replace(
        _number_write(after),
        asked_for_traffic_at=after.asked_for_traffic_at or (None if mirrors else now),
        asked_for_mirror_at=after.asked_for_mirror_at or (now if mirrors else None),
        replaces=after.seen,
        baking=None,
        own=afresh(after.own, now),
    )


def _number_write(rollout: Rollout) -> Rollout:
    """A new split is wanted: a write of the one before is late from now on."""
    return replace(rollout, write=rollout.write + 1, asked_at=None)


def _keep(rollout: Rollout) -> timedelta:
    had_requests = rollout.asked_for_requests_at is not None
    kept = had_requests and not unblamed(rollout)
    return rollout.policy.rollback.keep if kept else timedelta(0)


def _record(draft: Draft, before: Rollout, conclusion: Conclusion, actor: str) -> None:
    for minute in conclusion.minutes:
        draft.add_minute(minute)
    if conclusion.planned is not None:
        draft.note("Planned", conclusion.text, data=conclusion.planned)
    _note_change(draft, before, conclusion, actor)


def _note_change(draft: Draft, before: Rollout, conclusion: Conclusion, actor: str) -> None:
    after = draft.rollout
    data = {"finding": conclusion.finding.value, **conclusion.data}
    if after.cause is not None:
        data["cause"] = after.cause.value
    moved = (after.phase, after.stage) != (before.phase, before.stage)
    if moved or conclusion.finding is Finding.RESTARTED:
        data |= {"from": before.phase.value, "wanted": wanted_split(after)}
        if mirror := wanted_mirror(after):
            data["mirror"] = mirror
        text = f"{before.phase} -> {after.phase}: {conclusion.text}"
        if after.phase is Phase.SHIFTING:
            text = f"{text}; asking for {shown_wanted(after)}"
        draft.note("PhaseChanged", text, actor=actor, data=data)
    elif conclusion.finding in HOLDS:
        draft.note(
            "Held", f"{HOLDS[conclusion.finding]}: {conclusion.text}", actor=actor, data=data
        )
    if before.hold is not None and after.hold is None and not moved:
        draft.note("HoldLifted", f"no longer held for {before.hold.reason}", actor=actor)


def _close_offer(draft: Draft) -> None:
    """The offered version's row says how its rollout ended, and whether that was its fault."""
    rollout = draft.rollout
    release = rollout.release
    quarantined = rollout.earlier_quarantines
    state = offer_state(rollout)
    if state is OfferState.QUARANTINED:
        quarantined = tuple(dict.fromkeys((*quarantined, release.template_digest)))
    current = draft.current
    offer = Offer(
        release.model,
        release.version,
        rollout.created_by,
        rollout.started_at,
        created_at=rollout.model_created_at,
    )
    pending = [*current.offers, *([current.waiting] if current.waiting else [])]
    for other in pending:
        if (other.model, other.version) == (release.model, release.version):
            if other.reregistered:
                # Another model under the same number: the row is its own, and so is its record.
                return
            if other is not current.waiting and is_repeated(other):
                continue
            # The same version was offered again meanwhile: its row says that it waits.
            offer = other
            state = OfferState.WAITING if other is current.waiting else OfferState.RECEIVED
    text = f"{rollout.phase}: {rollout.cause_text}" if rollout.cause else f"{rollout.phase}"
    draft.add_offer(OfferRecord(offer, state, draft.now, text, rollout.id, quarantined))


def _count_replacement(draft: Draft) -> None:
    """Count rollouts that were ended before they were judged; another template judges nothing."""
    before, cause = draft.current.replaced_in_a_row, draft.rollout.cause
    if cause is not Cause.TEMPLATE_CHANGED:
        count = before + 1 if cause is Cause.SUPERSEDED else 0
        draft.current = replace(draft.current, replaced_in_a_row=count)


def _keep_promotion(draft: Draft) -> None:
    """Add what a release showed to what later ones are compared with, once nothing takes it back.

    Saved in the transaction that ends the rollout: it is there exactly once, whatever crashes.
    """
    rollout = draft.rollout
    if rollout.phase is not Phase.SUCCEEDED:
        return
    newest = promotion(rollout.gate, draft.now)
    if newest is not None:
        known = with_promotion(draft.current.promotions, newest, draft.now)
        draft.current = replace(draft.current, promotions=known)


def _offer_again(draft: Draft) -> None:
    rollout = draft.rollout
    offer = Offer(
        rollout.release.model,
        rollout.release.version,
        rollout.created_by,
        draft.now,
        by=ITSELF,
        reason="its template changed",
        # To change a file does not make who started it a second person.
        offerer=rollout.starter,
    )
    draft.current = replace(draft.current, offers=(*draft.current.offers, offer))
    text = "offered again with the changed template"
    record = OfferRecord(
        offer, OfferState.RECEIVED, draft.now, text, rollout.id, rollout.earlier_quarantines
    )
    draft.add_offer(record)
