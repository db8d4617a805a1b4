"""`approval: second-person`: somebody else than who started the rollout must let a stage begin.

People are told apart by the directory's object id: a name can be had twice. What is not proven
approves nothing, and what an unproven order started nobody can approve: it could be the same person
again. A rollback asks for no second person.
"""

from rollout.core.policy.model import Approval, Stage
from rollout.core.records.orders import Starter
from rollout.core.records.rollout import Rollout
from rollout.core.records.signals import Command
from rollout.errors import SecondPersonError

_START_AGAIN = "cancel it and start it again signed in"


def check_second_person(rollout: Rollout, stage: Stage, command: Command) -> None:
    """Let an order pass that lets `stage` begin, or say why its giver may not.

    Raises:
        SecondPersonError: The stage asks for a second person, and the giver is not proven to be.
    """
    if stage.approval is not Approval.SECOND_PERSON:
        return
    refusal = _refusal(rollout.starter, command)
    if refusal:
        raise SecondPersonError(f"{stage.shown} needs a second person: {refusal}")


def approval_needed(rollout: Rollout, stage: Stage) -> str:
    """Say which approval `stage` needs, and who may not give it."""
    if stage.approval is not Approval.SECOND_PERSON:
        return "an approval"
    starter = rollout.starter
    if not starter.name:
        return "the approval of a person who is signed in"
    if not starter.subject:
        return (
            f"the approval of a second person, which nobody can give, because {starter.name} "
            f"started it without a sign-in: {_START_AGAIN}"
        )
    return f"the approval of a second person, not of {starter.name}, who started it"


def _refusal(starter: Starter, command: Command) -> str:
    proof = command.proof
    if not proof.subject:
        return (
            f"no sign-in proves who {command.actor or 'this'} is. Sign in; where the app has no "
            "sign-in, switch it on, or roll back"
        )
    if proof.app:
        return f"{command.actor} is an app, and a person must approve"
    if starter.name and not starter.subject:
        return f"{starter.name} started it without a sign-in: {_START_AGAIN}"
    if proof.subject == starter.subject:
        return f"{command.actor} started it, so that somebody else must approve"
    return ""
