# Resource locks. POSIX sh; sourced after common.sh, never run.

# locks_of ARGUMENTS OF az lock list: a line for each, with level, name and id.
locks_of() {
    azr lock list --query '[].[level, name, id]' --output tsv "$@"
}

# warn_about_locks: says what locks on the workspace, its group and the subscription prevent. Deployments inherit them.
warn_about_locks() {
    if ! found=$(locks_of --resource "$(workspace_id)" && locks_of --resource-group "$AZUREML_RESOURCE_GROUP" && locks_of); then
        say "The locks of $AZUREML_WORKSPACE_NAME cannot be listed (Microsoft.Authorization/locks/read). A lock on it or on"
        say "its group $AZUREML_RESOURCE_GROUP stops rollouts (docs/deploy.md, \"What you need\")."
        return 0
    fi
    group="/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$AZUREML_RESOURCE_GROUP"
    # A group's list has the locks of everything in it, and a subscription's those of every group.
    found=$(printf '%s\n' "$found" | sort -u | awk -F '\t' -v workspace="$(workspace_id)" -v group="$group" '
        BEGIN { workspace = tolower(workspace) "/"; group = tolower(group); subscription = group; sub(/\/resourcegroups\/.*/, "", subscription)
                locks = "/providers/microsoft.authorization/locks/" }
        { id = tolower($3) }
        index(id, workspace) == 1 || index(id, group locks) == 1 || index(id, subscription locks) == 1')
    [ -n "$found" ] || return 0
    say "WARNING: locks reach the endpoints of $AZUREML_WORKSPACE_NAME:"
    printf '%s\n' "$found" | awk -F '\t' '{ printf "  %s %s (%s)\n", $1, $2, $3 }'
    say '  CanNotDelete: deployments that are done with cannot be deleted. They stay and cost, and a rollback that must'
    say '  delete a candidate cannot end.'
    say '  ReadOnly: nothing can be written, traffic neither. No rollout starts, and one that is live cannot go back.'
    say '  Have them removed, or put them on the resources that need them (az lock delete --ids <id>).'
}

# refuse_locks_on_own_group: stops before a removal that a lock would break off half way.
refuse_locks_on_own_group() {
    if ! found=$(locks_of --resource-group "$AZURE_RESOURCE_GROUP" 2>&1); then
        case "$found" in
            *NotFound* | *'could not be found'*) return 0 ;;
            *) die "cannot list the locks of $AZURE_RESOURCE_GROUP: $found" ;;
        esac
    fi
    [ -n "$found" ] || return 0
    say "Locks protect what is in $AZURE_RESOURCE_GROUP, the history of all rollouts too. Nothing was removed yet."
    say 'If all of it may go:'
    printf '%s\n' "$found" | awk -F '\t' '{ printf "  az lock delete --ids %s\n", $3 }'
    die 'then: azd down'
}
