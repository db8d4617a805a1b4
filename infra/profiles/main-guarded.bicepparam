// Callers from some networks only, locks on what keeps the history, and the platform's own log.
using '../main.bicep'

param environmentName = 'production'
param location = 'westeurope'
param workspaceName = 'ws-production'
param workspaceResourceGroup = 'rg-ml'
param allowedNetworks = ['203.0.113.0/24', '198.51.100.7']
param deleteLocks = true
param platformLogs = true
