// The app and everything it owns, in one resource group of its own. Deployed by `azd provision`.
//
// Nothing here may touch the workspace's resource group: `azd down` deletes every group that holds
// a resource of this deployment (Azure/azure-dev#2916). Rights on the workspace are in access.bicep,
// its events and the alerts in wiring.bicep; both are separate deployments.
targetScope = 'subscription'

import { bundleContainer, deadLetterContainer, eventQueue, liveTable, packageContainer, rolloutsTable, workQueue } from 'names.bicep'
import { alwaysReadyType, bundlePublisherType, tagsType } from 'types.bicep'

@minLength(1)
@maxLength(64)
@description('Name of the azd environment; part of all names and tags.')
param environmentName string

@minLength(1)
@metadata({ azd: { type: 'location' } })
@description('Region of the app, preferably the workspace\'s own: a rollback is a few calls to its endpoints.')
param location string

@minLength(3)
@description('Name of the existing Azure Machine Learning workspace, in the same subscription.')
param workspaceName string

@minLength(1)
@description('Resource group of the workspace.')
param workspaceResourceGroup string

@description('Resource group to create for the app; empty: rg-<environment>. `azd down` deletes everything in it.')
param resourceGroupName string = ''

@allowed([512, 2048, 4096])
@description('Memory of one instance in MB. Creating from templates imports azure-ai-ml, 110 MB by itself.')
param instanceMemoryMB int = 2048

@minValue(1)
@maxValue(1000)
@description('Maximum instances of each function group. Some regions accept no less than 40.')
param maximumInstanceCount int = 40

@description('Instances are always ready for the timer, the wake-ups and HTTP. They cost around the clock (docs/deploy.md).')
param reliable bool = false

@description('How many; only to have other numbers than those of reliable.')
param alwaysReady alwaysReadyType = reliable ? { http: 2, tick: 1, work: 1 } : { http: 0, tick: 0, work: 0 }

@description('Instances in several zones: at least two are then always ready for each part that scales by itself (docs/deploy.md has the price). Not in every region.')
param zoneRedundant bool = false

@allowed(['Standard_ZRS', 'Standard_LRS', 'Standard_GZRS'])
@description('Redundancy of the state. Regions without zones need Standard_LRS.')
param storageSku string = 'Standard_ZRS'

@minValue(30)
@maxValue(730)
@description('Log retention in days.')
param logRetentionDays int = 30

@description('false: no role is assigned; the output ROLE_COMMANDS has the commands for a platform team.')
param assignRoles bool = true

@description('Who publishes the services bundle, people and pipelines: [{"id": "<object id>", "type": "ServicePrincipal"}].')
param bundlePublishers bundlePublisherType[] = []

@description('While true nothing starts and nothing moves forward; alerts, the gate and operators can still roll back.')
param rolloutsSuspended bool = false

@description('Client id of the Entra app registration for the HTTP API; empty: function keys only.')
param signInClientId string = ''

@description('Client ids, separated by commas, of applications whose tokens are accepted besides the API\'s own.')
param signInAllowedClients string = ''

@description('Address of a Key Vault secret with the channels for messages, as docs/messages.md has them; empty: no messages.')
param notifyChannelsSecretUri string = ''

@description('Id of the Application Insights component whose charts get a mark when traffic rises, is promoted or goes back; empty: none do.')
param annotateComponent string = ''

@description('Names of the channels of services that name none, separated by commas; empty: all channels.')
param notifyDefault string = ''

@description('What those are told, separated by commas; empty: attention, rolled_back, failed.')
param notifyAbout string = ''

@description('Ranges of addresses that may call the app and deploy to it, besides Azure\'s own alerts, events and availability tests; none: everybody who has a key or signs in.')
param allowedNetworks string[] = []

@description('true: the state and the logs cannot be deleted until their locks are; `azd down` neither. Needs Microsoft.Authorization/locks/write.')
param deleteLocks bool = false

@description('The platform\'s own log of the app, such as refused sign-ins. It repeats the app\'s lines, so about twice as much is stored.')
param platformLogs bool = false

@description('No public access to app and storage. Alerts cannot reach such an app: the gate alone rolls back.')
param privateProfile bool = false

@description('Private profile: id of a subnet delegated to Microsoft.App/environments; empty: a network is created.')
param existingAppSubnetId string = ''

