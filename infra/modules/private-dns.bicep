// Private DNS zones, known to the app's network.

import { tagsType } from '../types.bicep'

@description('Names of the zones.')
param zoneNames string[]

@description('Resource id of the network.')
param networkId string

@description('Tags.')
param tags tagsType

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [for zoneName in zoneNames: {
  name: zoneName
  location: 'global'
  tags: tags
}]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (zoneName, i) in zoneNames: {
  parent: zones[i]
  name: 'to-${uniqueString(networkId, zoneName)}'
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: { id: networkId }
  }
}]
