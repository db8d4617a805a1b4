"""Who may do what: roles from a list, each on one kind of resource, for one kind of holder."""

import json
import re
from collections.abc import Iterator, Mapping

from tests.support.infra.made import INFRA, Resource, Snapshots, resources, texts

ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
DEFINITION = "Microsoft.Authorization/roleDefinitions"
_SCOPE = re.compile(r"^(?:\[extensionResourceId\('(?P<computed>[^']+)'|(?P<known>/.*)/providers/)")
_COMMAND = re.compile(r"--role (?:'(?P<custom>[^']+)'|(?P<role>\S+)) --scope (?P<scope>/[^'\s]+)")
# The end of format('{0} --role {1} --scope {2}', ...): a deployment alone knows the principal.
_COMPUTED = re.compile(r"'(?P<role>[0-9a-f-]{36})', '(?P<scope>/subscriptions/[^']+)'\)")
_DEFINITION = re.compile(r"--role-definition '(?P<definition>\{.*\})'$")
_FOR_ENDPOINTS = " on endpoints"
_ACCOUNT = "Microsoft.Storage/storageAccounts"
_CONTAINER = f"{_ACCOUNT}/blobServices/containers"
_WORKSPACE = "Microsoft.MachineLearningServices/workspaces"
_ENDPOINT = f"{_WORKSPACE}/onlineEndpoints"

type Grant = tuple[str, str, str]
"""Name of a role, type of the resource that it holds for, and who has it."""
# Source of the ids: Azure's list of built-in roles. Owner, Contributor and the administrators of
# access are not among them, and will not be.
NAMES: Mapping[str, str] = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "d5a91429-5739-47e2-a06b-3470a27159e7": "EventGrid Data Sender",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a": "Storage Queue Data Message Sender",
    "f6c7c914-8db3-469d-8ca1-694a8f32e121": "AzureML Data Scientist",
    "73c42c96-874c-492b-b04d-ab87d138a893": "Log Analytics Reader",
    "43d0d8ad-25c7-4714-9337-8ba259a9fe05": "Monitoring Reader",
    "f1a07417-d97a-45cb-824c-7a7467783830": "Managed Identity Operator",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
}
CUSTOM, CUSTOM_ON_ENDPOINTS = "the custom role", "the custom role on endpoints"
ALLOWED: frozenset[Grant] = frozenset(
    {
        ("Storage Blob Data Owner", _ACCOUNT, "controller"),
        ("Storage Queue Data Contributor", _ACCOUNT, "controller"),
        ("Storage Table Data Contributor", _ACCOUNT, "controller"),
        ("EventGrid Data Sender", "Microsoft.EventGrid/topics", "controller"),
        ("Monitoring Metrics Publisher", "Microsoft.Insights/components", "controller"),
        ("Storage Blob Data Contributor", _CONTAINER, "events"),
        ("Storage Blob Data Contributor", _CONTAINER, "publisher"),
        ("Storage Blob Data Contributor", _CONTAINER, "system topic"),
        (
            "Storage Queue Data Message Sender",
            f"{_ACCOUNT}/queueServices/queues",
            "system topic",
        ),
        # Scoring code is uploaded to the workspace's account, whose containers nobody can foresee.
        ("Storage Blob Data Contributor", _ACCOUNT, "controller"),
        # Only on the one container of collected answers that a deployment names.
        ("Storage Blob Data Reader", _CONTAINER, "controller"),
        # Only on Log Analytics workspaces that a deployment names.
        ("Log Analytics Reader", "Microsoft.OperationalInsights/workspaces", "controller"),
        # Only on the identities of endpoints that a deployment names.
        (
            "Managed Identity Operator",
            "Microsoft.ManagedIdentity/userAssignedIdentities",
            "controller",
        ),
        # The log alerts look there on their own behalf.
        ("Log Analytics Reader", "Microsoft.OperationalInsights/workspaces", "alerts"),
        # Only on the registries that a deployment names.
        ("Reader", "Microsoft.MachineLearningServices/registries", "controller"),
        (CUSTOM, _WORKSPACE, "controller"),
        # Only where the owner of the workspace names the endpoints.
        (CUSTOM_ON_ENDPOINTS, _ENDPOINT, "controller"),
        # Only where the owner of the workspace chose built-in roles.
        ("AzureML Data Scientist", _WORKSPACE, "controller"),
        ("Monitoring Reader", _WORKSPACE, "controller"),
    }
)
HOLDERS: Mapping[str, str] = {
    "11111111-1111-1111-1111-111111111111": "controller",
    "22222222-2222-2222-2222-222222222222": "publisher",
    "55555555-5555-5555-5555-555555555555": "publisher",
}
"""As the profiles name them; those that a deployment makes are told by what it refers to."""
_MADE = (
    ("/userAssignedIdentities/id-rollout-events-", "events"),
    ("/userAssignedIdentities/id-rollout-", "controller"),
    ("/userAssignedIdentities/id-func-", "alerts"),
    ("/systemTopics/", "system topic"),
)
_KINDS = frozenset({"ServicePrincipal", "User", "Group"})
_ALL = ("workspace", "endpoint")
_ON_ENDPOINTS = ("workspace", "templates", "secretStores")
# Groups of actions that a profile's role has; those not named have what is always there.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "access-everything": (*_ALL, "keys", "templates", "dataAssets", "datastores", "secretStores"),
    "access-registries": (*_ALL, "templates", "dataAssets", "datastores"),
    "access-on-endpoints": _ON_ENDPOINTS,
}
GROUPS_ON_ENDPOINTS: Mapping[str, tuple[str, ...]] = {"access-on-endpoints": ("endpoint", "keys")}
"""Those of the second role, which holds on the endpoints that a profile names."""
# A profile that assigns nothing, and those that assign what its commands give.
INSTEAD: Mapping[str, tuple[str, ...]] = {
    "access-no-roles": ("access-everything", "access-identities", "access-registries"),
    "access-on-endpoints-no-roles": ("access-on-endpoints",),
    "main-no-roles": ("main-default",),
    "wiring-no-endpoints": ("wiring-private",),
}
# And those whose commands make the same custom roles.
DEFINED_INSTEAD: Mapping[str, str] = {
    "access-no-roles": "access-everything",
    "access-on-endpoints-no-roles": "access-on-endpoints",
}


