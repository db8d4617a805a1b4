"""What may be touched where, and how often: `azd down` deletes every group that azd touched."""

from infra_check.nodes import Call, Module, Name, Resource, Text, body_of, walk
from infra_check.program import Program
from tests.support.infra.own_files import INFRA

# Of the list in Bicep's own linter (no-hardcoded-env-urls), those that could occur here.
_HOSTS = (
    *("management.azure.com", "core.windows.net", "login.microsoftonline.com"),
    *("graph.windows.net", "vault.azure.net", "api.loganalytics.io"),
)
# Functions of Bicep whose value is another one in each deployment.
_NEW_EACH_TIME = frozenset({"newGuid", "utcNow"})
_GROUP = "Microsoft.Resources/resourceGroups"


def azd_touches_its_own_group_only(program: Program) -> list[str]:
    """main.bicep makes one group, and everything else by modules in it (Azure/azure-dev#2916)."""
    file = program.files[(INFRA / "main.bicep").resolve()]
    resources = {each.name: each for each in file.all(Resource)}
    groups = {
        name
        for name, each in resources.items()
        if (each.type.literal or "").startswith(f"{_GROUP}@") and not each.existing
    }
    complaints = [
        f"main.bicep: {name} belongs into a module" for name in sorted(resources.keys() - groups)
    ]
    if len(groups) != 1:
        complaints.append(f"main.bicep makes {len(groups)} resource groups")
    for module in file.all(Module):
        body = body_of(module.value)
        scope = body.get("scope") if body else None
        if not isinstance(scope, Name) or scope.name not in groups:
            complaints.append(f"main.bicep: module {module.name} is not in the app's own group")
    return complaints


def no_cloud_is_written_out(program: Program) -> list[str]:
    """Host names come from `environment()` or from resources: there are other clouds."""
    return [
        f"{file.path.name}: {host} is written out"
        for file in program.files.values()
        for node in walk(file.declarations)
        if isinstance(node, Text)
        for part in node.parts
        for host in _HOSTS
        if isinstance(part, str) and host in part
    ]


def names_are_the_same_each_time(program: Program) -> list[str]:
    """A second deployment must find what the first one made."""
    return [
        f"{file.path.name}: {node.name}() differs each time"
        for file in program.files.values()
        for node in walk(file.declarations)
        if isinstance(node, Call) and node.name in _NEW_EACH_TIME
    ]


def modules_touch_their_own_group_only(program: Program) -> list[str]:
    """A module of main.bicep that calls another one elsewhere would get round the rule above."""
    main = program.files[(INFRA / "main.bicep").resolve()]
    waiting, seen = [main], {main.path}
    complaints: list[str] = []
    while waiting:
        file = waiting.pop()
        for module in file.all(Module):
            called = program.called(file, module)
            body = body_of(module.value)
            if file is not main and body is not None and body.get("scope") is not None:
                complaints.append(f"{file.path.name}: module {module.name} is elsewhere")
            if called is not None and called.path not in seen:
                seen.add(called.path)
                waiting.append(called)
    return complaints
