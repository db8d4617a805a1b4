// The right to read what data collectors wrote: one blob container, in its account's own resource group.

@description('The storage account of the container.')
param storageAccountName string

@description('The container that data collectors write to.')
param containerName string

@description('Object id of the controller\'s identity.')
param controllerPrincipalId string

@description('Id of the built-in role to assign.')
param role string

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' existing = {
  parent: account
  name: 'default'
}

resource collected 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' existing = {
  parent: blobs
  name: containerName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: collected
  name: guid(collected.id, controllerPrincipalId, role)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: controllerPrincipalId
    principalType: 'ServicePrincipal'
  }
}
