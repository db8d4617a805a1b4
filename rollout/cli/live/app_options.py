"""The options of every command about a running app, added to each by one decorator."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Concatenate

import typer

from rollout.cli.live.session import Session, ending, session
from rollout.cli.shown.forms import Form


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What such a command was told about the app and the output; each field is an option."""

    app: Annotated[
        str | None,
        typer.Option("--app", metavar="URL", help="The app; else ROLLOUT_APP and others."),
    ] = None
    key_file: Annotated[
        Path | None,
        typer.Option("--key-file", help="A file with a function key; else ROLLOUT_KEY."),
    ] = None
    output: Annotated[Form, typer.Option("--output", "-o", help="How to print.")] = "table"
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Print ASCII characters only.")] = (
        False
    )
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours; as NO_COLOR does.")] = (
        False
    )

    def session(self) -> Session:
        """Find the app and the terminal.

        Raises:
            PlaceError: There is no usable app.
        """
        return session(
            self.app,
            self.key_file,
            self.output,
            ascii_only=self.ascii_only,
            no_color=self.no_color,
        )


_OPTIONS = frozenset(field.name for field in fields(Asked))


def asks_the_app[**P](command: Callable[Concatenate[Asked, P], int]) -> Callable[..., int]:
    """Make a command of the command line: `Asked` becomes options, errors become exit codes.

    Typer reads a command's options from its signature, so this one has those of `Asked` after the
    command's own, instead of its first parameter.
    """
    own = inspect.signature(command, eval_str=True)
    _, *rest = own.parameters.values()
    shared = inspect.signature(Asked, eval_str=True).parameters.values()

    @wraps(command)
    def run(**given: Any) -> int:
        asked = Asked(**{name: given.pop(name) for name in _OPTIONS & given.keys()})
        call: Callable[..., int] = command
        return ending(lambda: call(asked, **given))

    run.__signature__ = own.replace(parameters=[*rest, *shared])  # type: ignore[attr-defined]
    return run
