// Where the app announces what it does: its own messages are one subscriber. Add yours.

import { tagsType } from '../types.bicep'

@description('Topic name.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('Identity that stores events which cannot be delivered.')
param eventsIdentityId string

@description('Log Analytics workspace that receives the topic\'s delivery failures.')
param logWorkspaceId string

resource topic 'Microsoft.EventGrid/topics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${eventsIdentityId}': {} }
  }
  properties: {
    inputSchema: 'CloudEventSchemaV1_0'
    disableLocalAuth: true
    minimumTlsVersionAllowed: '1.2'
    // In the private profile too: publishing needs the app's identity, and carries no secrets.
    publicNetworkAccess: 'Enabled'
  }
}

// The only stable version, of 2016, has no groups of categories.
#disable-next-line use-recent-api-versions
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: topic
  name: 'to-log-analytics'
  properties: {
    workspaceId: logWorkspaceId
    logs: [
      {
        categoryGroup: 'allLogs'
        enabled: true
      }
    ]
  }
}

output id string = topic.id
output endpoint string = topic.properties.endpoint
