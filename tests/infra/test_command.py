"""`python -m infra_check`, with a compiler, without one, and with one that crashes."""

import os
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from infra_check import __main__ as command
from infra_check.compiler import NOT_FOUND, CompilerError, find
from tests.support.infra.made import INFRA
from tests.support.paths import PROJECT

PROGRAM = find(os.environ, PROJECT)
needs_compiler = pytest.mark.skipif(PROGRAM is None, reason=NOT_FOUND)


@pytest.fixture
def infra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of our files, to be changed."""
    copy = copytree(INFRA, tmp_path / "infra", ignore=ignore_patterns("hooks"))
    monkeypatch.setattr(command, "_INFRA", copy)
    return copy


def no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "find", lambda *_: None)


def test_without_a_compiler_one_sentence_says_so_and_what_needs_none_runs(
    infra: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    no_compiler(monkeypatch)

    assert command.main([]) == 0
    assert capsys.readouterr().out == f"{NOT_FOUND}\n"

    (infra / "main.bicep").write_text("// changed\n")
    assert command.main([]) == 1
    assert "main.bicep was changed after the snapshots" in capsys.readouterr().out


def test_without_a_compiler_nothing_can_be_written(
    infra: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_compiler(monkeypatch)
    before = {path: path.read_bytes() for path in infra.glob("profiles/*")}

    assert command.main(["--write"]) == 1
    assert {path: path.read_bytes() for path in infra.glob("profiles/*")} == before


def test_a_crash_is_a_failure_with_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(*_: object) -> None:
        raise CompilerError("The Bicep compiler ended without an answer: exit status 139.")

    monkeypatch.setattr(command, "find", crash)

    assert command.main([]) == 2
    assert capsys.readouterr().err == (
        "infra_check: The Bicep compiler ended without an answer: exit status 139.\n"
    )


def small(infra: Path, text: str) -> Path:
    """Leave one small template and one profile of it."""
    for files in ("*.bicep", "*.bicepparam", "modules/*", "profiles/*"):
        for path in infra.glob(files):
            path.unlink()
    (infra / "profiles" / "one.bicepparam").write_text("using '../small.bicep'\n")
    template = infra / "small.bicep"
    template.write_text(text)
    return template


@needs_compiler
def test_messages_are_printed_with_their_places(
    infra: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template = small(infra, "@description('A name.')\nparam name string = 'a'\n")

    assert command.main([]) == 1
    assert f"{template}:2:7: no-unused-params: " in capsys.readouterr().out


@needs_compiler
def test_a_difference_is_shown_with_its_remedy_and_is_gone_once_written(
    infra: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small(infra, "output group string = resourceGroup().name\n")

    assert command.main([]) == 1
    shown = capsys.readouterr().out
    assert '+    "group": "rg-production"' in shown
    assert "python -m infra_check --write" in shown
    assert command.main(["--write"]) == 0
    assert capsys.readouterr().out == "Changed: one.snapshot.json\n"
    assert command.main([]) == 0
