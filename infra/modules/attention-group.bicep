// Notifies operators by e-mail.

import { tagsType } from '../types.bicep'

@description('Action group name.')
param name string

@description('Tags.')
param tags tagsType

@description('Addresses.')
param emails string[]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: name
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'rollout-help'
    enabled: true
    emailReceivers: [for (email, i) in emails: {
      name: 'person-${i}'
      emailAddress: email
      useCommonAlertSchema: true
    }]
  }
}
