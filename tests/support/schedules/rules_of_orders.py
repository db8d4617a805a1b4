"""Orders: each counts once, and a stage that asks for a second person gets one."""

from rollout.core.machine.repeats import MOST_REMEMBERED
from rollout.core.policy.model import Approval
from rollout.core.records.offers import OfferSource
from rollout.core.records.orders import Proof
from tests.support.schedules.watching import Witness
from tests.support.stories.surroundings import Committed


def an_order_counts_once(witness: Witness, step: Committed) -> None:
    """No transaction carries an order out that was carried out before."""
    before = step.before.orders if step.before else ()
    for given in step.after.orders:
        if given in before:
            continue
        if given.key in witness.given[-MOST_REMEMBERED:]:
            witness.broke(an_order_counts_once, given)
        witness.given.append(given.key)


def nobody_approves_their_own(witness: Witness, step: Committed) -> None:
    """A stage that asks for a second person begins with a person who never put the version forward.

    Where several did, the product says which of them started the rollout.
    """
    was, now = step.before.rollout if step.before else None, step.after.rollout
    if now is None or was is None or was.id != now.id or now.approved_stage <= was.approved_stage:
        return
    stages = now.policy.stages
    asks = now.approved_stage < len(stages)
    if not asks or stages[now.approved_stage].approval is not Approval.SECOND_PERSON:
        return
    witness.note("situation: a second person approved a stage")
    order = witness.door.order
    proof = order.proof if order is not None else Proof()
    forward = witness.put_forward.get(now.release.version, [])
    started = {now.starter.subject}
    if now.created_by is not OfferSource.EVENT and len(set(forward)) == 1:
        started |= {each.subject for each in forward}
    if not proof.subject or proof.app or proof.subject in started:
        witness.broke(nobody_approves_their_own, f"{proof} of {forward}")
