#!/bin/sh
# Finds what would fail later, before anything is created.
set -eu
. "$(dirname "$0")/common.sh"

need_az
need AZUREML_WORKSPACE_NAME 'azd env set AZUREML_WORKSPACE_NAME <name of your workspace>'
need AZUREML_RESOURCE_GROUP 'azd env set AZUREML_RESOURCE_GROUP <its resource group>'
exists "$(workspace_id)" || die "there is no workspace $(workspace_id)"

own_group=${ROLLOUT_RESOURCE_GROUP:-rg-${AZURE_ENV_NAME:-}}
own_lower=$(printf '%s' "$own_group" | tr '[:upper:]' '[:lower:]')
workspace_lower=$(printf '%s' "$AZUREML_RESOURCE_GROUP" | tr '[:upper:]' '[:lower:]')
[ "$own_lower" != "$workspace_lower" ] ||
    die "the app must not go into the workspace's resource group ($own_group): azd down deletes the app's group"

if is_true "${PRIVATE_PROFILE:-}"; then
    if [ -n "${EXISTING_APP_SUBNET_ID:-}" ] && [ -z "${EXISTING_ENDPOINT_SUBNET_ID:-}" ]; then
        die 'EXISTING_APP_SUBNET_ID goes with EXISTING_ENDPOINT_SUBNET_ID: set both or neither'
    fi
    if [ -z "${EXISTING_APP_SUBNET_ID:-}" ] && [ -n "${EXISTING_ENDPOINT_SUBNET_ID:-}" ]; then
        die 'EXISTING_ENDPOINT_SUBNET_ID goes with EXISTING_APP_SUBNET_ID: set both or neither'
    fi
fi

check_log_workspaces
check_collected_container

missing=
for provider in Microsoft.App Microsoft.EventGrid Microsoft.Insights Microsoft.ManagedIdentity \
    Microsoft.OperationalInsights Microsoft.Storage Microsoft.Web; do
    state=$(azr provider show --namespace "$provider" --query registrationState --output tsv 2>/dev/null || true)
    [ "$state" = Registered ] || missing="$missing $provider"
done
if [ -n "$missing" ]; then
    say 'These resource providers are not registered in the subscription:'
    for provider in $missing; do
        say "  az provider register --namespace $provider --subscription $AZURE_SUBSCRIPTION_ID --wait"
    done
    die 'register them (this takes Contributor on the subscription), then run azd again'
fi
