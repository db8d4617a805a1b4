// What `azd up` makes without any setting, and a bundle's publisher.
using '../main.bicep'

param environmentName = 'production'
param location = 'westeurope'
param workspaceName = 'ws-production'
param workspaceResourceGroup = 'rg-ml'
param bundlePublisherId = '22222222-2222-2222-2222-222222222222'
