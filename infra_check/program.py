"""The files of a folder, parsed, and what other files see of each: parameters and outputs."""

from dataclasses import dataclass, field
from pathlib import Path

from infra_check.findings import BicepSyntaxError, Rule
from infra_check.nodes import Declaration, Module, Output, Parameter, Setting, Text
from infra_check.parser import parse
from infra_check.report import Report
from infra_check.tree_sitter_gate import faults_of

DEFAULT_SCOPE = "resourceGroup"


@dataclass(frozen=True, eq=False)
class SourceFile:
    """One file. `broken`: no declarations could be read, and `report` says why."""

    path: Path
    text: str
    report: Report
    declarations: tuple[Declaration, ...] = ()
    broken: bool = False

    def all[T: Declaration](self, kind: type[T]) -> tuple[T, ...]:
        return tuple(each for each in self.declarations if isinstance(each, kind))

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {each.name: each for each in self.all(Parameter)}

    @property
    def outputs(self) -> dict[str, Output]:
        return {each.name: each for each in self.all(Output)}

    @property
    def modules(self) -> dict[str, Module]:
        return {each.name: each for each in self.all(Module)}

    @property
    def scope(self) -> str:
        """`resourceGroup`, `subscription`, ..."""
        for each in self.all(Setting):
            if each.name == "targetScope" and isinstance(each.value, Text):
                return each.value.literal or DEFAULT_SCOPE
        return DEFAULT_SCOPE


@dataclass(frozen=True, eq=False)
class Program:
    """Every `.bicep` file under one folder, by its resolved path."""

    root: Path
    files: dict[Path, SourceFile] = field(default_factory=dict)

    def called(self, caller: SourceFile, module: Module) -> SourceFile | None:
        """The file that a module refers to, if it is one of these."""
        path = module.path.literal
        return None if path is None else self.files.get((caller.path.parent / path).resolve())


def read_program(root: Path) -> Program:
    """Parse every file under `root`.

    Raises:
        FileNotFoundError: There is none.
    """
    paths = sorted(root.rglob("*.bicep"))
    if not paths:
        raise FileNotFoundError(f"No .bicep file under {root}.")
    texts = {path: path.read_text(encoding="utf-8") for path in paths}
    return program_of(root, texts)


def program_of(root: Path, texts: dict[Path, str]) -> Program:
    """The same from texts, for mutants that exist only in memory."""
    return Program(root, {path.resolve(): source_file(path, text) for path, text in texts.items()})


def source_file(path: Path, text: str) -> SourceFile:
    report = Report(path, text)
    for offset, fault in faults_of(text):
        report.add(Rule.PARSE, offset, fault)
    try:
        return SourceFile(path, text, report, parse(text))
    except BicepSyntaxError as error:
        report.add(error.rule, error.offset, error.text)
        return SourceFile(path, text, report, broken=True)
