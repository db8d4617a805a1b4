"""`rollout pipeline MODE`: what the GitHub Action and the Azure Pipelines template run.

Every option has a variable, because a pipeline's inputs must not be part of a script.
"""
# ruff: noqa: PLC0415 - lint needs neither the app nor Azure's libraries

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer

from rollout.cli.live.app_options import Asked, asks_the_app
from rollout.cli.live.place import PlaceError
from rollout.cli.live.waiting import Until, duration
from rollout.cli.pipelines.ended import Ended, tell
from rollout.cli.pipelines.host import Host, host_of
from rollout.cli.safe_text import say

DEFAULT_FOLDER = Path("services")
NO_REASON = "started by a pipeline"
_NAMES = re.compile(r"[\s,]+")
Mode = Literal["lint", "plan", "publish", "start"]
Wait = Literal["yes", "no", "promoted", "stage"]


@dataclass(frozen=True)
class Inputs:
    """The options, as they are."""

    services: Path
    service: str
    version: str
    reason: str
    wait: Wait
    limit: timedelta | None
    bundle: str
    remove: bool
    comment: bool
    minutes: Path | None


def add_pipeline_command(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(pipeline)


@asks_the_app
def pipeline(
    asked: Asked,
    mode: Annotated[Mode, typer.Argument(envvar="ROLLOUT_MODE", help="What to do.")],
    *,
    services: Annotated[
        Path, typer.Option("--services", envvar="ROLLOUT_SERVICES", help="The folder of services.")
    ] = DEFAULT_FOLDER,
    service: Annotated[
        str,
        typer.Option(
            "--service", envvar="ROLLOUT_SERVICE", help="start: which; plan: which ones, else all."
        ),
    ] = "",
    version: Annotated[
        str, typer.Option("--version", envvar="ROLLOUT_VERSION", help="start: the model version.")
    ] = "",
    reason: Annotated[
        str,
        typer.Option("--reason", "-m", envvar="ROLLOUT_REASON", help="start: why; else this run."),
    ] = "",
    wait: Annotated[
        Wait,
        typer.Option(
            "--wait", envvar="ROLLOUT_WAIT", help="start: what to wait for; publish: yes or no."
        ),
    ] = "yes",
    timeout: Annotated[
        str, typer.Option("--timeout", envvar="ROLLOUT_TIMEOUT", metavar="3h", help="How long.")
    ] = "",
    bundle: Annotated[
        str, typer.Option("--to", envvar="ROLLOUT_BUNDLE_URL", help="publish: the blob's URL.")
    ] = "",
    remove: Annotated[
        bool,
        typer.Option("--remove", envvar="ROLLOUT_REMOVE", help="publish: services may disappear."),
    ] = False,
    comment: Annotated[
        bool,
        typer.Option(
            "--comment/--no-comment", envvar="ROLLOUT_COMMENT", help="plan: on the pull request."
        ),
    ] = True,
    minutes: Annotated[
        Path | None,
        typer.Option("--minutes", envvar="ROLLOUT_MINUTES", help="plan: stable's, from a file."),
    ] = None,
) -> int:
    """Do one step of a pipeline, and tell its host: annotations, a summary, outputs, a comment.

    The host is GitHub Actions or Azure Pipelines, by the variables they set; elsewhere everything
    is printed. Exit codes are those of the other commands (docs/pipelines.md).
    """
    host = host_of(os.environ)
    try:
        limit = duration(timeout) if timeout else None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    inputs = Inputs(
        services=services,
        service=service,
        version=version,
        reason=reason,
        wait=wait,
        limit=limit,
        bundle=bundle,
        remove=remove,
        comment=comment,
        minutes=minutes,
    )
    return tell(host, mode, _work(mode, asked, inputs, host))


def _work(mode: Mode, asked: Asked, inputs: Inputs, host: Host) -> Callable[[], Ended]:
    works: dict[Mode, Callable[[], Ended]] = {
        "lint": lambda: _lint(inputs, host),
        "plan": lambda: _plan(inputs, host),
        "publish": lambda: _publish(asked, inputs),
        "start": lambda: _start(asked, inputs, host),
    }
    return works[mode]


def _lint(inputs: Inputs, host: Host) -> Ended:
    from rollout.cli.pipelines.file_modes import lint_mode

    return lint_mode(host, inputs.services)


def _plan(inputs: Inputs, host: Host) -> Ended:
    from rollout.cli.pipelines.file_modes import plan_mode

    names = [name for name in _NAMES.split(inputs.service) if name]
    if inputs.minutes is not None and len(names) != 1:
        raise PlaceError("A file of minutes is one service's: name it as `service`.")
    return plan_mode(host, inputs.services, names, inputs.minutes, comment=inputs.comment)


def _publish(asked: Asked, inputs: Inputs) -> Ended:
    from rollout.cli.live.publishing import Publication
    from rollout.cli.pipelines.app_modes import publish_mode

    # Where the app is not known, nothing is written that could not be waited for.
    run = None if inputs.wait == "no" else asked.session()
    publication = Publication(inputs.services, inputs.bundle, inputs.remove, yes=True)
    return publish_mode(run, publication, inputs.limit)


def _start(asked: Asked, inputs: Inputs, host: Host) -> Ended:
    from rollout.cli.pipelines.app_modes import Start, start_mode

    for name, value in (("service", inputs.service), ("version", inputs.version)):
        if not value:
            raise PlaceError(f"start needs `{name}`.")
    until = {"no": None, "stage": Until.STAGE}.get(inputs.wait, Until.PROMOTED)
    reason = inputs.reason or host.run_url() or NO_REASON
    say(f"reason: {reason}", error=True)
    start = Start(inputs.service, inputs.version, reason, until, inputs.limit)
    return start_mode(asked.session(), start)
