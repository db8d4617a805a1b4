// Sign-in, messages, annotations, and instances that are always ready for HTTP alone.
using '../main.bicep'

param environmentName = 'production'
param location = 'westeurope'
param workspaceName = 'ws-production'
param workspaceResourceGroup = 'rg-ml'
param signInClientId = '33333333-3333-3333-3333-333333333333'
param signInAllowedClients = '04b07795-8ddb-461a-bbee-02f9e1bf7b46, 44444444-4444-4444-4444-444444444444'
param alwaysReady = { http: 1, tick: 0, work: 0 }
param notifyChannelsSecretUri = 'https://kv-ml.vault.azure.net/secrets/rollout-channels'
param notifyDefault = 'oncall'
param notifyAbout = 'attention,failed'
param annotateComponent = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ml/providers/Microsoft.Insights/components/appi-fraud'
