// The same two endpoints; nothing is assigned.
using '../access.bicep'

param workspaceName = 'ws-production'
param workspaceResourceGroup = 'rg-ml'
param controllerPrincipalId = '11111111-1111-1111-1111-111111111111'
param endpointsUseKeys = true
param createFromTemplates = true
param endpointsEnforceSecrets = true
param roleOnEndpoints = [
  'fraud-detection-endpoint'
  'churn'
]
param assignRoles = false
