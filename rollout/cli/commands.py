"""All commands of `rollout`, and how a run of one ends."""

import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from rollout.cli.exits import ExitCode
from rollout.cli.file_commands import add_file_commands
from rollout.cli.live.look_commands import add_look_commands
from rollout.cli.live.order_commands import add_order_commands, with_wait
from rollout.cli.live.publish_command import add_publish_command
from rollout.cli.live.stop_commands import add_stop_commands
from rollout.cli.pipelines.command import add_pipeline_command
from rollout.cli.safe_text import say

PACKAGE = "azureml-rollout"
_WHAT = """Roll model versions out on Azure Machine Learning endpoints, watch them, and step in.

Exit codes: 0 good, 1 not good or refused, 2 rolled back, 3 held, 4 failed, 5 unreachable,
64 wrong usage, 124 not ended within --timeout.
"""


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    command = typer.main.get_command(commands())
    try:
        # Without "standalone" an error of usage would end with 2, which means rolled back.
        code = command.main(with_wait(arguments), prog_name="rollout", standalone_mode=False)
    except typer.Abort:
        say("stopped", error=True)
        return ExitCode.INTERRUPTED
    except typer.TyperException as wrong:
        # The class that has it is not exported.
        show = getattr(wrong, "show", None)
        show(sys.stderr) if show else say(str(wrong), error=True)
        return ExitCode.USAGE
    return code if isinstance(code, int) else ExitCode.GOOD


def commands() -> typer.Typer:
    """Return the whole command line."""
    app = typer.Typer(
        help=_WHAT,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    add_look_commands(app)
    add_order_commands(app)
    add_stop_commands(app)
    add_file_commands(app)
    add_publish_command(app)
    add_pipeline_command(app)
    return app


def _version(asked: bool) -> None:  # noqa: FBT001 - Typer calls it
    if asked:
        try:
            found = version(PACKAGE)
        except PackageNotFoundError:
            found = "of a folder that is not installed"
        typer.echo(f"rollout {found}")
        raise typer.Exit


def _options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Say which, and end."),
    ] = False,
) -> None:
    """Take what stands before a command; `--version` acts by itself."""
