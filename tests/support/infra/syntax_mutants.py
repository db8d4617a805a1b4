"""Slips that need no knowledge of Azure's types to be found."""

from collections.abc import Iterator
from itertools import pairwise

from infra_check.findings import Rule
from infra_check.nodes import (
    Binary,
    Call,
    Declaration,
    For,
    If,
    Member,
    Module,
    Name,
    Node,
    NonNull,
    Number,
    Output,
    Parameter,
    Resource,
    Span,
    Text,
    Variable,
    body_of,
    walk,
)
from infra_check.program import Program, SourceFile
from infra_check.type_data import TypeData
from tests.support.infra.mutants import Mutant, operator


def mutant(  # noqa: PLR0917 - one call a line reads like a table
    operator_name: str, file: SourceFile, span: Span, new: str, rule: Rule, place: str = ""
) -> Mutant:
    text = file.text[: span.start] + new + file.text[span.end :]
    shown = place or f"{span.start}"
    return Mutant(operator_name, file.path, text, rule, shown)


def places[T: Node](program: Program, kind: type[T]) -> Iterator[tuple[SourceFile, T]]:
    for file in program.files.values():
        for each in walk(file.declarations):
            if isinstance(each, kind):
                yield file, each


def source(file: SourceFile, node: Node) -> str:
    return file.text[node.span.start : node.span.end]


def member_span(file: SourceFile, node: Node) -> Span:
    """A member of an object with the comma that goes with it, so that the rest stays Bicep."""
    start, end = node.span.start, node.span.end
    if file.text[end : end + 1] == ",":
        return Span(start, end + 1)
    before = file.text[:start].rstrip(" ")
    return Span(len(before) - before.endswith(","), end)


def just_before(node: Node) -> Span:
    return Span(node.span.start, node.span.start)


def just_after(node: Node) -> Span:
    return Span(node.span.end, node.span.end)


