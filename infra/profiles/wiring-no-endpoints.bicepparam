// No endpoint exists yet, nobody is told, and nothing is assigned.
using '../wiring.bicep'

param environmentName = 'production'
param workspaceName = 'ws-production'
param workspaceResourceGroup = 'rg-ml'
param functionAppName = 'func-rollout-f3qa6a4scysqu'
param storageAccountName = 'strolloutf3qa6a4scysqu'
param eventsIdentityId = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-production/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-rollout-events-f3qa6a4scysqu'
param lifecycleTopicId = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-production/providers/Microsoft.EventGrid/topics/evgt-rollout-f3qa6a4scysqu'
param logWorkspaceId = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-production/providers/Microsoft.OperationalInsights/workspaces/log-rollout-f3qa6a4scysqu'
param skippedEndpoints = ['fraud-detection-endpoint']
param assignRoles = false
param privateProfile = true
