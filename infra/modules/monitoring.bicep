// Logs and requests of the app. Local authentication is off, so only the app's identity may write.

@description('Suffix that makes names unique.')
param token string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Log retention in days.')
param retentionDays int

resource logWorkspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: 'log-rollout-${token}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-rollout-${token}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: logWorkspace.id
    DisableLocalAuth: true
  }
}

output logWorkspaceId string = logWorkspace.id
output logWorkspaceName string = logWorkspace.name
output applicationInsightsName string = applicationInsights.name
