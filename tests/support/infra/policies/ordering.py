"""What must wait for what: Bicep sees an order only where a value is used."""

from collections.abc import Mapping

from infra_check.nodes import Expression, Items, Member, Module, Name, Resource, body_of, walk
from infra_check.program import Program, SourceFile

# (file, what waits) -> what it waits for. Reasons stand in the files, beside dependsOn.
ORDER: Mapping[tuple[str, str], frozenset[str]] = {
    ("main.bicep", "app"): frozenset({"ownRoles", "network", "storageEndpoints"}),
    ("main.bicep", "appEndpoint"): frozenset({"app", "network", "zones"}),
    ("main.bicep", "storageEndpoints"): frozenset({"storage", "network", "zones"}),
    ("main.bicep", "zones"): frozenset({"network"}),
    ("wiring.bicep", "topicGrants"): frozenset({"systemTopic"}),
    ("wiring.bicep", "eventSubscription"): frozenset({"systemTopic", "topicGrants"}),
    ("wiring.bicep", "endpointAlerts"): frozenset({"people", "rollback"}),
    ("wiring.bicep", "watch"): frozenset({"people"}),
    ("function-app.bicep", "signInSettings"): frozenset({"settings"}),
}


def everything_waits_for_what_it_needs(program: Program) -> list[str]:
    files = {each.path.name: each for each in program.files.values()}
    complaints: list[str] = []
    for (name, waiting), needed in ORDER.items():
        missing = needed - _waits_for(files[name], waiting)
        complaints += [f"{name}: {waiting} does not wait for {each}" for each in sorted(missing)]
    return complaints


def _waits_for(file: SourceFile, waiting: str) -> set[str]:
    found = [each for each in file.all(Module) + file.all(Resource) if each.name == waiting]
    used = {
        node.object.name
        for each in found
        for node in walk(each.value)
        if isinstance(node, Member) and isinstance(node.object, Name)
    }
    return used | {name for each in found for name in _listed(each.value)}


def _listed(value: Expression) -> set[str]:
    body = body_of(value)
    given = body.get("dependsOn") if body else None
    items = given.items if isinstance(given, Items) else ()
    return {each.name for each in items if isinstance(each, Name)}
