"""What operators read. A page costs the same, however long the history is."""

from rollout.core.records.offers import OfferRecord
from rollout.errors import InvalidInputError, UnreadableRowError
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.directory import Directory
from rollout.service.outcomes import Bodies, Listed, ServiceView

HISTORY_SHOWN = 100
"""Rows of history where the caller does not say how many."""

NOT_FOUND = 404
_BETWEEN = ":"
"""Between model and version in `offers_after`: no version has one."""


class Viewing:
    """The reading doors. They save nothing and ask nothing of Azure."""

    def __init__(self, ports: Dependencies, limits: Limits, directory: Directory) -> None:
        self._ports = ports
        self._limits = limits
        self._directory = directory

    def show(self, service: str, *, before: int | None, limit: int, after: str) -> ServiceView:
        """One service with a page of its history (oldest first) and of its offers.

        Args:
            service: Its name.
            before: Show history rows numbered below this; None: the latest.
            limit: How many of them.
            after: The `offers_after` of an earlier view; "": from the first offer.

        Raises:
            InvalidInputError: There is no such service (404), or `after` is no such mark.
        """
        endpoint = self._directory.endpoint_of(service)
        stored = self._ports.store.load(endpoint)
        if stored is None:
            return ServiceView(service, endpoint, None)
        current = stored.current
        end = current.sequence + 1
        history = self._ports.store.history(
            endpoint,
            current.rollout_id,
            limit,
            before=end if before is None else min(before, end),
        )
        shown = self._limits.offers_shown
        offers = self._ports.store.offers(endpoint, after=_mark(after), limit=shown + 1)
        earlier = history[0].sequence if history and history[0].sequence > 1 else None
        page = tuple(offers[:shown])
        following = _after(page[-1]) if len(offers) > shown else None
        return ServiceView(
            service,
            endpoint,
            current,
            history,
            page,
            self._directory.faults().get(service, ""),
            history_before=earlier,
            offers_after=following,
        )

    def bodies(self, service: str, sequence: int) -> Bodies:
        """What the views hold back of one row of the latest rollout's history.

        Raises:
            InvalidInputError: There is no such service or row (404).
        """
        endpoint = self._directory.endpoint_of(service)
        stored = self._ports.store.load(endpoint)
        rollout = stored.current.rollout_id if stored is not None else ""
        rows = self._ports.store.history(endpoint, rollout, 1, before=sequence + 1)
        if not rows or rows[0].sequence != sequence:
            text = f"the history of {service} has no row {sequence}: take a number from its view"
            raise InvalidInputError(text, status=NOT_FOUND)
        return Bodies(rollout, sequence, rows[0].held_back)

    def summary(self, service: str, listed: Listed) -> ServiceView:
        """One service without its history; an unreadable row is a fault, not an error."""
        if listed.endpoint is None:
            return ServiceView(service, None, None, fault=listed.fault)
        try:
            stored = self._ports.store.load(listed.endpoint)
        except UnreadableRowError as error:
            return ServiceView(service, listed.endpoint, None, fault=str(error))
        current = stored.current if stored else None
        return ServiceView(service, listed.endpoint, current, fault=listed.fault)


def _mark(after: str) -> tuple[str, str] | None:
    model, between, version = after.rpartition(_BETWEEN)
    if after and not between:
        raise InvalidInputError('"after" must be the "offersAfter" of an earlier view.')
    return (model, version) if after else None


def _after(record: OfferRecord) -> str:
    return f"{record.offer.model}{_BETWEEN}{record.offer.version}"
