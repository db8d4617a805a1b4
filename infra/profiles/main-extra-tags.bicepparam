// Tags that a policy demands, and a group whose name is given.
using '../main.bicep'

param environmentName = 'production'
param location = 'westeurope'
param workspaceName = 'ws-production'
param workspaceResourceGroup = 'rg-ml'
param extraTags = {
  'cost-center': '4711'
  owner: 'ml-platform'
}
param resourceGroupName = 'rg-controller'