def every_assignment_is_on_the_list(snapshots: Snapshots) -> list[str]:
    """Role, kind of resource and holder; a whole group, or a stranger, is never among them."""
    return [
        f"{each}: {grant} is not on the list"
        for each in resources(snapshots, ASSIGNMENT)
        if (grant := _grant(snapshots, each)) not in ALLOWED
    ]


def everything_on_the_list_is_assigned(snapshots: Snapshots) -> list[str]:
    """What is no longer given must go from the list."""
    found = {_grant(snapshots, each) for each in resources(snapshots, ASSIGNMENT)}
    return [f"no profile assigns {each}" for each in sorted(ALLOWED - found)]


def assignments_say_what_the_principal_is(snapshots: Snapshots) -> list[str]:
    """Without a kind, a principal made seconds ago is looked up, and sometimes not found."""
    return [
        f"{each}: principalType is {kind}"
        for each in resources(snapshots, ASSIGNMENT)
        if (kind := each.value("properties", "principalType")) not in _KINDS
    ]


def the_custom_role_allows_what_is_listed(snapshots: Snapshots) -> list[str]:
    """Its actions are those of role-actions.json: always, or where a profile asks for them.

    The role on endpoints has none that hold for the workspace, and the other then none of its own.
    """
    listed: dict[str, list[str]] = json.loads((INFRA / "role-actions.json").read_text())
    complaints: list[str] = []
    for each in resources(snapshots, DEFINITION):
        own = each.profile if _is_for_endpoints(each) else ""
        asked = GROUPS_ON_ENDPOINTS.get(own) or GROUPS.get(each.profile, _ALL)
        wanted = [name for key in asked for name in listed[key]]
        (permission,) = each.value("properties", "permissions")
        if sorted(permission["actions"]) != sorted(wanted):
            complaints.append(f"{each}: its actions are {permission['actions']}")
        complaints += [
            f"{each}: {key} must be empty"
            for key in ("notActions", "dataActions", "notDataActions")
            if permission[key]
        ]
        group = each.id.partition("/providers/")[0]
        if each.value("properties", "assignableScopes") != [group]:
            complaints.append(f"{each}: it may be assigned elsewhere than in {group}")
    return complaints


