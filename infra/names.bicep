// Names inside the app's storage account, for every template and module that needs them: with a name that is
// known before the deployment, what-if is exact and names of role assignments can be computed.

@export()
@description('Container of the app\'s package.')
var packageContainer = 'app-package'

@export()
@description('Container of the services bundle.')
var bundleContainer = 'services'

@export()
@description('Container of events that could not be delivered.')
var deadLetterContainer = 'dead-letter'

@export()
@description('Queue of wake-ups.')
var workQueue = 'rollout-work'

@export()
@description('Queue of model events. The app listens to it in every profile; in the private one, events arrive here.')
var eventQueue = 'model-events'

@export()
@description('Table of rollouts and history.')
var rolloutsTable = 'Rollouts'

@export()
@description('Table of live endpoints.')
var liveTable = 'Live'
