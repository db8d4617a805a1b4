"""Changes of snapshots that break a policy on rights, secrets, hardening or settings.

Each is a profile, a text in its snapshot, and what the first place of it becomes. A snapshot is
what its templates say, so a change of one stands for every slip in them that has this effect.
"""

from tests.support.infra.made import Change, Policy
from tests.support.infra.policies import app_settings, hardening, roles, secrets

MAIN, PRIVATE, SIGN_IN, NO_ROLES = "main-default", "main-private", "main-sign-in", "main-no-roles"
ACCESS, WIRING, FOREIGN = "access-default", "wiring-default", "wiring-foreign-topic"
WIRED_PRIVATE = "wiring-private"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
BLOB_OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
ON_ENDPOINTS = "access-on-endpoints"
STORAGE_KEYS = "Microsoft.MachineLearningServices/workspaces/datastores/listSecrets/action"
NOTHING = '"type": "Microsoft.Nothing/atAll"'
EVENTS = "userAssignedIdentities/id-rollout-events-"
CONTROLLER = "userAssignedIdentities/id-rollout-"
STORAGE_ID = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-production/providers"
    "/Microsoft.Storage/storageAccounts/strolloutf3qa6a4scysqu"
)
IDENTITIES = f"{STORAGE_ID.partition('Microsoft.Storage')[0]}Microsoft.ManagedIdentity"
CONTROLLER_ID, EVENTS_ID = f"{IDENTITIES}/{CONTROLLER}", f"{IDENTITIES}/{EVENTS}"
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
        ('"scmMinTlsVersion": "1.2"', '"scmMinTlsVersion": "1.0"'),
        ('"http20Enabled": true', '"http20Enabled": false'),
        ('"remoteDebuggingEnabled": false', '"remoteDebuggingEnabled": true'),
        ('"clientAffinityEnabled": false,', ""),
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
        (
            "extensionResourceId('" + STORAGE_ID,
            "extensionResourceId('" + STORAGE_ID.partition("/providers")[0],
        ),
        (
            "containers/dead-letter', 'Microsoft.Auth",
            "containers/dead-letter/x/y', 'Microsoft.Auth",
        ),
        ('"principalId": "22222222', '"principalId": "99999999'),
        (
            f'"principalId": "[reference(\'{CONTROLLER_ID}f3',
            f'"principalId": "[reference(\'{EVENTS_ID}f3',
        ),
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
        roles.the_custom_role_allows_what_is_listed,
        "access-registries",
        ('"Microsoft.MachineLearningServices/workspaces/datastores/read"', f'"{STORAGE_KEYS}"'),
        ("workspaces/data/versions/write", "workspaces/data/versions/delete"),
    ),
    *each(
        roles.the_custom_role_allows_what_is_listed,
        ON_ENDPOINTS,
        ("workspaces/metadata/secrets/read", "workspaces/metadata/secrets/write"),
        # Writing endpoints, on the workspace too; and a right on the workspace that is lost.
        ("workspaces/models/versions/read", "workspaces/onlineEndpoints/write"),
        ('"Microsoft.Insights/metrics/read",', ""),
    ),
    *each(
        roles.every_assignment_is_on_the_list,
        ON_ENDPOINTS,
        ("onlineEndpoints/churn/providers", "onlineEndpoints/churn/deployments/blue/providers"),
        ("ws-production/providers", "ws-production/onlineEndpoints/churn/providers"),
    ),
    *each(
        roles.every_assignment_is_on_the_list,
        "access-registries",
        ("registries/models/providers", "workspaces/ws-production/providers"),
        (READER, OWNER),
    ),
    *each(
        roles.commands_define_what_is_defined_elsewhere,
        "access-on-endpoints-no-roles",
        ("onlineEndpoints/score/action", "onlineEndpoints/token/action"),
        ("resourceGroups/rg-ml\\", "resourceGroups/rg-other\\"),
        ("7f384f46 on endpoints", "7f384f46 on everything"),
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
        ("registries/company", "registries/other"),
    ),
    *each(
        roles.commands_give_what_is_assigned_elsewhere,
        "access-on-endpoints-no-roles",
        ("onlineEndpoints/churn", "onlineEndpoints/other"),
        ("7f384f46 on endpoints' --scope", "7f384f46' --scope"),
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
        (
            f'"keyVaultReferenceIdentity": "{CONTROLLER_ID}',
            f'"keyVaultReferenceIdentity": "{EVENTS_ID}',
        ),
        (
            f'"EVENTS_IDENTITY_ID": "{EVENTS_ID}',
            f'"EVENTS_IDENTITY_ID": "{CONTROLLER_ID}',
        ),
        (
            f'"CONTROLLER_PRINCIPAL_ID": "[reference(\'{CONTROLLER_ID}',
            f'"CONTROLLER_PRINCIPAL_ID": "[reference(\'{EVENTS_ID}',
        ),
    ),
    *each(app_settings.the_identity_is_the_controllers, WIRING, (EVENTS, CONTROLLER)),
]
