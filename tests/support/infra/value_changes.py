"""Changes of snapshots that break a policy on alerts, free text, the private profile or names."""

from tests.support.infra.made import Change
from tests.support.infra.policies import alerts, free_text, naming, private_profile
from tests.support.infra.rights_changes import (
    ACCESS,
    FOREIGN,
    MAIN,
    NOTHING,
    PRIVATE,
    SIGN_IN,
    STORAGE_ID,
    WIRED_PRIVATE,
    WIRING,
    each,
    of_type,
)

# The identity of a subscription, which stands deeper than that of its topic.
ITSELF = '"identity": {\n            "type": '

CHANGES: list[Change] = [
    *each(
        alerts.metric_alerts_look_at_each_deployment,
        WIRING,
        ('"name": "deployment"', '"name": "statusCode"'),
        ('"*"', '"green"'),
    ),
    *each(
        alerts.criteria_are_about_endpoints,
        WIRING,
        ('"timeAggregation": "Average"', '"timeAggregation": "Total"'),
        ('"metricName": "RequestLatency_P95"', '"metricName": "RequestLatency"'),
        ('"operator": "GreaterThan"', '"operator": "LessThan"'),
        ('"metricNamespace": "Microsoft.Mach', '"metricNamespace": "Microsoft.Web'),
        ('"name": "statusCodeClass"', '"name": "statusClass"'),
    ),
    *each(
        alerts.every_failure_and_the_latency_have_a_rule,
        WIRING,
        ('"424"', '"500"'),
        ('"metricName": "RequestLatency_P95"', '"metricName": "RequestsPerMinute"'),
    ),
    *each(
        alerts.alerts_say_whether_they_resolve_themselves,
        WIRING,
        ('"autoMitigate": true,', ""),
        ('"autoMitigate": false,', ""),
    ),
    *each(
        alerts.windows_are_longer_than_steps,
        WIRING,
        ('"windowSize": "PT5M"', '"windowSize": "PT1M"'),
    ),
    *each(
        alerts.every_alert_calls_somebody,
        WIRING,
        ('"actions": [', '"actions": [], "others": ['),
        ('"actionGroups": [', '"others": ['),
        (
            '"functionName": "alert",',
            '"functionName": "alert", "useCommonAlertSchema": false}, {"functionName": "alert",',
        ),
    ),
    *each(
        free_text.free_text_is_the_right_one,
        WIRING,
        ("Services.ModelRegistered", "Services.ModelRegisterd"),
        ('"EventGridSchema"', '"CloudEventSchemaV1_0"'),
        ("Services.Workspaces", "Services.Workspace"),
        ('"type": "SystemAssigned"', '"type": "UserAssigned"'),
        ('"CloudEventSchemaV1_0"', '"EventGridSchema"'),
        ("Rollout.Notice", "Rollout.Noticed"),
        ('"enabled": true', '"enabled": false'),
    ),
    *each(
        free_text.free_text_is_the_right_one,
        MAIN,
        ('"CloudEventSchemaV1_0"', '"EventGridSchema"'),
    ),
    *each(
        free_text.tags_are_looked_for_where_events_have_them,
        FOREIGN,
        ("data.ModelTags.", "data.modelTags."),
        ('"StringIn"', '"StringContains"'),
    ),
    *each(
        free_text.sign_in_is_asked_for_where_the_app_counts_on_it,
        SIGN_IN,
        ('"requireAuthentication": true', '"requireAuthentication": false'),
        ('"Return401"', '"AllowAnonymous"'),
        ('"SIGN_IN_ENABLED": "true"', '"SIGN_IN_ENABLED": "false"'),
        ('/authsettingsV2",\n      "apiVersion"', '/other",\n      "apiVersion"'),
    ),
    *each(
        free_text.sign_in_is_asked_for_where_the_app_counts_on_it,
        MAIN,
        ('"SIGN_IN_ENABLED": "false"', '"SIGN_IN_ENABLED": "true"'),
    ),
    *each(free_text.azd_finds_the_group, MAIN, ('"azd-env-name"', '"azd-env"')),
    *each(
        free_text.further_tags_are_on_everything,
        "main-extra-tags",
        ('"cost-center": "4711"', '"cost": "4711"'),
    ),
    *each(
        free_text.telemetry_is_kept_in_our_workspace,
        MAIN,
        ('"WorkspaceResourceId"', '"Workspace"'),
    ),
    *each(
        private_profile.app_and_storage_are_closed,
        PRIVATE,
        ('"publicNetworkAccess": "Disabled"', '"publicNetworkAccess": "Enabled"'),
        ('"defaultAction": "Deny"', '"defaultAction": "Allow"'),
        ('"bypass": "AzureServices"', '"bypass": "None"'),
    ),
    *each(
        private_profile.app_and_storage_are_closed,
        MAIN,
        ('"defaultAction": "Allow"', '"defaultAction": "Deny"'),
    ),
    *each(
        private_profile.the_private_app_calls_through_its_subnet,
        PRIVATE,
        ('/subnets/app"', '/subnets/endpoints"'),
    ),
    *each(
        private_profile.the_private_app_calls_through_its_subnet,
        MAIN,
        ('"virtualNetworkSubnetId": null', '"virtualNetworkSubnetId": "/subnets/app"'),
    ),
    *each(
        private_profile.what_is_closed_has_private_endpoints,
        PRIVATE,
        ('"queue"\n', '"blob"\n'),
        (of_type("Microsoft.Network/privateEndpoints"), NOTHING),
    ),
    *each(
        private_profile.what_is_closed_has_private_endpoints,
        MAIN,
        (
            of_type("Microsoft.Insights/workbooks"),
            of_type("Microsoft.Network/privateEndpoints") + ', "groupIds": ["blob"]',
        ),
    ),
    *each(
        private_profile.records_are_made_where_they_are_ours,
        PRIVATE,
        (of_type("Microsoft.Network/privateDnsZones/virtualNetworkLinks"), NOTHING),
    ),
    *each(
        private_profile.private_events_come_through_the_queue,
        WIRED_PRIVATE,
        ('"destination": null', '"destination": {"endpointType": "AzureFunction"}'),
        ('"queueName": "model-events"', '"queueName": "other"'),
        (f'{ITSELF}"SystemAssigned"', f'{ITSELF}"UserAssigned"'),
    ),
    *each(
        private_profile.private_events_come_through_the_queue,
        FOREIGN,
        (f'{ITSELF}"SystemAssigned"', f'{ITSELF}"UserAssigned"'),
    ),
    *each(
        private_profile.private_messages_are_not_sent,
        WIRING,
        (of_type("Microsoft.EventGrid/topics/eventSubscriptions"), NOTHING),
    ),
    *each(
        private_profile.private_messages_are_not_sent,
        PRIVATE,
        ('"NOTIFY_CHANNELS": ""', '"NOTIFY_CHANNELS": "@Microsoft.KeyVault(SecretUri=x)"'),
        ('"NOTIFY_DEFAULT": ""', '"NOTIFY_DEFAULT": "oncall"'),
    ),
    *each(
        private_profile.private_alerts_go_to_people,
        WIRED_PRIVATE,
        ('-attention"\n', '-rollback"\n'),
        ('"emailReceivers"', '"azureFunctionReceivers"'),
    ),
    *each(
        private_profile.private_alerts_go_to_people,
        WIRING,
        ('-rollback"\n', '-attention"\n'),
    ),
    *each(
        naming.names_are_those_azure_takes,
        "wiring-underscore",
        ('"name": "egst-mlw-fraud-prod"', '"name": "egst-mlw_fraud_prod"'),
    ),
    *each(
        naming.names_are_those_azure_takes,
        WIRING,
        ('"groupShortName": "rollback"', '"groupShortName": "rollout-rollback"'),
        (of_type("Microsoft.Insights/metricAlerts"), NOTHING),
    ),
    *each(
        naming.names_have_the_parts_of_their_type,
        PRIVATE,
        ("[format('{0}/{1}', format(", "[format('{1}', format("),
        ('/appsettings",\n      "apiVersion"', '-appsettings",\n      "apiVersion"'),
    ),
    *each(
        naming.nothing_is_made_twice,
        WIRING,
        ('alert-churn-overload",\n      "type"', 'alert-churn-latency",\n      "type"'),
    ),
    *each(
        naming.azd_touches_its_own_group_only,
        MAIN,
        ('"id": "' + STORAGE_ID, '"id": "' + STORAGE_ID.replace("rg-production", "rg-ml")),
    ),
    *each(
        naming.nothing_else_is_touched,
        WIRING,
        (
            "resourceGroups/rg-ml/providers/Microsoft.EventGrid",
            "resourceGroups/rg-x/providers/Microsoft.EventGrid",
        ),
    ),
    *each(
        naming.nothing_else_is_touched,
        ACCESS,
        (of_type("Microsoft.Authorization/roleDefinitions"), NOTHING),
    ),
]
