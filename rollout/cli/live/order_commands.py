"""The commands that order: start, pause, resume, advance, rollback, retry and cancel."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.text import Text

from rollout.cli.exits import ExitCode
from rollout.cli.live.aims import after_order, after_start, order_of
from rollout.cli.live.app_options import Asked, asks_the_app
from rollout.cli.live.client import UnreachableError
from rollout.cli.live.ordering import Given, Order, give, start
from rollout.cli.live.session import Service, Session
from rollout.cli.live.waiting import Aim, Until, duration, wait
from rollout.cli.safe_text import say
from rollout.cli.shown.glyphs import clean

WAIT = "--wait"
_WITHOUT_THE_APP = (
    "Without the app: `rollout rollback {service} --direct --to STABLE --reason ...` writes the "
    "endpoint itself."
)
_WAIT_FOR = {"rollback": Until.BACK, "abort": Until.BACK, "publish": "read"}

Reason = Annotated[str, typer.Option("--reason", "-m", help="Why; it goes into the history.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Wait = Annotated[
    Literal["promoted", "stage"] | None,
    typer.Option(
        WAIT, help="Wait until it is promoted, or with =stage until its next stage bakes."
    ),
]
Timeout = Annotated[
    str | None, typer.Option("--timeout", metavar="3h", help="How long to wait; exit code 124.")
]
Version = Annotated[str | None, typer.Option("--version", help="The model version that is meant.")]


@dataclass(frozen=True)
class Waiting:
    """`until` None: the command ends with the app's answer."""

    until: str | None
    timeout: str | None


def add_order_commands(app: typer.Typer) -> None:
    """Add these commands, and the names that other tools have for them, to the command line."""
    for command in (start_rollout, pause, resume, advance, rollback, retry, cancel):
        app.command(command.__name__.partition("_")[0])(command)
    app.command("promote", help="The same as advance.", hidden=True)(advance)
    app.command("abort", help="The same as rollback.", hidden=True)(rollback)


def with_wait(arguments: Sequence[str]) -> list[str]:
    """Give a bare `--wait` its value: an option takes one always, or never."""
    until = _WAIT_FOR.get(arguments[0] if arguments else "", Until.PROMOTED)
    return [f"{WAIT}={until}" if each == WAIT else each for each in arguments]


@asks_the_app
def start_rollout(
    asked: Asked,
    service: Service,
    *,
    version: Annotated[str, typer.Option("--version", help="The model version to roll out.")],
    reason: Reason,
    yes: Yes = False,
    wait_until: Wait = None,
    timeout: Timeout = None,
) -> int:
    """Offer a model version to a service by hand."""
    waiting = _waiting(wait_until, timeout)
    run = asked.session()
    given = start(run, service, version, reason, yes=yes)
    return _end(run, service, given, waiting, after_start(given, version, _until(waiting)))


@asks_the_app
def pause(
    asked: Asked,
    service: Service,
    *,
    reason: Reason,
    yes: Yes = False,
) -> int:
    """Hold a rollout where it is; a rollback still works."""
    return _order(asked, Order("pause", service, reason, yes=yes))


@asks_the_app
def resume(
    asked: Asked,
    service: Service,
    *,
    reason: Reason,
    yes: Yes = False,
    wait_until: Wait = None,
    timeout: Timeout = None,
) -> int:
    """Let a held rollout go on."""
    order = Order("resume", service, reason, yes=yes)
    return _order(asked, order, _waiting(wait_until, timeout))


@asks_the_app
def advance(
    asked: Asked,
    service: Service,
    *,
    reason: Reason,
    skip_evidence: Annotated[
        bool,
        typer.Option("--skip-evidence", help="With --yes: go on where the gate has not passed."),
    ] = False,
    yes: Yes = False,
    wait_until: Wait = None,
    timeout: Timeout = None,
) -> int:
    """Go on to the next stage on your judgement, or approve it; also called promote.

    The order is about the stage that is shown: where that has moved on meanwhile, it is refused.
    """
    order = Order("advance", service, reason, skip_evidence=skip_evidence, yes=yes)
    return _order(asked, order, _waiting(wait_until, timeout))


