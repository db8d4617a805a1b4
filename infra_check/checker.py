"""One file's declarations against everything known: its own names, its modules, Azure's types."""

from infra_check.bodies import BodyChecks
from infra_check.decorators import check_decorators
from infra_check.findings import Finding, Rule
from infra_check.fitting import Fitting
from infra_check.functions import ONLY_IN_DEFAULTS
from infra_check.inference import Inference
from infra_check.names import check_names
from infra_check.nodes import (
    Call,
    Declaration,
    Function,
    Module,
    Name,
    Output,
    Parameter,
    Resource,
    Setting,
    Text,
    Variable,
    walk,
)
from infra_check.program import Program, SourceFile
from infra_check.shapes import Shape
from infra_check.symbols import Symbols
from infra_check.type_data import TypeData

_SCOPES = frozenset({"managementGroup", "resourceGroup", "subscription", "tenant"})


def check(program: Program, types: TypeData | None) -> list[Finding]:
    """Return every finding, in the order of the files and lines. `types` None: see type_data."""
    for file in program.files.values():
        if not file.broken:
            _FileChecker(program, file, types).check()
    found = {each for file in program.files.values() for each in file.report.findings}
    return sorted(found)


class _FileChecker:
    def __init__(self, program: Program, file: SourceFile, types: TypeData | None) -> None:
        self._file = file
        self._symbols = Symbols(program, file, types, self._variable)
        self._inference = Inference(
            file.report,
            self._symbols.shape,
            self._symbols.functions(),
            file.scope,
            file.path.parent,
        )
        self._fitting = Fitting(self._inference, self._symbols.variable)
        self._bodies = BodyChecks(
            program, file, types, self._symbols, self._inference, self._fitting
        )

    def check(self) -> None:
        check_names(self._file)
        self._bodies.modules(self._file.all(Module))
        for each in self._file.declarations:
            check_decorators(each, self._symbols.declared, self._file.report)
            if not isinstance(each, Parameter):
                self._check_changing_values(each)
            match each:
                case Parameter():
                    self._parameter(each)
                case Variable():
                    self._symbols.shape(each.name)
                case Output():
                    target = self._symbols.declared.of(each.type, each)
                    self._fitting.fit(each.value, target, {}, Rule.OUTPUT_TYPE)
                case Resource():
                    self._bodies.resource(each)
                case Setting():
                    self._setting(each)
                case Function():
                    self._function(each)
                case _:
                    pass

    def _variable(self, node: Variable) -> Shape:
        return self._inference.infer(node.value, {})

    def _parameter(self, node: Parameter) -> None:
        target = self._symbols.declared.of(node.type, node)
        if node.default is None:
            return
        self._fitting.fit(node.default, target, {}, Rule.DEFAULT_TYPE)
        for each in walk(node.default):
            if isinstance(each, Name) and each.name not in {"az", "sys"}:
                found = self._symbols.declaration(each.name)
                if found is not None and not isinstance(found, Parameter):
                    text = f"A default may only use other parameters, not {each.name!r}."
                    self._file.report.add(Rule.SYMBOL, each, text)

    def _check_changing_values(self, node: Declaration) -> None:
        for each in walk(node):
            if isinstance(each, Call) and each.name in ONLY_IN_DEFAULTS:
                text = f"{each.name!r} may only be used in the default of a parameter."
                self._file.report.add(Rule.FUNCTION, each, text)

    def _setting(self, node: Setting) -> None:
        if node.name == "targetScope":
            value = node.value.literal if isinstance(node.value, Text) else None
            if value not in _SCOPES:
                text = f"targetScope is one of {', '.join(sorted(_SCOPES))}."
                self._file.report.add(Rule.SCOPE, node.value, text)
        else:
            self._inference.infer(node.value, {})

    def _function(self, node: Function) -> None:
        known = {name: self._symbols.declared.of(each, node) for name, each in node.parameters}
        target = self._symbols.declared.of(node.returns, node)
        self._fitting.fit(node.body, target, known)
