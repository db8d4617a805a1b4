// Instances that are always ready, in several zones.
using '../main.bicep'

param environmentName = 'production'
param location = 'westeurope'
param workspaceName = 'ws-production'
param workspaceResourceGroup = 'rg-ml'
param reliable = true
param zoneRedundant = true
