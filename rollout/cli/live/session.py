"""What every command about a running app has in common: its options, and how it prints and ends."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Annotated, Any, assert_never

import typer
from rich.console import Console
from rich.text import Text

from rollout.cli.exits import ExitCode
from rollout.cli.live import completing
from rollout.cli.live.client import App, RefusedError, UnreachableError
from rollout.cli.live.place import PlaceError, find
from rollout.cli.safe_text import say
from rollout.cli.shown.forms import FOR_PROGRAMS, Form
from rollout.cli.shown.glyphs import ASCII, UNICODE, Glyphs, clean

WIDTH_OF_A_FILE = 200
"""Columns where the output is no terminal: a pipe has no width."""

NARROWEST = 40

Service = Annotated[
    str, typer.Argument(help="The service's name.", autocompletion=completing.services)
]


@dataclass(frozen=True)
class Session:
    """One run of a command: the app, and where and how to print."""

    app: App
    console: Console
    glyphs: Glyphs
    form: Form = "table"

    @property
    def width(self) -> int:
        """Columns to draw in."""
        return max(NARROWEST, self.console.width)

    @property
    def terminal(self) -> bool:
        """Whether somebody looks on."""
        return self.console.is_terminal

    def show(self, lines: Iterable[Text]) -> None:
        """Print lines as they are: neither wrapped nor coloured by what stands in them."""
        for line in lines:
            self.console.print(line, no_wrap=True, overflow="ignore", crop=False, highlight=False)

    def tell(self, text: str) -> None:
        """Tell a person, beside the output that a program may read; text of others is cleaned."""
        body = clean(text, self.glyphs)
        say(fill(body, self.width, break_on_hyphens=False) if self.terminal else body, error=True)

    def say(self, text: str) -> None:
        """Print a sentence of the command's own, wrapped on a terminal."""
        self.console.print(Text(text), highlight=False, soft_wrap=not self.terminal)

    def give(self, document: Any, names: str, lines: Callable[[], Iterable[Text]]) -> None:
        """Print in the form that was asked for.

        Args:
            document: For JSON and YAML.
            names: For `name`.
            lines: What makes the picture.
        """
        if self.form == "name":
            print(names)
        elif self.form in FOR_PROGRAMS:
            print(FOR_PROGRAMS[self.form](document))
        else:
            self.show(lines())


def session(
    app: str | None,
    key_file: Path | None,
    form: Form = "table",
    *,
    ascii_only: bool,
    no_color: bool,
) -> Session:
    """Find the app and the terminal.

    Raises:
        PlaceError: There is no usable app.
    """
    place = find(app, key_file, os.environ, Path.cwd())
    console = terminal(no_color=no_color)
    narrow = ascii_only or not _takes_unicode(console)
    return Session(App(place), console, ASCII if narrow else UNICODE, form)


def terminal(*, no_color: bool, environment: Mapping[str, str] = os.environ) -> Console:
    """Return the terminal, or what stands for one; `COLUMNS` counts everywhere."""
    console = Console(no_color=no_color or None, highlight=False, emoji=False, markup=False)
    if not console.is_terminal and not environment.get("COLUMNS"):
        console.width = WIDTH_OF_A_FILE
    return console


TOLD = (PlaceError, RefusedError, UnreachableError)
"""The errors that a command may end with; their messages are for the terminal."""


def code_of(error: PlaceError | RefusedError | UnreachableError) -> ExitCode:
    """Return the exit code of a command that ends with this error, or a kind of it."""
    match error:
        case PlaceError():
            return ExitCode.USAGE
        case RefusedError():
            return ExitCode.NOT_GOOD
        case UnreachableError():
            return ExitCode.UNREACHABLE
        case never:
            assert_never(never)


def ending(command: Callable[[], int]) -> int:
    """Run a command's body; say what went wrong, and return the exit code."""
    try:
        return command()
    except TOLD as error:
        say(str(error), error=True)
        return code_of(error)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def _takes_unicode(console: Console) -> bool:
    return (console.encoding or "").lower().replace("-", "") in {"utf8", "utf16", "utf32"}


def is_asked() -> bool:
    """Whether a question can be answered: there is a person at both ends."""
    return sys.stdin.isatty() and sys.stderr.isatty()
