// The right to upload scoring code to the workspace's storage account.

@description('The workspace\'s default storage account.')
param storageAccountName string

@description('Object id of the controller\'s identity.')
param controllerPrincipalId string

@description('Id of the built-in role to assign.')
param role string

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account
  name: guid(account.id, controllerPrincipalId, role)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: controllerPrincipalId
    principalType: 'ServicePrincipal'
  }
}
