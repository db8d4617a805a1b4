#!/bin/sh
# The second pass: waits until the functions exist, then deploys infra/wiring.bicep.
#
# Run by azd after a deployment, by `make wire`, or by a pipeline that sets the same variables and has
# signed in to az. It may be run again at any time. Optional variables:
#   ALERTED_ENDPOINTS            name=P95 milliseconds, separated by commas: fraud=1000,churn=400
#   MODEL_TAG_FILTERS            tag=value|value, separated by commas, all must hold: stage=production
#   ATTENTION_EMAILS             addresses, separated by commas
#   ATTENTION_ACTION_GROUP_IDS   ids of action groups, separated by commas
#   EXTRA_TAGS                   tags of what is made, key=value, separated by commas: cost-center=4711
#   NOTICE_ALERT                 false: no notification of rollbacks, failures and promotions, true
#   MODEL_ERRORS_PER_MINUTE, OVERLOAD_PER_MINUTE, SERVER_ERRORS_PER_MINUTE   thresholds
#   WIRE_WAIT_SECONDS            how long to wait for functions and keys, 300
#   WIRE_ATTEMPTS                how often to try while new roles take effect, 3
set -eu
. "$(dirname "$0")/common.sh"

WAIT_SECONDS=${WIRE_WAIT_SECONDS:-300}
ATTEMPTS=${WIRE_ATTEMPTS:-3}
POLL_SECONDS=10
PAUSE_SECONDS=60
DEFAULT_P95_MILLISECONDS=1000
WEB_API_VERSION=2025-03-01

need_az
for name in AZURE_ENV_NAME AZURE_RESOURCE_GROUP FUNCTION_APP_NAME STORAGE_ACCOUNT_NAME \
    EVENTS_IDENTITY_ID LOG_WORKSPACE_ID LIFECYCLE_TOPIC_ID; do
    need "$name" 'azd provision sets it; in a pipeline take it from the outputs of main.bicep (docs/deploy.md)'
done
need AZUREML_WORKSPACE_NAME 'azd env set AZUREML_WORKSPACE_NAME <name of your workspace>'
need AZUREML_RESOURCE_GROUP 'azd env set AZUREML_RESOURCE_GROUP <its resource group>'

app_id="/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$AZURE_RESOURCE_GROUP/providers/Microsoft.Web/sites/$FUNCTION_APP_NAME"

# ready: the functions are indexed and the key of `alert` can be read (private profile: nothing to wait for).
ready() {
    ! is_true "${PRIVATE_PROFILE:-false}" || return 0
    az resource show --ids "$app_id/functions/modelRegistered" --api-version "$WEB_API_VERSION" \
        --output none 2>/dev/null || return 1
    ready_keys=$(az rest --method post --query 'length(default)' --output tsv \
        --url "$app_id/functions/alert/listkeys?api-version=$WEB_API_VERSION" 2>/dev/null) || return 1
    [ "${ready_keys:-0}" -gt 0 ] 2>/dev/null
}

wait_for_functions() {
    waited=0
    until ready; do
        if [ "$waited" -ge "$WAIT_SECONDS" ]; then
            say "After $WAIT_SECONDS s the functions of $FUNCTION_APP_NAME or their keys are still not available. Check:"
            say "  az functionapp function list --resource-group $AZURE_RESOURCE_GROUP --name $FUNCTION_APP_NAME --output table"
            say "    none listed: the code was not deployed (azd deploy) or does not start; Application Insights says why"
            say "  the identity's roles on storage account $STORAGE_ACCOUNT_NAME: without them the host has no keys"
            say "  whether a firewall on that account blocks the app"
            die 'then connect events and alerts with: make wire'
        fi
        [ "$waited" -gt 0 ] || say "Waiting up to $WAIT_SECONDS s for the functions and their keys ..."
        sleep "$POLL_SECONDS"
        waited=$((waited + POLL_SECONDS))
    done
}

