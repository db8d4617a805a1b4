// The function app on Flex Consumption: Python, no storage keys, no publishing passwords.

import { alwaysReadyType, tagsType } from '../types.bicep'

@description('App name; also the host name, so it is unique in Azure.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('Resource id of the controller\'s identity.')
param controllerId string

@description('Client id of the controller\'s identity.')
param controllerClientId string

@description('Resource id of the Azure Machine Learning workspace.')
param workspaceId string

@description('Blob service address.')
param blobEndpoint string

@description('Queue service address.')
param queueEndpoint string

@description('Table service address.')
param tableEndpoint string

@description('Container of the app\'s package.')
param packageContainer string

@description('Container of the services bundle.')
param bundleContainer string

@description('Table of rollouts and history.')
param rolloutsTable string

@description('Table of live endpoints.')
param liveTable string

@description('Queue of wake-ups.')
param workQueue string

@description('Queue of model events, used in the private profile.')
param eventQueue string

@description('Address of the lifecycle topic.')
param lifecycleTopicEndpoint string

@description('The Application Insights component.')
param applicationInsightsName string

@description('Memory of one instance in MB.')
param instanceMemoryMB int

@description('Maximum instances of each function group.')
param maximumInstanceCount int

@description('Instances that are always ready.')
param alwaysReady alwaysReadyType

@description('Instances in several zones.')
param zoneRedundant bool

@description('While true nothing moves forward.')
param rolloutsSuspended bool

@description('Client id of the Entra app registration; empty: function keys only.')
param signInClientId string

@description('Client ids of further applications whose tokens are accepted, separated by commas.')
param signInAllowedClients string

@description('Address of the Key Vault secret that has the channels for messages; empty: no messages.')
param notifyChannelsSecretUri string

@description('Id of the Application Insights component whose charts get a mark; empty: none do.')
param annotateComponent string

@description('Channels of services that name none, separated by commas; empty: all.')
param notifyDefault string

@description('What those are told, separated by commas; empty: the default.')
param notifyAbout string

@description('No access from the internet.')
param privateProfile bool

@description('Subnet for outgoing calls; empty: none.')
param subnetId string

@description('Ranges of addresses that may call the app and deploy to it; none: all.')
param allowedNetworks string[]

@description('The platform\'s own log of the app is kept, too.')
param platformLogs bool

@description('Log Analytics workspace that receives it.')
param logWorkspaceId string

// .python-version, the Functions build and this line must name one version; a test compares them.
var pythonVersion = '3.13'
// Where to query logs: environment() does not say, and for the public cloud the app knows.
var logQueryEndpoints = {
  AzureUSGovernment: 'https://api.loganalytics.us'
  AzureChinaCloud: 'https://api.loganalytics.azure.cn'
}
var bundleBlob = 'services.zip'
// "Flex Consumption plan", Per-function scaling: HTTP functions scale together, the others each by itself.
var scaled = [
  { name: 'http', instanceCount: alwaysReady.http }
  { name: 'function:tick', instanceCount: alwaysReady.tick }
  { name: 'function:work', instanceCount: alwaysReady.work }
]
// They call from addresses of Azure's own: alerts, model events, and the test that is the second clock.
var azureCallers = ['ActionGroup', 'AzureEventGrid', 'ApplicationInsightsAvailability']
var firstPriorityOfAzure = 100
var firstPriorityOfNetworks = 200
var restricted = !empty(allowedNetworks)
var azureRules = [for (caller, i) in azureCallers: {
  name: caller
  tag: 'ServiceTag'
  ipAddress: caller
  action: 'Allow'
  priority: firstPriorityOfAzure + i
}]
var networkRules = [for (range, i) in allowedNetworks: {
  name: 'allowed-${i}'
  ipAddress: contains(range, '/') ? range : '${range}/32'
  action: 'Allow'
  priority: firstPriorityOfNetworks + i
}]
var signIn = !empty(signInClientId)
var issuer = '${environment().authentication.loginEndpoint}${subscription().tenantId}/v2.0'
var listedClients = [for client in split(signInAllowedClients, ','): trim(client)]
var furtherClients = empty(signInAllowedClients) ? [] : listedClients

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'plan-${name}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  // azd finds the app to deploy to by this tag.
  tags: union(tags, { 'azd-service-name': 'controller' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${controllerId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    // No request depends on an earlier one.
    clientAffinityEnabled: false
    // Without this, references to Key Vault are resolved as the identity of the system, which is none.
    keyVaultReferenceIdentity: controllerId
    publicNetworkAccess: privateProfile ? 'Disabled' : 'Enabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
      ftpsState: 'Disabled'
      remoteDebuggingEnabled: false
      ipSecurityRestrictions: restricted ? concat(azureRules, networkRules) : []
      ipSecurityRestrictionsDefaultAction: restricted ? 'Deny' : 'Allow'
      scmIpSecurityRestrictions: networkRules
      scmIpSecurityRestrictionsDefaultAction: restricted ? 'Deny' : 'Allow'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobEndpoint}${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: controllerId
          }
        }
      }
      runtime: {
        name: 'python'
        version: pythonVersion
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: filter(scaled, part => part.instanceCount > 0)
      }
    }
  }
}

