#!/bin/sh
# The second pass: waits until the functions exist, then deploys infra/wiring.bicep.
#
# Run by azd after a deployment, by `make wire`, or by a pipeline that sets the same variables and has
# signed in to az. It may be run again at any time. Optional variables:
#   ALERTED_ENDPOINTS            name=P95 milliseconds, separated by commas: fraud=1000,churn=400
#   MODEL_TAG_FILTERS            tag=value|value, separated by commas, all must hold: stage=production
#   ATTENTION_EMAILS             addresses, separated by commas
#   ATTENTION_ACTION_GROUP_IDS   ids of action groups, separated by commas
#   EXTRA_TAGS                   tags of what is made, name=value, separated by commas: cost-center=4711
#   NOTICE_ALERT                 false: no notification of rollbacks, failures and promotions, true
#   MODEL_ERRORS_PER_MINUTE, OVERLOAD_PER_MINUTE, SERVER_ERRORS_PER_MINUTE   thresholds
#   WIRE_WAIT_SECONDS            how long to wait for functions and keys, 300
#   WIRE_ATTEMPTS                how often to try while new roles take effect, 3
#   TICK_WAIT_SECONDS            how long to wait for a tick of the deployed app, 300
# infra/wiring.bicepparam makes parameters of them.
set -eu
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/locks.sh"
. "$(dirname "$0")/topic.sh"

WAIT_SECONDS=${WIRE_WAIT_SECONDS:-300}
ATTEMPTS=${WIRE_ATTEMPTS:-3}
TICK_SECONDS=${TICK_WAIT_SECONDS:-300}
# Two ticks; `health` calls an older one overdue.
TICK_FRESH_SECONDS=120
POLL_SECONDS=10
WEB_API_VERSION=2025-03-01

started=$(date +%s)
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

# Sets EXISTING_SYSTEM_TOPIC_NAME and EXISTING_SYSTEM_TOPIC_GROUP: the workspace's system topic, if the app did not make it.
find_system_topic() {
    EXISTING_SYSTEM_TOPIC_NAME=
    EXISTING_SYSTEM_TOPIC_GROUP=
    # A source has one topic; the app's own one may be deployed over.
    topics=$(azr eventgrid system-topic list --output tsv --query \
        '[].[source, name, resourceGroup, tags."rollout-app", identity.principalId, identity.type, id]') ||
        die 'cannot list the system topics of the subscription (Microsoft.EventGrid/systemTopics/read)'
    found=$(printf '%s\n' "$topics" |
        awk -F '\t' -v id="$(workspace_id)" 'tolower($1) == tolower(id)' | head -n 1)
    [ -n "$found" ] || return 0
    topic_name=$(printf '%s' "$found" | cut -f 2)
    topic_group=$(printf '%s' "$found" | cut -f 3)
    topic_principal=$(printf '%s' "$found" | cut -f 5)
    ! is_own_topic "$topic_name" "$(printf '%s' "$found" | cut -f 4)" || return 0
    EXISTING_SYSTEM_TOPIC_NAME=$topic_name
    EXISTING_SYSTEM_TOPIC_GROUP=$topic_group
    say "The workspace already has a system topic, $topic_name in $topic_group. The subscription goes there."
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

# find_endpoint ENTRY: puts it into alerted if its endpoint exists, else its name into skipped.
find_endpoint() {
    endpoint=$(printf '%s' "${1%%=*}" | tr -d ' ')
    case "$1" in
        *=*) limit=$(printf '%s' "${1#*=}" | tr -d ' ') ;;
        *) limit=0 ;;
    esac
    case "$limit" in
        '' | *[!0-9]*) die "ALERTED_ENDPOINTS: '$1' is not name=milliseconds" ;;
    esac
    if exists "$(workspace_id)/onlineEndpoints/$endpoint"; then
        alerted="${alerted:+$alerted,}$1"
    else
        skipped="${skipped:+$skipped,}$endpoint"
    fi
}

