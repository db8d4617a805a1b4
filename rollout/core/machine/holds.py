"""What is true of each hold: one row a reason, and no partial list of reasons anywhere else.

True of every hold alike, and so not in the table: `rollback` ends it, an alert on the candidate
ends it, and before the promotion its expiry takes the candidate's traffic away.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from rollout.core.records.rollout import HoldReason, Rollout
from rollout.core.records.told import Told

ATTENTION_BEFORE_EXPIRY = timedelta(hours=2)
"""How long before a hold expires an operator is asked once more; half of its time if that is
less, so that even a short hold is asked for twice."""


class OnResume(Enum):
    """What `resume` does besides lifting the hold.

    `REFUSE`: nothing at all, the hold stays. `NOTHING`: the rollout goes on where it was.
    `FRESH_WINDOW`: the stage bakes once more. `ASSERT`: the split that was seen is to be replaced
    by the wanted one. `ACCEPT`: candidate and stable are taken as they are now, stable's history is
    learnt anew and the stage bakes once more. `SHIFT_AGAIN`, `WHOLE_DEADLINE`: that limit
    begins again. `ASK_SOURCE`: the metric source's failures are forgotten. `SEND_AGAIN`: the golden
    set's time begins again, and one that was sent whole is sent once more.
    """

    REFUSE = auto()
    NOTHING = auto()
    FRESH_WINDOW = auto()
    ASSERT = auto()
    ACCEPT = auto()
    SHIFT_AGAIN = auto()
    WHOLE_DEADLINE = auto()
    ASK_SOURCE = auto()
    SEND_AGAIN = auto()


@dataclass(frozen=True, kw_only=True)
class HoldFacts:
    """What is true of a hold because of its reason.

    Attributes:
        told: What operators are told when it is set. Before it expires they are asked in any case.
        next_step: What an operator may do about it, for the sentence that tells of it.
        on_resume: What `resume` does besides lifting it.
        resume_refused: Why `resume` is refused, for `OnResume.REFUSE` only.
        advance_lifts: `advance` lifts it where the phase can be advanced.
        lifts_itself: The machine lifts it when its reason ends. It would not keep a promise made to
            an operator, so a pause and a drifted split take its place.
        gives_way_to_alert: An alert that does not name the candidate takes its place, because
            lifting this hold would otherwise hide the alert.
        until_an_operator: Somebody must decide before anything goes on. A newer version and
            changed templates wait instead of ending the rollout, and after the promotion the
            expiry asks again instead of lifting the hold.
    """

    told: Told
    next_step: str
    on_resume: OnResume
    resume_refused: str = ""
    advance_lifts: bool = False
    lifts_itself: bool = False
    gives_way_to_alert: bool = False
    until_an_operator: bool = False


HOLD_REASONS: Mapping[HoldReason, HoldFacts] = {
    HoldReason.OPERATOR: HoldFacts(
        told=Told.NOTICE,
        next_step="resume or rollback",
        on_resume=OnResume.NOTHING,
        until_an_operator=True,
    ),
    HoldReason.APPROVAL: HoldFacts(
        told=Told.ATTENTION,
        next_step="read the evidence, then advance or rollback",
        on_resume=OnResume.REFUSE,
        resume_refused="an approval is given with advance",
        advance_lifts=True,
        gives_way_to_alert=True,
    ),
    HoldReason.INCONCLUSIVE: HoldFacts(
        told=Told.ATTENTION,
        next_step="resume for one fresh window, advance without the evidence, or rollback",
        on_resume=OnResume.FRESH_WINDOW,
        advance_lifts=True,
    ),
    HoldReason.DRIFT: HoldFacts(
        told=Told.ATTENTION,
        next_step="find out who set the split; put it back and resume, or rollback",
        on_resume=OnResume.ASSERT,
        until_an_operator=True,
    ),
    HoldReason.REPLACED: HoldFacts(
        told=Told.ATTENTION,
        next_step="find out who replaced it; resume where that can be accepted, or rollback",
        on_resume=OnResume.ACCEPT,
        until_an_operator=True,
    ),
    HoldReason.ALERT: HoldFacts(
        told=Told.ATTENTION,
        next_step="see whether the candidate is the cause; resume or advance if not, else rollback",
        on_resume=OnResume.NOTHING,
        advance_lifts=True,
        until_an_operator=True,
    ),
    HoldReason.METRIC_SOURCE: HoldFacts(
        told=Told.ATTENTION,
        next_step="make the metrics readable, or decide without them: advance or rollback",
        on_resume=OnResume.ASK_SOURCE,
        advance_lifts=True,
        lifts_itself=True,
        gives_way_to_alert=True,
    ),
    HoldReason.GATE: HoldFacts(
        told=Told.NOTICE,
        next_step="nothing if the reason ends by itself; advance or rollback decide sooner",
        on_resume=OnResume.REFUSE,
        resume_refused="the gate lifts its hold when the reason ends: advance or roll back",
        advance_lifts=True,
        lifts_itself=True,
    ),
    HoldReason.PREDICTIONS: HoldFacts(
        told=Told.ATTENTION,
        next_step="advance if the change is meant (a release that is meant to answer differently "
        "says so with `quality.difference: expected`), else rollback",
        on_resume=OnResume.REFUSE,
        resume_refused="what the predictions showed is accepted with advance, else roll back",
        advance_lifts=True,
        lifts_itself=True,
        gives_way_to_alert=True,
    ),
    HoldReason.UNCONFIRMED: HoldFacts(
        told=Told.ATTENTION,
        next_step="see what keeps the endpoint from changing, then resume or rollback",
        on_resume=OnResume.SHIFT_AGAIN,
    ),
    HoldReason.DEADLINE: HoldFacts(
        told=Told.ATTENTION,
        next_step="resume for the whole time again, advance or rollback",
        on_resume=OnResume.WHOLE_DEADLINE,
        advance_lifts=True,
    ),
    HoldReason.GOLDEN: HoldFacts(
        told=Told.ATTENTION,
        next_step="read both scores, then advance without the proof, resume to send the set again, "
        "or rollback",
        on_resume=OnResume.SEND_AGAIN,
        advance_lifts=True,
    ),
}


def notice_of(lasts: timedelta) -> timedelta:
    """How long before its expiry a hold that lasts so long asks once more."""
    return min(ATTENTION_BEFORE_EXPIRY, lasts / 2)


def kept_by_hold(rollout: Rollout) -> str:
    """Why a newer version waits although it could replace the rollout; "" where no hold says so."""
    hold = rollout.hold
    if hold is None or not HOLD_REASONS[hold.reason].until_an_operator:
        return ""
    return f"the rollout is held ({hold.reason}) by {hold.by} until an operator decides"
