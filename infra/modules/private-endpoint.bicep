// One private endpoint, with its DNS record if a zone is given.

import { tagsType } from '../types.bicep'

@description('Endpoint name.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('Subnet of its address.')
param subnetId string

@description('Resource that it reaches.')
param targetId string

@allowed(['blob', 'queue', 'table', 'sites'])
@description('Which part of the resource.')
param subresource string

@description('Private DNS zone for its record; empty: records are created elsewhere.')
param zoneId string

resource endpoint 'Microsoft.Network/privateEndpoints@2026-03-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: subresource
        properties: {
          privateLinkServiceId: targetId
          groupIds: [subresource]
        }
      }
    ]
  }
}

resource record 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2026-03-01' = if (!empty(zoneId)) {
  parent: endpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: subresource
        properties: { privateDnsZoneId: zoneId }
      }
    ]
  }
}