check_tag_filter() {
    key=$(printf '%s' "${1%%=*}" | tr -d ' ')
    case "$1" in
        *=*) ;;
        *) die "MODEL_TAG_FILTERS: '$1' is not tag=value" ;;
    esac
    case "$key" in
        '' | *.*) die "MODEL_TAG_FILTERS: Event Grid cannot filter by the tag '$key'" ;;
    esac
}

deploy() {
    azr deployment group create --resource-group "$AZURE_RESOURCE_GROUP" --name "$(deployment_name wiring)" \
        --parameters "$(dirname "$0")/../wiring.bicepparam" --output none
}

# say_commands DEPLOYMENT: what a platform team still has to run, if it assigns the roles.
say_commands() {
    ! is_true "${ASSIGN_ROLES:-true}" || return 0
    commands=$(print_commands "$1" 2>/dev/null) || return 0
    [ -n "$commands" ] || return 0
    say 'ASSIGN_ROLES is false. Until these commands have been run no event arrives, and operators are told of nothing:'
    say "$commands"
}

# ticked: 0 if `health` shows a tick that is younger than this run, so that the deployed app's timer made it.
ticked() {
    age=$(az rest --method get --skip-authorization-header --url "https://$host/api/health" \
        --query tickAgeSeconds --output tsv 2>/dev/null) || return 1
    [ "${age:-none}" -lt "$TICK_FRESH_SECONDS" ] 2>/dev/null && [ "$age" -le "$(($(date +%s) - started))" ]
}

# After a deployment the timer may stand still for good, while everything else works.
wait_for_tick() {
    if is_true "${PRIVATE_PROFILE:-false}"; then
        say 'Private profile: whether the timer runs cannot be seen from here. From inside the network: /api/health, tickAgeSeconds.'
        return 0
    fi
    host=$(az resource show --ids "$app_id" --api-version "$WEB_API_VERSION" --query properties.defaultHostName \
        --output tsv 2>/dev/null) || host=
    waited=0
    until ticked; do
        if [ "$waited" -ge "$TICK_SECONDS" ]; then
            say "WARNING: no tick of the timer was seen in $TICK_SECONDS s (https://$host/api/health). If tickAgeSeconds stays over"
            say "  $TICK_FRESH_SECONDS there, the timer stands still: docs/operations.md, \"The timer does not run\"."
            return 0
        fi
        [ "$waited" -gt 0 ] || say "Waiting up to $TICK_SECONDS s for a tick of the timer ..."
        sleep "$POLL_SECONDS"
        waited=$((waited + POLL_SECONDS))
    done
    say "The timer runs: the last tick was $age s ago."
}

check_flag NOTICE_ALERT
for_each "${MODEL_TAG_FILTERS:-}" check_tag_filter
for_each "${EXTRA_TAGS:-}" check_tag
warn_about_locks
wait_for_functions
find_system_topic
alerted=
skipped=
for_each "${ALERTED_ENDPOINTS:-}" find_endpoint
# What of wiring.bicepparam is found here; the rest are settings.
ALERTED_ENDPOINTS=$alerted
SKIPPED_ENDPOINTS=$skipped
export EXISTING_SYSTEM_TOPIC_NAME EXISTING_SYSTEM_TOPIC_GROUP ALERTED_ENDPOINTS SKIPPED_ENDPOINTS

if ! try "$ATTEMPTS" deploy; then
    say "The wiring failed $ATTEMPTS times; Azure's last answer is above. Often a role is missing or has"
    say 'not taken effect yet.'
    say_commands "$(latest_of eventRoles)"
    die 'fix it, then: make wire'
fi

say "Model events of $AZUREML_WORKSPACE_NAME go to $FUNCTION_APP_NAME."
say_commands "$(deployment_name wiring)"
if [ -z "$alerted" ]; then
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
wait_for_tick
