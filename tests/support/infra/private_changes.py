"""Changes of our own files that break the private profile."""

from tests.support.infra.policies import private_profile
from tests.support.infra.policy_changes import APP, MAIN, MODULES, STORAGE, WIRING, Change

EVENTS = f"{MODULES}event-subscription.bicep"
NOTIFIED = "notify-subscription.bicep'"
CHANGES: list[Change] = [
    (private_profile.app_and_storage_are_closed, name, old, new)
    for name, old, new in (
        (APP, "privateProfile ? 'Disabled' : 'Enabled'", "privateProfile ? 'Enabled' : 'Disabled'"),
        (APP, "publicNetworkAccess: privateProfile ? 'Disabled' : 'Enabled'\n", "enabled: true\n"),
        (STORAGE, "privateProfile ? 'Disabled' : 'Enabled'", "'Enabled'"),
        (STORAGE, "privateProfile ? 'Deny' : 'Allow'", "'Allow'"),
        (STORAGE, "privateProfile ? 'Deny' : 'Allow'", "'Deny'"),
        (STORAGE, "bypass: 'AzureServices'", "bypass: 'None'"),
        (MAIN, "    privateProfile: privateProfile\n", "    privateProfile: !privateProfile\n"),
        (
            MAIN,
            "    privateProfile: privateProfile\n    subnet",
            "    privateProfile: false\n    subnet",
        ),
    )
]
CHANGES += [
    (private_profile.the_private_app_calls_through_its_subnet, name, old, new)
    for name, old, new in (
        (APP, "empty(subnetId) ? null : subnetId", "null"),
        (MAIN, "privateProfile ? appSubnetId : ''", "privateProfile ? endpointSubnetId : ''"),
    )
]
CHANGES += [
    (private_profile.what_is_closed_has_private_endpoints, MAIN, old, new)
    for old, new in (
        (
            "privateProfile ? ['blob', 'queue', 'table'] : []",
            "privateProfile ? ['blob', 'queue'] : []",
        ),
        ("privateProfile ? ['blob', 'queue', 'table'] : []", "['blob', 'queue', 'table']"),
        (
            "private-endpoint.bicep' = if (privateProfile)",
            "private-endpoint.bicep' = if (createZones)",
        ),
        ("subresource: 'sites'", "subresource: 'blob'"),
    )
]
CHANGES += [
    (private_profile.private_events_come_through_the_queue, name, old, new)
    for name, old, new in (
        (WIRING, "eventQueue: privateProfile ? eventQueue : ''", "eventQueue: ''"),
        (WIRING, "privateProfile || !ownTopic", "!ownTopic"),
        (WIRING, "privateProfile || !ownTopic", "privateProfile"),
        (WIRING, "topicIdentity ? '' : eventsIdentityId", "eventsIdentityId"),
        (EVENTS, "empty(eventQueue) ? toFunction : null", "toFunction"),
        (EVENTS, "empty(eventQueue) ? null : toQueue", "null"),
        (EVENTS, "queueName: eventQueue", "queueName: 'other'"),
        (EVENTS, "{ type: 'SystemAssigned' }", "{ type: 'UserAssigned' }"),
        (EVENTS, "empty(userAssignedIdentityId) ? ownIdentity", "!empty(eventQueue) ? ownIdentity"),
    )
]
CHANGES += [
    (private_profile.private_alerts_go_to_people, WIRING, old, new)
    for old, new in (
        ("rollback-group.bicep' = if (!privateProfile) {", "rollback-group.bicep' = {"),
        ("privateProfile ? peopleGroups : [rollbackGroup]", "[rollbackGroup]"),
        ("privateProfile ? peopleGroups : [rollbackGroup]", "peopleGroups"),
    )
]
CHANGES += [
    (
        private_profile.private_messages_are_not_sent,
        WIRING,
        f"{NOTIFIED} = if (!privateProfile) {{",
        new,
    )
    for new in (f"{NOTIFIED} = {{", f"{NOTIFIED} = if (privateProfile) {{")
]
CHANGES += [
    (
        private_profile.private_messages_are_not_sent,
        MAIN,
        f"{name}: privateProfile ? '' : ",
        f"{name}: ",
    )
    for name in ("notifyChannelsSecretUri", "notifyDefault")
]
