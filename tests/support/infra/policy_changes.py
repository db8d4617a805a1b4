"""Changes of our own files that break a policy: the text that becomes another one."""

from collections.abc import Callable

from infra_check.program import Program
from tests.support.infra.policies import alerts, app_settings, hardening, roles, scopes, secrets

type Policy = Callable[[Program], list[str]]
type Change = tuple[Policy, str, str, str]

MODULES = "modules/"
APP, STORAGE = f"{MODULES}function-app.bicep", f"{MODULES}storage.bicep"
OWN_ROLES, ROLE = f"{MODULES}own-roles.bicep", f"{MODULES}workspace-access.bicep"
ALERTS, WATCH = f"{MODULES}endpoint-alerts.bicep", f"{MODULES}controller-alerts.bicep"
ROLLBACK, TOPIC = f"{MODULES}rollback-group.bicep", f"{MODULES}lifecycle-topic.bicep"
LOGS = f"{MODULES}monitoring.bicep"
MAIN, ACCESS, WIRING = "main.bicep", "access.bicep", "wiring.bicep"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
BLOB_OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
NAME_OUTPUT = "output applicationInsightsName string = "
ELSEWHERE = """module elsewhere 'event-roles.bicep' = {
  name: 'elsewhere'
  scope: resourceGroup('other')
}
"""
QUEUE_OUTPUT = "output workQueue string = work.name"

