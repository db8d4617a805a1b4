// What the controller may do in the workspace. Deployed into the app's group, by the postprovision
// hook or by hand; a separate deployment, so that `azd down` never sees the workspace's group.
//
//   az deployment group create --resource-group <app group> --name rollout-access-<function app> \
//     --template-file infra/access.bicep --parameters workspaceName=... workspaceResourceGroup=... \
//     controllerPrincipalId=...
targetScope = 'resourceGroup'

@minLength(3)
@description('Name of the workspace, in this subscription.')
param workspaceName string

@minLength(1)
@description('Resource group of the workspace.')
param workspaceResourceGroup string

@minLength(36)
@description('Object id of the controller\'s identity (output CONTROLLER_PRINCIPAL_ID of main.bicep).')
param controllerPrincipalId string

@description('true: the built-in roles AzureML Data Scientist and Monitoring Reader instead of the narrow custom role.')
param useBuiltInRoles bool = false

@description('true when an endpoint of a service has auth_mode key: the app then reads its keys to send sample requests.')
param endpointsUseKeys bool = false

@description('true when a service has create.from template: the app then registers code and environments.')
param createFromTemplates bool = false

@description('true when a deployment.yml has environment.build: the app then looks up the workspace\'s default datastore, to which the folder is uploaded.')
param templatesBuildEnvironments bool = false

@description('true when a deployment.yml has a data_collector: the app then registers a data asset for each of its collections.')
param templatesCollectData bool = false

@description('true when an endpoint has enforce_access_to_default_secret_stores: whoever creates it or a deployment of it must be free to read those secrets.')
param endpointsEnforceSecrets bool = false

@description('With createFromTemplates: id of the workspace\'s default storage account, to which code is uploaded.')
param workspaceStorageId string = ''

@description('Ids of Log Analytics workspaces that a policy queries (gate.logs): the traffic logs of its endpoints.')
param trafficLogWorkspaceIds string[] = []

@description('Id of the one blob container that data collectors write to (.../blobServices/default/containers/<name>), when a policy has quality.live: the app then reads it. Empty: no collected answers are read.')
param collectedContainerId string = ''

@description('Ids of the user-assigned identities of the workspace\'s endpoints: every write of such an endpoint, a rollback\'s too, needs the right to assign its identity.')
param endpointIdentityIds string[] = []

@description('Ids of registries other than Microsoft\'s own, when a model or an environment comes from one.')
param registryIds string[] = []

@description('Names of the endpoints that the app may change, all of which exist; empty: all endpoints of the workspace, those of the future too. Not with useBuiltInRoles.')
param roleOnEndpoints string[] = []

@description('false: no role is created or assigned; the output commands has them for a platform team.')
param assignRoles bool = true

// One list for this role, for the local Azure, which refuses everything else, and for the tests.
var listed = loadJsonContent('role-actions.json')
var collects = !empty(collectedContainerId)
var endpointActions = concat(listed.endpoint, endpointsUseKeys ? listed.keys : [])
var workspaceActions = concat(
  listed.workspace,
  createFromTemplates ? listed.templates : [],
  collects || templatesCollectData ? listed.dataAssets : [],
  collects || templatesBuildEnvironments ? listed.datastores : [],
  endpointsEnforceSecrets ? listed.secretStores : []
)
var endpoints = useBuiltInRoles && !empty(roleOnEndpoints)
  ? fail('ROLE_ON_ENDPOINTS does not go with USE_BUILT_IN_ROLES: leave one of them out.')
  : roleOnEndpoints
var onEndpoints = !empty(endpoints)
var actions = onEndpoints ? workspaceActions : concat(workspaceActions, endpointActions)

var azuremlDataScientist = 'f6c7c914-8db3-469d-8ca1-694a8f32e121'
var monitoringReader = '43d0d8ad-25c7-4714-9337-8ba259a9fe05'
var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var storageBlobDataReader = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
var logAnalyticsReader = '73c42c96-874c-492b-b04d-ab87d138a893'
var managedIdentityOperator = 'f1a07417-d97a-45cb-824c-7a7467783830'
// A registry often belongs to another team: a built-in role asks nothing of its group. It has no secrets to read.
var reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'
// Data Scientist has no right to metrics, which the gate reads.
var builtInRoles = useBuiltInRoles ? [azuremlDataScientist, monitoringReader] : []

var workspaceId = resourceId(workspaceResourceGroup, 'Microsoft.MachineLearningServices/workspaces', workspaceName)
var workspaceGroupId = '${subscription().id}/resourceGroups/${workspaceResourceGroup}'
var roleKey = guid(workspaceId, controllerPrincipalId, 'controller')
// Role names are unique in a tenant, and one workspace may have several controllers.
var roleName = 'Rollout controller ${workspaceName} ${take(roleKey, 8)}'
var roleDescription = 'Rolls model versions out on online endpoints of one workspace.'
var endpointRoleKey = guid(workspaceId, controllerPrincipalId, 'controller on endpoints')
var endpointRoleName = '${roleName} on endpoints'
var uploads = createFromTemplates && !empty(workspaceStorageId)
var storageParts = split(uploads ? workspaceStorageId : workspaceId, '/')
var containerParts = split(collects ? collectedContainerId : workspaceId, '/')