def nothing_is_assigned_without_leave(snapshots: Snapshots) -> list[str]:
    return [
        f"{each}: with assignRoles false"
        for each in resources(snapshots)
        if each.profile in INSTEAD and each.type.startswith("Microsoft.Authorization/")
    ]


def commands_give_what_is_assigned_elsewhere(snapshots: Snapshots) -> list[str]:
    """Whoever runs the commands gives the same roles on the same resources."""
    complaints: list[str] = []
    for profile, others in INSTEAD.items():
        given = set(_commanded(snapshots, profile))
        assigned = {
            (_role(snapshots, each), _scope(each))
            for other in others
            for each in resources(snapshots, ASSIGNMENT, other)
            if each.profile == other
        }
        complaints += [f"{profile}: no command gives {each}" for each in sorted(assigned - given)]
        complaints += [f"{profile}: a command gives {each}" for each in sorted(given - assigned)]
    return complaints


def commands_define_what_is_defined_elsewhere(snapshots: Snapshots) -> list[str]:
    """Whoever runs the commands gets custom roles of the same names, actions and scopes."""
    complaints: list[str] = []
    for profile, other in DEFINED_INSTEAD.items():
        told = {
            (given["Name"], tuple(given["Actions"]), tuple(given["AssignableScopes"]))
            for text in texts(snapshots[profile]["outputs"]["commands"])
            for match in _DEFINITION.finditer(text)
            for given in [json.loads(match["definition"])]
        }
        made = {
            (
                each.value("properties", "roleName"),
                tuple(each.value("properties", "permissions")[0]["actions"]),
                tuple(each.value("properties", "assignableScopes")),
            )
            for each in resources(snapshots, DEFINITION, other)
            if each.profile == other
        }
        complaints += [f"{profile}: no command makes {each[0]} so" for each in made - told]
        complaints += [f"{profile}: a command makes {each[0]}" for each in told - made]
    return complaints


def _is_for_endpoints(definition: Resource) -> bool:
    return str(definition.value("properties", "roleName")).endswith(_FOR_ENDPOINTS)


def _commanded(snapshots: Snapshots, profile: str) -> Iterator[tuple[str, str]]:
    outputs = snapshots[profile]["outputs"]
    for text in texts(outputs.get("commands", outputs.get("ROLE_COMMANDS"))):
        for match in (*_COMMAND.finditer(text), *_COMPUTED.finditer(text)):
            found = match.groupdict()
            yield _commanded_role(**found), found["scope"]


def _commanded_role(*, role: str | None, custom: str | None = None, **_: str) -> str:
    if role:
        return NAMES.get(role, role)
    return CUSTOM_ON_ENDPOINTS if str(custom).endswith(_FOR_ENDPOINTS) else CUSTOM


def _grant(snapshots: Snapshots, each: Resource) -> Grant:
    return _role(snapshots, each), _type(_scope(each)), _holder(each)


def _role(snapshots: Snapshots, each: Resource) -> str:
    given = str(each.value("properties", "roleDefinitionId"))
    for made in resources(snapshots, DEFINITION, each.profile):
        if made.id == given:
            return CUSTOM_ON_ENDPOINTS if _is_for_endpoints(made) else CUSTOM
    guid = given.rpartition("/")[2].lower()
    return NAMES.get(guid, given)


def _scope(each: Resource) -> str:
    match = _SCOPE.match(each.id)
    return (match["computed"] or match["known"] or "") if match else ""


def _type(scope: str) -> str:
    _, found, rest = scope.rpartition("/providers/")
    parts = rest.split("/") if found else []
    return "/".join(parts[:1] + parts[1::2])


def _holder(each: Resource) -> str:
    given = str(each.value("properties", "principalId"))
    if given in HOLDERS:
        return HOLDERS[given]
    return next((holder for part, holder in _MADE if part in given), given)