# What is broken, in which file: the first place of a text, and what it becomes.
CHANGES: list[Change] = [
    (hardening.storage_has_no_keys_and_no_public_blobs, STORAGE, *pair)
    for pair in (
        ("allowSharedKeyAccess: false", "allowSharedKeyAccess: true"),
        ("allowSharedKeyAccess: false", "allowSharedKeyAccess: privateProfile"),
        ("    allowSharedKeyAccess: false\n", ""),
        ("minimumTlsVersion: 'TLS1_2'", "minimumTlsVersion: 'TLS1_1'"),
        ("allowBlobPublicAccess: false", "allowBlobPublicAccess: true"),
        ("supportsHttpsTrafficOnly: true", "supportsHttpsTrafficOnly: false"),
        ("publicAccess: 'None'", "publicAccess: 'Blob'"),
    )
]
CHANGES += [
    (hardening.the_app_speaks_tls_and_takes_no_passwords, APP, *pair)
    for pair in (
        ("httpsOnly: true", "httpsOnly: false"),
        ("minTlsVersion: '1.2'", "minTlsVersion: '1.0'"),
        ("ftpsState: 'Disabled'", "ftpsState: 'AllAllowed'"),
        ("properties: { allow: false }", "properties: { allow: true }"),
        ("name: 'scm'", "name: 'ftp'"),
    )
]
CHANGES += [
    (
        hardening.topics_and_telemetry_take_no_keys,
        TOPIC,
        "disableLocalAuth: true",
        "disableLocalAuth: false",
    ),
    (
        hardening.topics_and_telemetry_take_no_keys,
        TOPIC,
        "minimumTlsVersionAllowed: '1.2'",
        "minimumTlsVersionAllowed: '1.1'",
    ),
    (
        hardening.topics_and_telemetry_take_no_keys,
        LOGS,
        "DisableLocalAuth: true",
        "DisableLocalAuth: false",
    ),
    (
        secrets.no_output_holds_a_secret,
        STORAGE,
        QUEUE_OUTPUT,
        "output workQueue string = account.listKeys().keys[0].value",
    ),
    (
        secrets.no_output_holds_a_secret,
        STORAGE,
        QUEUE_OUTPUT,
        "var held = listKeys(account.id, '2025-01-01')\noutput workQueue string = held.keys",
    ),
    (
        secrets.no_output_holds_a_secret,
        STORAGE,
        QUEUE_OUTPUT,
        "@secure()\nparam password string = ''\noutput workQueue string = password",
    ),
    (
        secrets.no_output_holds_a_secret,
        LOGS,
        NAME_OUTPUT,
        f"output key string = component.properties.InstrumentationKey\n{NAME_OUTPUT}",
    ),
    (
        secrets.no_app_setting_holds_a_secret,
        APP,
        "EVENT_QUEUE: eventQueue",
        "EVENT_QUEUE: listKeys(app.id, '2024-11-01').masterKey",
    ),
    (
        secrets.no_app_setting_holds_a_secret,
        APP,
        "AzureWebJobsStorage__credential: 'managedidentity'",
        "AzureWebJobsStorage: 'UseDevelopmentStorage=true'",
    ),
    (
        secrets.channels_stay_in_a_key_vault,
        APP,
        "'@Microsoft.KeyVault(SecretUri=${notifyChannelsSecretUri})'",
        "notifyChannelsSecretUri",
    ),
    (
        secrets.keys_are_read_for_one_address_only,
        ROLLBACK,
        "name: functionName\n",
        "name: listKeys(app.id, '2024-11-01').masterKey\n",
    ),
    (roles.roles_are_on_the_list, OWN_ROLES, BLOB_OWNER, OWNER),
    (roles.roles_are_on_the_list, ROLE, "name: roleKey", f"name: '{BLOB_OWNER}'"),
    (roles.assignments_take_their_role_from_the_list, OWN_ROLES, BLOB_OWNER, OWNER),
    (
        roles.assignments_take_their_role_from_the_list,
        ROLE,
        "roleDefinitionId: role.id",
        "roleDefinitionId: roleName",
    ),
    (
        roles.assignments_say_what_the_principal_is,
        OWN_ROLES,
        "    principalType: 'ServicePrincipal'\n",
        "",
    ),
    (
        roles.assignments_say_what_the_principal_is,
        OWN_ROLES,
        "principalType: 'ServicePrincipal'",
        "principalType: 'Device'",
    ),
    (roles.assignments_are_on_one_resource, OWN_ROLES, "  scope: account\n", ""),
    (roles.assignments_are_on_one_resource, ROLE, "scope: workspace\n", "scope: resourceGroup()\n"),
    (
        roles.the_custom_role_allows_what_is_listed,
        ROLE,
        "actions: actions",
        "actions: concat(actions, ['*'])",
    ),
    (roles.the_custom_role_allows_what_is_listed, ROLE, "dataActions: []", "dataActions: ['*']"),
    (
        roles.the_custom_role_allows_what_is_listed,
        ACCESS,
        "endpointsUseKeys ? listed.keys : []",
        "createFromTemplates ? listed.keys : []",
    ),
    (
        roles.the_custom_role_allows_what_is_listed,
        ACCESS,
        "endpointsUseKeys ? listed.keys : []",
        "listed.keys",
    ),
    (
        app_settings.what_is_set_is_what_is_read,
        APP,
        "    TICK_SCHEDULE: '0 * * * * *'\n",
        "",
    ),
    (app_settings.what_is_set_is_what_is_read, APP, "WORK_QUEUE:", "WORK_QUEUES:"),
    (
        app_settings.what_is_set_is_what_is_read,
        APP,
        "    AZUREML_WORKSPACE_ID: workspaceId\n",
        "    AZUREML_WORKSPACE_ID: workspaceId\n    AZURE_RESOURCE_GROUP: name\n",
    ),
    (app_settings.the_runtime_is_the_one_of_the_project, APP, "= '3.13'", "= '3.12'"),
    (app_settings.the_runtime_is_the_one_of_the_project, APP, "name: 'python'", "name: 'node'"),
    (
        app_settings.azd_finds_the_app,
        APP,
        "'azd-service-name': 'controller'",
        "'azd-service-name': 'api'",
    ),
    (app_settings.azd_finds_the_app, APP, "'azd-service-name'", "'azd-service'"),
    (
        app_settings.queues_and_tables_are_those_of_the_app,
        STORAGE,
        QUEUE_OUTPUT,
        "output workQueue string = 'work'",
    ),
    (
        app_settings.queues_and_tables_are_those_of_the_app,
        STORAGE,
        QUEUE_OUTPUT,
        "output workQueue string = modelEvents.name",
    ),
    (
        app_settings.queues_and_tables_are_those_of_the_app,
        STORAGE,
        "output liveTable string = live.name",
        "output liveTable string = rollouts.name",
    ),
    (
        app_settings.queues_and_tables_are_those_of_the_app,
        WIRING,
        "var eventQueue = 'model-events'",
        "var eventQueue = 'model-event'",
    ),
    (
        app_settings.functions_are_those_of_the_app,
        WIRING,
        "functionAppName, 'modelRegistered')",
        "functionAppName, 'modelRegister')",
    ),
    (
        app_settings.functions_are_those_of_the_app,
        ROLLBACK,
        "var functionName = 'alert'",
        "var functionName = 'alerts'",
    ),
    (app_settings.functions_are_those_of_the_app, ROLLBACK, "/api/alerts?", "/api/alert?"),
    (app_settings.functions_are_those_of_the_app, WATCH, "Name == 'tick'", "Name == 'ticks'"),
    (app_settings.functions_are_those_of_the_app, APP, "'/api/health'", "'/api/healthz'"),
    (app_settings.functions_are_those_of_the_app, APP, "'/api/ui/*'", "'/api/console/*'"),
    (
        app_settings.alerts_look_for_our_marks,
        WATCH,
        "startswith 'RolloutAttention",
        "startswith 'Attention",
    ),
    (
        app_settings.alerts_look_for_our_marks,
        WATCH,
        "startswith 'RolloutNotice",
        "startswith 'Notice",
    ),
    (
        alerts.metric_alerts_look_at_each_deployment,
        ALERTS,
        "name: 'deployment'",
        "name: 'statusCode'",
    ),
    (alerts.metric_alerts_look_at_each_deployment, ALERTS, "values: ['*']", "values: ['green']"),
    (
        alerts.metric_alerts_look_at_each_deployment,
        ALERTS,
        "dimensions: [eachDeployment]",
        "dimensions: []",
    ),
    (
        alerts.metric_alerts_use_the_metrics_own_aggregation,
        ALERTS,
        "timeAggregation: 'Average'",
        "timeAggregation: 'Total'",
    ),
    (
        alerts.metric_alerts_use_the_metrics_own_aggregation,
        ALERTS,
        "metricName: 'RequestLatency_P95'",
        "metricName: 'RequestLatency'",
    ),
    (alerts.every_failure_and_the_latency_have_a_rule, ALERTS, "['424']", "['500']"),
    (
        alerts.every_failure_and_the_latency_have_a_rule,
        ALERTS,
        "metricName: 'RequestLatency_P95'",
        "metricName: 'RequestsPerMinute'",
    ),
    (
        alerts.alerts_say_whether_they_resolve_themselves,
        ALERTS,
        "    autoMitigate: true\n",
        "",
    ),
    (
        alerts.alerts_say_whether_they_resolve_themselves,
        WATCH,
        "    autoMitigate: false\n",
        "",
    ),
    (alerts.windows_are_longer_than_steps, ALERTS, "var window = 'PT5M'", "var window = 'PT1M'"),
    (
        scopes.azd_touches_its_own_group_only,
        MAIN,
        "  scope: group\n",
        "  scope: resourceGroup(workspaceResourceGroup)\n",
    ),
    (
        scopes.azd_touches_its_own_group_only,
        MAIN,
        "resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {",
        "resource group 'Microsoft.Resources/resourceGroups@2024-11-01' existing = {",
    ),
    (
        scopes.no_cloud_is_written_out,
        APP,
        "environment().authentication.loginEndpoint",
        "'https://login.microsoftonline.com/'",
    ),
    *(
        (
            scopes.names_are_the_same_each_time,
            MAIN,
            "resourceGroupName string = ''",
            f"x string = {new}",
        )
        for new in ("utcNow()", "newGuid()")
    ),
    (
        scopes.modules_touch_their_own_group_only,
        OWN_ROLES,
        "output commands array",
        f"{ELSEWHERE}output commands array",
    ),
]
