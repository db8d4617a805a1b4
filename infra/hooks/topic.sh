# Whose system topic it is. POSIX sh; sourced after common.sh, never run.
#
# A workspace has one system topic, and others may have made it, another app of ours too. The app's own one
# has the name that wiring.bicep makes and the tag rollout-app with the function app's name. azd's own tag
# says nothing: two projects may call their environments the same.

TOPIC_API_VERSION=2025-02-15

# own_topic_name: as wiring.bicep makes it of the workspace's name.
own_topic_name() {
    printf 'egst-%s' "$AZUREML_WORKSPACE_NAME" | tr '_' '-' | cut -c 1-50
}

# is_own_topic NAME TAG: 0 if the app made the topic of this name with this value of the tag rollout-app.
is_own_topic() {
    [ "$(lower "$1")" = "$(lower "$(own_topic_name)")" ] && [ "$2" = "$FUNCTION_APP_NAME" ]
}

# take_identity_off GROUP TOPIC: removes the app's identity from a topic that stays. Azure refuses further writes
# of a topic that names a deleted identity.
take_identity_off() {
    [ -n "${EVENTS_IDENTITY_ID:-}" ] || return 0
    described=$(azr eventgrid system-topic show --resource-group "$1" --name "$2" --output tsv \
        --query "[id, identity.type || 'None', join(',', keys(identity.userAssignedIdentities || \`{}\`))]")
    topic_id=$(printf '%s\n' "$described" | sed -n 1p)
    type=$(printf '%s\n' "$described" | sed -n 2p)
    identities=$(printf '%s\n' "$described" | sed -n 3p)
    own=
    kept=
    for_each "$identities" sort_identity
    [ -n "$own" ] || return 0
    if [ -n "$kept" ]; then
        changed="{\"type\":\"$type\",\"userAssignedIdentities\":{\"$own\":null}}"
    else
        case "$type" in
            *SystemAssigned*) changed='{"type":"SystemAssigned"}' ;;
            *) changed='{"type":"None"}' ;;
        esac
    fi
    az rest --method patch --output none --url "$topic_id?api-version=$TOPIC_API_VERSION" \
        --body "{\"identity\":$changed}" ||
        die "cannot take the identity $own off the system topic $2 in $1, which stays. Without that its owners
could not change it any more. Have somebody with EventGrid Contributor in $1 do it, then: azd down"
    say "Took the app's identity off the system topic $2."
}

# Sets own to the app's identity as Azure spells it, kept if there are others.
sort_identity() {
    if [ "$(lower "$1")" = "$(lower "$EVENTS_IDENTITY_ID")" ]; then
        own=$1
    else
        kept=$1
    fi
}