@asks_the_app
def rollback(
    asked: Asked,
    service: Service,
    *,
    reason: Reason,
    take_from: Annotated[
        list[str] | None,
        typer.Option("--take-from", help="A third deployment whose traffic stable gets as well."),
    ] = None,
    direct: Annotated[
        bool, typer.Option("--direct", help="Break glass: by Azure's API, without the app.")
    ] = False,
    to: Annotated[
        str | None,
        typer.Option("--to", help="With --direct: the deployment that gets all traffic."),
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(
            "--endpoint", help="With --direct: the endpoint's ARM id; else from services/."
        ),
    ] = None,
    services: Annotated[
        Path, typer.Option("--services", help="With --direct: the folder of services.")
    ] = Path("services"),
    yes: Yes = False,
    wait_until: Annotated[
        Literal["back"] | None, typer.Option(WAIT, help="Wait until all traffic is back.")
    ] = None,
    timeout: Timeout = None,
) -> int:
    """Give all traffic back to stable; also called abort.

    With --direct the command writes the endpoint itself, for when the app is dead, and says what
    the app will do when it is back (docs/cli.md).
    """
    if direct:
        # It brings Azure's libraries, which the other commands do without.
        from rollout.cli.live.direct import Direct, roll_back_directly  # noqa: PLC0415

        return roll_back_directly(
            Direct(service, to or "", endpoint or "", services, reason, yes=yes)
        )
    if to or endpoint:
        raise typer.BadParameter("--to and --endpoint go with --direct.")
    order = Order("rollback", service, reason, take_from=tuple(take_from or ()), yes=yes)
    without = _WITHOUT_THE_APP.format(service=service)
    try:
        code = _order(asked, order, _waiting(wait_until, timeout))
    except UnreachableError as error:
        raise UnreachableError(f"{error}\n{without}") from error
    if code == ExitCode.UNREACHABLE:
        say(without, error=True)
    return code


@asks_the_app
def retry(
    asked: Asked,
    service: Service,
    *,
    reason: Reason,
    version: Version = None,
    yes: Yes = False,
    wait_until: Wait = None,
    timeout: Timeout = None,
) -> int:
    """Offer a version again that was rejected or quarantined: the latest, or --version."""
    if wait_until and not version:
        raise typer.BadParameter("--wait needs --version: which one is to be waited for?")
    order = Order("retry", service, reason, version=version or "", yes=yes)
    return _order(asked, order, _waiting(wait_until, timeout))


@asks_the_app
def cancel(
    asked: Asked,
    service: Service,
    *,
    reason: Reason,
    version: Version = None,
    yes: Yes = False,
) -> int:
    """Withdraw a version, whether it waits or runs; nothing is quarantined."""
    return _order(asked, Order("cancel", service, reason, version=version or "", yes=yes))


def _order(asked: Asked, order: Order, waiting: Waiting | None = None) -> int:
    return ordered(asked.session(), order, waiting)


def ordered(run: Session, order: Order, waiting: Waiting | None = None) -> int:
    """Give the order, print what became of it, and return the exit code. Raises as `give`."""
    given = give(run, order)
    aim = after_order(order, given, _until(waiting))
    return _end(run, order.service, given, waiting, aim)


def _end(run: Session, service: str, given: Given, waiting: Waiting | None, aim: Aim) -> int:
    """Print the app's answer, wait if asked to, and return the exit code."""
    if given.answer is None:
        return given.code
    answer, told = given.answer, order_of(given.answer)
    waits = waiting is not None and waiting.until is not None
    if not waits:
        # A start is about a version, which has no rollout yet.
        name = service if told["verb"] == "start" else str(told["rollout"])
        run.give(answer, name, lambda: [Text(clean(told["text"], run.glyphs))])
        return ExitCode.GOOD
    run.tell(str(told["text"]))
    limit = duration(waiting.timeout) if waiting is not None and waiting.timeout else None
    end = wait(run.app, service, aim, limit, run.tell)
    document = {"service": service, "outcome": end.code.name.lower(), "text": end.text}
    run.give(document, service, lambda: [Text(clean(end.text, run.glyphs))])
    return end.code


def _until(waiting: Waiting | None) -> Until:
    return Until(waiting.until) if waiting is not None and waiting.until else Until.PROMOTED


def _waiting(until: str | None, timeout: str | None) -> Waiting:
    if timeout is not None:
        if until is None:
            raise typer.BadParameter("--timeout goes with --wait.")
        try:
            duration(timeout)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
    return Waiting(until, timeout)
