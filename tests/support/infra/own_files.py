"""Our own Bicep files, read once, and copies of them in which one text is another one."""

from functools import cache
from pathlib import Path

from infra_check.checker import check
from infra_check.findings import Finding
from infra_check.program import Program, SourceFile, read_program, source_file
from infra_check.report import Report
from infra_check.type_data import load
from tests.support.paths import PROJECT

INFRA = PROJECT / "infra"
TYPES = load()


@cache
def own_program() -> Program:
    return read_program(INFRA)


def own_file(name: str) -> SourceFile:
    """One of our files, by its path below infra/."""
    return own_program().files[(INFRA / name).resolve()]


def fresh(program: Program) -> Program:
    """The same files with empty reports, so that they can be checked again."""
    files = {
        path: SourceFile(each.path, each.text, Report(each.path, each.text), each.declarations)
        for path, each in program.files.items()
    }
    return Program(program.root, files)


def changed(path: Path, text: str) -> Program:
    """Our files, with one of them replaced or added."""
    program = fresh(own_program())
    program.files[path.resolve()] = source_file(path, text)
    return program


def findings(program: Program) -> list[Finding]:
    return check(program, TYPES)


@cache
def own_findings() -> frozenset[Finding]:
    return frozenset(findings(fresh(own_program())))