# Sets existing_topic and existing_group: the workspace's system topic, if it is not this environment's.
find_system_topic() {
    existing_topic=
    existing_group=
    # A source has one topic; this environment's carries its tag and may be deployed over.
    topics=$(azr eventgrid system-topic list --output tsv --query \
        '[].[source, name, resourceGroup, tags."azd-env-name", identity.principalId, identity.type, id]') ||
        die 'cannot list the system topics of the subscription (Microsoft.EventGrid/systemTopics/read)'
    found=$(printf '%s\n' "$topics" |
        awk -F '\t' -v id="$(workspace_id)" 'tolower($1) == tolower(id)' | head -n 1)
    [ -n "$found" ] || return 0
    topic_name=$(printf '%s' "$found" | cut -f 2)
    topic_group=$(printf '%s' "$found" | cut -f 3)
    topic_environment=$(printf '%s' "$found" | cut -f 4)
    topic_principal=$(printf '%s' "$found" | cut -f 5)
    [ "$topic_environment" != "$AZURE_ENV_NAME" ] || return 0
    existing_topic=$topic_name
    existing_group=$topic_group
    say "The workspace already has a system topic, $existing_topic in $existing_group. The subscription goes there."
    case "$topic_principal" in
        '' | None) ;;
        *) return 0 ;;
    esac
    type=SystemAssigned
    [ "$(printf '%s' "$found" | cut -f 6)" != UserAssigned ] || type='SystemAssigned, UserAssigned'
    say 'That topic has no identity of its own, which it needs to store undeliverable events. Its owner must run:'
    say "  az resource update --ids $(printf '%s' "$found" | cut -f 7) --set identity.type='$type'"
    die 'then: make wire'
}

# Sets endpoints (JSON of those that exist) and skipped (the others, separated by commas).
find_endpoints() {
    endpoints=
    skipped=
    endpoint_ifs=$IFS
    IFS=,
    set -f
    # The list is split on purpose.
    # shellcheck disable=SC2086
    set -- ${ALERTED_ENDPOINTS:-}
    set +f
    IFS=$endpoint_ifs
    for entry in "$@"; do
        entry=$(printf '%s' "$entry" | tr -d ' ')
        endpoint=${entry%%=*}
        limit=${entry#"$endpoint"}
        limit=${limit#=}
        limit=${limit:-$DEFAULT_P95_MILLISECONDS}
        [ -n "$endpoint" ] || continue
        case "$limit" in
            *[!0-9]*) die "ALERTED_ENDPOINTS: '$entry' is not name=milliseconds" ;;
        esac
        if exists "$(workspace_id)/onlineEndpoints/$endpoint"; then
            endpoints="${endpoints:+$endpoints,}{\"name\":$(json_text "$endpoint"),\"latencyP95Milliseconds\":$limit}"
        else
            skipped="${skipped:+$skipped,}$endpoint"
        fi
    done
}

# Sets filters: MODEL_TAG_FILTERS as JSON.
read_tag_filters() {
    filters=
    filter_ifs=$IFS
    IFS=,
    set -f
    # The list is split on purpose.
    # shellcheck disable=SC2086
    set -- ${MODEL_TAG_FILTERS:-}
    set +f
    IFS=$filter_ifs
    for entry in "$@"; do
        key=$(printf '%s' "${entry%%=*}" | tr -d ' ')
        case "$entry" in
            *=*) ;;
            *) die "MODEL_TAG_FILTERS: '$entry' is not tag=value" ;;
        esac
        case "$key" in
            '' | *.*) die "MODEL_TAG_FILTERS: Event Grid cannot filter by the tag '$key'" ;;
        esac
        filters="${filters:+$filters,}{\"key\":$(json_text "$key"),\"values\":$(json_list '|' "${entry#*=}")}"
    done
}

# Sets tags: EXTRA_TAGS as JSON.
read_tags() {
    tags=
    tag_ifs=$IFS
    IFS=,
    set -f
    # The list is split on purpose.
    # shellcheck disable=SC2086
    set -- ${EXTRA_TAGS:-}
    set +f
    IFS=$tag_ifs
    for entry in "$@"; do
        case "$entry" in
            ?*=*) ;;
            *) die "EXTRA_TAGS: '$entry' is not key=value" ;;
        esac
        tags="${tags:+$tags,}$(json_text "${entry%%=*}"):$(json_text "${entry#*=}")"
    done
}

