// The private profile's own network: one subnet for the app's outgoing calls, one for what it reaches.

@description('Network name.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Address space, at least a /25.')
param addressPrefix string

// Flex Consumption asks for a subnet of its own with this delegation, /27 at least.
var appDelegation = 'Microsoft.App/environments'

resource rules 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg-${name}'
  location: location
  tags: tags
  properties: {}
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
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
          addressPrefix: cidrSubnet(addressPrefix, 26, 0)
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
          addressPrefix: cidrSubnet(addressPrefix, 26, 1)
          networkSecurityGroup: { id: rules.id }
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ]
  }
}

output id string = network.id
