"""Changes of snapshots that break a policy: a profile, a text in its snapshot, and what it becomes.

The first place of the text is changed. A snapshot is what its templates say, so a change of one stands for every
slip in them that has this effect.
"""

from tests.support.infra.made import Change, Policy
from tests.support.infra.policies import (
    alerts,
    app_settings,
    free_text,
    hardening,
    naming,
    private_profile,
    roles,
    secrets,
)

MAIN, PRIVATE, SIGN_IN, NO_ROLES = "main-default", "main-private", "main-sign-in", "main-no-roles"
ACCESS, WIRING, FOREIGN = "access-default", "wiring-default", "wiring-foreign-topic"
WIRED_PRIVATE = "wiring-private"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
BLOB_OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
NOTHING = '"type": "Microsoft.Nothing/atAll"'
EVENTS = "userAssignedIdentities/id-rollout-events-"
CONTROLLER = "userAssignedIdentities/id-rollout-"
STORAGE_ID = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-production/providers"
    "/Microsoft.Storage/storageAccounts/strolloutf3qa6a4scysqu"
)
LIST_KEYS = f"[listKeys('{STORAGE_ID}', '2025-01-01').keys[0].value]"


def of_type(name: str) -> str:
    return f'"type": "{name}"'


def each(policy: Policy, profile: str, *pairs: tuple[str, str]) -> list[Change]:
    return [(policy, profile, old, new) for old, new in pairs]


