// Endpoints with user-assigned identities, one of them in another subscription.
using '../access.bicep'

param workspaceName = 'ws-production'
param workspaceResourceGroup = 'rg-ml'
param controllerPrincipalId = '11111111-1111-1111-1111-111111111111'
param endpointIdentityIds = [
  '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ml/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-fraud'
  '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-identities/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-churn'
]
