#!/bin/sh
# Gives the controller its rights on the workspace, or prints the commands that give them.
set -eu
. "$(dirname "$0")/common.sh"

ATTEMPTS=${ACCESS_ATTEMPTS:-3}

need_az
need AZURE_RESOURCE_GROUP 'run azd provision first; it is one of its outputs'
need CONTROLLER_PRINCIPAL_ID 'run azd provision first; it is one of its outputs'
need FUNCTION_APP_NAME 'run azd provision first; it is one of its outputs'
need AZUREML_WORKSPACE_NAME 'azd env set AZUREML_WORKSPACE_NAME <name of your workspace>'
need AZUREML_RESOURCE_GROUP 'azd env set AZUREML_RESOURCE_GROUP <its resource group>'

check_log_workspaces
check_collected_container
for_each "${REGISTRY_IDS:-}" check_registry
WORKSPACE_STORAGE_ID=
if is_true "${CREATE_FROM_TEMPLATES:-false}"; then
    WORKSPACE_STORAGE_ID=$(az resource show --ids "$(workspace_id)" --api-version "$ML_API_VERSION" \
        --query properties.storageAccount --output tsv)
fi

# Adds to ENDPOINT_IDENTITY_IDS those that the workspace's endpoints run as. Azure asks whoever writes such an endpoint
# for the right to assign its identity, a rollback too.
find_identities() {
    next="$(workspace_id)/onlineEndpoints?api-version=$ML_API_VERSION"
    while [ -n "$next" ]; do
        if ! page=$(az rest --method get --url "$next" --output tsv --query \
            "[nextLink || '', join(',', value[?identity.userAssignedIdentities].identity.userAssignedIdentities.keys(@)[])]"); then
            say "The endpoints of $AZUREML_WORKSPACE_NAME cannot be listed. If one runs as a user-assigned identity,"
            say 'give the controller the role Managed Identity Operator on that identity (docs/deploy.md).'
            return 0
        fi
        next=$(printf '%s\n' "$page" | sed -n 1p)
        ENDPOINT_IDENTITY_IDS="$ENDPOINT_IDENTITY_IDS,$(printf '%s\n' "$page" | sed -n 2p)"
    done
}

# find_identities_of ENDPOINT: the same for one that ROLE_ON_ENDPOINTS names; stops if there is none. An endpoint that is
# left out of an otherwise empty list would give rights on all of them.
find_identities_of() {
    exists "$(workspace_id)/onlineEndpoints/$1" ||
        die "ROLE_ON_ENDPOINTS: there is no endpoint $1 in $AZUREML_WORKSPACE_NAME. Make it first, or take it off the list"
    ENDPOINT_IDENTITY_IDS="$ENDPOINT_IDENTITY_IDS,$(az resource show --ids "$(workspace_id)/onlineEndpoints/$1" \
        --api-version "$ML_API_VERSION" --query "join(',', keys(identity.userAssignedIdentities || \`{}\`))" --output tsv)"
}

# What of access.bicepparam is found here; the rest are settings.
ENDPOINT_IDENTITY_IDS=${ENDPOINT_IDENTITY_IDS:-}
if [ -n "${ROLE_ON_ENDPOINTS:-}" ]; then
    for_each "$ROLE_ON_ENDPOINTS" find_identities_of
else
    find_identities
fi
export WORKSPACE_STORAGE_ID ENDPOINT_IDENTITY_IDS

deploy() {
    azr deployment group create --resource-group "$AZURE_RESOURCE_GROUP" --name "$(deployment_name access)" \
        --parameters "$(dirname "$0")/../access.bicepparam" --output none
}

# After a refusal: the same deployment without any assignment asks for no right, and its output has the commands.
say_how_to_grant() {
    ASSIGN_ROLES=false
    export ASSIGN_ROLES
    say "The rights on $AZUREML_WORKSPACE_NAME were not given in $ATTEMPTS attempts; Azure's last answer is above."
    deploy || die 'nor do the commands that give them come out: mend what Azure says, then: azd provision'
    say 'Either mend what it says, then: azd provision. Or have these commands run by someone who may assign roles:'
    say
    print_commands "$(deployment_name access)"
    say
    die 'and after that: azd env set ASSIGN_ROLES false, and azd up'
}

try "$ATTEMPTS" deploy || say_how_to_grant

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