CHANGES: list[Change] = [
    *each(
        hardening.storage_has_no_keys_and_no_public_blobs,
        MAIN,
        ('"allowSharedKeyAccess": false', '"allowSharedKeyAccess": true'),
        ('"allowSharedKeyAccess": false,', ""),
        ('"minimumTlsVersion": "TLS1_2"', '"minimumTlsVersion": "TLS1_1"'),
        ('"allowBlobPublicAccess": false', '"allowBlobPublicAccess": true'),
        ('"supportsHttpsTrafficOnly": true', '"supportsHttpsTrafficOnly": false'),
        ('"publicAccess": "None"', '"publicAccess": "Blob"'),
    ),
    *each(
        hardening.the_app_speaks_tls_and_takes_no_passwords,
        MAIN,
        ('"httpsOnly": true', '"httpsOnly": false'),
        ('"minTlsVersion": "1.2"', '"minTlsVersion": "1.0"'),
        ('"ftpsState": "Disabled"', '"ftpsState": "AllAllowed"'),
        ('"allow": false', '"allow": true'),
    ),
    *each(
        hardening.topics_and_telemetry_take_no_keys,
        MAIN,
        ('"disableLocalAuth": true', '"disableLocalAuth": false'),
        ('"minimumTlsVersionAllowed": "1.2"', '"minimumTlsVersionAllowed": "1.1"'),
        ('"DisableLocalAuth": true', '"DisableLocalAuth": false'),
    ),
    *each(
        secrets.no_output_holds_a_secret,
        MAIN,
        ('"STORAGE_ACCOUNT_NAME": "', f'"KEY": "{LIST_KEYS}",\n"STORAGE_ACCOUNT_NAME": "'),
        (
            '"STORAGE_ACCOUNT_NAME": "',
            '"KEY": "[reference(\'/c\', \'1\').InstrumentationKey]",\n"STORAGE_ACCOUNT_NAME": "',
        ),
    ),
    *each(
        secrets.no_app_setting_holds_a_secret,
        MAIN,
        ('"EVENT_QUEUE": "model-events"', f'"EVENT_QUEUE": "{LIST_KEYS}"'),
        ('"AzureWebJobsStorage__credential"', '"AzureWebJobsStorage"'),
    ),
    *each(
        secrets.channels_stay_in_a_key_vault,
        SIGN_IN,
        ("@Microsoft.KeyVault(SecretUri=https://", "https://"),
    ),
    *each(
        secrets.keys_are_read_for_one_address_only,
        WIRING,
        ('"functionName": "alert"', f'"functionName": "{LIST_KEYS}"'),
    ),
    *each(
        roles.every_assignment_is_on_the_list,
        MAIN,
        (f"roleDefinitions/{BLOB_OWNER}", f"roleDefinitions/{OWNER}"),
        # On the whole group, on another resource, and for another holder.
        ("extensionResourceId('" + STORAGE_ID, "extensionResourceId('" + STORAGE_ID.partition("/providers")[0]),
        ("containers/dead-letter', 'Microsoft.Auth", "containers/dead-letter/x/y', 'Microsoft.Auth"),
        ('"principalId": "22222222', '"principalId": "99999999'),
        (f'"principalId": "[reference(\'{STORAGE_ID.partition("Microsoft.Storage")[0]}Microsoft.ManagedIdentity/{CONTROLLER}f3', f'"principalId": "[reference(\'{STORAGE_ID.partition("Microsoft.Storage")[0]}Microsoft.ManagedIdentity/{EVENTS}f3'),
    ),
    *each(
        roles.every_assignment_is_on_the_list,
        ACCESS,
        ('"type": "Microsoft.Authorization/roleDefinitions"', NOTHING),
    ),
    *each(
        roles.everything_on_the_list_is_assigned,
        "access-built-in",
        ("43d0d8ad-25c7-4714-9337-8ba259a9fe05", OWNER),
    ),
    *each(
        roles.assignments_say_what_the_principal_is,
        MAIN,
        ('"principalType": "ServicePrincipal"', '"principalType": "Device"'),
        ('"principalType": "User"', '"kind": "User"'),
    ),
    *each(
        roles.the_custom_role_allows_what_is_listed,
        ACCESS,
        ('"Microsoft.Insights/metrics/read",', '"Microsoft.Insights/metrics/read", "*",'),
        ('"dataActions": []', '"dataActions": ["*"]'),
        ('"Microsoft.Insights/metrics/read",', ""),
        ("workspaces/read", "workspaces/onlineEndpoints/listKeys/action"),
        ('resourceGroups/rg-ml"\n', 'resourceGroups/rg-other"\n'),
    ),
    *each(
        roles.nothing_is_assigned_without_leave,
        NO_ROLES,
        (of_type("Microsoft.Insights/workbooks"), of_type(roles.ASSIGNMENT)),
    ),
    *each(
        roles.commands_give_what_is_assigned_elsewhere,
        "access-no-roles",
        ("containers/collected", "containers/other"),
        ("--role f1a07417", "--role 91a07417"),
    ),
    *each(
        roles.commands_give_what_is_assigned_elsewhere,
        NO_ROLES,
        (BLOB_OWNER, OWNER),
        ("'3913510d-42f4-4e42-8a64-420c390055eb', '", "'3913510d-42f4-4e42-8a64-420c390055eb', 'x"),
    ),
    *each(
        app_settings.what_is_set_is_what_is_read,
        MAIN,
        ('"TICK_SCHEDULE": "0 * * * * *",', ""),
        ('"WORK_QUEUE"', '"WORK_QUEUES"'),
        ('"AZUREML_WORKSPACE_ID"', '"AZURE_RESOURCE_GROUP": "g", "AZUREML_WORKSPACE_ID"'),
    ),
    *each(
        app_settings.the_runtime_is_the_one_of_the_project,
        MAIN,
        ('"version": "3.13"', '"version": "3.12"'),
        ('"name": "python"', '"name": "node"'),
    ),
    *each(
        app_settings.azd_finds_the_app,
        MAIN,
        ('"azd-service-name": "controller"', '"azd-service-name": "api"'),
        ('"azd-service-name"', '"azd-service"'),
    ),
    *each(
        app_settings.queues_and_tables_are_those_of_the_app,
        MAIN,
        ('"WORK_QUEUE": "rollout-work"', '"WORK_QUEUE": "work"'),
        ('"WORK_QUEUE": "rollout-work"', '"WORK_QUEUE": "model-events"'),
        ('"LIVE_TABLE": "Live"', '"LIVE_TABLE": "Rollouts"'),
        ("default/containers/dead-letter", "default/containers/dead-letters"),
    ),
    *each(
        app_settings.queues_and_tables_are_those_of_the_app,
        WIRED_PRIVATE,
        ('"queueName": "model-events"', '"queueName": "model-event"'),
        ('"blobContainerName": "dead-letter"', '"blobContainerName": "dead-letters"'),
    ),
    *each(
        app_settings.functions_are_those_of_the_app,
        WIRING,
        ("functions/modelRegistered", "functions/modelRegister"),
        ('"functionName": "alert"', '"functionName": "alerts"'),
        ("/api/alerts?", "/api/alert?"),
        ("Name == 'tick'", "Name == 'ticks'"),
    ),
    *each(
        app_settings.functions_are_those_of_the_app,
        SIGN_IN,
        ('"/api/health"', '"/api/healthz"'),
        ('"/api/ui/*"', '"/api/console/*"'),
    ),
    *each(
        app_settings.alerts_look_for_our_marks,
        WIRING,
        ("startswith 'RolloutAttention", "startswith 'Attention"),
        ("startswith 'RolloutNotice", "startswith 'Notice"),
    ),
    *each(
        app_settings.addresses_have_one_slash,
        MAIN,
        ("[format('{0}{1}'", "[format('{0}/{1}'"),
    ),
    *each(
        app_settings.the_identity_is_the_controllers,
        MAIN,
        ("'2024-11-30').clientId]", "'2024-11-30').principalId]"),
        (f'"keyVaultReferenceIdentity": "{STORAGE_ID.partition("Microsoft.Storage")[0]}Microsoft.ManagedIdentity/{CONTROLLER}', f'"keyVaultReferenceIdentity": "{STORAGE_ID.partition("Microsoft.Storage")[0]}Microsoft.ManagedIdentity/{EVENTS}'),
        (f'"EVENTS_IDENTITY_ID": "{STORAGE_ID.partition("Microsoft.Storage")[0]}Microsoft.ManagedIdentity/{EVENTS}', f'"EVENTS_IDENTITY_ID": "{STORAGE_ID.partition("Microsoft.Storage")[0]}Microsoft.ManagedIdentity/{CONTROLLER}'),
        (f'"CONTROLLER_PRINCIPAL_ID": "[reference(\'{STORAGE_ID.partition("Microsoft.Storage")[0]}Microsoft.ManagedIdentity/{CONTROLLER}', f'"CONTROLLER_PRINCIPAL_ID": "[reference(\'{STORAGE_ID.partition("Microsoft.Storage")[0]}Microsoft.ManagedIdentity/{EVENTS}'),
    ),
    *each(app_settings.the_identity_is_the_controllers, WIRING, (EVENTS, CONTROLLER)),
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
        ('"SystemAssigned, UserAssigned"', '"UserAssigned"'),
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
        (of_type("Microsoft.Insights/workbooks"), of_type("Microsoft.Network/privateEndpoints") + ', "groupIds": ["blob"]'),
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
        ('"type": "SystemAssigned"', '"type": "UserAssigned"'),
    ),
    *each(
        private_profile.private_events_come_through_the_queue,
        FOREIGN,
        ('"type": "SystemAssigned"', '"type": "UserAssigned"'),
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
        ("resourceGroups/rg-ml/providers/Microsoft.EventGrid", "resourceGroups/rg-x/providers/Microsoft.EventGrid"),
    ),
    *each(
        naming.nothing_else_is_touched,
        ACCESS,
        (of_type("Microsoft.Authorization/roleDefinitions"), NOTHING),
    ),
]
