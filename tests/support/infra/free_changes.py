"""Changes of our own files that the types cannot see: order, free text, identities, leave."""

from tests.support.infra.policies import app_settings, assigning, free_text, ordering
from tests.support.infra.policy_changes import (
    ACCESS,
    ALERTS,
    APP,
    LOGS,
    MAIN,
    MODULES,
    OWN_ROLES,
    ROLLBACK,
    TOPIC,
    WATCH,
    WIRING,
    Change,
)
from tests.support.infra.private_changes import EVENTS

NOTIFY = f"{MODULES}notify-subscription.bicep"
SYSTEM_TOPIC, EVENT_ROLES = f"{MODULES}system-topic.bicep", f"{MODULES}event-roles.bicep"

CHANGES: list[Change] = [
    (ordering.everything_waits_for_what_it_needs, name, old, new)
    for name, old, new in (
        (WIRING, "dependsOn: [systemTopic, topicGrants]", "dependsOn: [systemTopic]"),
        (WIRING, "dependsOn: [people, rollback]", "dependsOn: [people]"),
        (MAIN, "dependsOn: [ownRoles, network, ", "dependsOn: [network, "),
        (MAIN, "targetId: app.outputs.id", "targetId: functionAppName"),
        (APP, "  dependsOn: [settings]\n", ""),
    )
]
CHANGES += [
    (free_text.free_text_is_the_right_one, name, old, new)
    for name, old, new in (
        (EVENTS, "Services.ModelRegistered'", "Services.ModelRegisterd'"),
        (EVENTS, "'EventGridSchema'", "'CloudEventSchemaV1_0'"),
        (SYSTEM_TOPIC, "Services.Workspaces'", "Services.Workspace'"),
        (SYSTEM_TOPIC, "'SystemAssigned, UserAssigned'", "'UserAssigned'"),
        (TOPIC, "'CloudEventSchemaV1_0'", "'EventGridSchema'"),
        (NOTIFY, "'CloudEventSchemaV1_0'", "'EventGridSchema'"),
        (NOTIFY, "Rollout.Notice'", "Rollout.Noticed'"),
        (ALERTS, "enabled: true", "enabled: false"),
        (WATCH, "enabled: true", "enabled: false"),
        (ROLLBACK, "enabled: true", "enabled: false"),
    )
]
CHANGES += [
    (free_text.criteria_are_about_endpoints, ALERTS, old, new)
    for old, new in (
        ("operator: 'GreaterThan'", "operator: 'LessThan'"),
        ("metricNamespace: endpointType", "metricNamespace: 'Microsoft.Web/sites'"),
        ("dimension: 'statusCodeClass'", "dimension: 'statusClass'"),
    )
]
CHANGES += [
    (free_text.every_alert_calls_the_groups_it_is_given, name, old, new)
    for name, old, new in (
        (ALERTS, "actions: actions", "actions: []"),
        (WATCH, "{ actionGroups: actionGroupIds }", "{ actionGroups: [] }"),
        (ROLLBACK, "useCommonAlertSchema: true", "useCommonAlertSchema: false"),
    )
]
CHANGES += [
    (free_text.sign_in_is_asked_for_where_the_app_counts_on_it, APP, old, new)
    for old, new in (
        ("requireAuthentication: true", "requireAuthentication: false"),
        ("'Return401'", "'AllowAnonymous'"),
        ("SIGN_IN_ENABLED: signIn ? 'true' : 'false'", "SIGN_IN_ENABLED: 'true'"),
        ("var signIn = !empty(signInClientId)", "var signIn = false"),
    )
]
CHANGES += [
    (free_text.identities_are_not_mixed_up, name, old, new)
    for name, old, new in (
        (MAIN, "identities.outputs.eventsPrincipalId", "identities.outputs.controllerPrincipalId"),
        (MAIN, "identities.outputs.controllerId", "identities.outputs.eventsId"),
        (MAIN, "= identities.outputs.eventsId", "= identities.outputs.controllerId"),
        (APP, "AZURE_CLIENT_ID: controllerClientId", "AZURE_CLIENT_ID: controllerId"),
    )
]
CHANGES += [
    (assigning.nothing_is_assigned_without_leave, name, old, new)
    for name, old, new in (
        (MAIN, "    assign: assignRoles\n", "    assign: true\n"),
        (ACCESS, "workspace-access.bicep' = if (assignRoles) {", "workspace-access.bicep' = {"),
        (ACCESS, "if (assignRoles && uploads)", "if (uploads)"),
        (ACCESS, "if (assignRoles && collects)", "if (collects)"),
        (ACCESS, "(assignRoles ? trafficLogWorkspaceIds : [])", "trafficLogWorkspaceIds"),
        (OWN_ROLES, "publishes = assign && ", "publishes = "),
        (OWN_ROLES, "assign ? controllerOnStorage : []", "controllerOnStorage"),
        (EVENT_ROLES, "if (assign && deliversToQueue)", "if (deliversToQueue)"),
        (WIRING, "assign: assignRoles", "assign: !assignRoles"),
    )
]
CHANGES += [
    (
        app_settings.queues_and_tables_are_those_of_the_app,
        WIRING,
        "var deadLetterContainer = 'dead-letter'",
        "var deadLetterContainer = 'dead-letters'",
    ),
    (
        free_text.tags_are_looked_for_where_events_have_them,
        EVENTS,
        "data.ModelTags.",
        "data.modelTags.",
    ),
    (free_text.addresses_have_one_slash, APP, "${blobEndpoint}$", "${blobEndpoint}/$"),
    (free_text.azd_finds_the_group, MAIN, "'azd-env-name'", "'azd-env'"),
    (
        free_text.telemetry_is_kept_in_our_workspace,
        LOGS,
        "    WorkspaceResourceId: logWorkspace.id\n",
        "",
    ),
]
