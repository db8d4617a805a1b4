// The settings of docs/deploy.md as parameters of wiring.bicep. hooks/wire.sh sets EXISTING_SYSTEM_TOPIC_NAME
// and EXISTING_SYSTEM_TOPIC_GROUP to what it finds, and moves endpoints that do not exist from ALERTED_ENDPOINTS
// to SKIPPED_ENDPOINTS; a pipeline without it sets all itself.
using 'wiring.bicep'

import { endpoints, entries, filters, isTrue, number, tags } from 'settings.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param workspaceName = readEnvironmentVariable('AZUREML_WORKSPACE_NAME')
param workspaceResourceGroup = readEnvironmentVariable('AZUREML_RESOURCE_GROUP')
param functionAppName = readEnvironmentVariable('FUNCTION_APP_NAME')
param storageAccountName = readEnvironmentVariable('STORAGE_ACCOUNT_NAME')
param eventsIdentityId = readEnvironmentVariable('EVENTS_IDENTITY_ID')
param lifecycleTopicId = readEnvironmentVariable('LIFECYCLE_TOPIC_ID')
param logWorkspaceId = readEnvironmentVariable('LOG_WORKSPACE_ID')
param privateProfile = isTrue(readEnvironmentVariable('PRIVATE_PROFILE', ''), false)
param assignRoles = isTrue(readEnvironmentVariable('ASSIGN_ROLES', ''), true)
param extraTags = tags(readEnvironmentVariable('EXTRA_TAGS', ''))

param existingSystemTopicName = readEnvironmentVariable('EXISTING_SYSTEM_TOPIC_NAME', '')
param existingSystemTopicGroup = readEnvironmentVariable('EXISTING_SYSTEM_TOPIC_GROUP', '')
param systemTopicLogs = isTrue(readEnvironmentVariable('SYSTEM_TOPIC_LOGS', ''), false)
param modelTagFilters = filters(readEnvironmentVariable('MODEL_TAG_FILTERS', ''))

param alertedEndpoints = endpoints(readEnvironmentVariable('ALERTED_ENDPOINTS', ''))
param skippedEndpoints = entries(readEnvironmentVariable('SKIPPED_ENDPOINTS', ''))
param modelErrorsPerMinute = number(readEnvironmentVariable('MODEL_ERRORS_PER_MINUTE', ''), 5)
param overloadPerMinute = number(readEnvironmentVariable('OVERLOAD_PER_MINUTE', ''), 10)
param serverErrorsPerMinute = number(readEnvironmentVariable('SERVER_ERRORS_PER_MINUTE', ''), 5)

param attentionEmails = entries(readEnvironmentVariable('ATTENTION_EMAILS', ''))
param attentionActionGroupIds = entries(readEnvironmentVariable('ATTENTION_ACTION_GROUP_IDS', ''))
param noticeAlert = isTrue(readEnvironmentVariable('NOTICE_ALERT', ''), true)
