"""A Fired alert can only cause the safe direction: a rollback, or a hold.

It comes late (ingestion, window, evaluation) and a stateful rule does not repeat itself, so an
alert that names the live candidate is true for the whole rollout. It is stale only if its window
ended before the candidate could have had any traffic.
"""

from datetime import datetime

from rollout.core.machine.alert_rows import count_ignored, note_acting, note_idle
from rollout.core.machine.apply import apply
from rollout.core.machine.conclusion import Conclusion
from rollout.core.machine.draft import Draft
from rollout.core.machine.holds import HOLD_REASONS
from rollout.core.machine.transitions import Finding
from rollout.core.records.phases import PHASES
from rollout.core.records.rollout import Cause, HoldReason, Rollout
from rollout.core.records.signals import AlertFired

START_AGAIN = "start the version before it again (its body is in the history)"
IGNORED, RECORDED, HELD, ROLLING_BACK = "ignored", "recorded", "held", "rolling back"


def act_on_alert(draft: Draft, alert: AlertFired) -> None:
    """Act on an alert about this endpoint, and write down what came of it, or count it."""
    rollout = draft.current.rollout
    named = rollout is not None and (alert.deployment or "").lower() == rollout.candidate
    if alert.resolved:
        _ignore(draft, "it is resolved: traffic goes forward by evidence only")
    elif rollout is None or (rollout.final and not named):
        _ignore(draft, "no rollout is live on this endpoint")
    elif named and PHASES[rollout.phase].past_rollback:
        _too_late(draft, alert, rollout)
    elif rollout.final:
        _ignore(draft, f"the rollout ended {rollout.phase}")
    elif not PHASES[rollout.phase].forward:
        _record(draft, alert, RECORDED, f"the rollout is {rollout.phase} already")
    elif named:
        _roll_back_for(draft, alert, rollout)
    else:
        _hold_for(draft, alert, rollout)


def _roll_back_for(draft: Draft, alert: AlertFired, rollout: Rollout) -> None:
    if _stale(alert, rollout):
        text = "its window ended before the candidate was first given requests"
        _ignore(draft, text)
        return
    _act(draft, alert, ROLLING_BACK, f"{alert.text} on {rollout.candidate}")
    text = f"alert {alert.rule}: {alert.text}"
    apply(draft, Conclusion(Finding.HARM, draft.rollout, text, Cause.ALERT))


def _hold_for(draft: Draft, alert: AlertFired, rollout: Rollout) -> None:
    whom = alert.deployment or "no deployment"
    if _over_before(alert, rollout.resumed_at):
        _ignore(draft, "its window ended before the rollout was resumed")
        return
    if _names_nothing_there(alert, rollout):
        _record(draft, alert, RECORDED, f"{whom} is not on this endpoint (any more)")
        return
    text = f"alert {alert.rule} names {whom}, not the candidate: {alert.text}"
    hold = rollout.hold
    if hold is not None and not HOLD_REASONS[hold.reason].gives_way_to_alert:
        said = _record(draft, alert, RECORDED, f"it names {whom}; held already: {hold.reason}")
        if said and hold.reason is not HoldReason.ALERT:
            draft.ask_for_operator(text)
        return
    _act(draft, alert, HELD, text)
    held = Conclusion(Finding.BLAMED_NOBODY, draft.rollout, text)
    apply(draft, held)


def _too_late(draft: Draft, alert: AlertFired, rollout: Rollout) -> None:
    what = "the endpoint's only deployment" if rollout.stable is None else "the old stable is going"
    text = f"alert {alert.rule} on {rollout.candidate}, but {what}"
    if _record(draft, alert, RECORDED, f"{text}: {START_AGAIN}"):
        draft.ask_for_operator(text, START_AGAIN)


def _stale(alert: AlertFired, rollout: Rollout) -> bool:
    if alert.window_end is None:
        return False
    # An alert on mirrored requests tells of the candidate as one on clients' does.
    asked = rollout.asked_for_requests_at
    if asked is None:
        return True
    return alert.window_end < asked - rollout.policy.alert_clock_allowance


def _names_nothing_there(alert: AlertFired, rollout: Rollout) -> bool:
    """A late alert about an earlier rollout's deployment: names are never used twice.

    As the last look found the endpoint; where none has read its deployments, nothing is excluded.
    """
    name, there = (alert.deployment or "").lower(), rollout.seen.present
    return bool(name and there) and name != rollout.stable and name not in there


def _over_before(alert: AlertFired, moment: datetime | None) -> bool:
    return moment is not None and alert.window_end is not None and alert.window_end < moment


def _act(draft: Draft, alert: AlertFired, outcome: str, text: str) -> None:
    note_acting(draft, alert, outcome, text)
    draft.answer(outcome, text)


def _record(draft: Draft, alert: AlertFired, outcome: str, text: str) -> bool:
    """Whether it has a row: an operator is asked once for what repeats itself."""
    draft.answer(outcome, text)
    return note_idle(draft, alert, outcome, text)


def _ignore(draft: Draft, text: str) -> None:
    count_ignored(draft)
    draft.answer(IGNORED, text)
