"""Saving one decision: whose commit it was in the end, and what a refusal means.

A 412 or a lost answer may hide our own success (the transport may have repeated the request): our
commit id in the row says that we won. A refusal while the row is still the one read is no race: it
would be refused again each time, so it is damage, and an operator hears of it.
"""

from dataclasses import replace
from datetime import datetime

from rollout.core.machine.decision import Decision
from rollout.core.offers.room import newest_offers, without_newest_offers
from rollout.core.overview.standing import summarised
from rollout.core.records.effects import Recheck
from rollout.core.records.offers import OfferRecord
from rollout.errors import (
    DamagedHistoryError,
    RowBeyondHeadError,
    RowTooLargeError,
    StaleRowError,
    UnexplainedRefusalError,
    UnknownOutcomeError,
    UnreadableRowError,
)
from rollout.ports import Commit, Stored
from rollout.service.attending import attend
from rollout.service.dependencies import Dependencies

SPARE_BYTES = 100 * 1024
"""Of the row's 1 MiB, what no offer may take: whatever happens, going back must be saved."""

DROPPED = "offers were dropped: the row had no room left for going back"
BEYOND_HEAD = (
    "the history has a row beyond its end, so nothing can be saved on this endpoint: "
    "run `rollout repair`"
)


def is_saved_first(decision: Decision) -> bool:
    """Say whether a look's decision is saved before anything else happens.

    Facts and changes of the world are. What a look merely remembers is saved with whatever is
    saved next.
    """
    return decision.has_rows or any(not isinstance(effect, Recheck) for effect in decision.effects)


def save(
    ports: Dependencies, stored: Stored | None, decision: Decision, now: datetime, *, spare: int = 0
) -> Stored:
    """Commit the decision in one transaction; without `spare`, offers make room where it lacks.

    Args:
        ports: The outside world.
        stored: The row as it was read; None where there is none yet.
        decision: What to commit.
        now: The pass's moment.
        spare: How many bytes of the row must stay free.

    Raises:
        StaleRowError: Another writer was first: nothing was saved.
        UnexplainedRefusalError: Nobody was first, and yet it was refused.
        DamagedHistoryError: A history row exists that the row does not know; an operator was told.
        RowTooLargeError: Less than `spare` would stay free, or there is no room at all.
        StoreUnavailableError: Storage does not answer.
    """
    try:
        return _commit(ports, stored, decision, now, spare)
    except RowTooLargeError:
        if spare or not decision.current.offers:
            raise
    # Going back is always saved: what waits to be decided makes room for it.
    lighter = without_newest_offers(decision, _held(ports, decision), now)
    saved = _commit(ports, stored, lighter, now, spare)
    attend(ports, saved.current, DROPPED, "make the bundle and Azure readable; offer them again")
    return saved


def _commit(
    ports: Dependencies, stored: Stored | None, decision: Decision, now: datetime, spare: int
) -> Stored:
    current = replace(decision.current, saved_at=now, commit_id=ports.ids.fresh())
    current = summarised(current, now)
    commit = Commit(
        current,
        stored,
        decision.history,
        decision.minutes,
        decision.offers,
        decision.names,
        spare,
    )
    try:
        return ports.store.commit(commit)
    except (StaleRowError, UnknownOutcomeError, RowBeyondHeadError) as error:
        found = ports.store.load(current.endpoint)
        if found is not None and found.current.commit_id == current.commit_id:
            return found
        before = None if stored is None else stored.version
        after = None if found is None else found.version
        if before == after and not isinstance(error, UnknownOutcomeError):
            raise _refused_without_a_race(ports, found, error, now) from error
        raise StaleRowError(f"{current.endpoint} changed meanwhile") from error


def _refused_without_a_race(
    ports: Dependencies, found: Stored | None, error: Exception, now: datetime
) -> Exception:
    if not isinstance(error, RowBeyondHeadError):
        return UnexplainedRefusalError(f"storage refused the row: {error}")
    if found is not None and not found.current.damaged:
        _report_damage(ports, found, now)
    return DamagedHistoryError(BEYOND_HEAD)


def _report_damage(ports: Dependencies, found: Stored, now: datetime) -> None:
    """Ask for an operator, once: the row remembers it, in a save without a history row."""
    saved_at = max(now, found.current.saved_at)
    current = replace(found.current, damaged=BEYOND_HEAD, saved_at=saved_at)
    try:
        ports.store.commit(Commit(current, found))
    except StaleRowError:
        return  # whoever saved it meets the same row, and reports it
    attend(ports, current, BEYOND_HEAD, "compare and repair, as docs/operations.md says")


def _held(ports: Dependencies, decision: Decision) -> dict[tuple[str, str], OfferRecord]:
    held = {}
    for offer in newest_offers(decision):
        try:
            record = ports.store.offer(decision.current.endpoint, offer.model, offer.version)
        except UnreadableRowError:
            continue  # the commit leaves such a row as it is
        if record is not None:
            held[offer.model, offer.version] = record
    return held
