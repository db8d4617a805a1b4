"""Where a value comes from: through variables, parameters and their callers, outputs and names."""

from collections.abc import Iterator
from dataclasses import dataclass

from infra_check.nodes import (
    Binary,
    Call,
    Expression,
    For,
    If,
    Items,
    Member,
    Members,
    Module,
    Name,
    NonNull,
    Number,
    Output,
    Parameter,
    Resource,
    Spread,
    Ternary,
    Text,
    Truth,
    Variable,
    body_of,
    walk,
)
from infra_check.program import Program, SourceFile

UNKNOWN = "<unknown>"


@dataclass(frozen=True)
class Place:
    """A resource in a file, with its body."""

    file: SourceFile
    resource: Resource
    body: Members

    def value(self, *path: str) -> Expression | None:
        """The expression at a path of keys, looked for through variables."""
        found: Expression | None = self.body
        for key in path:
            if isinstance(found, Name):
                found = literal_of(self.file, found)
            found = found.get(key) if isinstance(found, Members) else None
        return found

    def __str__(self) -> str:
        return f"{self.file.path.name}: {self.resource.name}"


def places(program: Program, type_name: str, *, existing: bool = False) -> Iterator[Place]:
    """Every resource of a type (without its version, in any case) that is made, or all."""
    for file in program.files.values():
        for node in walk(file.declarations):
            if not isinstance(node, Resource) or (node.existing and not existing):
                continue
            body = body_of(node.value)
            name = (node.type.literal or "").partition("@")[0]
            if body is not None and name.lower() == type_name.lower():
                yield Place(file, node, body)


def variable(file: SourceFile, name: str) -> Expression | None:
    found = next((each for each in file.all(Variable) if each.name == name), None)
    return found.value if found else None


def literal_of(file: SourceFile, node: Expression) -> Expression:
    """The value of a variable; anything else as it is."""
    while isinstance(node, Name):
        found = variable(file, node.name)
        if found is None:
            return node
        node = found
    return node


def texts(program: Program, file: SourceFile, node: Expression | None) -> set[str]:
    """Every text a value can be, numbers and booleans as Bicep writes them; UNKNOWN: any."""
    return set(_texts(program, file, node, frozenset()))


type Seen = frozenset[tuple[str, str]]


def _texts(
    program: Program, file: SourceFile, node: Expression | None, seen: Seen
) -> Iterator[str]:
    match node:
        case Text():
            yield node.literal if node.literal is not None else UNKNOWN
        case Number(value=value):
            yield str(value)
        case Truth(value=value):
            yield "true" if value else "false"
        case Name(name=name):
            yield from _named(program, file, name, seen)
        case Member(object=base, name=name):
            yield from _member(program, file, base, name, seen)
        case _:
            below = _alternatives(node)
            if below is None:
                yield UNKNOWN
            for each in below or ():
                yield from _texts(program, file, each, seen)


def _alternatives(node: Expression | None) -> tuple[Expression, ...] | None:
    # The parts of which a value is one, or which a list is made of; None: it has none.
    match node:
        case Ternary(then=then, otherwise=otherwise):
            return (then, otherwise)
        case Binary(operator="??", left=left, right=right):
            return (left, right)
        case Items(items=items):
            return tuple(each for each in items if not isinstance(each, Spread))
        case Call(name="concat" | "union", arguments=arguments):
            return arguments
        case _:
            return None


def _named(program: Program, file: SourceFile, name: str, seen: Seen) -> Iterator[str]:
    key = (str(file.path), name)
    if key in seen:
        return
    seen |= {key}
    found = next((each for each in file.declarations if each.name == name), None)
    match found:
        case Variable(value=value):
            yield from _texts(program, file, value, seen)
        case Parameter(default=default):
            given = list(callers(program, file, name))
            if default is not None and not given:
                yield from _texts(program, file, default, seen)
            for caller, value in given:
                yield from _texts(program, caller, value, seen)
            if default is None and not given:
                yield UNKNOWN
        case None:
            # The item of a loop is any of what the loop runs over.
            for node in walk(file.declarations):
                if isinstance(node, For) and node.item == name:
                    yield from _texts(program, file, node.source, seen)
        case _:
            yield UNKNOWN


def callers(
    program: Program, file: SourceFile, parameter: str
) -> Iterator[tuple[SourceFile, Expression]]:
    """What each module call gives to a parameter of `file`."""
    for caller in program.files.values():
        for module in caller.all(Module):
            called = program.called(caller, module)
            params = body_of(module.value)
            given = params.get("params") if params else None
            if called is None or called.path != file.path or not isinstance(given, Members):
                continue
            value = given.get(parameter)
            if value is not None:
                yield caller, value


def _member(
    program: Program, file: SourceFile, base: Expression, name: str, seen: Seen
) -> Iterator[str]:
    while isinstance(base, NonNull):
        base = base.object
    if isinstance(base, Member) and base.name == "outputs":
        target = base.object.object if isinstance(base.object, NonNull) else base.object
        module = file.modules.get(target.name) if isinstance(target, Name) else None
        called = program.called(file, module) if module else None
        output: Output | None = called.outputs.get(name) if called else None
        if called is not None and output is not None:
            yield from _texts(program, called, output.value, seen)
            return
    if isinstance(base, Name) and name == "name":
        for each in file.all(Resource):
            body = body_of(each.value)
            if each.name == base.name and body is not None:
                yield from _texts(program, file, body.get("name"), seen)
                return
    yield UNKNOWN


def objects(file: SourceFile, node: Expression | None) -> list[Members]:
    """The object literals of a list, each looked for through variables."""
    if node is None:
        return []
    found = literal_of(file, node)
    if isinstance(found, For):
        return objects(file, found.body)
    if isinstance(found, If):
        return objects(file, found.body)
    if isinstance(found, Members):
        return [found]
    if not isinstance(found, Items):
        return []
    return [each for item in found.items for each in objects(file, item)]  # type: ignore[arg-type]
