// Sends alerts to the function that rolls back.

@description('Action group name.')
param name string

@description('Tags.')
param tags object

@description('The function app, in this resource group.')
param functionAppName string

var functionName = 'alert'

resource app 'Microsoft.Web/sites@2024-11-01' existing = {
  name: functionAppName
}

resource rollback 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: name
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'rollback'
    enabled: true
    azureFunctionReceivers: [
      {
        name: functionName
        functionAppResourceId: app.id
        functionName: functionName
        // This function's own key: a reader of action groups cannot send any other command with it.
        // Run this pass again after renewing the key.
        httpTriggerUrl: 'https://${app.properties.defaultHostName}/api/alerts?code=${listKeys(resourceId('Microsoft.Web/sites/functions', functionAppName, functionName), '2024-11-01').default}'
        useCommonAlertSchema: true
      }
    ]
  }
}
