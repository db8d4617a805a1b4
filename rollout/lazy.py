"""Parts that are made when they are first used: most invocations need few of them."""

from collections.abc import Callable
from threading import Lock
from typing import Any, cast


class _Lazy:
    """Makes an object, once, when an attribute of it is first used."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._lock = Lock()
        self._made: Any = None

    def __getattr__(self, name: str) -> Any:
        with self._lock:
            if self._made is None:
                self._made = self._make()
        return getattr(self._made, name)


def lazy[Part](make: Callable[[], Part]) -> Part:
    """Return a stand-in for what `make` returns, so that neither it nor its SDK is loaded before it
    is used: that is most of a cold start.
    """
    # The stand-in passes every attribute on, which no type can say of it.
    return cast("Part", _Lazy(make))
