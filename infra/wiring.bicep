// Second pass, once the functions exist: model events to the app, alerts to the app and to operators.
// Run by the postdeploy hook, by `make wire`, or directly from a pipeline (docs/deploy.md):
//
//   az deployment group create --resource-group <app group> --name rollout-wiring-<function app> \
//     --parameters infra/wiring.bicepparam
//
// It may be run again at any time. It needs no rights in Entra ID.
targetScope = 'resourceGroup'

import { deadLetterContainer, eventQueue } from 'names.bicep'
import { alertedEndpointType, modelTagFilterType, tagsType } from 'types.bicep'

@minLength(1)
@description('Name of the azd environment, for tags.')
param environmentName string

@minLength(3)
@description('Name of the workspace, in this subscription.')
param workspaceName string

@minLength(1)
@description('Resource group of the workspace.')
param workspaceResourceGroup string

@minLength(2)
@maxLength(60)
@description('The function app, in this resource group.')
param functionAppName string

@minLength(3)
@description('The app\'s storage account, in this resource group.')
param storageAccountName string

@minLength(1)
@description('Resource id of the identity that keeps messages which cannot be delivered (output EVENTS_IDENTITY_ID of main.bicep).')
param eventsIdentityId string

@minLength(1)
@description('Resource id of the lifecycle topic (output LIFECYCLE_TOPIC_ID of main.bicep).')
param lifecycleTopicId string

@minLength(1)
@description('Resource id of the app\'s Log Analytics workspace (output LOG_WORKSPACE_ID of main.bicep).')
param logWorkspaceId string

@description('As in main.bicep: events come through a queue, and alerts go to operators only.')
param privateProfile bool = false

@description('false: no role is assigned; the output commands has them for a platform team.')
param assignRoles bool = true

@description('The system topic that the workspace already has (there can be only one); empty: one is created.')
param existingSystemTopicName string = ''

@description('Resource group of that topic; empty: the workspace\'s.')
param existingSystemTopicGroup string = ''

@description('Only models with these tags: [{"key": "stage", "values": ["production"]}], all of them. Keys have no dots.')
param modelTagFilters modelTagFilterType[] = []

@description('Endpoints that exist and get alerts: [{"name": "fraud-detection-endpoint", "latencyP95Milliseconds": 1000}].')
param alertedEndpoints alertedEndpointType[] = []

@description('Endpoints that should get alerts but do not exist yet. The hook finds them; they only go to the output.')
param skippedEndpoints string[] = []

@minValue(0)
@description('424: scoring raised or the container failed. The alert fires above this many a minute, on average over five.')
param modelErrorsPerMinute int = 5

@minValue(0)
@description('408 and 429, each: too slow, or more requests than the deployment accepts.')
param overloadPerMinute int = 10

@minValue(0)
@description('5xx: the platform failed.')
param serverErrorsPerMinute int = 5

@description('E-mail addresses that are notified when an operator is needed.')
param attentionEmails string[] = []

@description('Ids of your own action groups, notified as well.')
param attentionActionGroupIds string[] = []

@description('false: they are notified only when somebody must act, and not of rollbacks, failures and promotions.')
param noticeAlert bool = true

@description('true: what a new system topic cannot deliver is logged. Needs Monitoring Contributor on the workspace\'s group.')
param systemTopicLogs bool = false

@description('Further tags for everything that is made here, such as those a policy demands.')
param extraTags tagsType = {}

var tags = union(extraTags, { 'azd-env-name': environmentName })
var ownTopic = empty(existingSystemTopicName)
// A workspace's name may have underscores, a topic's may not.
var ownTopicName = take(replace('egst-${workspaceName}', '_', '-'), 50)
var topicName = ownTopic ? ownTopicName : existingSystemTopicName
var topicGroup = ownTopic || empty(existingSystemTopicGroup) ? workspaceResourceGroup : existingSystemTopicGroup
var workspaceId = resourceId(workspaceResourceGroup, 'Microsoft.MachineLearningServices/workspaces', workspaceName)
var hasPeople = !empty(attentionEmails)
var mailGroup = resourceId('Microsoft.Insights/actionGroups', 'ag-${functionAppName}-attention')
var peopleGroups = concat(hasPeople ? [mailGroup] : [], attentionActionGroupIds)
var rollbackGroup = resourceId('Microsoft.Insights/actionGroups', 'ag-${functionAppName}-rollback')
var alertGroups = privateProfile ? peopleGroups : [rollbackGroup]

