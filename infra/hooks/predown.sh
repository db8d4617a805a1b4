#!/bin/sh
# Before `azd down`: removes what the app has in the workspace's resource group, which azd does not
# know and must not delete. May be run again; it skips what no longer exists.
set -eu
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/locks.sh"
. "$(dirname "$0")/topic.sh"

# SUBNET_WAIT_SECONDS: how long to wait in the private profile until Azure lets go of the app's subnet.
WAIT_SECONDS=${SUBNET_WAIT_SECONDS:-1800}
POLL_SECONDS=30
AUTHORIZATION_API_VERSION=2022-04-01

need_az
if [ -z "${AZURE_RESOURCE_GROUP:-}" ] || [ -z "${CONTROLLER_PRINCIPAL_ID:-}" ]; then
    say 'Nothing was provisioned from this environment, so there is nothing to remove.'
    exit 0
fi
need AZUREML_WORKSPACE_NAME 'azd env set AZUREML_WORKSPACE_NAME <name of your workspace>'
need AZUREML_RESOURCE_GROUP 'azd env set AZUREML_RESOURCE_GROUP <its resource group>'
need FUNCTION_APP_NAME 'run azd env refresh first; it is one of the outputs'

# output DEPLOYMENT NAME: one of its outputs; empty if it never ran.
output() {
    azr deployment group show --resource-group "$AZURE_RESOURCE_GROUP" --name "$1" \
        --query "properties.outputs.$2.value" --output tsv 2>/dev/null || true
}

remove_subscription() {
    topic=$(output "$(deployment_name wiring)" systemTopicName)
    group=$(output "$(deployment_name wiring)" systemTopicGroup)
    [ -n "$topic" ] && [ -n "$group" ] || return 0
    if ! names=$(azr eventgrid system-topic event-subscription list --resource-group "$group" \
        --system-topic-name "$topic" --query '[].name' --output tsv 2>&1); then
        case "$names" in
            *NotFound* | *'was not found'*) return 0 ;;
            *) die "cannot list the subscriptions of the system topic $topic: $names" ;;
        esac
    fi
    for name in $names; do
        [ "$name" != "$FUNCTION_APP_NAME" ] || azr eventgrid system-topic event-subscription delete \
            --resource-group "$group" --system-topic-name "$topic" --name "$name" --yes
    done
    others=$(azr eventgrid system-topic event-subscription list --resource-group "$group" \
        --system-topic-name "$topic" --query 'length(@)' --output tsv)
    tag=$(azr eventgrid system-topic show --resource-group "$group" --name "$topic" \
        --query 'tags."rollout-app"' --output tsv)
    if is_own_topic "$topic" "$tag"; then
        if [ "$others" -eq 0 ]; then
            azr eventgrid system-topic delete --resource-group "$group" --name "$topic" --yes
            say "Deleted the system topic $topic."
            return 0
        fi
        say "Kept the system topic $topic: other subscriptions use it ($others)."
    fi
    take_identity_off "$group" "$topic"
}

# remove_assignments IDS WHERE: removes these role assignments, or prints how.
remove_assignments() {
    [ -n "$1" ] || return 0
    if ! is_true "${ASSIGN_ROLES:-true}"; then
        say 'ASSIGN_ROLES is false. Someone who may remove role assignments must run:'
        for id in $1; do say "  az role assignment delete --ids $id"; done
        return 0
    fi
    # Ids have no spaces.
    # shellcheck disable=SC2086
    az role assignment delete --ids $1
    say "Removed the controller's rights on $2."
}

