// Two identities, so that abuse of the event path gives no rights on models or endpoints.

import { tagsType } from '../types.bicep'

@description('Suffix that makes names unique.')
param token string

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

resource controller 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-rollout-${token}'
  location: location
  tags: tags
}

resource events 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-rollout-events-${token}'
  location: location
  tags: tags
}

output controllerId string = controller.id
output controllerPrincipalId string = controller.properties.principalId
output controllerClientId string = controller.properties.clientId
output eventsId string = events.id
output eventsPrincipalId string = events.properties.principalId
