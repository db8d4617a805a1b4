"""The commands that order: start, pause, resume, advance, rollback, retry and cancel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.text import Text

from rollout.cli.exits import ExitCode
from rollout.cli.live.ordering import Given, Order, give, start
from rollout.cli.live.session import (
    AppOption,
    AsciiOption,
    FormOption,
    KeyOption,
    PlainOption,
    Service,
    Session,
    ending,
    session,
)
from rollout.cli.live.waiting import Aim, Until, duration, wait
from rollout.cli.safe_text import say
from rollout.cli.shown.forms import Form
from rollout.cli.shown.glyphs import clean

View = Mapping[str, Any]
WAIT = "--wait"
_WITHOUT_THE_APP = (
    "Without the app: `rollout rollback {service} --direct --to STABLE --reason ...` writes the "
    "endpoint itself."
)
_WAIT_FOR = {"rollback": Until.BACK, "abort": Until.BACK}

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


def start_rollout(
    service: Service,
    *,
    version: Annotated[str, typer.Option("--version", help="The model version to roll out.")],
    reason: Reason,
    yes: Yes = False,
    wait_until: Wait = None,
    timeout: Timeout = None,
    app: AppOption = None,
    key_file: KeyOption = None,
    output: FormOption = "table",
    ascii_only: AsciiOption = False,
    no_color: PlainOption = False,
) -> int:
    """Offer a model version to a service by hand."""
    waiting = _waiting(wait_until, timeout)

    def body() -> int:
        run = session(app, key_file, output, ascii_only=ascii_only, no_color=no_color)
        given = start(run, service, version, reason, yes=yes)
        rollout: View = given.before.get("rollout") or {}
        known = str(rollout.get("id", ""))
        live = rollout.get("version") == version and not rollout.get("endedAt")
        # The app says so of a version that it was offered before: no new rollout comes.
        told = ((given.answer or {}).get("order") or {}).get("outcome") == "known"
        aim = Aim(_until(waiting), version, known, same=bool(live or told))
        return _end(run, service, given, waiting, aim)

    return ending(body)


def pause(
    service: Service,
    *,
    reason: Reason,
    yes: Yes = False,
    app: AppOption = None,
    key_file: KeyOption = None,
    output: FormOption = "table",
    ascii_only: AsciiOption = False,
    no_color: PlainOption = False,
) -> int:
    """Hold a rollout where it is; a rollback still works."""
    shown = _Shown(app, key_file, output, ascii_only, no_color)
    return _order(shown, Order("pause", service, reason, yes=yes))


def resume(
    service: Service,
    *,
    reason: Reason,
    yes: Yes = False,
    wait_until: Wait = None,
    timeout: Timeout = None,
    app: AppOption = None,
    key_file: KeyOption = None,
    output: FormOption = "table",
    ascii_only: AsciiOption = False,
    no_color: PlainOption = False,
) -> int:
    """Let a held rollout go on."""
    shown = _Shown(app, key_file, output, ascii_only, no_color)
    order = Order("resume", service, reason, yes=yes)
    return _order(shown, order, _waiting(wait_until, timeout))


def advance(
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
    app: AppOption = None,
    key_file: KeyOption = None,
    output: FormOption = "table",
    ascii_only: AsciiOption = False,
    no_color: PlainOption = False,
) -> int:
    """Go on to the next stage on your judgement, or approve it; also called promote.

    The order is about the stage that is shown: where that has moved on meanwhile, it is refused.
    """
    shown = _Shown(app, key_file, output, ascii_only, no_color)
    order = Order("advance", service, reason, skip_evidence=skip_evidence, yes=yes)
    return _order(shown, order, _waiting(wait_until, timeout))


def rollback(
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
    app: AppOption = None,
    key_file: KeyOption = None,
    output: FormOption = "table",
    ascii_only: AsciiOption = False,
    no_color: PlainOption = False,
) -> int:
    """Give all traffic back to stable; also called abort.

    With --direct the command writes the endpoint itself, for when the app is dead, and says what
    the app will do when it is back (docs/cli.md).
    """
    if direct:
        # It brings Azure's libraries, which the other commands do without.
        from rollout.cli.live.direct import Direct, roll_back_directly  # noqa: PLC0415

        asked = Direct(service, to or "", endpoint or "", services, reason, yes=yes)
        return ending(lambda: roll_back_directly(asked))
    if to or endpoint:
        raise typer.BadParameter("--to and --endpoint go with --direct.")
    shown = _Shown(app, key_file, output, ascii_only, no_color)
    order = Order("rollback", service, reason, take_from=tuple(take_from or ()), yes=yes)
    code = _order(shown, order, _waiting(wait_until, timeout))
    if code == ExitCode.UNREACHABLE:
        say(_WITHOUT_THE_APP.format(service=service), error=True)
    return code


def retry(
    service: Service,
    *,
    reason: Reason,
    version: Version = None,
    yes: Yes = False,
    wait_until: Wait = None,
    timeout: Timeout = None,
    app: AppOption = None,
    key_file: KeyOption = None,
    output: FormOption = "table",
    ascii_only: AsciiOption = False,
    no_color: PlainOption = False,
) -> int:
    """Offer a version again that was rejected or quarantined: the latest, or --version."""
    if wait_until and not version:
        raise typer.BadParameter("--wait needs --version: which one is to be waited for?")
    shown = _Shown(app, key_file, output, ascii_only, no_color)
    order = Order("retry", service, reason, version=version or "", yes=yes)
    return _order(shown, order, _waiting(wait_until, timeout))


def cancel(
    service: Service,
    *,
    reason: Reason,
    version: Version = None,
    yes: Yes = False,
    app: AppOption = None,
    key_file: KeyOption = None,
    output: FormOption = "table",
    ascii_only: AsciiOption = False,
    no_color: PlainOption = False,
) -> int:
    """Withdraw a version, whether it waits or runs; nothing is quarantined."""
    shown = _Shown(app, key_file, output, ascii_only, no_color)
    return _order(shown, Order("cancel", service, reason, version=version or "", yes=yes))


@dataclass(frozen=True)
class _Shown:
    """The options about the app and the output."""

    app: str | None
    key_file: Path | None
    output: Form
    ascii_only: bool
    no_color: bool

    def session(self) -> Session:
        return session(
            self.app,
            self.key_file,
            self.output,
            ascii_only=self.ascii_only,
            no_color=self.no_color,
        )


def _order(shown: _Shown, order: Order, waiting: Waiting | None = None) -> int:
    def body() -> int:
        run = shown.session()
        given = give(run, order)
        rollout: View = given.before.get("rollout") or {}
        again = order.verb == "retry"
        aim = Aim(
            _until(waiting),
            order.version if again else "",
            str(rollout.get("id", "")),
            same=not again,
            stage=-1 if again else int(rollout.get("stage", -1)),
        )
        return _end(run, order.service, given, waiting, aim)

    return ending(body)


def _end(run: Session, service: str, given: Given, waiting: Waiting | None, aim: Aim) -> int:
    """Print the app's answer, wait if asked to, and return the exit code."""
    if given.answer is None:
        return given.code
    answer, order = given.answer, given.answer["order"]
    waits = waiting is not None and waiting.until is not None
    if not waits:
        about_a_rollout = order["verb"] != "start"
        name = str(order["rollout"]) if about_a_rollout else service
        run.give(answer, name, lambda: [Text(clean(order["text"], run.glyphs))])
        return ExitCode.GOOD
    run.tell(str(order["text"]))
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
