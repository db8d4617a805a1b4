// The state, the queues, and three containers: the app's package, the services bundle, undeliverable events.

import { bundleContainer, deadLetterContainer, eventQueue, liveTable, packageContainer, rolloutsTable, workQueue } from '../names.bicep'
import { tagsType } from '../types.bicep'

@description('Account name.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@allowed(['Standard_ZRS', 'Standard_LRS', 'Standard_GZRS'])
@description('Redundancy.')
param sku string

@description('No access from the internet.')
param privateProfile bool

@description('Log Analytics workspace that receives who changed what.')
param logWorkspaceId string

// Days for which a deleted or overwritten blob can be restored. Versions would be kept for the whole account, and
// the host overwrites its leases and the timer's mark all day.
var recoveryDays = 7

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    accessTier: 'Hot'
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: privateProfile ? 'Disabled' : 'Enabled'
    networkAcls: {
      // Event Grid delivers as a trusted service, even with public access disabled.
      bypass: 'AzureServices'
      defaultAction: privateProfile ? 'Deny' : 'Allow'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      enabled: true
      days: recoveryDays
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: recoveryDays
    }
  }
}

resource package 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = {
  parent: blobs
  name: packageContainer
  properties: { publicAccess: 'None' }
}

resource bundle 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = {
  parent: blobs
  name: bundleContainer
  properties: { publicAccess: 'None' }
}

resource deadLetter 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = {
  parent: blobs
  name: deadLetterContainer
  properties: { publicAccess: 'None' }
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices@2025-01-01' = {
  parent: account
  name: 'default'
}

resource work 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-01-01' = {
  parent: queues
  name: workQueue
}

resource modelEvents 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-01-01' = {
  parent: queues
  name: eventQueue
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices@2025-01-01' = {
  parent: account
  name: 'default'
}

resource rollouts 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-01-01' = {
  parent: tables
  name: rolloutsTable
}

resource live 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-01-01' = {
  parent: tables
  name: liveTable
}

// Whoever may write a table moves traffic, so each write leaves a trace. Reads would be many times as much: the
// queues are polled every few seconds.
var traced = [
  { category: 'StorageWrite', enabled: true }
  { category: 'StorageDelete', enabled: true }
]

// The only stable version, of 2016, has other properties.
#disable-next-line use-recent-api-versions
resource blobTrace 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: blobs
  name: 'to-log-analytics'
  properties: {
    workspaceId: logWorkspaceId
    logs: traced
  }
}

#disable-next-line use-recent-api-versions
resource queueTrace 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: queues
  name: 'to-log-analytics'
  properties: {
    workspaceId: logWorkspaceId
    logs: traced
  }
}

#disable-next-line use-recent-api-versions
resource tableTrace 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: tables
  name: 'to-log-analytics'
  properties: {
    workspaceId: logWorkspaceId
    logs: traced
  }
}

output id string = account.id
output blobEndpoint string = account.properties.primaryEndpoints.blob
output queueEndpoint string = account.properties.primaryEndpoints.queue
output tableEndpoint string = account.properties.primaryEndpoints.table
