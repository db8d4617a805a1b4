// ModelRegistered events of the workspace, to the function or, in the private profile, to its queue.

import { modelTagFilterType } from '../types.bicep'

@description('The system topic, in this resource group.')
param topicName string

@description('Subscription name, unique to the app.')
param name string

@description('Resource id of the function modelRegistered.')
param functionId string

@description('Resource id of the app\'s storage account.')
param storageAccountId string

@description('Queue that receives the events; empty: the function receives them.')
param eventQueue string

@description('Container of events that could not be delivered.')
param deadLetterContainer string

@description('Only models with these tags.')
param modelTagFilters modelTagFilterType[]

// Event Grid's maximum, for attempts and for time, is a day.
var mostAttempts = 30
var mostMinutes = 1440
var messageLifetimeSeconds = 604800

var identity = { type: 'SystemAssigned' }

var toFunction = {
  endpointType: 'AzureFunction'
  properties: {
    resourceId: functionId
    // One event per call: in a batch, one failure would redeliver all of them.
    maxEventsPerBatch: 1
    preferredBatchSizeInKilobytes: 64
  }
}
var toQueue = {
  identity: identity
  destination: {
    endpointType: 'StorageQueue'
    properties: {
      resourceId: storageAccountId
      queueName: eventQueue
      queueMessageTimeToLiveInSeconds: messageLifetimeSeconds
    }
  }
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: name
  properties: {
    // Event Grid calls a function with a key it keeps itself; it cannot use an identity there.
    destination: empty(eventQueue) ? toFunction : null
    deliveryWithResourceIdentity: empty(eventQueue) ? null : toQueue
    deadLetterWithResourceIdentity: {
      identity: identity
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: storageAccountId
          blobContainerName: deadLetterContainer
        }
      }
    }
    eventDeliverySchema: 'EventGridSchema'
    filter: {
      includedEventTypes: ['Microsoft.MachineLearningServices.ModelRegistered']
      advancedFilters: [for tag in modelTagFilters: {
        operatorType: 'StringIn'
        key: 'data.ModelTags.${tag.key}'
        values: tag.values
      }]
    }
    retryPolicy: {
      maxDeliveryAttempts: mostAttempts
      eventTimeToLiveInMinutes: mostMinutes
    }
  }
}
