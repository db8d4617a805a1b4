// Notifies operators when the controller needs one, and when it has fallen silent.

import { tagsType } from '../types.bicep'

@description('Region of the Log Analytics workspace.')
param location string

@description('Tags.')
param tags tagsType

@description('The app\'s Log Analytics workspace.')
param logWorkspaceId string

@description('The function app, as its telemetry names it.')
param functionAppName string

@description('false: no role is assigned; the output has the commands. Until they ran no alert fires.')
param assignRoles bool

@description('Action groups to call; none: the alerts appear in the portal only.')
param actionGroupIds string[]

@description('false: lines that need nobody to act (RolloutNotice) notify nobody.')
param noticeAlert bool

// rollout/adapters/app_log.py begins these lines with their marks. A line may arrive minutes after it was
// written, so each look is at lines of the last half hour, and of these at what was ingested since the last look.
//
// Attention: since the last but one. So a look that comes late, or not at all, loses none, and each line notifies
// twice, five minutes apart. Actions must not be muted in between: a line that comes while they are would never
// notify anybody.
var attentionQuery = '''
AppTraces
| where AppRoleName =~ 'FUNCTION_APP'
| where Message startswith 'RolloutAttention:'
| where ingestion_time() > ago(10m)
'''

// Nobody needs to act on these, so one notification of each is worth more than a second one of all.
var noticeQuery = '''
AppTraces
| where AppRoleName =~ 'FUNCTION_APP'
| where Message startswith 'RolloutNotice:'
| where ingestion_time() > ago(6m)
'''

// Each tick wakes the live rollouts, and a wake-up is a run of the function work. So if the last run of
// work is not older than the last tick but one, a rollout was live when the ticks ended. The limit is
// five minutes of silence, and three in which logs may still be on their way.
var silenceQuery = '''
AppRequests
| where AppRoleName =~ 'FUNCTION_APP'
| summarize lastTick = maxif(TimeGenerated, Name == 'tick' and Success == true), lastWork = maxif(TimeGenerated, Name == 'work')
| where isnotnull(lastWork)
| extend lastTick = coalesce(lastTick, datetime(1970-01-01))
| where lastTick < ago(8m) and lastWork > lastTick - 2m
| project TimeGenerated = lastWork, lastTick, lastWork
'''

// Without an identity of their own, rules query with the rights that whoever deployed last had then ("Create a log
// search alert rule", Identity).
resource reader 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-${functionAppName}-alerts'
  location: location
  tags: tags
}

module access 'alert-access.bicep' = {
  params: {
    assign: assignRoles
    // An assignment's name holds the principal, so that a re-made identity gets a new one; what-if
    // cannot know it.
    #disable-next-line what-if-short-circuiting
    principalId: reader.properties.principalId
    logWorkspaceName: split(logWorkspaceId, '/')[8]
  }
}

var alertsIdentity = {
  type: 'UserAssigned'
  userAssignedIdentities: { '${reader.id}': {} }
}

resource attention 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = {
  name: 'alert-${functionAppName}-attention'
  location: location
  tags: tags
  kind: 'LogAlert'
  identity: alertsIdentity
  properties: {
    displayName: 'Rollouts: an operator is needed'
    description: 'The log has a line that begins with RolloutAttention. docs/operations.md says what each one means and what to do.'
    severity: 1
    enabled: true
    scopes: [logWorkspaceId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT30M'
    criteria: {
      allOf: [
        {
          query: replace(attentionQuery, 'FUNCTION_APP', functionAppName)
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    // Each line is a separate event, with nothing to resolve.
    autoMitigate: false
    // A new workspace does not have the table yet.
    skipQueryValidation: true
    actions: { actionGroups: actionGroupIds }
  }
}

resource notice 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = if (noticeAlert) {
  name: 'alert-${functionAppName}-notice'
  location: location
  tags: tags
  kind: 'LogAlert'
  identity: alertsIdentity
  properties: {
    displayName: 'Rollouts: promoted, rolled back, failed or replaced'
    description: 'The log has a line that begins with RolloutNotice. Nobody needs to act; the line says what happened and what serves.'
    severity: 3
    enabled: true
    scopes: [logWorkspaceId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT30M'
    criteria: {
      allOf: [
        {
          query: replace(noticeQuery, 'FUNCTION_APP', functionAppName)
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    // Each line is a separate event, with nothing to resolve.
    autoMitigate: false
    // A new workspace does not have the table yet.
    skipQueryValidation: true
    actions: { actionGroups: actionGroupIds }
  }
}

resource silence 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = {
  name: 'alert-${functionAppName}-silence'
  location: location
  tags: tags
  kind: 'LogAlert'
  identity: alertsIdentity
  properties: {
    displayName: 'Rollouts: the controller is silent while a rollout is live'
    description: 'No tick for five minutes. Check GET /api/health and the app; docs/operations.md says how to move traffic without it.'
    severity: 0
    enabled: true
    scopes: [logWorkspaceId]
    evaluationFrequency: 'PT5M'
    windowSize: 'P1D'
    criteria: {
      allOf: [
        {
          query: replace(silenceQuery, 'FUNCTION_APP', functionAppName)
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    // Repeated every half hour until it ticks.
    autoMitigate: false
    muteActionsDuration: 'PT30M'
    skipQueryValidation: true
    actions: { actionGroups: actionGroupIds }
  }
}

output commands string[] = access.outputs.commands
