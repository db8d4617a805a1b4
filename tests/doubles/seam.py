"""Where a story reaches into a call of a double.

A hook that raises before a call means that the call never happened; one that raises after it means
that it happened and the answer was lost. A hook may also call the product again: that is how
another worker acts while this one is paused.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

Hook = Callable[[str], None]
"""Called with the name of the call, such as `store.commit` or `endpoints.set_traffic`."""


class CrashError(BaseException):
    """The process dies here. Not an `Exception`: nothing in the product can catch it."""


@dataclass
class Seam:
    """Hooks around every call, and how often each call was made."""

    before: list[Hook] = field(default_factory=list)
    after: list[Hook] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)

    def run[Result](self, name: str, action: Callable[[], Result]) -> Result:
        self.calls[name] += 1
        for hook in tuple(self.before):
            hook(name)
        result = action()
        for hook in tuple(self.after):
            hook(name)
        return result

    def once_before(self, name: str, act: Callable[[], None], *, nth: int = 1) -> None:
        """Let `act` happen (raise, or do something) before the nth call of `name` from now."""
        self._once(self.before, name, act, nth)

    def once_after(self, name: str, act: Callable[[], None], *, nth: int = 1) -> None:
        """The same, after the call has been carried out."""
        self._once(self.after, name, act, nth)

    def _once(self, hooks: list[Hook], name: str, act: Callable[[], None], nth: int) -> None:
        left = nth

        def hook(called: str) -> None:
            nonlocal left
            if called != name:
                return
            left -= 1
            if left == 0:
                hooks.remove(hook)
                act()

        hooks.append(hook)


def raising(error: BaseException) -> Callable[[], None]:
    """Return an action that raises `error`."""

    def act() -> None:
        raise error

    return act
