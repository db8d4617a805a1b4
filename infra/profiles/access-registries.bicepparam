// Environments that are built, collectors in templates, and models of two registries, one of them in another subscription.
using '../access.bicep'

param workspaceName = 'ws-production'
param workspaceResourceGroup = 'rg-ml'
param controllerPrincipalId = '11111111-1111-1111-1111-111111111111'
param createFromTemplates = true
param templatesBuildEnvironments = true
param templatesCollectData = true
param registryIds = [
  '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ml/providers/Microsoft.MachineLearningServices/registries/models'
  '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-registries/providers/Microsoft.MachineLearningServices/registries/company'
]
