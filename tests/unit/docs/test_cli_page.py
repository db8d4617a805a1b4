"""What docs/cli.md shows of commands, options and exit codes is what the command line has."""

import re
import shlex

import pytest

from rollout.cli import main
from rollout.cli.exits import ExitCode
from tests.support.paths import PROJECT

PAGE = (PROJECT / "docs" / "cli.md").read_text()
SHOWN = re.findall(r"^rollout ([a-z]+.*)$", PAGE, re.MULTILINE)
COMMANDS = sorted({line.split()[0] for line in SHOWN})


def helped(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main([command, "--help"]) == 0
    return capsys.readouterr().out


def test_every_exit_code_is_told_once() -> None:
    told = [int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)]

    assert told == sorted(ExitCode)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_is_shown_has_the_options_shown(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = helped(command, capsys)
    lines = [line for line in SHOWN if line.split()[0] == command]
    words = [word for line in lines for word in shlex.split(line, comments=True)]
    options = {word.partition("=")[0] for word in words if word.startswith("-")}

    assert [each for each in sorted(options) if each not in text] == []


def test_every_command_of_the_app_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--help"])
    listed = capsys.readouterr().out.partition("Commands:")[2]
    commands = {line.split()[0] for line in listed.splitlines() if re.match(r"  [a-z]", line)}
    about_files = {"lint", "bundle", "schema", "openapi", "plan", "replay", "repair"}

    assert commands - about_files - {"whoami"} == set(COMMANDS)
    assert all(f"`{command}`" in PAGE or f"`rollout {command}`" in PAGE for command in about_files)
