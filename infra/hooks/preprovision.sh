#!/bin/sh
# Finds what would fail later, before anything is created.
set -eu
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/locks.sh"

need_az
need AZUREML_WORKSPACE_NAME 'azd env set AZUREML_WORKSPACE_NAME <name of your workspace>'
need AZUREML_RESOURCE_GROUP 'azd env set AZUREML_RESOURCE_GROUP <its resource group>'
exists "$(workspace_id)" || die "there is no workspace $(workspace_id)"

own_group=${ROLLOUT_RESOURCE_GROUP:-rg-${AZURE_ENV_NAME:-}}
own_lower=$(printf '%s' "$own_group" | tr '[:upper:]' '[:lower:]')
workspace_lower=$(printf '%s' "$AZUREML_RESOURCE_GROUP" | tr '[:upper:]' '[:lower:]')
[ "$own_lower" != "$workspace_lower" ] ||
    die "the app must not go into the workspace's resource group ($own_group): azd down deletes the app's group"

# azd takes a group with its environment's tag for its own, and azd down deletes what it takes for its own.
workspace_environment=$(azr group show --name "$AZUREML_RESOURCE_GROUP" --query 'tags."azd-env-name"' --output tsv)
[ -z "${AZURE_ENV_NAME:-}" ] || [ "$workspace_environment" != "$AZURE_ENV_NAME" ] ||
    die "the workspace's group $AZUREML_RESOURCE_GROUP belongs to another azd project, whose environment is called
$AZURE_ENV_NAME too (tag azd-env-name): azd down could delete that group. Make your settings in another environment:
  azd env new <a name that no other project has, such as rollout-production>"

for name in ASSIGN_ROLES RELIABLE ZONE_REDUNDANT DELETE_LOCKS PLATFORM_LOGS ROLLOUTS_SUSPENDED PRIVATE_PROFILE \
    CREATE_NAT_GATEWAY CREATE_PRIVATE_DNS_ZONES USE_BUILT_IN_ROLES ENDPOINTS_USE_KEYS CREATE_FROM_TEMPLATES \
    TEMPLATES_BUILD_ENVIRONMENTS TEMPLATES_COLLECT_DATA ENDPOINTS_ENFORCE_SECRETS NOTICE_ALERT SYSTEM_TOPIC_LOGS; do
    check_flag "$name"
done
for_each "${EXTRA_TAGS:-}" check_tag

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
for_each "${REGISTRY_IDS:-}" check_registry
[ -z "${ROLE_ON_ENDPOINTS:-}" ] || ! is_true "${USE_BUILT_IN_ROLES:-}" ||
    die 'ROLE_ON_ENDPOINTS does not go with USE_BUILT_IN_ROLES: leave one of them out'

check_network() {
    case "$1" in
        *[!0-9a-fA-F.:/]* | */*/*) ;;
        ?*/?*) return 0 ;;
    esac
    die "ALLOWED_NETWORKS: '$1' is not a range of addresses, such as 203.0.113.0/24 or 198.51.100.7/32"
}
for_each "${ALLOWED_NETWORKS:-}" check_network

# check_publisher ENTRY: <object id>:<kind>.
check_publisher() {
    case "$1" in
        ????????-????-????-????-????????????:User | ????????-????-????-????-????????????:Group) ;;
        ????????-????-????-????-????????????:ServicePrincipal) ;;
        *) die "BUNDLE_PUBLISHERS: '$1' is not <object id>:User, <object id>:Group or <object id>:ServicePrincipal" ;;
    esac
}
for_each "${BUNDLE_PUBLISHERS:-}" check_publisher
if [ -z "${BUNDLE_PUBLISHERS:-}" ] && is_true "${ASSIGN_ROLES:-true}"; then
    # azd tells the id of who is signed in, not the kind, and Azure refuses an assignment with a wrong one.
    signed_in=$(az account show --query user.type --output tsv)
    [ "$signed_in" != servicePrincipal ] ||
        die 'a service principal is signed in: say who publishes the services bundle, people and pipelines:
  azd env set BUNDLE_PUBLISHERS <object id>:ServicePrincipal,<object id>:User'
fi

warn_about_locks

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