@description('Private profile: id of the subnet for private endpoints in the same network; goes with existingAppSubnetId.')
param existingEndpointSubnetId string = ''

@description('Private profile: address space of the new network.')
param networkAddressPrefix string = '10.90.0.0/24'

@description('Private profile: part of that space for the app\'s outgoing calls, at least a /27.')
param appSubnetPrefix string = '10.90.0.0/26'

@description('Private profile: part of that space for private endpoints.')
param endpointSubnetPrefix string = '10.90.0.64/26'

@description('Private profile: false if the new network gets another way out, such as a firewall. Without any the app does not start.')
param createNatGateway bool = true

@description('Private profile: false if private DNS zones are managed centrally and a policy creates the records.')
param createPrivateDnsZones bool = true

@description('Further tags for everything that is made here, such as those a policy demands.')
param extraTags tagsType = {}

var token = toLower(uniqueString(subscription().id, environmentName, location))
var groupName = empty(resourceGroupName) ? 'rg-${environmentName}' : resourceGroupName
var functionAppName = 'func-rollout-${token}'
var storageAccountName = 'strollout${token}'
var logWorkspaceName = 'log-rollout-${token}'
var applicationInsightsName = 'appi-rollout-${token}'
var lifecycleTopicName = 'evgt-rollout-${token}'
var networkName = 'vnet-rollout-${token}'
var tags = union(extraTags, { 'azd-env-name': environmentName })

var createNetwork = privateProfile && empty(existingAppSubnetId)
var createdSubnets = resourceId(subscription().subscriptionId, groupName, 'Microsoft.Network/virtualNetworks', networkName)
var appSubnetId = createNetwork ? '${createdSubnets}/subnets/app' : existingAppSubnetId
var endpointSubnetId = createNetwork ? '${createdSubnets}/subnets/endpoints' : existingEndpointSubnetId
var createZones = privateProfile && createPrivateDnsZones
var zonePrefix = '/subscriptions/${subscription().subscriptionId}/resourceGroups/${groupName}/providers/Microsoft.Network/privateDnsZones'
var storageServices = privateProfile ? ['blob', 'queue', 'table'] : []
var storageZones = [for service in ['blob', 'queue', 'table']: 'privatelink.${service}.${environment().suffixes.storage}']
// environment() has no suffix for apps.
var appZones = {
  AzureUSGovernment: 'privatelink.azurewebsites.us'
  AzureChinaCloud: 'privatelink.chinacloudsites.cn'
}
var appZone = appZones[?environment().name] ?? 'privatelink.azurewebsites.net'

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: groupName
  location: location
  tags: tags
}

module identities 'modules/identities.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: storageAccountName
    location: location
    tags: tags
    sku: storageSku
    privateProfile: privateProfile
    logWorkspaceId: monitoring.outputs.logWorkspaceId
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    logWorkspaceName: logWorkspaceName
    applicationInsightsName: applicationInsightsName
    location: location
    tags: tags
    retentionDays: logRetentionDays
  }
}

module reading 'modules/reading.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    logWorkspaceName: logWorkspaceName
    functionAppName: functionAppName
  }
  dependsOn: [monitoring]
}

module lifecycleTopic 'modules/lifecycle-topic.bicep' = {
  scope: group
  params: {
    name: lifecycleTopicName
    location: location
    tags: tags
    eventsIdentityId: identities.outputs.eventsId
    logWorkspaceId: monitoring.outputs.logWorkspaceId
  }
}

module ownRoles 'modules/own-roles.bicep' = {
  scope: group
  params: {
    assign: assignRoles
    // An assignment's name holds the principal, so that a re-made identity gets a new one; what-if
    // cannot know it.
    #disable-next-line what-if-short-circuiting
    controllerPrincipalId: identities.outputs.controllerPrincipalId
    #disable-next-line what-if-short-circuiting
    eventsPrincipalId: identities.outputs.eventsPrincipalId
    bundlePublishers: bundlePublishers
    storageAccountName: storageAccountName
    bundleContainer: bundleContainer
    deadLetterContainer: deadLetterContainer
    topicName: lifecycleTopicName
    applicationInsightsName: applicationInsightsName
  }
  dependsOn: [storage, lifecycleTopic, monitoring]
}

