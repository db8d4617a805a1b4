"""Slips between a file and the modules it calls."""

from collections.abc import Iterator
from itertools import pairwise

from infra_check.findings import Rule
from infra_check.nodes import Items, Member, Members, Module, Name, Property, Span, Text, body_of
from infra_check.program import Program, SourceFile
from infra_check.type_data import TypeData
from tests.support.infra.mutants import Mutant, operator
from tests.support.infra.syntax_mutants import member_span, mutant, places, source


def given_parameters(program: Program) -> Iterator[tuple[SourceFile, Module, Property]]:
    for file, node in places(program, Module):
        body = body_of(node.value)
        params = body.get("params") if body else None
        if isinstance(params, Members):
            for each in params.properties:
                yield file, node, each


@operator
def broken_path(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Module):
        new = source(file, node.path).replace(".bicep", "s.bicep")
        yield mutant("module-path", file, node.path.span, new, Rule.MODULE_PATH, node.name)


@operator
def unknown_parameter(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node, each in given_parameters(program):
        place = f"{node.name}.{each.key.literal}"
        span = each.key.span
        new = f"{each.key.literal}z"
        yield mutant("module-parameter", file, span, new, Rule.MODULE_PARAMETER, place)


@operator
def missing_parameter(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node, each in given_parameters(program):
        called = program.called(file, node)
        declared = called.parameters.get(each.key.literal or "") if called else None
        if declared is not None and declared.default is None:
            place = f"{node.name}.{each.key.literal}"
            span = member_span(file, each)
            yield mutant("module-required", file, span, "", Rule.MODULE_REQUIRED, place)


@operator
def parameter_of_another_type(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node, each in given_parameters(program):
        called = program.called(file, node)
        declared = called.parameters.get(each.key.literal or "") if called else None
        if called is None or declared is None or not isinstance(declared.type, Name):
            continue
        wrong = {"string": "12", "int": "'x'", "bool": "'x'", "object": "'x'", "array": "'x'"}
        new = wrong[declared.type.name]
        place = f"{node.name}.{each.key.literal}"
        yield mutant("module-type", file, each.value.span, new, Rule.TYPE, place)


@operator
def unknown_output(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Member):
        if isinstance(node.object, Member) and node.object.name == "outputs":
            new = f"{node.name}z"
            yield mutant("module-output", file, node.name_span, new, Rule.MODULE_OUTPUT)


@operator
def output_renamed_in_the_module(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Member):
        target = node.object.object if isinstance(node.object, Member) else None
        if not isinstance(target, Name) or node.object.name != "outputs":  # type: ignore[union-attr]
            continue
        called = program.called(file, file.modules[target.name])
        if called is None or node.name not in called.outputs:
            continue
        output = called.outputs[node.name]
        start = called.text.index(node.name, output.span.start)
        text = called.text[:start] + "renamed" + called.text[start + len(node.name) :]
        place = f"{node.name}-{file.path.name}"
        yield Mutant("renamed", called.path, text, Rule.MODULE_OUTPUT, place, file.path)


@operator
def parameter_added_to_the_module(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Module):
        called = program.called(file, node)
        if called is not None:
            text = f"{called.text}\nparam more string\noutput more string = more\n"
            rule = Rule.MODULE_REQUIRED
            yield Mutant("added", called.path, text, rule, node.name, file.path)


@operator
def scope_of_the_module_changed(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Module):
        called = program.called(file, node)
        if called is not None and "targetScope" not in called.text:
            text = f"targetScope = 'tenant'\n{called.text}"
            yield Mutant("scope", called.path, text, Rule.SCOPE, node.name, file.path)


@operator
def misspelt_module_property(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Module):
        body = body_of(node.value)
        params = body.property("params") if body else None
        if params is not None:
            span = Span(params.key.span.start, params.key.span.end)
            yield mutant("module-word", file, span, "parameters", Rule.PROPERTY, node.name)


@operator
def same_deployment_name(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file in program.files.values():
        bodies = [(each, body_of(each.value)) for each in file.all(Module)]
        names = [(each, body.get("name")) for each, body in bodies if body]
        plain = [(each, name) for each, name in names if isinstance(name, Text) and name.literal]
        for (_first, name), (node, other) in pairwise(plain):
            new = source(file, name)
            yield mutant("same-name", file, other.span, new, Rule.DUPLICATE, node.name)


@operator
def text_in_depends_on(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Module):
        body = body_of(node.value)
        given = body.get("dependsOn") if body else None
        if isinstance(given, Items) and given.items:
            first = given.items[0]
            new = f"'{source(file, first)}'"
            yield mutant("depends-on", file, first.span, new, Rule.TYPE, node.name)


@operator
def file_to_load_lost(program: Program, _: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Text):
        # An address of the app begins with a slash; a file that is loaded does not.
        if (node.literal or "").endswith((".json", ".kql")) and not str(node.literal).startswith(
            "/"
        ):
            new = f"'lost/{node.literal}'"
            yield mutant("lost-file", file, node.span, new, Rule.MODULE_PATH)
