// What is lost with these two is the record of what was decided, and of who asked for it.

@description('The app\'s storage account.')
param storageAccountName string

@description('The app\'s Log Analytics workspace.')
param logWorkspaceName string

var name = 'keep-history'
var level = 'CanNotDelete'

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource logWorkspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: logWorkspaceName
}

resource state 'Microsoft.Authorization/locks@2020-05-01' = {
  scope: account
  name: name
  properties: {
    level: level
    notes: 'Rollouts and their history, the audit record.'
  }
}

resource logs 'Microsoft.Authorization/locks@2020-05-01' = {
  scope: logWorkspace
  name: name
  properties: {
    level: level
    notes: 'Who read and wrote the state of rollouts, and what the app logged.'
  }
}
