"""With `assignRoles` false nothing is assigned, wherever a role could be."""

from collections.abc import Iterator, Mapping

from infra_check.nodes import Expression, For, If, Items, Module, Resource
from infra_check.program import Program, SourceFile
from tests.support.infra.own_files import INFRA
from tests.support.infra.policies.supposing import Facts, Supposition

_AUTHORIZATION = "Microsoft.Authorization/"
# The rest of what is supposed asks for as many roles as there can be.
TEMPLATES: Mapping[str, Facts] = {
    "main.bicep": {"bundlePublisherId": "/somebody", "privateProfile": True},
    "access.bicep": {
        "useBuiltInRoles": False,
        "createFromTemplates": True,
        "workspaceStorageId": "/s",
        "collectedContainerId": "/c",
    },
    "wiring.bicep": {"privateProfile": True, "existingSystemTopicName": ""},
}


def nothing_is_assigned_without_leave(program: Program) -> list[str]:
    complaints: list[str] = []
    for name, facts in TEMPLATES.items():
        file = program.files[(INFRA / name).resolve()]
        for allowed in (False, True):
            supposing = Supposition(program, {**facts, "assignRoles": allowed})
            made = sorted(set(_made(file, supposing)))
            if not allowed:
                complaints += [f"{name}: {each} with assignRoles false" for each in made]
            elif not made:
                complaints.append(f"{name}: nothing is assigned with assignRoles true")
    return complaints


def _made(file: SourceFile, supposing: Supposition) -> Iterator[str]:
    for resource in file.all(Resource):
        own = (resource.type.literal or "").startswith(_AUTHORIZATION) and not resource.existing
        if own and _there(file, resource.value, supposing):
            yield f"{file.path.name}: {resource.name}"
    for module in file.all(Module):
        called = supposing.program.called(file, module)
        if called is None or not _assigns(called, supposing.program):
            continue
        if _there(file, module.value, supposing):
            yield from _made(called, supposing)


def _assigns(file: SourceFile, program: Program) -> bool:
    return any(
        (each.type.literal or "").startswith(_AUTHORIZATION) for each in file.all(Resource)
    ) or any(
        called is not None and _assigns(called, program)
        for each in file.all(Module)
        for called in (program.called(file, each),)
    )


def _there(file: SourceFile, value: Expression, supposing: Supposition) -> bool:
    match value:
        case If(condition=condition):
            return supposing.truth(file, condition)
        case For(source=source):
            _, found = supposing.reduced(file, source)
            return not isinstance(found, Items) or bool(found.items)
        case _:
            return True
