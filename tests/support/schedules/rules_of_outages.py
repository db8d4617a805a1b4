"""While the app itself is down no limit runs: nobody could look, and nobody could answer."""

from datetime import datetime, timedelta

from rollout.core.policy.model import Policy
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Rollout
from tests.support.schedules.watching import Witness
from tests.support.stories.surroundings import Committed

UNTIL_THE_NEXT = timedelta(minutes=1)
"""The app does not miss a look before it is due."""


def no_limit_runs_while_nobody_watches(witness: Witness, step: Committed) -> None:
    """What ends for its time had that time with the app up, and a person some of it at the end."""
    was = step.before.rollout if step.before else None
    if was is None:
        return
    for finding in (str(entry.data.get("finding")) for entry in step.history):
        limit = _limit(finding, was)
        if limit is None:
            continue
        since, longest = limit
        away = witness.away(since)
        if away:
            witness.note("situation: a limit was judged after an outage")
        if witness.now() - since - away + UNTIL_THE_NEXT < longest:
            witness.broke(no_limit_runs_while_nobody_watches, f"{finding}: {since}, {away}")
    hold, back = was.hold, witness.downs[-1][1] if witness.downs else None
    expired = any(entry.data.get("finding") == "hold expired" for entry in step.history)
    if hold is not None and back is not None and expired and hold.since < back:
        witness.note("situation: a hold expired after an outage")
        if witness.now() - back < _notice(was.policy):
            witness.broke(no_limit_runs_while_nobody_watches, f"{hold} expired, back {back}")


def _limit(finding: str, was: Rollout) -> tuple[datetime, timedelta] | None:
    """From when on which limit counts; None where the finding is about none."""
    policy = was.policy
    match finding:
        case "too late" if was.phase is Phase.CREATING:
            return was.phase_clock.started, policy.create.deadline
        case "too late":
            return was.phase_clock.started, policy.validate.deadline
        case "unconfirmed":
            return was.phase_clock.started, policy.shift_deadline
        case "overdue":
            return was.deadline_clock.started, policy.deadline
    return None


def _notice(policy: Policy) -> timedelta:
    """What is left to answer a hold that was set before an outage, at the least."""
    return min(timedelta(hours=2), policy.hold_expires / 2)
