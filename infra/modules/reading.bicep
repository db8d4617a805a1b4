// What people read afterwards: saved queries in the app's Log Analytics workspace, and a workbook of the same ones.

import { tagsType } from '../types.bicep'

@description('Region of the workbook.')
param location string

@description('Tags.')
param tags tagsType

@description('Name of the app\'s Log Analytics workspace, in this resource group.')
param logWorkspaceName string

@description('The function app, as its telemetry names it.')
param functionAppName string

// Workbooks put the chosen value where its name stands in braces.
var chosenService = '{Service}'

var queries = [
  {
    name: 'fleet'
    title: 'Rollouts: every service now'
    text: replace(loadTextContent('../queries/fleet.kql'), 'FUNCTION_APP', functionAppName)
  }
  {
    name: 'rollout'
    title: 'Rollouts: the latest rollout of one service'
    text: replace(loadTextContent('../queries/rollout.kql'), 'FUNCTION_APP', functionAppName)
  }
  {
    name: 'prevented'
    title: 'Rollouts: what going back prevented'
    text: replace(loadTextContent('../queries/prevented.kql'), 'FUNCTION_APP', functionAppName)
  }
  {
    name: 'controller'
    title: 'Rollouts: the controller\'s health'
    text: replace(loadTextContent('../queries/controller.kql'), 'FUNCTION_APP', functionAppName)
  }
  {
    name: 'messages'
    title: 'Rollouts: who was told what'
    text: replace(loadTextContent('../queries/messages.kql'), 'FUNCTION_APP', functionAppName)
  }
]

var services = replace(loadTextContent('../queries/services.kql'), 'FUNCTION_APP', functionAppName)

var parameters = {
  type: 9
  name: 'parameters'
  content: {
    version: 'KqlParameterItem/1.0'
    style: 'pills'
    queryType: 0
    resourceType: 'microsoft.operationalinsights/workspaces'
    parameters: [
      {
        id: guid(logWorkspace.id, functionAppName, 'range')
        version: 'KqlParameterItem/1.0'
        name: 'Range'
        label: 'Time'
        type: 4
        isRequired: true
        value: { durationMs: 604800000 }
        typeSettings: {
          selectableValues: [
            { durationMs: 14400000 }
            { durationMs: 86400000 }
            { durationMs: 604800000 }
            { durationMs: 2592000000 }
          ]
        }
      }
      {
        id: guid(logWorkspace.id, functionAppName, 'service')
        version: 'KqlParameterItem/1.0'
        name: 'Service'
        type: 2
        query: services
        queryType: 0
        resourceType: 'microsoft.operationalinsights/workspaces'
        timeContextFromParameter: 'Range'
      }
    ]
  }
}

var tables = [for query in queries: {
  type: 3
  name: query.name
  content: {
    version: 'KqlItem/1.0'
    title: query.title
    query: replace(query.text, 'CHOSEN_SERVICE', chosenService)
    size: 0
    queryType: 0
    resourceType: 'microsoft.operationalinsights/workspaces'
    timeContextFromParameter: 'Range'
    visualization: 'table'
    noDataMessage: 'Nothing was logged in this time.'
  }
}]

resource logWorkspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: logWorkspaceName
}

resource searches 'Microsoft.OperationalInsights/workspaces/savedSearches@2025-02-01' = [for query in queries: {
  parent: logWorkspace
  name: '${functionAppName}-${query.name}'
  properties: {
    category: 'Rollouts'
    displayName: query.title
    query: query.text
    version: 2
  }
}]

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  // Azure accepts no other name than a GUID.
  name: guid(logWorkspace.id, functionAppName, 'workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Rollouts of ${functionAppName}'
    category: 'workbook'
    version: 'Notebook/1.0'
    sourceId: toLower(logWorkspace.id)
    serializedData: string({
      version: 'Notebook/1.0'
      items: concat([parameters], tables)
      fallbackResourceIds: [toLower(logWorkspace.id)]
    })
  }
}
