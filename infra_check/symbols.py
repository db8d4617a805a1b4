"""The names a file declares, and the shape of each, inferred on first use."""

from collections.abc import Callable

from infra_check.declared import DeclaredTypes
from infra_check.findings import Rule
from infra_check.nodes import (
    Declaration,
    For,
    Function,
    If,
    Module,
    Parameter,
    Resource,
    TypeAlias,
    Variable,
    body_of,
)
from infra_check.program import Program, SourceFile
from infra_check.report import Report
from infra_check.shapes import (
    ANYTHING,
    ListOf,
    ModuleShape,
    Nullable,
    ResourceShape,
    Shape,
)
from infra_check.type_data import TypeData


def declared_types(file: SourceFile, report: Report) -> DeclaredTypes:
    return DeclaredTypes({each.name: each for each in file.all(TypeAlias)}, report)


def silent_types(file: SourceFile) -> DeclaredTypes:
    """For a file's interface as another sees it: its faults are reported in its own findings."""
    return declared_types(file, Report(file.path, file.text))


def split_type(text: str, parent: ResourceShape | None = None) -> tuple[str, str]:
    """`type@version` -> both; a nested resource takes the first part from its parent."""
    name, _, version = text.partition("@")
    if parent is not None and "/" not in name:
        return f"{parent.type}/{name}", version or parent.version
    return name, version


class Symbols:
    """Everything a name in this file can mean; `infer` gives the shape of a variable's value."""

    def __init__(
        self,
        program: Program,
        file: SourceFile,
        types: TypeData | None,
        infer: Callable[[Variable], Shape],
    ) -> None:
        self._program = program
        self._file = file
        self._types = types
        self.declared = declared_types(file, file.report)
        self._declarations: dict[str, Declaration] = {}
        for each in file.declarations:
            if isinstance(each, Parameter | Variable | Resource | Module):
                self._add(each)
        self._shapes: dict[str, Shape] = {}
        self._infer = infer

    def _add(self, declaration: Declaration) -> None:
        if declaration.name in self._declarations:
            text = f"{declaration.name!r} is declared twice."
            self._file.report.add(Rule.DUPLICATE, declaration, text)
        self._declarations[declaration.name] = declaration

    def declaration(self, name: str) -> Declaration | None:
        return self._declarations.get(name)

    def variable(self, name: str) -> Variable | None:
        found = self._declarations.get(name)
        return found if isinstance(found, Variable) else None

    def functions(self) -> dict[str, tuple[int, Shape]]:
        return {
            each.name: (len(each.parameters), self.declared.of(each.returns, each))
            for each in self._file.all(Function)
        }

    def shape(self, name: str) -> Shape | None:
        """The shape of a symbol; None if it is not declared."""
        if name not in self._declarations:
            return None
        if name not in self._shapes:
            self._shapes[name] = ANYTHING  # what a cycle sees; the cycle itself is another finding
            self._shapes[name] = self._look(self._declarations[name])
        return self._shapes[name]

    def _look(self, declaration: Declaration) -> Shape:
        match declaration:
            case Parameter():
                return self.declared.of(declaration.type, declaration)
            case Variable():
                return self._infer(declaration)
            case Resource(value=value):
                shape: Shape = self.resource(declaration)
                return _wrapped(shape, value)
            case Module(value=value):
                return _wrapped(self._module(declaration), value)
            case _:
                return ANYTHING

    def resource(self, node: Resource, parent: ResourceShape | None = None) -> ResourceShape:
        name, version = split_type(node.type.literal or "", parent)
        found = self._types.get(name, version) if self._types else None
        shape = ResourceShape(name, version, found.body if found else ANYTHING, node.existing)
        body = body_of(node.value)
        children = (
            {each.name: self.resource(each, shape) for each in body.resources} if body else {}
        )
        return ResourceShape(name, version, shape.body, node.existing, children)

    def _module(self, node: Module) -> ModuleShape:
        called = self._program.called(self._file, node)
        if called is None or called.broken:
            return ModuleShape(node.name, None)
        types = silent_types(called)
        outputs = {name: types.of(each.type, each) for name, each in called.outputs.items()}
        return ModuleShape(node.name, outputs)


def _wrapped(shape: Shape, value: object) -> Shape:
    if isinstance(value, For):
        return ListOf(shape)
    return Nullable(shape) if isinstance(value, If) else shape
