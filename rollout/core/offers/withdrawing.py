"""`cancel`: an operator withdraws a version, whether it waits or is on trial.

Nothing failed, so nothing is quarantined. `rollback` is the other verb: with it a person says that
the release is at fault.
"""

from dataclasses import replace

from rollout.core.machine.apply import apply
from rollout.core.machine.commands import (
    check_expected_rollout,
    check_goes_back,
    goes_back,
    kept_serving,
)
from rollout.core.machine.conclusion import Conclusion
from rollout.core.machine.draft import Draft
from rollout.core.machine.noted import note_command
from rollout.core.machine.transitions import Finding
from rollout.core.offers.settling import settle
from rollout.core.records.observation import Observation
from rollout.core.records.offers import Offer, OfferRecord, OfferState
from rollout.core.records.phases import PHASES
from rollout.core.records.rollout import Cause, Current
from rollout.core.records.signals import Command
from rollout.errors import RefusedError


def pin_version(command: Command, current: Current) -> Command:
    """Bind `cancel` to one version, so that a lost race cannot make it mean another one.

    Raises:
        RefusedError: It names none, and there is none or more than one that it could mean.
    """
    if command.version is not None:
        return command
    versions = sorted({offer.version for offer in _pending(current)} | _live_version(current))
    if not versions:
        raise RefusedError("no version waits or is on trial: nothing to cancel")
    if len(versions) > 1:
        raise RefusedError(
            f'versions {", ".join(versions)} wait or are on trial: say which in "version"'
        )
    return replace(command, version=versions[0])


def to_withdraw(command: Command, current: Current) -> tuple[Offer, ...]:
    """The offers of the command's version that wait for their turn, or to be decided."""
    return tuple(offer for offer in _pending(current) if offer.version == command.version)


def withdraw(draft: Draft, command: Command, seen: Observation) -> None:
    """Withdraw every offer of the version, and end its rollout if one is live.

    `seen` holds the records of the offers to withdraw: what was quarantined stays so.

    Raises:
        RefusedError: The version neither waits nor is on trial, or its rollout can no longer go
            back, or the command is based on an outdated view.
    """
    command = pin_version(command, draft.current)
    check_expected_rollout(draft.current, command)
    offers = to_withdraw(command, draft.current)
    on_trial = command.version in _live_version(draft.current)
    if on_trial and not offers:
        check_goes_back(draft.rollout)
    if not on_trial and not offers:
        raise RefusedError(f"version {command.version} neither waits nor is on trial")
    note_command(draft, command)
    text = f"withdrawn by {command.actor}: {command.reason}"
    for offer in offers:
        record = seen.offer_records.get((offer.model, offer.version))
        quarantined = record.quarantined if isinstance(record, OfferRecord) else ()
        settle(draft, offer, OfferState.REJECTED, text, quarantined=quarantined)
    answer = f"{command.verb}: version {command.version} is withdrawn"
    if on_trial and PHASES[draft.rollout.phase].forward:
        conclusion = Conclusion(Finding.CANCELLED, draft.rollout, text, Cause.CANCELLED)
        apply(draft, conclusion, actor=command.actor)
        answer = f"{answer}; {goes_back(draft.rollout)}{kept_serving(draft.rollout)}"
    draft.answer(command.verb, answer)


def _pending(current: Current) -> tuple[Offer, ...]:
    waiting = (current.waiting,) if current.waiting is not None else ()
    return (*current.offers, *waiting)


def _live_version(current: Current) -> set[str]:
    rollout = current.rollout
    return set() if rollout is None or rollout.final else {rollout.release.version}
