"""Shows the story: a live view on a terminal, plain lines anywhere else."""

import time
from collections.abc import Iterable
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live

from demo.pictures import decision_text, drawn, in_one_line
from demo.watching import Decision, Picture

REFRESHES_PER_SECOND = 4
LINE_EVERY_SECONDS = 20.0


class Screen(Protocol):
    """Shows what happens. Enter it for the duration of the story."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def act(self, title: str) -> None:
        """Begin an act of the story."""

    def say(self, text: str) -> None:
        """Report something that the story itself does."""

    def show(self, picture: Picture, fresh: Iterable[Decision]) -> None:
        """Show the present picture, and the decisions that are new in it."""


class LiveScreen:
    """One panel that keeps changing; reports stay above it."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, refresh_per_second=REFRESHES_PER_SECOND)
        self._title = ""
        self._note = ""

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def act(self, title: str) -> None:
        self._title, self._note = title, ""
        self._live.console.rule(title, align="left")

    def say(self, text: str) -> None:
        self._note = text
        self._live.console.print(text, highlight=False)

    def show(self, picture: Picture, fresh: Iterable[Decision]) -> None:
        del fresh  # the panel lists the latest decisions itself
        width = self._live.console.width
        self._live.update(drawn(self._title, self._note, picture, width))


class PlainScreen:
    """Lines: every decision at once, the picture now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._next_line = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def act(self, title: str) -> None:
        self._line(f"\n== {title}")

    def say(self, text: str) -> None:
        self._line(f"{self._stamp()} {text}")

    def show(self, picture: Picture, fresh: Iterable[Decision]) -> None:
        for decision in fresh:
            self._line(f"{self._stamp()}   {decision_text(decision)}")
        if time.monotonic() >= self._next_line:
            self._line(f"{self._stamp()}   [{in_one_line(picture)}]")
            self._next_line = time.monotonic() + LINE_EVERY_SECONDS

    def _line(self, text: str) -> None:
        # Neither markup nor wrapping: a log has no width.
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _stamp(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        return f"{minutes:2d}:{seconds:02d}"


def screen_for(console: Console) -> Screen:
    """Return the live view on a terminal, plain lines elsewhere."""
    return LiveScreen(console) if console.is_terminal else PlainScreen(console)
