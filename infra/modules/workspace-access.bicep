// The controller's rights on the workspace, in the workspace's own resource group.

@description('The workspace.')
param workspaceName string

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

@description('Built-in roles to assign instead; empty: the custom role.')
param builtInRoles string[]

var custom = empty(builtInRoles)

resource workspace 'Microsoft.MachineLearningServices/workspaces@2025-12-01' existing = {
  name: workspaceName
}

// A workspace cannot be a role's assignable scope, so its group is; the role is assigned on the
// workspace alone.
resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (custom) {
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

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (custom) {
  scope: workspace
  name: guid(workspace.id, controllerPrincipalId, roleKey)
  properties: {
    roleDefinitionId: role.id
    principalId: controllerPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource builtIn 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for builtInRole in builtInRoles: {
  scope: workspace
  name: guid(workspace.id, controllerPrincipalId, builtInRole)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtInRole)
    principalId: controllerPrincipalId
    principalType: 'ServicePrincipal'
  }
}]
