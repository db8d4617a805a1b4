"""The compiler is found where people have it, and what it does wrong is said in one sentence."""

import stat
import sys
from pathlib import Path

import pytest

from infra_check import compiler
from infra_check.compiler import CompilationError, Compiler, CompilerError, find

ANSWERS = """
import json, sys
def receive():
    length = 0
    while (line := sys.stdin.buffer.readline()).strip():
        length = int(line.split(b":")[1])
    return json.loads(sys.stdin.buffer.read(length)) if length else None
def answer(found):
    content = json.dumps({"jsonrpc": "2.0", "id": 1, **found}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\\r\\n\\r\\n" % len(content) + content)
    sys.stdout.buffer.flush()
"""
REFUSAL = "answer({'error': {'code': %d, 'message': %r}})"


def program(folder: Path, text: str, name: str = "bicep") -> Path:
    """A program that stands for the compiler."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{ANSWERS}\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_it_is_looked_for_in_four_places_in_turn(tmp_path: Path) -> None:
    project = tmp_path / "work" / "project"
    named = program(tmp_path / "named", "")
    on_path = program(tmp_path / "bin", "")
    of_az = program(tmp_path / "azure" / "bin", "")
    beside = program(tmp_path / "work" / "shared" / "tools" / "bicep", "")
    places = {
        "BICEP": str(named),
        "PATH": str(on_path.parent),
        "AZURE_CONFIG_DIR": str(tmp_path / "azure"),
    }
    found = []
    for left_out in (None, "BICEP", "PATH", "AZURE_CONFIG_DIR"):
        if left_out:
            places[left_out] = "" if left_out != "AZURE_CONFIG_DIR" else str(tmp_path / "none")
        found.append(find(places, project))

    assert found == [named, on_path, of_az, beside]


def test_there_may_be_none(tmp_path: Path) -> None:
    environment = {"PATH": "", "AZURE_CONFIG_DIR": str(tmp_path)}
    assert find(environment, tmp_path / "work" / "project") is None


def test_a_name_that_is_no_program_is_no_reason_to_look_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(CompilerError, match="BICEP is /nowhere/bicep"):
        find({"BICEP": "/nowhere/bicep"}, tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sys.exit('it has no libraries')", "ended without an answer: it has no libraries"),
        ("sys.exit(3)", "ended without an answer: exit status 3"),
        ("receive(); print('Content-Length: 99\\n\\n{')", "ended without an answer"),
        (
            f"receive(); {REFUSAL % (-32601, 'No method')}",
            "too old: it does not know bicep/version",
        ),
        (f"receive(); {REFUSAL % (-32000, 'The given key')}", "failed on bicep/version: The given"),
    ],
)
def test_a_failure_of_the_compiler_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    with Compiler(program(tmp_path, text)) as asked, pytest.raises(CompilerError) as raised:
        asked.version()

    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_compiler_that_falls_silent_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiler, "ANSWER_SECONDS", 0.1)
    silent = program(tmp_path, "receive(); receive()")
    with Compiler(silent) as asked, pytest.raises(CompilerError, match="without an answer"):
        asked.version()


def test_a_program_that_does_not_start_is_named(tmp_path: Path) -> None:
    with pytest.raises(CompilerError, match="cannot be started"):
        Compiler(tmp_path / "bicep")


def test_a_file_that_does_not_compile_is_no_crash(tmp_path: Path) -> None:
    refusing = program(tmp_path, f"receive(); {REFUSAL % (-32000, 'Compilation failed')}")
    with Compiler(refusing) as asked, pytest.raises(CompilationError):
        asked.snapshot(Path("x.bicepparam"), {})
