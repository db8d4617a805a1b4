// The settings of docs/deploy.md as parameters of main.bicep. azd takes this file instead of main.bicep
// alone, with its environment's values as environment variables; a pipeline sets these itself.
// What has no default here is required. hooks/preprovision.sh says so in better words.
using 'main.bicep'

import { entries, isTrue, number, publishers, tags } from 'settings.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')
param workspaceName = readEnvironmentVariable('AZUREML_WORKSPACE_NAME')
param workspaceResourceGroup = readEnvironmentVariable('AZUREML_RESOURCE_GROUP')
param resourceGroupName = readEnvironmentVariable('ROLLOUT_RESOURCE_GROUP', '')
param extraTags = tags(readEnvironmentVariable('EXTRA_TAGS', ''))
param assignRoles = isTrue(readEnvironmentVariable('ASSIGN_ROLES', ''), true)

param instanceMemoryMB = {
  '': 2048
  '512': 512
  '2048': 2048
  '4096': 4096
}[readEnvironmentVariable('INSTANCE_MEMORY_MB', '')]
param maximumInstanceCount = number(readEnvironmentVariable('MAXIMUM_INSTANCE_COUNT', ''), 40)
// The numbers of alwaysReady follow from it.
param reliable = isTrue(readEnvironmentVariable('RELIABLE', ''), false)
param zoneRedundant = isTrue(readEnvironmentVariable('ZONE_REDUNDANT', ''), false)
param storageSku = empty(readEnvironmentVariable('STORAGE_SKU', ''))
  ? 'Standard_ZRS'
  : readEnvironmentVariable('STORAGE_SKU', '')
param logRetentionDays = number(readEnvironmentVariable('LOG_RETENTION_DAYS', ''), 30)
param deleteLocks = isTrue(readEnvironmentVariable('DELETE_LOCKS', ''), false)
param platformLogs = isTrue(readEnvironmentVariable('PLATFORM_LOGS', ''), false)
param rolloutsSuspended = isTrue(readEnvironmentVariable('ROLLOUTS_SUSPENDED', ''), false)

// azd says who is signed in, unless the environment has AZURE_PRINCIPAL_ID.
param bundlePublishers = publishers(
  readEnvironmentVariable('BUNDLE_PUBLISHERS', ''),
  readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')
)

param signInClientId = readEnvironmentVariable('SIGN_IN_CLIENT_ID', '')
param signInAllowedClients = readEnvironmentVariable('SIGN_IN_ALLOWED_CLIENTS', '')
param notifyChannelsSecretUri = readEnvironmentVariable('NOTIFY_CHANNELS_SECRET_URI', '')
param notifyDefault = readEnvironmentVariable('NOTIFY_DEFAULT', '')
param notifyAbout = readEnvironmentVariable('NOTIFY_ABOUT', '')
param annotateComponent = readEnvironmentVariable('ANNOTATE_COMPONENT', '')

param allowedNetworks = entries(readEnvironmentVariable('ALLOWED_NETWORKS', ''))
param privateProfile = isTrue(readEnvironmentVariable('PRIVATE_PROFILE', ''), false)
param existingAppSubnetId = readEnvironmentVariable('EXISTING_APP_SUBNET_ID', '')
param existingEndpointSubnetId = readEnvironmentVariable('EXISTING_ENDPOINT_SUBNET_ID', '')
param networkAddressPrefix = empty(readEnvironmentVariable('NETWORK_ADDRESS_PREFIX', ''))
  ? '10.90.0.0/24'
  : readEnvironmentVariable('NETWORK_ADDRESS_PREFIX', '')
param appSubnetPrefix = empty(readEnvironmentVariable('APP_SUBNET_PREFIX', ''))
  ? '10.90.0.0/26'
  : readEnvironmentVariable('APP_SUBNET_PREFIX', '')
param endpointSubnetPrefix = empty(readEnvironmentVariable('ENDPOINT_SUBNET_PREFIX', ''))
  ? '10.90.0.64/26'
  : readEnvironmentVariable('ENDPOINT_SUBNET_PREFIX', '')
param createNatGateway = isTrue(readEnvironmentVariable('CREATE_NAT_GATEWAY', ''), true)
param createPrivateDnsZones = isTrue(readEnvironmentVariable('CREATE_PRIVATE_DNS_ZONES', ''), true)
