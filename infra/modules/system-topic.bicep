// The workspace's system topic: Event Grid has one for each source.

import { tagsType } from '../types.bicep'

@description('Topic name.')
param name string

@description('Region of the workspace.')
param location string

@description('Tags.')
param tags tagsType

@description('Resource id of the workspace.')
param workspaceId string

@description('Identity that delivers for this app.')
param eventsIdentityId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  // The second identity is this app's; the first is for later subscribers to the topic.
  identity: {
    type: 'SystemAssigned, UserAssigned'
    userAssignedIdentities: { '${eventsIdentityId}': {} }
  }
  properties: {
    source: workspaceId
    topicType: 'Microsoft.MachineLearningServices.Workspaces'
  }
}
