"""Several calls at the same time, where waiting for answers is what takes the time."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor


def together[Item, Result](
    work: Callable[[Item], Result], items: Sequence[Item], at_once: int
) -> list[Result]:
    """Do `work` for each item, at most `at_once` at the same time; results in the items' order.

    Raises: what `work` raised first by the order of the items, once all are done.
    """
    if at_once == 1 or len(items) <= 1:
        return [work(item) for item in items]
    with ThreadPoolExecutor(min(at_once, len(items))) as pool:
        return list(pool.map(work, items))