module workspaceAccess 'modules/workspace-access.bicep' = if (assignRoles) {
  scope: resourceGroup(workspaceResourceGroup)
  params: {
    workspaceName: workspaceName
    controllerPrincipalId: controllerPrincipalId
    roleKey: roleKey
    roleName: roleName
    roleDescription: roleDescription
    actions: actions
    builtInRoles: builtInRoles
  }
}

module endpointAccess 'modules/endpoint-access.bicep' = if (assignRoles && onEndpoints) {
  scope: resourceGroup(workspaceResourceGroup)
  params: {
    workspaceName: workspaceName
    endpoints: endpoints
    controllerPrincipalId: controllerPrincipalId
    roleKey: endpointRoleKey
    roleName: endpointRoleName
    roleDescription: roleDescription
    actions: endpointActions
  }
}

module uploadAccess 'modules/upload-access.bicep' = if (assignRoles && uploads) {
  scope: resourceGroup(storageParts[2], storageParts[4])
  params: {
    storageAccountName: storageParts[8]
    controllerPrincipalId: controllerPrincipalId
    role: storageBlobDataContributor
  }
}

// Answers are clients' data: the right to read them is on that container alone.
module collectedAccess 'modules/collected-access.bicep' = if (assignRoles && collects) {
  scope: resourceGroup(containerParts[2], containerParts[4])
  params: {
    storageAccountName: containerParts[8]
    containerName: containerParts[length(containerParts) - 1]
    controllerPrincipalId: controllerPrincipalId
    role: storageBlobDataReader
  }
}

module logAccess 'modules/log-access.bicep' = [for (id, i) in (assignRoles ? trafficLogWorkspaceIds : []): {
  scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
  params: {
    logWorkspaceName: split(id, '/')[8]
    controllerPrincipalId: controllerPrincipalId
    role: logAnalyticsReader
  }
}]

module identityAccess 'modules/identity-access.bicep' = [for id in (assignRoles ? endpointIdentityIds : []): {
  scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
  params: {
    identityName: split(id, '/')[8]
    controllerPrincipalId: controllerPrincipalId
    role: managedIdentityOperator
  }
}]

module registryAccess 'modules/registry-access.bicep' = [for id in (assignRoles ? registryIds : []): {
  scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
  params: {
    registryName: split(id, '/')[8]
    controllerPrincipalId: controllerPrincipalId
    role: reader
  }
}]

var grant = 'az role assignment create --assignee-principal-type ServicePrincipal --assignee-object-id ${controllerPrincipalId}'
var definition = {
  Name: roleName
  Description: roleDescription
  Actions: actions
  AssignableScopes: [workspaceGroupId]
}
var endpointDefinition = union(definition, { Name: endpointRoleName, Actions: endpointActions })
var define = 'az role definition create --role-definition'
var customCommands = [
  '${define} \'${string(definition)}\''
  '${grant} --role \'${roleName}\' --scope ${workspaceId}'
]
var endpointDefinitionCommands = onEndpoints ? ['${define} \'${string(endpointDefinition)}\''] : []
var endpointGrants = [for name in endpoints: '${grant} --role \'${endpointRoleName}\' --scope ${workspaceId}/onlineEndpoints/${name}']
var builtInCommands = [for role in builtInRoles: '${grant} --role ${role} --scope ${workspaceId}']
var roleCommands = useBuiltInRoles ? builtInCommands : concat(customCommands, endpointDefinitionCommands, endpointGrants)
var uploadCommands = uploads ? ['${grant} --role ${storageBlobDataContributor} --scope ${workspaceStorageId}'] : []
var collectedCommands = collects ? ['${grant} --role ${storageBlobDataReader} --scope ${collectedContainerId}'] : []
var logCommands = [for id in trafficLogWorkspaceIds: '${grant} --role ${logAnalyticsReader} --scope ${id}']
var identityCommands = [for id in endpointIdentityIds: '${grant} --role ${managedIdentityOperator} --scope ${id}']
var registryCommands = [for id in registryIds: '${grant} --role ${reader} --scope ${id}']

output commands string[] = assignRoles ? [] : concat(
  roleCommands,
  uploadCommands,
  collectedCommands,
  logCommands,
  identityCommands,
  registryCommands
)
// Set even if built-in roles are used now: `azd down` removes a role that was created before.
output roleName string = roleName
output endpointRoleName string = endpointRoleName
