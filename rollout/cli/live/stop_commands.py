"""The commands of the stop switch: suspend, unsuspend and override."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from rollout.cli.exits import ExitCode
from rollout.cli.live.app_options import Asked, asks_the_app
from rollout.cli.live.order_commands import Reason, Yes, ordered
from rollout.cli.live.ordering import Order, give_for_all
from rollout.cli.live.session import Service, Session
from rollout.cli.live.waiting import duration
from rollout.cli.shown.glyphs import clean

OneService = Annotated[str | None, typer.Argument(help="The service's name; or --all.")]
All = Annotated[bool, typer.Option("--all", help="All services.")]


def add_stop_commands(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (suspend, unsuspend, override):
        app.command(command.__name__)(command)


@asks_the_app
def suspend(
    asked: Asked,
    service: OneService = None,
    *,
    every: All = False,
    reason: Reason,
    until: Annotated[
        str | None,
        typer.Option(
            "--until", metavar="2h", help="When it ends by itself: a duration, or a moment."
        ),
    ] = None,
    yes: Yes = False,
) -> int:
    """Stop every raise and every start, of one service or of all; a rollback still works."""
    _check_which(service, every=every)
    run = asked.session()
    end = "" if until is None else _moment(run, until)
    if service is None:
        return _for_all(run, "suspend", reason, end, yes=yes)
    return ordered(run, Order("suspend", service, reason, until=end, yes=yes))


@asks_the_app
def unsuspend(
    asked: Asked,
    service: OneService = None,
    *,
    every: All = False,
    reason: Reason,
    yes: Yes = False,
) -> int:
    """End a suspension, of one service or of all."""
    _check_which(service, every=every)
    run = asked.session()
    if service is None:
        return _for_all(run, "unsuspend", reason, "", yes=yes)
    return ordered(run, Order("unsuspend", service, reason, yes=yes))


@asks_the_app
def override(asked: Asked, service: Service, *, reason: Reason, yes: Yes = False) -> int:
    """Lift the present freeze for this rollout, until the freeze would have ended."""
    return ordered(asked.session(), Order("override", service, reason, yes=yes))


def _check_which(service: str | None, *, every: bool) -> None:
    if every is (service is not None):
        raise typer.BadParameter("Name a service, or say --all.")


def _moment(run: Session, text: str) -> str:
    """The end as the app reads it: what was written, or so long after now by the app's clock."""
    try:
        return (run.app.now() + duration(text)).isoformat(timespec="seconds")
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter(
            "--until takes a duration such as 2h, or a moment such as 2026-12-24T18:00:00+01:00."
        )
    return moment.isoformat(timespec="seconds")


def _for_all(run: Session, verb: str, reason: str, until: str, *, yes: bool) -> int:
    answer: Any = give_for_all(run, verb, reason, until, yes=yes)
    if answer is None:
        return ExitCode.NOT_GOOD
    text = str(answer["order"]["text"])
    run.give(answer, verb, lambda: [Text(clean(text, run.glyphs))])
    return ExitCode.GOOD
