// Lifecycle events that make messages or annotations, to the function that sends them.

@description('The lifecycle topic, in this resource group.')
param topicName string

@description('Subscription name.')
param name string

@description('Resource id of the function notify.')
param functionId string

@description('Resource id of the app\'s storage account.')
param storageAccountId string

@description('Container of events that could not be delivered.')
param deadLetterContainer string

@description('The app\'s identity on the event path, which the topic carries.')
param eventsIdentityId string

// Event Grid's maximum, for attempts and for time, is a day.
var mostAttempts = 30
var mostMinutes = 1440

resource topic 'Microsoft.EventGrid/topics@2025-02-15' existing = {
  name: topicName
}

resource subscription 'Microsoft.EventGrid/topics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: name
  properties: {
    // Event Grid calls a function with a key it keeps itself; it cannot use an identity there.
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: functionId
        // One event per call: in a batch, one failure would redeliver all of them.
        maxEventsPerBatch: 1
        preferredBatchSizeInKilobytes: 64
      }
    }
    deadLetterWithResourceIdentity: {
      identity: { type: 'UserAssigned', userAssignedIdentity: eventsIdentityId }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: storageAccountId
          blobContainerName: deadLetterContainer
        }
      }
    }
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    filter: {
      includedEventTypes: [
        'AzureML.Rollout.AttentionNeeded'
        'AzureML.Rollout.Notice'
        'AzureML.Rollout.RolloutStarted'
        'AzureML.Rollout.PhaseChanged'
      ]
    }
    retryPolicy: {
      maxDeliveryAttempts: mostAttempts
      eventTimeToLiveInMinutes: mostMinutes
    }
  }
}