resource workspace 'Microsoft.MachineLearningServices/workspaces@2025-12-01' existing = {
  name: workspaceName
  scope: resourceGroup(workspaceResourceGroup)
}

resource logWorkspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: split(logWorkspaceId, '/')[8]
}

module systemTopic 'modules/system-topic.bicep' = if (ownTopic) {
  scope: resourceGroup(workspaceResourceGroup)
  params: {
    name: ownTopicName
    location: workspace.location
    tags: tags
    functionAppName: functionAppName
    workspaceId: workspaceId
    logWorkspaceId: systemTopicLogs ? logWorkspaceId : ''
  }
}

module topicGrants 'modules/topic-grants.bicep' = {
  scope: resourceGroup(topicGroup)
  params: {
    topicName: topicName
    assign: assignRoles
    appResourceGroup: resourceGroup().name
    storageAccountName: storageAccountName
    eventQueue: eventQueue
    deliversToQueue: privateProfile
    deadLetterContainer: deadLetterContainer
  }
  dependsOn: [systemTopic]
}

module eventSubscription 'modules/event-subscription.bicep' = {
  scope: resourceGroup(topicGroup)
  params: {
    topicName: topicName
    name: functionAppName
    functionId: resourceId('Microsoft.Web/sites/functions', functionAppName, 'modelRegistered')
    storageAccountId: resourceId('Microsoft.Storage/storageAccounts', storageAccountName)
    eventQueue: privateProfile ? eventQueue : ''
    deadLetterContainer: deadLetterContainer
    modelTagFilters: modelTagFilters
  }
  dependsOn: [systemTopic, topicGrants]
}

// In the private profile Event Grid cannot call the app: people hear of it by alerts only.
module notifySubscription 'modules/notify-subscription.bicep' = if (!privateProfile) {
  params: {
    topicName: split(lifecycleTopicId, '/')[8]
    name: 'notify'
    functionId: resourceId('Microsoft.Web/sites/functions', functionAppName, 'notify')
    storageAccountId: resourceId('Microsoft.Storage/storageAccounts', storageAccountName)
    deadLetterContainer: deadLetterContainer
    eventsIdentityId: eventsIdentityId
  }
}

module people 'modules/attention-group.bicep' = if (hasPeople) {
  params: {
    name: 'ag-${functionAppName}-attention'
    tags: tags
    emails: attentionEmails
  }
}

module rollback 'modules/rollback-group.bicep' = if (!privateProfile) {
  params: {
    name: 'ag-${functionAppName}-rollback'
    tags: tags
    functionAppName: functionAppName
  }
}

module endpointAlerts 'modules/endpoint-alerts.bicep' = [for endpoint in alertedEndpoints: {
  params: {
    endpointName: endpoint.name
    endpointId: '${workspaceId}/onlineEndpoints/${endpoint.name}'
    tags: tags
    actionGroupIds: alertGroups
    modelErrorsPerMinute: modelErrorsPerMinute
    overloadPerMinute: overloadPerMinute
    serverErrorsPerMinute: serverErrorsPerMinute
    latencyP95Milliseconds: endpoint.latencyP95Milliseconds
  }
  dependsOn: [people, rollback]
}]

module watch 'modules/controller-alerts.bicep' = {
  params: {
    location: logWorkspace.location
    tags: tags
    logWorkspaceId: logWorkspaceId
    functionAppName: functionAppName
    assignRoles: assignRoles
    actionGroupIds: peopleGroups
    noticeAlert: noticeAlert
  }
  dependsOn: [people]
}

output systemTopicName string = topicName
output systemTopicGroup string = topicGroup
output ownSystemTopic bool = ownTopic
output endpointsWithAlerts string[] = [for endpoint in alertedEndpoints: endpoint.name]
output endpointsWithoutAlerts string[] = skippedEndpoints
output commands string[] = concat(topicGrants.outputs.commands, watch.outputs.commands)
