// The right to query one Log Analytics workspace, in that workspace's own resource group.

@description('The Log Analytics workspace.')
param logWorkspaceName string

@description('Object id of the controller\'s identity.')
param controllerPrincipalId string

@description('Id of the built-in role to assign.')
param role string

resource logWorkspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: logWorkspaceName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: logWorkspace
  name: guid(logWorkspace.id, controllerPrincipalId, role)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: controllerPrincipalId
    principalType: 'ServicePrincipal'
  }
}