deploy() {
    azr deployment group create --resource-group "$AZURE_RESOURCE_GROUP" --name "$(deployment_name wiring)" \
        --template-file "$(dirname "$0")/../wiring.bicep" --output none \
        --parameters environmentName="$AZURE_ENV_NAME" \
        workspaceName="$AZUREML_WORKSPACE_NAME" \
        workspaceResourceGroup="$AZUREML_RESOURCE_GROUP" \
        functionAppName="$FUNCTION_APP_NAME" \
        storageAccountName="$STORAGE_ACCOUNT_NAME" \
        eventsIdentityId="$EVENTS_IDENTITY_ID" \
        logWorkspaceId="$LOG_WORKSPACE_ID" \
        lifecycleTopicId="$LIFECYCLE_TOPIC_ID" \
        privateProfile="${PRIVATE_PROFILE:-false}" \
        assignRoles="${ASSIGN_ROLES:-true}" \
        existingSystemTopicName="$existing_topic" \
        existingSystemTopicGroup="$existing_group" \
        modelTagFilters="[$filters]" \
        alertedEndpoints="[$endpoints]" \
        skippedEndpoints="$(json_list , "$skipped")" \
        modelErrorsPerMinute="${MODEL_ERRORS_PER_MINUTE:-5}" \
        overloadPerMinute="${OVERLOAD_PER_MINUTE:-10}" \
        serverErrorsPerMinute="${SERVER_ERRORS_PER_MINUTE:-5}" \
        attentionEmails="$(json_list , "${ATTENTION_EMAILS:-}")" \
        attentionActionGroupIds="$(json_list , "${ATTENTION_ACTION_GROUP_IDS:-}")" \
        noticeAlert="${NOTICE_ALERT:-true}" \
        extraTags="{$tags}"
}

# say_commands DEPLOYMENT: what a platform team still has to run, if it assigns the roles.
say_commands() {
    ! is_true "${ASSIGN_ROLES:-true}" || return 0
    commands=$(print_commands "$1" 2>/dev/null) || return 0
    [ -n "$commands" ] || return 0
    say 'ASSIGN_ROLES is false. No event arrives until these commands have been run:'
    say "$commands"
}

wait_for_functions
find_system_topic
read_tag_filters
read_tags
find_endpoints

attempt=1
until deploy; do
    if [ "$attempt" -ge "$ATTEMPTS" ]; then
        say "The wiring failed $ATTEMPTS times; Azure's last answer is above. Often a role is missing or has"
        say 'not taken effect yet.'
        say_commands "$(latest_of eventRoles)"
        die 'fix it, then: make wire'
    fi
    say "Attempt $attempt of $ATTEMPTS failed; new roles take a while. Trying again in $PAUSE_SECONDS s."
    sleep "$PAUSE_SECONDS"
    attempt=$((attempt + 1))
done

say "Model events of $AZUREML_WORKSPACE_NAME go to $FUNCTION_APP_NAME."
say_commands "$(deployment_name wiring)"
if [ -z "$endpoints" ]; then
    say 'No endpoint has alerts. Name some: azd env set ALERTED_ENDPOINTS <name>=<P95 milliseconds>,... and make wire'
fi
if [ -n "$skipped" ]; then
    say "These endpoints have no alerts because they do not exist yet: $skipped. Once they do: make wire"
fi
if [ -z "${ATTENTION_EMAILS:-}${ATTENTION_ACTION_GROUP_IDS:-}" ]; then
    say 'No operator is notified when one is needed: azd env set ATTENTION_EMAILS <address>,... and make wire'
fi
if is_true "${PRIVATE_PROFILE:-false}"; then
    say 'Private profile: alerts cannot reach the app; the gate alone rolls back, and alerts go to operators.'
fi
if [ -n "${SERVICES_BUNDLE_URL:-}" ] && ! az storage blob show --auth-mode login --output none \
    --blob-url "$SERVICES_BUNDLE_URL" 2>/dev/null; then
    say "No services bundle was found at $SERVICES_BUNDLE_URL. Publish one (docs/deploy.md, \"Services\"): make bundle"
fi
