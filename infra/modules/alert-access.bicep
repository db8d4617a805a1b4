// Lets the log alerts read the logs. A module, because names of role assignments need the identity before
// they do.

@description('false: nothing is assigned; the output has the commands.')
param assign bool

@description('Object id of the alerts\' identity.')
param principalId string

@description('The app\'s Log Analytics workspace, in this resource group.')
param logWorkspaceName string

var logAnalyticsReader = '73c42c96-874c-492b-b04d-ab87d138a893'

resource logWorkspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: logWorkspaceName
}

resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (assign) {
  scope: logWorkspace
  name: guid(logWorkspace.id, principalId, logAnalyticsReader)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', logAnalyticsReader)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

var grant = 'az role assignment create --assignee-principal-type ServicePrincipal --assignee-object-id ${principalId}'

output commands string[] = assign ? [] : ['${grant} --role ${logAnalyticsReader} --scope ${logWorkspace.id}']
