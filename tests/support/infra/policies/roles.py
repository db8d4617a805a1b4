"""Who may do what: built-in roles from a list, each for its files, always on one resource."""

import json
import re
from collections.abc import Iterator, Mapping

from infra_check.nodes import Call, Expression, Items, Member, Members, Name, Ternary, Text, walk
from infra_check.program import Program
from tests.support.infra.own_files import INFRA
from tests.support.infra.policies.tracing import UNKNOWN, Place, literal_of, places, texts, variable

_ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
_DEFINITION = "Microsoft.Authorization/roleDefinitions"
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)

# Source of the ids: Azure's list of built-in roles. Owner, Contributor and the administrators of
# access are not among them, and will not be.
ALLOWED: Mapping[str, tuple[str, frozenset[str]]] = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": (
        "Storage Blob Data Owner",
        frozenset({"own-roles.bicep"}),
    ),
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": (
        "Storage Queue Data Contributor",
        frozenset({"own-roles.bicep"}),
    ),
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": (
        "Storage Table Data Contributor",
        frozenset({"own-roles.bicep"}),
    ),
    "d5a91429-5739-47e2-a06b-3470a27159e7": (
        "EventGrid Data Sender",
        frozenset({"own-roles.bicep"}),
    ),
    "3913510d-42f4-4e42-8a64-420c390055eb": (
        "Monitoring Metrics Publisher",
        frozenset({"own-roles.bicep"}),
    ),
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": (
        "Storage Blob Data Contributor",
        frozenset({"own-roles.bicep", "event-roles.bicep", "access.bicep"}),
    ),
    # Only on the one container of collected answers that a deployment names.
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": (
        "Storage Blob Data Reader",
        frozenset({"access.bicep"}),
    ),
    "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a": (
        "Storage Queue Data Message Sender",
        frozenset({"own-roles.bicep", "event-roles.bicep"}),
    ),
    # Only where the owner of the workspace chose built-in roles.
    "f6c7c914-8db3-469d-8ca1-694a8f32e121": (
        "AzureML Data Scientist",
        frozenset({"access.bicep"}),
    ),
    # Only on Log Analytics workspaces that a deployment names.
    "73c42c96-874c-492b-b04d-ab87d138a893": (
        "Log Analytics Reader",
        frozenset({"access.bicep"}),
    ),
    "43d0d8ad-25c7-4714-9337-8ba259a9fe05": ("Monitoring Reader", frozenset({"access.bicep"})),
}
_PRINCIPALS = frozenset({"ServicePrincipal", "User", "Group"})


def roles_are_on_the_list(program: Program) -> list[str]:
    """No other id of a role stands anywhere, and no listed one outside its files."""
    complaints: list[str] = []
    for file in program.files.values():
        for node in walk(file.declarations):
            for part in node.parts if isinstance(node, Text) else ():
                for guid in _GUID.findall(part) if isinstance(part, str) else ():
                    name, where = ALLOWED.get(guid.lower(), (None, frozenset[str]()))
                    if file.path.name not in where:
                        complaints.append(f"{file.path.name}: {guid} ({name}) is not allowed here")
    return complaints


def assignments_take_their_role_from_the_list(program: Program) -> list[str]:
    """The role is one of the list, or the custom role made beside it."""
    return [
        f"{place}: its role is {role}"
        for place in places(program, _ASSIGNMENT)
        for role in _roles(program, place)
        if role.lower() not in ALLOWED
    ]


def assignments_say_what_the_principal_is(program: Program) -> list[str]:
    """Without a kind, a principal made seconds ago is looked up, and sometimes not found."""
    complaints: list[str] = []
    for place in places(program, _ASSIGNMENT):
        kind = place.value("properties", "principalType")
        found = texts(program, place.file, kind)
        if not found or not found <= _PRINCIPALS:
            complaints.append(f"{place}: principalType is {sorted(found)}")
    return complaints


def assignments_are_on_one_resource(program: Program) -> list[str]:
    return [
        f"{place}: it has no scope, so it holds for the whole resource group"
        for place in places(program, _ASSIGNMENT)
        if not isinstance(place.value("scope"), Name)
    ]


def the_custom_role_allows_what_is_listed(program: Program) -> list[str]:
    """Its actions are those of role-actions.json: always, or behind the parameter of a reason."""
    complaints: list[str] = []
    roles = list(places(program, _DEFINITION))
    for place in roles:
        (permission,) = _permissions(place) or (None,)
        actions = permission.get("actions") if permission else None
        if not isinstance(actions, Name) or actions.name != "actions":
            complaints.append(f"{place}: its actions are not what access.bicep gives")
        for key in ("notActions", "dataActions", "notDataActions"):
            given = permission.get(key) if permission else None
            if not isinstance(given, Items) or given.items:
                complaints.append(f"{place}: {key} must be empty")
    if len(roles) != 1:
        complaints.append(f"there must be one custom role, not {len(roles)}")
    return [*complaints, *_conditions(program)]


_REASONS = {
    "always": None,
    "collected": "collects",
    "keys": "endpointsUseKeys",
    "templates": "createFromTemplates",
}


def _conditions(program: Program) -> Iterator[str]:
    file = program.files.get((INFRA / "access.bicep").resolve())
    if file is None:
        yield "there is no access.bicep"
        return
    listed = json.loads((INFRA / "role-actions.json").read_text(encoding="utf-8"))
    if listed.keys() != _REASONS.keys():
        yield f"role-actions.json has {sorted(listed)}, not {sorted(_REASONS)}"
    actions = variable(file, "actions")
    parts = actions.arguments if isinstance(actions, Call) and actions.name == "concat" else ()
    found = {_condition(literal_of(file, each)) for each in parts}
    if found != set(_REASONS.items()):
        yield f"access.bicep: the actions are {sorted(map(str, found))}"


def _condition(node: Expression) -> tuple[str, str | None]:
    if isinstance(node, Ternary) and isinstance(node.condition, Name):
        empty = isinstance(node.otherwise, Items) and not node.otherwise.items
        name, _ = _condition(node.then)
        return (name, node.condition.name) if empty else (UNKNOWN, None)
    if isinstance(node, Member) and isinstance(node.object, Name) and node.object.name == "listed":
        return node.name, None
    return UNKNOWN, None


def _permissions(place: Place) -> list[Members]:
    given = place.value("properties", "permissions")
    items = given.items if isinstance(given, Items) else ()
    return [each for each in items if isinstance(each, Members)]


def _roles(program: Program, place: Place) -> set[str]:
    given = place.value("properties", "roleDefinitionId")
    if isinstance(given, Call) and given.name == "subscriptionResourceId":
        return texts(program, place.file, given.arguments[-1])
    if isinstance(given, Member) and given.name == "id" and isinstance(given.object, Name):
        own = {
            each.resource.name for each in places(program, _DEFINITION) if each.file == place.file
        }
        if given.object.name in own:
            return set()
    return {UNKNOWN}
