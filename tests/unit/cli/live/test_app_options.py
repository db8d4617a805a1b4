"""Every command about a running app has the same options about the app and the output."""

import inspect

import pytest
import typer

from rollout.cli.commands import commands
from rollout.cli.exits import ExitCode
from rollout.cli.live.app_options import Asked, asks_the_app
from rollout.cli.live.client import NoAnswerError, RefusedError, UnreachableError
from rollout.cli.live.place import PlaceError

SHARED = {"app", "key_file", "output", "ascii_only", "no_color"}
NO_APP = {"lint", "bundle", "schema", "openapi", "init", "plan", "replay", "repair"}


def test_every_command_about_the_app_has_the_shared_options_once() -> None:
    found = {}
    for each in commands().registered_commands:
        assert each.callback is not None
        name = each.name or each.callback.__name__
        found[name] = list(inspect.signature(each.callback).parameters)

    lacking = {name for name, options in found.items() if not set(options) >= SHARED}
    assert lacking == NO_APP
    assert [name for name, options in found.items() if "asked" in options] == []


def test_what_was_asked_for_arrives_beside_the_commands_own_options() -> None:
    heard: list[object] = []

    @asks_the_app
    def command(asked: Asked, service: str, *, loud: bool = False) -> int:
        """Say it."""
        heard.extend([asked.app, asked.output, service, loud])
        return 0

    assert command(service="x", loud=True, app="https://a", output="json") == 0
    assert heard == ["https://a", "json", "x", True]
    assert command.__doc__ == "Say it."


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PlaceError("no app"), ExitCode.USAGE),
        (RefusedError("no", 409), ExitCode.NOT_GOOD),
        (UnreachableError("gone"), ExitCode.UNREACHABLE),
        (NoAnswerError("gone"), ExitCode.UNREACHABLE),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED),
    ],
)
def test_errors_become_exit_codes(error: BaseException, code: ExitCode) -> None:
    @asks_the_app
    def command(asked: Asked) -> int:
        raise error

    assert command() == code


def test_wrong_usage_is_for_the_command_line_to_tell() -> None:
    @asks_the_app
    def command(asked: Asked) -> int:
        raise typer.BadParameter("no")

    with pytest.raises(typer.BadParameter):
        command()
