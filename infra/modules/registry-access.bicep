// The right to use what one registry has, in that registry's own resource group.

@description('The registry.')
param registryName string

@description('Object id of the controller\'s identity.')
param controllerPrincipalId string

@description('Id of the built-in role to assign.')
param role string

resource registry 'Microsoft.MachineLearningServices/registries@2025-12-01' existing = {
  name: registryName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: registry
  name: guid(registry.id, controllerPrincipalId, role)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: controllerPrincipalId
    principalType: 'ServicePrincipal'
  }
}
