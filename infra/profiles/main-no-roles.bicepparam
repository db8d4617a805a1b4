// Nothing is assigned; the output has the commands.
using '../main.bicep'

param environmentName = 'production'
param location = 'westeurope'
param workspaceName = 'ws-production'
param workspaceResourceGroup = 'rg-ml'
param assignRoles = false
param bundlePublishers = [
  { id: '22222222-2222-2222-2222-222222222222', type: 'User' }
  { id: '55555555-5555-5555-5555-555555555555', type: 'ServicePrincipal' }
]
