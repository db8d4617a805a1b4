#!/bin/sh
# Gives the controller its rights on the workspace, or prints the commands that give them.
set -eu
. "$(dirname "$0")/common.sh"

need_az
need AZURE_RESOURCE_GROUP 'run azd provision first; it is one of its outputs'
need CONTROLLER_PRINCIPAL_ID 'run azd provision first; it is one of its outputs'
need FUNCTION_APP_NAME 'run azd provision first; it is one of its outputs'
need AZUREML_WORKSPACE_NAME 'azd env set AZUREML_WORKSPACE_NAME <name of your workspace>'
need AZUREML_RESOURCE_GROUP 'azd env set AZUREML_RESOURCE_GROUP <its resource group>'

check_log_workspaces
check_collected_container
storage=
if is_true "${CREATE_FROM_TEMPLATES:-false}"; then
    storage=$(az resource show --ids "$(workspace_id)" --api-version "$ML_API_VERSION" \
        --query properties.storageAccount --output tsv)
fi

# Sets identities: those that the workspace's endpoints run as, separated by commas. Azure asks whoever writes such an
# endpoint for the right to assign its identity, a rollback too.
find_identities() {
    identities=
    next="$(workspace_id)/onlineEndpoints?api-version=$ML_API_VERSION"
    while [ -n "$next" ]; do
        if ! page=$(az rest --method get --url "$next" --output tsv --query \
            "[nextLink || '', join(',', value[?identity.userAssignedIdentities].identity.userAssignedIdentities.keys(@)[])]"); then
            say "The endpoints of $AZUREML_WORKSPACE_NAME cannot be listed. If one runs as a user-assigned identity,"
            say 'give the controller the role Managed Identity Operator on that identity (docs/deploy.md).'
            return 0
        fi
        next=$(printf '%s\n' "$page" | sed -n 1p)
        identities="$identities,$(printf '%s\n' "$page" | sed -n 2p)"
    done
}

find_identities
azr deployment group create --resource-group "$AZURE_RESOURCE_GROUP" --name "$(deployment_name access)" \
    --template-file "$(dirname "$0")/../access.bicep" --output none \
    --parameters workspaceName="$AZUREML_WORKSPACE_NAME" \
    workspaceResourceGroup="$AZUREML_RESOURCE_GROUP" \
    controllerPrincipalId="$CONTROLLER_PRINCIPAL_ID" \
    useBuiltInRoles="${USE_BUILT_IN_ROLES:-false}" \
    endpointsUseKeys="${ENDPOINTS_USE_KEYS:-false}" \
    createFromTemplates="${CREATE_FROM_TEMPLATES:-false}" \
    workspaceStorageId="$storage" \
    collectedContainerId="${COLLECTED_CONTAINER_ID:-}" \
    trafficLogWorkspaceIds="$(json_list , "${TRAFFIC_LOG_WORKSPACE_IDS:-}")" \
    endpointIdentityIds="$(json_list , "$identities")" \
    assignRoles="${ASSIGN_ROLES:-true}"

if is_true "${ASSIGN_ROLES:-true}"; then
    say "The controller now has its rights on workspace $AZUREML_WORKSPACE_NAME."
else
    say 'ASSIGN_ROLES is false. Nothing works until someone who may assign roles has run these commands:'
    say
    print_commands "$(latest_of ownRoles)"
    print_commands "$(deployment_name access)"
    say
    say 'After that: azd deploy'
fi
