// Sends alerts to the function that rolls back.

import { tagsType } from '../types.bicep'

@description('Action group name.')
param name string

@description('Tags.')
param tags tagsType

@description('The function app, in this resource group.')
param functionAppName string

var functionName = 'alert'

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
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
        httpTriggerUrl: 'https://${app.properties.defaultHostName}/api/alerts?code=${listKeys(resourceId('Microsoft.Web/sites/functions', functionAppName, functionName), '2025-03-01').default}'
        useCommonAlertSchema: true
      }
    ]
  }
}
