// The private profile's own network: a subnet for the app's outgoing calls, and one for what they reach.

import { tagsType } from '../types.bicep'

@description('Network name.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('Address space.')
param addressPrefix string

@description('Part of that space for the app\'s outgoing calls.')
param appSubnetPrefix string

@description('Part of that space for private endpoints.')
param endpointSubnetPrefix string

// Flex Consumption requires its own subnet with this delegation, at least a /27.
var appDelegation = 'Microsoft.App/environments'

resource rules 'Microsoft.Network/networkSecurityGroups@2026-03-01' = {
  name: 'nsg-${name}'
  location: location
  tags: tags
  properties: {}
}

resource network 'Microsoft.Network/virtualNetworks@2026-03-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [addressPrefix]
    }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: appSubnetPrefix
          networkSecurityGroup: { id: rules.id }
          delegations: [
            {
              name: 'flex-consumption'
              properties: { serviceName: appDelegation }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: endpointSubnetPrefix
          networkSecurityGroup: { id: rules.id }
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ]
  }
}

output id string = network.id
