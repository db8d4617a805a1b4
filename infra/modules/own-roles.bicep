// Who may do what with the app's own resources; also as commands for a platform team.

import { bundlePublisherType } from '../types.bicep'

@description('false: nothing is assigned; the output has the commands.')
param assign bool

@description('Object id of the controller\'s identity.')
param controllerPrincipalId string

@description('Object id of the identity on the event path.')
param eventsPrincipalId string

@description('Who publishes the services bundle.')
param bundlePublishers bundlePublisherType[]

@description('The app\'s storage account.')
param storageAccountName string

@description('Container of the services bundle.')
param bundleContainer string

@description('Container of events that could not be delivered.')
param deadLetterContainer string

@description('The lifecycle topic.')
param topicName string

@description('The Application Insights component.')
param applicationInsightsName string

var storageBlobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var storageQueueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
var storageTableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var eventGridDataSender = 'd5a91429-5739-47e2-a06b-3470a27159e7'
var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

// The Functions host creates its own containers and queues too, so these roles are for the account.
var controllerOnStorage = [storageBlobDataOwner, storageQueueDataContributor, storageTableDataContributor]
var assigned = assign ? controllerOnStorage : []
var publishing = assign ? bundlePublishers : []

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' existing = {
  parent: account
  name: 'default'
}

resource bundle 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' existing = {
  parent: blobs
  name: bundleContainer
}

resource deadLetter 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' existing = {
  parent: blobs
  name: deadLetterContainer
}

resource topic 'Microsoft.EventGrid/topics@2025-02-15' existing = {
  name: topicName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource controllerStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in assigned: {
  scope: account
  name: guid(account.id, controllerPrincipalId, role)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: controllerPrincipalId
    principalType: 'ServicePrincipal'
  }
}]

resource controllerTopic 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (assign) {
  scope: topic
  name: guid(topic.id, controllerPrincipalId, eventGridDataSender)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', eventGridDataSender)
    principalId: controllerPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource controllerTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (assign) {
  scope: applicationInsights
  name: guid(applicationInsights.id, controllerPrincipalId, monitoringMetricsPublisher)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringMetricsPublisher)
    principalId: controllerPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource eventsDeadLetter 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (assign) {
  scope: deadLetter
  name: guid(deadLetter.id, eventsPrincipalId, storageBlobDataContributor)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
    principalId: eventsPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource publisherBundle 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for publisher in publishing: {
  scope: bundle
  name: guid(bundle.id, publisher.id, storageBlobDataContributor)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
    principalId: publisher.id
    principalType: publisher.type
  }
}]

var grant = 'az role assignment create --assignee-principal-type'
var toController = '${grant} ServicePrincipal --assignee-object-id ${controllerPrincipalId}'
var toEvents = '${grant} ServicePrincipal --assignee-object-id ${eventsPrincipalId}'
var storageCommands = [for role in controllerOnStorage: '${toController} --role ${role} --scope ${account.id}']
var otherCommands = [
  '${toController} --role ${eventGridDataSender} --scope ${topic.id}'
  '${toController} --role ${monitoringMetricsPublisher} --scope ${applicationInsights.id}'
  '${toEvents} --role ${storageBlobDataContributor} --scope ${deadLetter.id}'
]
var publisherCommands = [for publisher in bundlePublishers: '${grant} ${publisher.type} --assignee-object-id ${publisher.id} --role ${storageBlobDataContributor} --scope ${bundle.id}']

output commands string[] = assign ? [] : concat(storageCommands, otherCommands, publisherCommands)
