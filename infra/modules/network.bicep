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

@description('The app calls out through a NAT gateway.')
param createNatGateway bool

// Flex Consumption requires its own subnet with this delegation, at least a /27.
var appDelegation = 'Microsoft.App/environments'

resource rules 'Microsoft.Network/networkSecurityGroups@2026-03-01' = {
  name: 'nsg-${name}'
  location: location
  tags: tags
  properties: {
    // Whoever gets into the app shall not go on to the network's machines from there.
    securityRules: [
      {
        name: 'no-remote-shells'
        properties: {
          direction: 'Outbound'
          access: 'Deny'
          priority: 100
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRanges: ['22', '3389']
        }
      }
    ]
  }
}

resource address 'Microsoft.Network/publicIPAddresses@2026-03-01' = if (createNatGateway) {
  name: 'pip-${name}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: {
    publicIPAddressVersion: 'IPv4'
    publicIPAllocationMethod: 'Static'
  }
}

resource nat 'Microsoft.Network/natGateways@2026-03-01' = if (createNatGateway) {
  name: 'ng-${name}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: {
    publicIpAddresses: [{ id: address.id }]
  }
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
          // Azure's own way out is being retired, and nobody would know its address.
          defaultOutboundAccess: false
          natGateway: createNatGateway ? { id: nat.id } : null
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
          defaultOutboundAccess: false
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ]
  }
}

output id string = network.id
