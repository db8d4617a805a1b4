"""What to do about a lost ETag race: decide again, at once, a few times."""

from collections.abc import Callable

from rollout.errors import StaleRowError, StoreUnavailableError


class OutrunError(StoreUnavailableError):
    """Every attempt lost its race: a door answers 503, a pass leaves it to the next tick."""


def raced[T](races: int, attempt: Callable[[], T]) -> T:
    """Run `attempt`, again after each lost race.

    Raises:
        OutrunError: All `races` attempts lost.
    """
    for _ in range(races - 1):
        try:
            return attempt()
        except StaleRowError:
            continue
    try:
        return attempt()
    except StaleRowError as error:
        raise OutrunError(f"other writers kept winning: {error}") from error
