"""Which orders an operator may give now, and what each would do.

Nothing is listed twice: each verb is decided on, on the row as it is, and the decision is thrown
away. So a button is never there for an order that would be refused, and its text is the answer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from rollout.core.decide import Context, decide
from rollout.core.machine.commands import pin
from rollout.core.machine.suspending import in_force
from rollout.core.offers.withdrawing import pin_version
from rollout.core.records.observation import Observation
from rollout.core.records.offers import RETRYABLE, OfferRecord
from rollout.core.records.orders import Proof
from rollout.core.records.rollout import Current
from rollout.core.records.signals import Command, Verb
from rollout.errors import RefusedError

SKIP_EVIDENCE = "skip_evidence"
SECOND_PERSON = "second-person"
VERSION = "version"
SOMEBODY_ELSE = Proof("somebody who did not start it")
"""No directory has such an object id."""

_ORDERS = (
    Verb.ADVANCE,
    Verb.PAUSE,
    Verb.RESUME,
    Verb.ROLLBACK,
    Verb.CANCEL,
    Verb.SUSPEND,
    Verb.UNSUSPEND,
    Verb.OVERRIDE,
)
"""Those that a row by itself can answer: what may be retried stands in the offers."""


@dataclass(frozen=True)
class Allowed:
    """`means` is what the order would do, as its answer says it.

    `needs` names what it must carry besides a reason: `expected`, `skip_evidence`, `version`;
    `second-person`: it must come from a person, signed in, who did not start the rollout.
    """

    verb: Verb
    means: str
    needs: tuple[str, ...] = ()


def allowed(
    current: Current, now: datetime, offers: Iterable[OfferRecord] = ()
) -> tuple[Allowed, ...]:
    """List the orders that would be carried out now.

    Args:
        current: The row.
        now: The moment.
        offers: What became of earlier versions, as far as the caller knows: of those that were
            rejected or quarantined `retry` offers the latest again.
    """
    return (*_allowed(current, now), *_retry(offers))


def _retry(offers: Iterable[OfferRecord]) -> Iterator[Allowed]:
    refused = [record for record in offers if record.state in RETRYABLE]
    if refused:
        latest = max(refused, key=lambda record: record.decided_at)
        yield Allowed(Verb.RETRY, f"offers version {latest.offer.version} again")


def _allowed(current: Current, now: datetime) -> Iterator[Allowed]:
    for verb in _ORDERS:
        if verb is Verb.SUSPEND and current.suspension is not None:
            continue  # it would only change what is ordered already
        order = Command(verb, actor="", reason="")
        if verb is Verb.ADVANCE:
            yield from islice(_advance(current, order, now), 1)
        elif (means := _means(current, order, now)) is not None:
            yield Allowed(verb, means)
        elif verb is Verb.CANCEL and _pending(current) > 1:
            yield Allowed(verb, "withdraws the version that it names", (VERSION,))


def _advance(current: Current, order: Command, now: datetime) -> Iterator[Allowed]:
    """It with as little as it can be given with, then with more."""
    for proof in (Proof(), SOMEBODY_ELSE):
        for skips in (False, True):
            asked = replace(order, proof=proof, skip_evidence=skips)
            if (means := _means(current, asked, now)) is not None:
                skipped = (SKIP_EVIDENCE,) if skips else ()
                second = (SECOND_PERSON,) if proof.subject else ()
                yield Allowed(order.verb, means, ("expected", *skipped, *second))


def _means(current: Current, order: Command, now: datetime) -> str | None:
    """What the order's answer would be; None where it would be refused."""
    rollout, of_all = current.rollout, current.suspended_with_all
    stopped = rollout is not None and rollout.suspended and in_force(current) is None
    context = Context(now, suspended=stopped, of_all=of_all)
    try:
        if order.verb is Verb.CANCEL:
            order = pin_version(order, current)
        text = decide(current, pin(order, current), Observation(), context).text
    except RefusedError:
        return None
    return text.removeprefix(f"{order.verb}: ")


def _pending(current: Current) -> int:
    """How many versions `cancel` could mean."""
    rollout = current.rollout
    live = set() if rollout is None or rollout.final else {rollout.release.version}
    waiting = (current.waiting,) if current.waiting is not None else ()
    return len({offer.version for offer in (*current.offers, *waiting)} | live)
