# Functions the hooks share. POSIX sh; sourced, never run. Needs the Azure CLI, signed in.

# The api-version of workspaces and endpoints, as in the Bicep files.
ML_API_VERSION=2025-12-01
ML_PROVIDER=Microsoft.MachineLearningServices
# Between attempts of a deployment.
PAUSE_SECONDS=60

say() {
    printf '%s\n' "$*"
}

die() {
    printf 'ERROR: %s\n' "$*" >&2
    exit 1
}

# need NAME "how to get it": stop unless the variable NAME has a value.
need() {
    eval "need_value=\${$1:-}"
    [ -n "$need_value" ] || die "$1 is not set: $2"
}

need_az() {
    command -v az >/dev/null 2>&1 || die 'the Azure CLI (az) is required in addition to azd: https://aka.ms/azure-cli'
    need AZURE_SUBSCRIPTION_ID 'azd env set AZURE_SUBSCRIPTION_ID <id of the subscription of workspace and app>'
    az account show --subscription "$AZURE_SUBSCRIPTION_ID" --output none 2>/dev/null ||
        die "az cannot use subscription $AZURE_SUBSCRIPTION_ID: az login (azd's own sign-in does not apply to az)"
}

# azr ...: az in the app's subscription, whatever this machine's default is.
azr() {
    az "$@" --subscription "$AZURE_SUBSCRIPTION_ID"
}

# is_true VALUE: 0 for true, True, TRUE and 1.
is_true() {
    case "${1:-}" in
        true | True | TRUE | 1) return 0 ;;
        *) return 1 ;;
    esac
}

lower() {
    printf '%s' "$1" | tr '[:upper:]' '[:lower:]'
}

workspace_id() {
    printf '/subscriptions/%s/resourceGroups/%s/providers/%s/workspaces/%s' \
        "$AZURE_SUBSCRIPTION_ID" "$AZUREML_RESOURCE_GROUP" "$ML_PROVIDER" "$AZUREML_WORKSPACE_NAME"
}

# exists ID: 0 if it exists, 1 if it does not; stops if az cannot tell.
exists() {
    if exists_said=$(az resource show --ids "$1" --api-version "$ML_API_VERSION" --output none 2>&1); then
        return 0
    fi
    case "$exists_said" in
        *NotFound* | *'was not found'*) return 1 ;;
        *) die "cannot tell whether $1 exists: $exists_said" ;;
    esac
}

# deployment_name access|wiring: one for each app, because the names of its modules' deployments derive from it,
# and several apps deploy to one workspace's group. Azure takes 64 characters.
deployment_name() {
    printf 'rollout-%s-%s' "$1" "${FUNCTION_APP_NAME:-}" | cut -c 1-64
}

# print_commands DEPLOYMENT: the commands for a platform team, from a deployment's output.
print_commands() {
    azr deployment group show --resource-group "$AZURE_RESOURCE_GROUP" --name "$1" \
        --query 'properties.outputs.commands.value' --output tsv
}

# latest_of MODULE: the name of that module's latest deployment; the compiler makes it of the module's name and a suffix.
latest_of() {
    azr deployment group list --resource-group "$AZURE_RESOURCE_GROUP" --output tsv \
        --query "sort_by([?starts_with(name, '$1-')], &properties.timestamp)[-1].name"
}

# for_each LIST COMMAND: runs COMMAND with each entry of a list that commas separate, without the spaces around it.
for_each() {
    for_each_command=$2
    for_each_ifs=$IFS
    IFS=,
    set -f
    # The list is split on purpose.
    # shellcheck disable=SC2086
    set -- $1
    set +f
    IFS=$for_each_ifs
    for entry in "$@"; do
        entry=$(printf '%s' "$entry" | sed 's/^ *//; s/ *$//')
        [ -z "$entry" ] || "$for_each_command" "$entry"
    done
}

# try ATTEMPTS COMMAND ...: runs COMMAND until it succeeds, because new roles take a while; 1 if it never does.
try() {
    attempts=$1
    shift
    attempt=1
    until "$@"; do
        [ "$attempt" -lt "$attempts" ] || return 1
        say "Attempt $attempt of $attempts failed; new roles take a while. Trying again in $PAUSE_SECONDS s."
        sleep "$PAUSE_SECONDS"
        attempt=$((attempt + 1))
    done
}

# check_flag NAME: the setting NAME is true or false, or not set. What is_true does not know, Bicep would refuse later.
check_flag() {
    eval "flag_value=\${$1:-}"
    case "$flag_value" in
        '' | true | True | TRUE | 1 | false | False | FALSE | 0) ;;
        *) die "$1: '$flag_value' is neither true nor false" ;;
    esac
}

check_tag() {
    case "$1" in
        =*) ;;
        *=*) return 0 ;;
    esac
    die "EXTRA_TAGS: '$1' is not name=value"
}

# check_log_workspaces: TRAFFIC_LOG_WORKSPACE_IDS holds ARM ids; policies name the same workspaces by GUID.
check_log_workspaces() {
    for log_workspace in $(printf '%s' "${TRAFFIC_LOG_WORKSPACE_IDS:-}" | tr ',' ' '); do
        case "$log_workspace" in
            /subscriptions/*/resourceGroups/*/providers/Microsoft.OperationalInsights/workspaces/*/*) ;;
            /subscriptions/*/resourceGroups/*/providers/Microsoft.OperationalInsights/workspaces/?*) continue ;;
        esac
        die "TRAFFIC_LOG_WORKSPACE_IDS: '$log_workspace' is not the ARM id of a Log Analytics workspace:
  az monitor log-analytics workspace show --resource-group <its group> --workspace-name <its name> --query id --output tsv"
    done
}

# check_collected_container: COLLECTED_CONTAINER_ID holds the ARM id of one blob container, or nothing.
check_collected_container() {
    case "${COLLECTED_CONTAINER_ID:-}" in
        '') return 0 ;;
        *[!A-Za-z0-9/._\(\)-]*) ;;
        */containers/*/*) ;;
        /subscriptions/*/resourceGroups/*/providers/Microsoft.Storage/storageAccounts/*/blobServices/default/containers/?*) return 0 ;;
    esac
    die "COLLECTED_CONTAINER_ID: '$COLLECTED_CONTAINER_ID' is not the ARM id of a blob container:
  az storage container-rm show --storage-account <its account> --name <its name> --query id --output tsv"
}

# check_registry ID: an entry of REGISTRY_IDS.
check_registry() {
    case "$1" in
        */registries/*/*) ;;
        /subscriptions/*/resourceGroups/*/providers/Microsoft.MachineLearningServices/registries/?*) return 0 ;;
    esac
    die "REGISTRY_IDS: '$1' is not the ARM id of a registry:
  az ml registry show --resource-group <its group> --name <its name> --query id --output tsv"
}
