"""Changes of snapshots that break a policy on networks, traces, locks, or on who looks when."""

from tests.support.infra.made import Change
from tests.support.infra.policies import alerts, app_settings, free_text, network, traces
from tests.support.infra.rights_changes import (
    MAIN,
    NOTHING,
    PRIVATE,
    SIGN_IN,
    STORAGE_ID,
    WIRING,
    each,
    of_type,
)

RELIABLE, GUARDED, FIREWALL = "main-reliable", "main-guarded", "main-private-firewall"
FOREIGN, LOGGED = "wiring-foreign-topic", "wiring-long-names"
TRACE = "providers/Microsoft.Insights/diagnosticSettings"
LOCK = "providers/Microsoft.Authorization/locks"

CHANGES: list[Change] = [
    *each(
        network.own_subnets_have_no_way_out_but_ours,
        PRIVATE,
        ('"defaultOutboundAccess": false', '"defaultOutboundAccess": true'),
        # The second subnet's, behind a delegation or not.
        ('"defaultOutboundAccess": false,\n              "privateEndpoint', '"privateEndpoint'),
        ('"natGateway": {', '"natGateways": {'),
        ("natGateways/ng-vnet", "natGateways/ng-other"),
        (of_type("Microsoft.Network/natGateways"), NOTHING),
        (of_type("Microsoft.Network/publicIPAddresses"), NOTHING),
        (of_type("Microsoft.Network/virtualNetworks"), NOTHING),
    ),
    *each(
        network.own_subnets_have_no_way_out_but_ours,
        FIREWALL,
        ('"natGateway": null', '"natGateway": {"id": "/natGateways/ng"}'),
    ),
    *each(
        network.no_shell_goes_out_of_own_subnets,
        PRIVATE,
        ('"3389"', '"3390"'),
        ('"access": "Deny"', '"access": "Allow"'),
        ('"direction": "Outbound"', '"direction": "Inbound"'),
        ('"destinationAddressPrefix": "*"', '"destinationAddressPrefix": "Internet"'),
        ("networkSecurityGroups/nsg-vnet", "networkSecurityGroups/nsg-other"),
    ),
    *each(
        network.strangers_do_not_reach_an_app_for_some_networks,
        GUARDED,
        (
            '"ipSecurityRestrictionsDefaultAction": "Deny"',
            '"ipSecurityRestrictionsDefaultAction": "Allow"',
        ),
        (
            '"scmIpSecurityRestrictionsDefaultAction": "Deny"',
            '"scmIpSecurityRestrictionsDefaultAction": "Allow"',
        ),
        ('"ipAddress": "ActionGroup"', '"ipAddress": "AzureCloud"'),
        ('"tag": "ServiceTag"', '"tag": "Default"'),
        ('"ipAddress": "203.0.113.0/24"', '"ipAddress": "203.0.113.0/4"'),
    ),
    *each(
        network.strangers_do_not_reach_an_app_for_some_networks,
        MAIN,
        (
            '"ipSecurityRestrictionsDefaultAction": "Allow"',
            '"ipSecurityRestrictionsDefaultAction": "Deny"',
        ),
    ),
    *each(
        traces.what_is_traced_is_traced_to_our_logs,
        MAIN,
        (f"{STORAGE_ID}/tableServices/default/{TRACE}", f"{STORAGE_ID}/{TRACE}"),
        (f"{STORAGE_ID}/queueServices/default/{TRACE}", f"{STORAGE_ID}/{TRACE}"),
        (f"{STORAGE_ID}/blobServices/default/{TRACE}", f"{STORAGE_ID}/{TRACE}"),
        ('"category": "StorageWrite"', '"category": "StorageRead"'),
        (
            '"category": "StorageDelete",\n            "enabled": true',
            '"category": "StorageDelete",\n            "enabled": false',
        ),
        ('"workspaceId": "', '"workspaceId": "/elsewhere'),
        (of_type("Microsoft.EventGrid/topics"), of_type("Microsoft.Web/sites")),
    ),
    *each(
        traces.what_is_traced_is_traced_to_our_logs,
        LOGGED,
        (f"/{TRACE}", "/providers/Microsoft.Insights/nothing"),
    ),
    *each(
        traces.what_keeps_history_is_locked_where_asked,
        GUARDED,
        ('"level": "CanNotDelete"', '"level": "ReadOnly"'),
        (f"{STORAGE_ID}/{LOCK}", f"{STORAGE_ID}/blobServices/default/{LOCK}"),
    ),
    *each(
        traces.what_keeps_history_is_locked_where_asked,
        MAIN,
        (
            of_type("Microsoft.Insights/workbooks"),
            f'{of_type("Microsoft.Authorization/locks")}, "id": "{STORAGE_ID}/{LOCK}/x", "x": "x"',
        ),
    ),
    *each(
        app_settings.parts_that_are_always_ready_are_those_of_the_app,
        RELIABLE,
        ('"name": "function:tick"', '"name": "function:ticks"'),
        ('"name": "function:work"', '"name": "function:alert"'),
        ('"instanceCount": 2', '"instanceCount": 1'),
    ),
    *each(
        app_settings.parts_that_are_always_ready_are_those_of_the_app,
        SIGN_IN,
        ('"name": "http"', '"name": "function:work"'),
    ),
    *each(
        app_settings.parts_that_are_always_ready_are_those_of_the_app,
        MAIN,
        ('"alwaysReady": []', '"alwaysReady": [{"name": "http", "instanceCount": 1}]'),
    ),
    *each(
        free_text.our_topic_has_our_tag,
        WIRING,
        ('"rollout-app": "func', '"rollout": "func'),
        ('"rollout-app": "func-', '"rollout-app": "production-'),
        (of_type("Microsoft.EventGrid/systemTopics"), NOTHING),
    ),
    *each(
        free_text.our_topic_has_our_tag,
        FOREIGN,
        (
            of_type("Microsoft.ManagedIdentity/userAssignedIdentities"),
            of_type("Microsoft.EventGrid/systemTopics"),
        ),
    ),
    *each(
        alerts.no_attention_falls_between_two_looks,
        WIRING,
        ("ago(10m)", "ago(6m)"),
        ("ago(6m)", "ago(4m)"),
        ('"windowSize": "PT30M"', '"windowSize": "PT15M"'),
        ('"windowSize": "PT30M"', '"muteActionsDuration": "PT10M", "windowSize": "PT30M"'),
    ),
    *each(
        alerts.log_alerts_look_as_themselves,
        WIRING,
        ('"userAssignedIdentities": {', '"otherIdentities": {'),
        ('-alerts": {}', '-others": {}'),
        (of_type("Microsoft.ManagedIdentity/userAssignedIdentities"), NOTHING),
    ),
]
