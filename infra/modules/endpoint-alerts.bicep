// The alert rules of one endpoint, each split by deployment, so that they cover deployments that do
// not exist yet. For the app, an alert that names the candidate is a command to roll back.

import { tagsType } from '../types.bicep'

@description('The endpoint.')
param endpointName string

@description('Its resource id.')
param endpointId string

@description('Tags.')
param tags tagsType

@description('Action groups to call, at most five.')
param actionGroupIds string[]

@description('Limit of 424 a minute.')
param modelErrorsPerMinute int

@description('Limit of 408, and of 429, a minute.')
param overloadPerMinute int

@description('Limit of 5xx a minute.')
param serverErrorsPerMinute int

@description('Limit of the 95th percentile of latency.')
param latencyP95Milliseconds int

var endpointType = 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints'
// Every deployment, now and later.
var eachDeployment = { name: 'deployment', operator: 'Include', values: ['*'] }
// The window is longer than the step: the first evaluation of a new deployment's series may be missed.
var every = 'PT1M'
var window = 'PT5M'
var actions = [for id in actionGroupIds: { actionGroupId: id }]

// A model that raises is a 424 and a slow one a 408: 5xx alone would miss both ("Troubleshoot online
// endpoints", HTTP status codes). Several criteria in one rule must all hold, so these are several.
var rates = [
  {
    name: 'model-errors'
    severity: 1
    text: 'Scoring fails (424).'
    dimension: 'statusCode'
    values: ['424']
    threshold: modelErrorsPerMinute
  }
  {
    name: 'overload'
    severity: 1
    text: 'Requests take too long (408) or are too many (429).'
    dimension: 'statusCode'
    values: ['408', '429']
    threshold: overloadPerMinute
  }
  {
    name: 'server-errors'
    severity: 1
    text: 'The platform answers 5xx.'
    dimension: 'statusCodeClass'
    values: ['5xx']
    threshold: serverErrorsPerMinute
  }
]

resource failures 'Microsoft.Insights/metricAlerts@2026-01-01' = [for rate in rates: {
  name: 'alert-${endpointName}-${rate.name}'
  location: 'global'
  tags: tags
  properties: {
    description: rate.text
    severity: rate.severity
    enabled: true
    scopes: [endpointId]
    targetResourceType: endpointType
    evaluationFrequency: every
    windowSize: window
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: rate.name
          metricNamespace: endpointType
          metricName: 'RequestsPerMinute'
          // The metric's only aggregation; its average is the number of requests a minute.
          timeAggregation: 'Average'
          operator: 'GreaterThan'
          threshold: rate.threshold
          dimensions: [
            eachDeployment
            { name: rate.dimension, operator: 'Include', values: rate.values }
          ]
          // An endpoint that has had no traffic does not have the series yet.
          skipMetricValidation: true
        }
      ]
    }
    // One call when a deployment turns bad and one when it recovers. A candidate's name is never used
    // twice, so an older alert cannot swallow its first call. Without this, a failing stable would
    // call every minute and fill the history; if a call is lost, the gate still rolls back.
    autoMitigate: true
    actions: actions
  }
}]

resource latency 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: 'alert-${endpointName}-latency'
  location: 'global'
  tags: tags
  properties: {
    description: 'The 95th percentile of latency is too high.'
    severity: 2
    enabled: true
    scopes: [endpointId]
    targetResourceType: endpointType
    evaluationFrequency: every
    windowSize: window
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'latency'
          metricNamespace: endpointType
          metricName: 'RequestLatency_P95'
          timeAggregation: 'Average'
          operator: 'GreaterThan'
          threshold: latencyP95Milliseconds
          dimensions: [eachDeployment]
          skipMetricValidation: true
        }
      ]
    }
    autoMitigate: true
    actions: actions
  }
}
