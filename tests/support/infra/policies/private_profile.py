"""The private profile: what is closed, ways in, and what is not promised there."""

from tests.support.infra.made import Snapshots, named, resources

_STORAGE = "Microsoft.Storage/storageAccounts"
_SITE = "Microsoft.Web/sites"
_CONFIG = f"{_SITE}/config"
_SUBSCRIPTION = "Microsoft.EventGrid/systemTopics/eventSubscriptions"
_ENDPOINT = "Microsoft.Network/privateEndpoints"
_SPOKE = "/virtualNetworks/vnet-spoke/subnets/rollout"
PRIVATE = frozenset(
    {
        *("main-private", "main-private-firewall", "main-private-own-network"),
        *("wiring-private", "wiring-no-endpoints"),
    }
)
OWN_NETWORK = frozenset({"main-private", "main-private-firewall"})
"""Those whose network is made for the app."""
# (type, path of the value) -> the value in the private profile and otherwise.
CLOSED = {
    (_SITE, ("properties", "publicNetworkAccess")): ("Disabled", "Enabled"),
    (_STORAGE, ("properties", "publicNetworkAccess")): ("Disabled", "Enabled"),
    (_STORAGE, ("properties", "networkAcls", "defaultAction")): ("Deny", "Allow"),
    # Event Grid puts events into the queue as a trusted service.
    (_STORAGE, ("properties", "networkAcls", "bypass")): ("AzureServices", "AzureServices"),
}
# blob: package, bundle, locks. queue, table: work and state. sites: people and monitoring.
REACHED = ["blob", "queue", "sites", "table"]


def app_and_storage_are_closed(snapshots: Snapshots) -> list[str]:
    """No public access in the private profile, and public access without it."""
    return [
        f"{each}: {'.'.join(path)} is {found}"
        for (type_name, path), (closed, open_) in CLOSED.items()
        for each in resources(snapshots, type_name)
        if (found := each.value(*path)) != (closed if each.profile in PRIVATE else open_)
    ]


def the_private_app_calls_through_its_subnet(snapshots: Snapshots) -> list[str]:
    ends = {**dict.fromkeys(OWN_NETWORK, "/subnets/app"), "main-private-own-network": _SPOKE}
    return [
        f"{each}: it calls through {found}"
        for each in resources(snapshots, _SITE)
        if (found := each.value("properties", "virtualNetworkSubnetId") or "")[
            -len(ends.get(each.profile, "")) or None :
        ]
        != ends.get(each.profile, "")
    ]


def what_is_closed_has_private_endpoints(snapshots: Snapshots) -> list[str]:
    """One for each part of storage that the app uses, and one for the app; else none."""
    complaints: list[str] = []
    for profile in snapshots:
        if profile.startswith("main-"):
            found = sorted(
                group
                for each in resources(snapshots, _ENDPOINT, profile)
                if each.profile == profile
                for groups in named(each.body, "groupIds")
                for group in groups
            )
            if found != (REACHED if profile in PRIVATE else []):
                complaints.append(f"{profile}: private endpoints for {found}")
    return complaints


def records_are_made_where_they_are_ours(snapshots: Snapshots) -> list[str]:
    """Zones, their links and the endpoints' records: in the app's group, or made centrally."""
    zone = "Microsoft.Network/privateDnsZones"
    wanted = {zone: 4, f"{zone}/virtualNetworkLinks": 4, f"{_ENDPOINT}/privateDnsZoneGroups": 4}
    complaints: list[str] = []
    for profile in (each for each in snapshots if each.startswith("main-")):
        for type_name, number in wanted.items():
            found = [each for each in resources(snapshots, type_name) if each.profile == profile]
            if len(found) != (number if profile in OWN_NETWORK else 0):
                complaints.append(f"{profile}: {len(found)} {type_name}")
    return complaints


def private_events_come_through_the_queue(snapshots: Snapshots) -> list[str]:
    """To the app's queue as the topic itself; without the profile to the function, as nobody.

    What is lost is always kept as the topic itself: storage with a firewall admits nobody else.
    """
    complaints: list[str] = []
    for each in resources(snapshots, _SUBSCRIPTION):
        private = each.profile in PRIVATE
        queue = ("properties", "deliveryWithResourceIdentity")
        found = (
            each.value("properties", "destination", "endpointType"),
            each.value(*queue, "destination", "endpointType"),
            each.value(*queue, "destination", "properties", "queueName"),
            each.value(*queue, "identity", "type"),
            each.value("properties", "deadLetterWithResourceIdentity", "identity", "type"),
        )
        wanted = (
            (None, "StorageQueue", "model-events", "SystemAssigned", "SystemAssigned")
            if private
            else ("AzureFunction", None, None, None, "SystemAssigned")
        )
        if found != wanted:
            complaints.append(f"{each}: {found}, not {wanted}")
    return complaints


def private_messages_are_not_sent(snapshots: Snapshots) -> list[str]:
    """Event Grid cannot call a closed app: a subscription would only fill the dead letters."""
    subscribed = {
        each.profile
        for each in resources(snapshots, "Microsoft.EventGrid/topics/eventSubscriptions")
    }
    public = {each for each in snapshots if each.startswith("wiring-")} - PRIVATE
    complaints = [f"{each}: messages are subscribed to or not" for each in subscribed ^ public]
    return complaints + [
        f"{each}: a private app would say that it tells people: {key}"
        for each in resources(snapshots, _CONFIG)
        for key in ("NOTIFY_CHANNELS", "NOTIFY_DEFAULT")
        if each.profile in PRIVATE and each.value("properties", key)
    ]


def private_alerts_go_to_people(snapshots: Snapshots) -> list[str]:
    """No action group calls a closed app; without the profile one does."""
    called = {
        each.profile
        for each in resources(snapshots, "Microsoft.Insights/actionGroups")
        if each.value("properties", "azureFunctionReceivers")
    }
    public = {each for each in snapshots if each.startswith("wiring-")} - PRIVATE
    complaints = [f"{each}: an alert calls the app or not" for each in called ^ public]
    for each in resources(snapshots, "Microsoft.Insights/metricAlerts"):
        groups = {
            action["actionGroupId"].rpartition("-")[2]
            for action in each.value("properties", "actions")
        }
        if ("rollback" in groups) is (each.profile in PRIVATE):
            complaints.append(f"{each}: it calls {sorted(groups)}")
    return complaints
