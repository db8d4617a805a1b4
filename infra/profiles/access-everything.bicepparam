// Keys, templates with all that they may need, enforced secrets, traffic logs in two subscriptions, and collected answers.
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