@operator
def lost_brace(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for rule in (Rule.PARSE, Rule.SYNTAX):
        for file, node in places(program, Resource):
            if file.text[node.span.end - 1] == "}":
                span = Span(node.span.end - 1, node.span.end)
                yield mutant("lost-brace", file, span, "", rule, f"{node.name}-{rule}")


@operator
def lost_quote(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for rule in (Rule.PARSE, Rule.SYNTAX):
        for file, node in places(program, Module):
            span = Span(node.path.span.end - 1, node.path.span.end)
            yield mutant("lost-quote", file, span, "", rule, f"{node.name}-{rule}")


@operator
def lost_equals(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Variable):
        at = file.text.index("=", node.span.start)
        yield mutant("lost-equals", file, Span(at, at + 1), "", Rule.SYNTAX, node.name)


@operator
def one_line_too_few(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Variable):
        span = just_after(node)
        yield mutant("two-on-a-line", file, span, " var more = 1", Rule.LAYOUT, node.name)


@operator
def imported(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file in program.files.values():
        new = "import * as other from 'other.bicep'\n"
        yield mutant("imported", file, Span(0, 0), new, Rule.UNSUPPORTED)


@operator
def misspelt_symbol(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Name):
        known = {each.name for each in file.declarations}
        if node.name in known:
            yield mutant("misspelt-symbol", file, node.span, f"{node.name}z", Rule.SYMBOL)


@operator
def declared_twice(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Declaration):
        if isinstance(node, Parameter | Variable | Output) and node in file.declarations:
            copy = f"\n{source(file, node)}"
            yield mutant("twice", file, just_after(node), copy, Rule.DUPLICATE, node.name)


@operator
def needs_itself(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Variable):
        yield mutant("needs-itself", file, node.value.span, node.name, Rule.CYCLE, node.name)


@operator
def unused_existing(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    new = "\nresource spare 'Microsoft.Web/sites@2024-11-01' existing = {\n  name: 'a'\n}\n"
    for file in program.files.values():
        if file.scope == "resourceGroup":
            end = Span(len(file.text), len(file.text))
            yield mutant("unused-existing", file, end, new, Rule.UNUSED_EXISTING)


@operator
def unused_parameter(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file in program.files.values():
        end = Span(len(file.text), len(file.text))
        new = "\nparam spare string = ''\n"
        yield mutant("unused-parameter", file, end, new, Rule.UNUSED_PARAMETER)


@operator
def unused_variable(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file in program.files.values():
        end = Span(len(file.text), len(file.text))
        yield mutant("unused-variable", file, end, "\nvar spare = 1\n", Rule.UNUSED_VARIABLE)


@operator
def unknown_function(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Call):
        if node.target is None:
            span = Span(node.span.start, node.span.start + len(node.name))
            yield mutant("unknown-function", file, span, f"{node.name}s", Rule.FUNCTION)


@operator
def too_few_arguments(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Call):
        if node.target is None and node.arguments:
            new = f"{node.name}()"
            if node.name not in {"resourceGroup", "subscription"}:
                yield mutant("no-arguments", file, node.span, new, Rule.ARGUMENTS)


@operator
def misspelt_decorator(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Parameter):
        for each in node.decorators:
            span = Span(each.span.start + 1, each.span.start + 1 + len(each.name))
            yield mutant("misspelt-decorator", file, span, f"{each.name}z", Rule.DECORATOR)


@operator
def decorator_of_another_type(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Parameter):
        if source(file, node).startswith(f"param {node.name} string"):
            new = "@minValue(1)\n"
            yield mutant("wrong-decorator", file, just_before(node), new, Rule.DECORATOR, node.name)


@operator
def condition_of_text(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, If):
        yield mutant("condition", file, node.condition.span, "'yes'", Rule.CONDITION)


@operator
def loop_over_text(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, For):
        yield mutant("loop", file, node.source.span, "'text'", Rule.LOOP)


@operator
def list_in_text(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Text):
        for part in node.parts:
            if not isinstance(part, str):
                new = f"[{source(file, part)}]"
                yield mutant("interpolation", file, part.span, new, Rule.INTERPOLATION)


@operator
def compared_with_another_kind(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Binary):
        if node.operator in {"==", "!="} and isinstance(node.right, Text):
            yield mutant("compared", file, node.right.span, "7", Rule.TYPE)
        if node.operator in {"<", ">", "<=", ">="}:
            yield mutant("compared", file, node.right.span, "'7'", Rule.TYPE)


@operator
def null_not_considered(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, NonNull):
        span = Span(node.span.end - 1, node.span.end)
        yield mutant("null", file, span, "", Rule.NULL)


@operator
def default_of_another_type(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Parameter):
        if isinstance(node.default, Text):
            yield mutant("default", file, node.default.span, "12", Rule.DEFAULT_TYPE, node.name)
        elif isinstance(node.default, Number):
            yield mutant("default", file, node.default.span, "'x'", Rule.DEFAULT_TYPE, node.name)


@operator
def default_that_is_not_allowed(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Parameter):
        if isinstance(node.default, Text) and node.decorator("allowed"):
            yield mutant("not-allowed", file, node.default.span, "'odd'", Rule.ENUM, node.name)


@operator
def output_of_another_type(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Output):
        if source(file, node.type) == "string":
            yield mutant("output-type", file, node.type.span, "bool", Rule.OUTPUT_TYPE, node.name)


@operator
def resource_made_from_a_later_value(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file in program.files.values():
        made = [each for each in file.all(Resource) if not isinstance(each.value, For)]
        for node, other in pairwise(made):
            body = body_of(other.value)
            name = body.get("name") if body else None
            if name is not None and not isinstance(node.value, If):
                new = f"{node.name}.location"
                yield mutant("later-name", file, name.span, new, Rule.DEPLOY_TIME, other.name)


@operator
def existing_with_a_body(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Resource):
        body = body_of(node.value)
        if node.existing and body is not None:
            span = Span(body.span.start + 1, body.span.start + 1)
            new = "\n  location: 'westeurope'"
            yield mutant("existing", file, span, new, Rule.EXISTING, node.name)


@operator
def wrong_parent(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Resource):
        body = body_of(node.value)
        parent = body.get("parent") if body else None
        if isinstance(parent, Name):
            yield mutant("own-parent", file, parent.span, node.name, Rule.PARENT, node.name)


@operator
def lost_parent(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Resource):
        body = body_of(node.value)
        parent = body.property("parent") if body else None
        if parent is not None and body is not None and isinstance(body.get("name"), Text):
            yield mutant("lost-parent", file, member_span(file, parent), "", Rule.PARENT, node.name)


@operator
def scope_of_a_module_lost(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Module):
        body = body_of(node.value)
        scope = body.property("scope") if body else None
        if scope is not None and file.scope == "subscription":
            yield mutant("lost-scope", file, member_span(file, scope), "", Rule.SCOPE, node.name)


@operator
def no_such_member_of_a_place(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Member):
        if isinstance(node.object, Call) and node.object.name in {"resourceGroup", "subscription"}:
            yield mutant("place", file, node.name_span, f"{node.name}z", Rule.PROPERTY)
