// The workspace's system topic: Event Grid has one for each source. It delivers as itself, and so do later
// subscribers to it: a storage account with a firewall admits no other identity (Event Grid, "Storage queue
// as an event handler").

import { tagsType } from '../types.bicep'

@description('Topic name.')
param name string

@description('Region of the workspace.')
param location string

@description('Tags.')
param tags tagsType

@description('Resource id of the workspace.')
param workspaceId string

@description('The function app; its name tells whose topic this is.')
param functionAppName string

@description('Log Analytics workspace that receives the topic\'s delivery failures; empty: none does.')
param logWorkspaceId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  // The hooks deploy over, and remove, a topic with this tag and no other one: every azd project tags
  // what it makes with the name of an environment, and names of environments are alike.
  tags: union(tags, { 'rollout-app': functionAppName })
  identity: { type: 'SystemAssigned' }
  properties: {
    source: workspaceId
    topicType: 'Microsoft.MachineLearningServices.Workspaces'
  }
}

// The only stable version, of 2016, has no groups of categories.
#disable-next-line use-recent-api-versions
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(logWorkspaceId)) {
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
