// The controller's rights on single endpoints, for a workspace that others share. In the workspace's own resource group.

@description('The workspace.')
param workspaceName string

@description('Names of endpoints that exist.')
param endpoints string[]

@description('Object id of the controller\'s identity.')
param controllerPrincipalId string

@description('Name (a guid) of the custom role.')
param roleKey string

@description('Display name of the custom role.')
param roleName string

@description('What the custom role says of itself.')
param roleDescription string

@description('What the custom role allows.')
param actions string[]

resource workspace 'Microsoft.MachineLearningServices/workspaces@2025-12-01' existing = {
  name: workspaceName
}

resource online 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints@2025-12-01' existing = [for name in endpoints: {
  parent: workspace
  name: name
}]

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: roleKey
  properties: {
    roleName: roleName
    description: roleDescription
    type: 'CustomRole'
    permissions: [
      {
        actions: actions
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
    assignableScopes: [resourceGroup().id]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (name, i) in endpoints: {
  scope: online[i]
  name: guid(online[i].id, controllerPrincipalId, roleKey)
  properties: {
    roleDefinitionId: role.id
    principalId: controllerPrincipalId
    principalType: 'ServicePrincipal'
  }
}]
