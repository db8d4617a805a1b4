// Nothing is assigned; the output has every command.
using '../access.bicep'

param workspaceName = 'ws-production'
param workspaceResourceGroup = 'rg-ml'
param controllerPrincipalId = '11111111-1111-1111-1111-111111111111'
param endpointsUseKeys = true
param createFromTemplates = true
param templatesBuildEnvironments = true
param templatesCollectData = true
param endpointsEnforceSecrets = true
param workspaceStorageId = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ml/providers/Microsoft.Storage/storageAccounts/stmlproduction'
param trafficLogWorkspaceIds = [
  '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-logs/providers/Microsoft.OperationalInsights/workspaces/log-platform'
  '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-logs/providers/Microsoft.OperationalInsights/workspaces/log-central'
]
param collectedContainerId = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ml/providers/Microsoft.Storage/storageAccounts/stmlproduction/blobServices/default/containers/collected'
param endpointIdentityIds = [
  '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ml/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-fraud'
  '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-identities/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-churn'
]
param registryIds = [
  '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ml/providers/Microsoft.MachineLearningServices/registries/models'
  '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-registries/providers/Microsoft.MachineLearningServices/registries/company'
]
param assignRoles = false
