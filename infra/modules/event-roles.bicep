// What the topic's own identity may do: write undeliverable events to one container and, if events are
// delivered through a queue, messages to that queue.

@description('false: nothing is assigned; the output has the commands.')
param assign bool

@description('Object id of the identity.')
param principalId string

@description('The app\'s storage account.')
param storageAccountName string

@description('Queue of model events.')
param eventQueue string

@description('true: events go to that queue. false: only undeliverable ones are written, to the container.')
param deliversToQueue bool

@description('Container of events that could not be delivered.')
param deadLetterContainer string

var storageQueueDataMessageSender = 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'
var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices@2025-01-01' existing = {
  parent: account
  name: 'default'
}

resource queue 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-01-01' existing = {
  parent: queues
  name: eventQueue
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' existing = {
  parent: account
  name: 'default'
}

resource deadLetter 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' existing = {
  parent: blobs
  name: deadLetterContainer
}

resource sends 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (assign && deliversToQueue) {
  scope: queue
  name: guid(queue.id, principalId, storageQueueDataMessageSender)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageQueueDataMessageSender)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource deadLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (assign) {
  scope: deadLetter
  name: guid(deadLetter.id, principalId, storageBlobDataContributor)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

var grant = 'az role assignment create --assignee-principal-type ServicePrincipal --assignee-object-id ${principalId}'
var queueCommand = '${grant} --role ${storageQueueDataMessageSender} --scope ${queue.id}'
var containerCommand = '${grant} --role ${storageBlobDataContributor} --scope ${deadLetter.id}'
var commandsOfQueue = deliversToQueue ? [queueCommand] : []

output commands string[] = assign ? [] : concat(commandsOfQueue, [containerCommand])