module network 'modules/network.bicep' = if (createNetwork) {
  scope: group
  params: {
    name: networkName
    location: location
    tags: tags
    addressPrefix: networkAddressPrefix
    appSubnetPrefix: appSubnetPrefix
    endpointSubnetPrefix: endpointSubnetPrefix
    createNatGateway: createNatGateway
  }
}

module zones 'modules/private-dns.bicep' = if (createZones) {
  scope: group
  params: {
    zoneNames: concat(storageZones, [appZone])
    networkId: split(endpointSubnetId, '/subnets/')[0]
    tags: tags
  }
  dependsOn: [network]
}

module storageEndpoints 'modules/private-endpoint.bicep' = [for service in storageServices: {
  scope: group
  params: {
    name: 'pe-${storageAccountName}-${service}'
    location: location
    tags: tags
    subnetId: endpointSubnetId
    targetId: storage.outputs.id
    subresource: service
    zoneId: createZones ? '${zonePrefix}/privatelink.${service}.${environment().suffixes.storage}' : ''
  }
  dependsOn: [network, zones]
}]

module app 'modules/function-app.bicep' = {
  scope: group
  params: {
    name: functionAppName
    location: location
    tags: tags
    controllerId: identities.outputs.controllerId
    controllerClientId: identities.outputs.controllerClientId
    workspaceId: resourceId(subscription().subscriptionId, workspaceResourceGroup, 'Microsoft.MachineLearningServices/workspaces', workspaceName)
    blobEndpoint: storage.outputs.blobEndpoint
    queueEndpoint: storage.outputs.queueEndpoint
    tableEndpoint: storage.outputs.tableEndpoint
    packageContainer: packageContainer
    bundleContainer: bundleContainer
    rolloutsTable: rolloutsTable
    liveTable: liveTable
    workQueue: workQueue
    eventQueue: eventQueue
    lifecycleTopicEndpoint: lifecycleTopic.outputs.endpoint
    applicationInsightsName: applicationInsightsName
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReady: alwaysReady
    zoneRedundant: zoneRedundant
    rolloutsSuspended: rolloutsSuspended
    signInClientId: signInClientId
    signInAllowedClients: signInAllowedClients
    // Event Grid cannot call a private app: its readiness must not say that people are told.
    notifyChannelsSecretUri: privateProfile ? '' : notifyChannelsSecretUri
    annotateComponent: annotateComponent
    notifyDefault: privateProfile ? '' : notifyDefault
    notifyAbout: notifyAbout
    privateProfile: privateProfile
    subnetId: privateProfile ? appSubnetId : ''
    // Nobody outside reaches a private app, and no rule is asked about who comes by its private endpoint.
    allowedNetworks: privateProfile ? [] : allowedNetworks
    platformLogs: platformLogs
    logWorkspaceId: monitoring.outputs.logWorkspaceId
  }
  // The host needs these rights as soon as it starts, for its package and its locks.
  dependsOn: [ownRoles, network, storageEndpoints]
}

module appEndpoint 'modules/private-endpoint.bicep' = if (privateProfile) {
  scope: group
  params: {
    name: 'pe-${functionAppName}'
    location: location
    tags: tags
    subnetId: endpointSubnetId
    targetId: app.outputs.id
    subresource: 'sites'
    zoneId: createZones ? '${zonePrefix}/${appZone}' : ''
  }
  dependsOn: [network, zones]
}

module locks 'modules/delete-locks.bicep' = if (deleteLocks) {
  scope: group
  params: {
    storageAccountName: storageAccountName
    logWorkspaceName: logWorkspaceName
  }
  dependsOn: [storage, monitoring]
}

output AZURE_RESOURCE_GROUP string = groupName
output FUNCTION_APP_NAME string = functionAppName
output FUNCTION_APP_URL string = app.outputs.url
output STORAGE_ACCOUNT_NAME string = storageAccountName
output SERVICES_BUNDLE_CONTAINER string = bundleContainer
output SERVICES_BUNDLE_URL string = app.outputs.bundleUrl
output LIFECYCLE_TOPIC_ID string = lifecycleTopic.outputs.id
output LOG_WORKSPACE_ID string = monitoring.outputs.logWorkspaceId
output CONTROLLER_PRINCIPAL_ID string = identities.outputs.controllerPrincipalId
output EVENTS_IDENTITY_ID string = identities.outputs.eventsId
output ROLE_COMMANDS string[] = ownRoles.outputs.commands