# The controller's rights outside the app's own group, whichever parameter or command granted them.
remove_rights() {
    mine="principalId=='$CONTROLLER_PRINCIPAL_ID'"
    elsewhere="!contains(scope, '/resourceGroups/$AZURE_RESOURCE_GROUP/')"
    ids=$(azr role assignment list --all --fill-principal-name false --output tsv \
        --query "[?$mine && $elsewhere].id")
    remove_assignments "$ids" "$AZUREML_WORKSPACE_NAME and everything else outside its own group"
    # --all is all of this subscription. Other ones are looked up where the settings and the latest deployment point.
    given=$(azr deployment group show --resource-group "$AZURE_RESOURCE_GROUP" --name "$(deployment_name access)" --output tsv \
        --query "join(',', properties.parameters.[collectedContainerId.value || '', trafficLogWorkspaceIds.value, endpointIdentityIds.value, registryIds.value][] | [?@])" 2>/dev/null) || given=
    settings="${TRAFFIC_LOG_WORKSPACE_IDS:-},${COLLECTED_CONTAINER_ID:-},${ENDPOINT_IDENTITY_IDS:-},${REGISTRY_IDS:-}"
    for named in $(printf '%s' "$given,$settings" | tr ', ' '\n\n' | sort -u); do
        case "$named" in
            "/subscriptions/$AZURE_SUBSCRIPTION_ID/"*) continue ;;
        esac
        ids=$(az role assignment list --scope "$named" --fill-principal-name false \
            --output tsv --query "[?$mine].id")
        remove_assignments "$ids" "$named"
    done
}

# remove_role OUTPUT: the custom role that this output of the deployment names.
remove_role() {
    name=$(output "$(deployment_name access)" "$1")
    [ -n "$name" ] || return 0
    role=$(az role definition list --custom-role-only true --name "$name" \
        --scope "/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$AZUREML_RESOURCE_GROUP" \
        --query '[0].id' --output tsv)
    [ -n "$role" ] || return 0
    if ! is_true "${ASSIGN_ROLES:-true}"; then
        say "  az role definition delete --name '$name' --scope /subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$AZUREML_RESOURCE_GROUP"
        return 0
    fi
    az rest --method delete --output none \
        --url "$role?api-version=$AUTHORIZATION_API_VERSION"
    say "Deleted the custom role '$name'."
}

# linked SUBNET: 0 while Azure holds it for the app, 1 once it does not, or the subnet is gone.
linked() {
    if ! links=$(az network vnet subnet show --ids "$1" --output tsv \
        --query 'length(serviceAssociationLinks || `[]`)' 2>&1); then
        case "$links" in
            *NotFound* | *'was not found'*) return 1 ;;
            *) die "cannot look at the subnet $1: $links" ;;
        esac
    fi
    [ "$links" -gt 0 ]
}

# Private profile: Azure deletes neither a subnet nor its network and group while the app's link is on it, and takes
# it off minutes after the app has left.
release_subnet() {
    is_true "${PRIVATE_PROFILE:-false}" || return 0
    made=/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$AZURE_RESOURCE_GROUP
    # As main.bicep names it.
    made=$made/providers/Microsoft.Network/virtualNetworks/vnet-${FUNCTION_APP_NAME#func-}/subnets/app
    subnet=${EXISTING_APP_SUBNET_ID:-$made}
    if ! removed=$(azr functionapp vnet-integration remove --resource-group "$AZURE_RESOURCE_GROUP" \
        --name "$FUNCTION_APP_NAME" --output none 2>&1); then
        case "$removed" in
            *NotFound* | *'was not found'* | *"doesn't exist"*) ;;
            *) die "cannot take the app out of its network: $removed" ;;
        esac
    fi
    waited=0
    while linked "$subnet"; do
        if [ "$waited" -ge "$WAIT_SECONDS" ]; then
            say "After $WAIT_SECONDS s the subnet $subnet still has a service association link."
            say 'Azure removes it by itself, within minutes as a rule, within two days at the latest.'
            if [ -n "${EXISTING_APP_SUBNET_ID:-}" ]; then
                say 'Until then the subnet cannot be used for anything else.'
                return 0
            fi
            die 'Until then the network and its group cannot be deleted. Later: azd down'
        fi
        [ "$waited" -gt 0 ] || say "Waiting up to $WAIT_SECONDS s until Azure lets go of the app's subnet ..."
        sleep "$POLL_SECONDS"
        waited=$((waited + POLL_SECONDS))
    done
}

refuse_locks_on_own_group
remove_subscription
remove_rights
remove_role roleName
remove_role endpointRoleName
release_subnet
say "Endpoints, deployments and models are untouched. Next, azd deletes $AZURE_RESOURCE_GROUP."
