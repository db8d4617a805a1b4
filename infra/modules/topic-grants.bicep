// Looks up the system topic's identity and lets it deliver to the app's storage. A module, because the
// identity is known only once the topic exists, and names of role assignments need it before they do.

@description('The system topic, in this resource group.')
param topicName string

@description('false: nothing is assigned; the output has the commands.')
param assign bool

@description('The app\'s resource group.')
param appResourceGroup string

@description('The app\'s storage account.')
param storageAccountName string

@description('Queue of model events.')
param eventQueue string

@description('true: events go to that queue. false: only undeliverable ones are written, to the container.')
param deliversToQueue bool

@description('Container of events that could not be delivered.')
param deadLetterContainer string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

module eventRoles 'event-roles.bicep' = {
  scope: resourceGroup(appResourceGroup)
  params: {
    assign: assign
    // The topic may be somebody else's: nobody but Azure knows who it is.
    #disable-next-line what-if-short-circuiting
    principalId: topic.identity.principalId
    storageAccountName: storageAccountName
    eventQueue: eventQueue
    deliversToQueue: deliversToQueue
    deadLetterContainer: deadLetterContainer
  }
}

output commands string[] = eventRoles.outputs.commands
