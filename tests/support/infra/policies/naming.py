"""Names that Azure takes, and where things are made: `azd down` deletes every group azd touched."""

import re
from collections import Counter
from collections.abc import Mapping

from tests.support.infra.made import Snapshots, resources

_DASHED = r"(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*"
# By type: what the last part of a name may be, from Azure's "Naming rules and restrictions".
RULES: Mapping[str, str] = {
    "Microsoft.Resources/resourceGroups": r"[\w.()-]{0,89}[\w()-]",
    "Microsoft.ManagedIdentity/userAssignedIdentities": r"[a-zA-Z0-9][\w-]{2,127}",
    "Microsoft.Storage/storageAccounts": r"[a-z0-9]{3,24}",
    "Microsoft.Storage/storageAccounts/blobServices": r"default",
    "Microsoft.Storage/storageAccounts/blobServices/containers": _DASHED,
    "Microsoft.Storage/storageAccounts/queueServices": r"default",
    "Microsoft.Storage/storageAccounts/queueServices/queues": _DASHED,
    "Microsoft.Storage/storageAccounts/tableServices": r"default",
    "Microsoft.Storage/storageAccounts/tableServices/tables": r"[a-zA-Z][a-zA-Z0-9]{2,62}",
    "Microsoft.OperationalInsights/workspaces": r"[a-zA-Z0-9][a-zA-Z0-9-]{2,61}[a-zA-Z0-9]",
    "Microsoft.OperationalInsights/workspaces/savedSearches": r"[\w-]{1,260}",
    "Microsoft.Insights/components": r"[^%&\\?/]{0,259}[^%&\\?/. ]",
    "Microsoft.Insights/workbooks": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "Microsoft.Insights/diagnosticSettings": r"[^*<>%:&\\?+/]{1,260}",
    "Microsoft.Insights/actionGroups": r"[^:<>+/&%\\?|]{0,259}[^:<>+/&%\\?|. ]",
    "Microsoft.Insights/metricAlerts": r"[^*#&+:<>?@%{}\\/|]{0,259}[^*#&+:<>?@%{}\\/|. ]",
    "Microsoft.Insights/scheduledQueryRules": r"[^*#&+:<>?@%{}\\/|]{0,259}[^*#&+:<>?@%{}\\/|. ]",
    "Microsoft.EventGrid/topics": r"[a-zA-Z0-9-]{3,50}",
    "Microsoft.EventGrid/topics/eventSubscriptions": r"[a-zA-Z0-9-]{3,64}",
    "Microsoft.EventGrid/systemTopics": r"[a-zA-Z0-9-]{3,50}",
    "Microsoft.EventGrid/systemTopics/eventSubscriptions": r"[a-zA-Z0-9-]{3,64}",
    "Microsoft.Web/serverfarms": r"[a-zA-Z0-9-]{1,60}",
    "Microsoft.Web/sites": r"[a-zA-Z0-9][a-zA-Z0-9-]{0,58}[a-zA-Z0-9]",
    "Microsoft.Web/sites/config": r"appsettings|authsettingsV2",
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": r"ftp|scm",
    "Microsoft.Network/publicIPAddresses": r"[a-zA-Z0-9][\w.-]{0,78}\w",
    "Microsoft.Network/natGateways": r"[a-zA-Z0-9][\w.-]{0,78}\w",
    "Microsoft.Network/networkSecurityGroups": r"[a-zA-Z0-9][\w.-]{0,78}\w",
    "Microsoft.Network/virtualNetworks": r"[a-zA-Z0-9][\w.-]{0,62}\w",
    "Microsoft.Network/privateEndpoints": r"[a-zA-Z0-9][\w.-]{0,78}\w",
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups": r"[a-zA-Z0-9][\w.-]{0,78}\w",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks": r"[a-zA-Z0-9][\w.-]{0,78}\w",
    "Microsoft.Authorization/locks": r"[\w.()-]{0,89}[\w()-]",
    "Microsoft.Authorization/roleDefinitions": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
}
# A deployment alone knows these: of a principal that it makes, or of the cloud that it runs in.
_COMPUTED = frozenset(
    {
        "Microsoft.Authorization/roleAssignments",
        "Microsoft.Network/privateDnsZones",
        "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
    }
)
_TOPICS = "Microsoft.EventGrid/systemTopics"
_DIAGNOSTICS = "Microsoft.Insights/diagnosticSettings"
_GROUP = re.compile(r"(?:/resourceGroups/|^\[resourceId\('[^']*', ')([^/']+)")
_TEMPLATE = re.compile(r"\[(?:format\('([^']*)'|guid\()")
_SHORT = 12


def names_are_those_azure_takes(snapshots: Snapshots) -> list[str]:
    complaints: list[str] = []
    for each in resources(snapshots):
        if each.type in _COMPUTED:
            continue
        rule = RULES.get(each.type)
        if rule is None:
            complaints.append(f"{each}: there is no rule for names of its type")
        elif not re.fullmatch(rule, each.name.rpartition("/")[2]):
            complaints.append(f"{each}: Azure does not take this name")
        short = each.value("properties", "groupShortName") or ""
        if len(short) > _SHORT:
            complaints.append(f"{each}: a short name has at most {_SHORT} characters")
    return complaints


def names_have_the_parts_of_their_type(snapshots: Snapshots) -> list[str]:
    """A child without its parent's name is no child: Azure refuses it."""
    return [
        f"{each}: its name has {each.name.count('/') + 1} parts"
        for each in resources(snapshots)
        if _written(each.name).count("/") != each.type.count("/") - 1
    ]


def _written(name: str) -> str:
    """A name, or the text around the parts of one that a deployment alone knows."""
    computed = _TEMPLATE.match(name)
    return (computed[1] or "") if computed else name


def nothing_is_made_twice(snapshots: Snapshots) -> list[str]:
    return [
        f"{profile}: {found} is made {number} times"
        for profile in snapshots
        for found, number in Counter(
            each.id.lower()
            for each in resources(snapshots, profile=profile)
            if each.profile == profile
        ).items()
        if number > 1
    ]


def azd_touches_its_own_group_only(snapshots: Snapshots) -> list[str]:
    """main.bicep makes one group, and everything else is in it (Azure/azure-dev#2916)."""
    complaints: list[str] = []
    for each in resources(snapshots, profile="main-"):
        own = snapshots[each.profile]["outputs"]["AZURE_RESOURCE_GROUP"]
        group = _GROUP.search(each.id)
        if group is None or group[1] != own:
            complaints.append(f"{each}: it is not in the group {own}")
    return complaints


def nothing_else_is_touched(snapshots: Snapshots) -> list[str]:
    """Rights in the groups that a profile names; the wiring in the app's, and topics in theirs."""
    topics = {"wiring-foreign-topic": "rg-events"}
    complaints: list[str] = []
    for each in resources(snapshots, profile="wiring-"):
        own = "rg-production"
        if each.type.startswith(_TOPICS) or (each.type == _DIAGNOSTICS and _TOPICS in each.id):
            own = topics.get(each.profile, "rg-ml")
        group = _GROUP.search(each.id)
        if group is None or group[1] != own:
            complaints.append(f"{each}: it is not in the group {own}")
    return complaints + [
        f"{each}: access gives rights and nothing else"
        for each in resources(snapshots, profile="access-")
        if not each.type.startswith("Microsoft.Authorization/")
    ]
