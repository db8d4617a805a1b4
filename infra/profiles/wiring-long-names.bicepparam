// An endpoint and an app with the longest names there can be, tags that a policy demands, and the topic's log.
using '../wiring.bicep'

param environmentName = 'production'
param workspaceName = 'ws-production'
param workspaceResourceGroup = 'rg-ml'
param functionAppName = 'func-rollout-for-the-fraud-detection-of-card-payments-in-eur'
param storageAccountName = 'strolloutf3qa6a4scysqu'
param eventsIdentityId = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-production/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-rollout-events-f3qa6a4scysqu'
param lifecycleTopicId = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-production/providers/Microsoft.EventGrid/topics/evgt-rollout-f3qa6a4scysqu'
param logWorkspaceId = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-production/providers/Microsoft.OperationalInsights/workspaces/log-rollout-f3qa6a4scysqu'
param alertedEndpoints = [{ name: 'fraud-detection-card-payments-eu', latencyP95Milliseconds: 1000 }]
param extraTags = { 'cost-center': '4711' }
param systemTopicLogs = true
