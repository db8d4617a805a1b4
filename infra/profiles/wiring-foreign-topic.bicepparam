// The workspace's system topic belongs to somebody else, and only some models start anything.
using '../wiring.bicep'

param environmentName = 'production'
param workspaceName = 'ws-production'
param workspaceResourceGroup = 'rg-ml'
param functionAppName = 'func-rollout-f3qa6a4scysqu'
param storageAccountName = 'strolloutf3qa6a4scysqu'
param eventsIdentityId = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-production/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-rollout-events-f3qa6a4scysqu'
param lifecycleTopicId = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-production/providers/Microsoft.EventGrid/topics/evgt-rollout-f3qa6a4scysqu'
param logWorkspaceId = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-production/providers/Microsoft.OperationalInsights/workspaces/log-rollout-f3qa6a4scysqu'
param alertedEndpoints = [
  { name: 'fraud-detection-endpoint', latencyP95Milliseconds: 1000 }
  { name: 'churn', latencyP95Milliseconds: 400 }
]
param attentionActionGroupIds = ['/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-oncall/providers/Microsoft.Insights/actionGroups/ag-oncall']
param existingSystemTopicName = 'egst-platform'
param existingSystemTopicGroup = 'rg-events'
param modelTagFilters = [
  { key: 'stage', values: ['production', 'staging'] }
  { key: 'team', values: ['fraud'] }
]
param noticeAlert = false
