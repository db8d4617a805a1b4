// The right to assign one endpoint's identity, in that identity's own resource group.

@description('The user-assigned identity.')
param identityName string

@description('Object id of the controller\'s identity.')
param controllerPrincipalId string

@description('Id of the built-in role to assign.')
param role string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: identity
  name: guid(identity.id, controllerPrincipalId, role)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: controllerPrincipalId
    principalType: 'ServicePrincipal'
  }
}
