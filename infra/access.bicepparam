// The settings of docs/deploy.md as parameters of access.bicep. hooks/postprovision.sh sets
// WORKSPACE_STORAGE_ID and ENDPOINT_IDENTITY_IDS to what it finds; a pipeline without it sets all itself.
using 'access.bicep'

import { entries, isTrue } from 'settings.bicep'

param workspaceName = readEnvironmentVariable('AZUREML_WORKSPACE_NAME')
param workspaceResourceGroup = readEnvironmentVariable('AZUREML_RESOURCE_GROUP')
param controllerPrincipalId = readEnvironmentVariable('CONTROLLER_PRINCIPAL_ID')
param assignRoles = isTrue(readEnvironmentVariable('ASSIGN_ROLES', ''), true)
param useBuiltInRoles = isTrue(readEnvironmentVariable('USE_BUILT_IN_ROLES', ''), false)
param endpointsUseKeys = isTrue(readEnvironmentVariable('ENDPOINTS_USE_KEYS', ''), false)
param createFromTemplates = isTrue(readEnvironmentVariable('CREATE_FROM_TEMPLATES', ''), false)
param templatesBuildEnvironments = isTrue(readEnvironmentVariable('TEMPLATES_BUILD_ENVIRONMENTS', ''), false)
param templatesCollectData = isTrue(readEnvironmentVariable('TEMPLATES_COLLECT_DATA', ''), false)
param endpointsEnforceSecrets = isTrue(readEnvironmentVariable('ENDPOINTS_ENFORCE_SECRETS', ''), false)
param workspaceStorageId = readEnvironmentVariable('WORKSPACE_STORAGE_ID', '')
param trafficLogWorkspaceIds = entries(readEnvironmentVariable('TRAFFIC_LOG_WORKSPACE_IDS', ''))
param collectedContainerId = readEnvironmentVariable('COLLECTED_CONTAINER_ID', '')
param endpointIdentityIds = entries(readEnvironmentVariable('ENDPOINT_IDENTITY_IDS', ''))
param registryIds = entries(readEnvironmentVariable('REGISTRY_IDS', ''))
param roleOnEndpoints = entries(readEnvironmentVariable('ROLE_ON_ENDPOINTS', ''))
