// Nothing public, in a network that is made for it and whose way out is somebody else's firewall.
using '../main.bicep'

param environmentName = 'production'
param location = 'westeurope'
param workspaceName = 'ws-production'
param workspaceResourceGroup = 'rg-ml'
param privateProfile = true
param createNatGateway = false