// Left out on purpose: AzureWebJobsStorage and LIFECYCLE_TOPIC_KEY are secrets, which the identity
// makes unnecessary; AzureWebJobsStorage__accountName and the three parts of AZUREML_WORKSPACE_ID repeat
// other settings; datastores name their account, so DATASTORE_BLOB_ENDPOINT is for the local Azure; Flex Consumption refuses FUNCTIONS_WORKER_RUNTIME, because runtime is set above.
resource settings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: {
    // The host's storage and the app's are one account, reached as the controller's identity.
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: controllerClientId
    AzureWebJobsStorage__blobServiceUri: blobEndpoint
    AzureWebJobsStorage__queueServiceUri: queueEndpoint
    AzureWebJobsStorage__tableServiceUri: tableEndpoint
    ROLLOUTS_TABLE: rolloutsTable
    LIVE_TABLE: liveTable
    WORK_QUEUE: workQueue
    EVENT_QUEUE: eventQueue
    SERVICES_BUNDLE: '${blobEndpoint}${bundleContainer}/${bundleBlob}'
    BUNDLE_RECHECK_SECONDS: '60'

    // What it works on, and under which identity.
    AZURE_CLIENT_ID: controllerClientId
    AZUREML_WORKSPACE_ID: workspaceId
    ARM_ENDPOINT: environment().resourceManager
    LOG_ANALYTICS_ENDPOINT: logQueryEndpoints[?environment().name] ?? ''
    LIFECYCLE_TOPIC_ENDPOINT: lifecycleTopicEndpoint

    // How it works. The silence alert in controller-alerts.bicep expects a tick every minute.
    TICK_SCHEDULE: '0 * * * * *'
    SECOND_CLOCK_SECONDS: '120'
    ROLLOUTS_SUSPENDED: rolloutsSuspended ? 'true' : 'false'
    SIGN_IN_ENABLED: signIn ? 'true' : 'false'
    RECHECK_SECONDS: '5'
    ARM_TIMEOUT_SECONDS: '10'
    ALERT_ARM_TIMEOUT_SECONDS: '3'
    ARM_READS: '250'
    ARM_READS_PER_SECOND: '25'
    ARM_WRITES: '200'
    ARM_WRITES_PER_SECOND: '10'
    ARM_RESERVED_PERCENT: '20'
    PROBE_SECONDS: '10'
    COLLECTED_MIB: '64'
    COLLECTED_LINES: '100000'
    COLLECTED_SECONDS: '5'
    KEEP_DECISIONS_DAYS: '730'
    KEEP_MINUTES_DAYS: '90'

    // Whom it tells. The channels' addresses are secrets: only their reference stands here.
    NOTIFY_CHANNELS: empty(notifyChannelsSecretUri) ? '' : '@Microsoft.KeyVault(SecretUri=${notifyChannelsSecretUri})'
    ANNOTATE_COMPONENT: annotateComponent
    NOTIFY_DEFAULT: notifyDefault
    NOTIFY_ABOUT: notifyAbout
    NOTIFY_CONNECT_SECONDS: '3'
    NOTIFY_READ_SECONDS: '5'
    NOTIFY_TOTAL_SECONDS: '20'
    CONSOLE_URL: 'https://${app.properties.defaultHostName}/api/ui'

    // What it logs, and where it may read.
    APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsights.properties.ConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${controllerClientId};Authorization=AAD'
  }
}

resource ftpPublishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource scmPublishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

// Function keys stay in force; sign-in comes first and proves who sends a command.
resource signInSettings 'Microsoft.Web/sites/config@2025-03-01' = if (signIn) {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: true }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'Return401'
      // Alerts and Event Grid use their own keys and cannot sign in; health and the console's page,
      // which sends people to the sign-in, expose no data.
      excludedPaths: [
        '/api/health'
        '/api/ui/*'
        '/api/openapi.json'
        '/api/alerts'
        '/runtime/webhooks/eventgrid'
        '/runtime/webhooks/EventGrid'
      ]
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: signInClientId
          openIdIssuer: issuer
        }
        validation: {
          allowedAudiences: [
            signInClientId
            'api://${signInClientId}'
          ]
          defaultAuthorizationPolicy: {
            allowedApplications: concat([signInClientId], furtherClients)
          }
        }
      }
    }
    login: {
      tokenStore: { enabled: false }
    }
    httpSettings: { requireHttps: true }
  }
  dependsOn: [settings]
}

// The only stable version, of 2016, has no groups of categories.
#disable-next-line use-recent-api-versions
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (platformLogs) {
  scope: app
  name: 'to-log-analytics'
  properties: {
    workspaceId: logWorkspaceId
    logs: [
      {
        categoryGroup: 'allLogs'
        enabled: true
      }
    ]
  }
}

output id string = app.id
output url string = 'https://${app.properties.defaultHostName}'
output bundleUrl string = '${blobEndpoint}${bundleContainer}/${bundleBlob}'
