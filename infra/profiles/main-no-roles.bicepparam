// Nothing is assigned; the output has the commands.
using '../main.bicep'

param environmentName = 'production'
param location = 'westeurope'
param workspaceName = 'ws-production'
param workspaceResourceGroup = 'rg-ml'
param assignRoles = false
param bundlePublisherId = '22222222-2222-2222-2222-222222222222'
param bundlePublisherType = 'ServicePrincipal'
