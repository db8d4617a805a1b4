// Shapes of parameters that more than one template or module takes.

@export()
@description('Tags of a resource: values by name.')
type tagsType = {
  @description('Value of the tag.')
  *: string
}

@export()
@sealed()
@description('An endpoint that gets alerts.')
type alertedEndpointType = {
  @minLength(3)
  @maxLength(32)
  @description('Name of the endpoint.')
  name: string

  @minValue(1)
  @description('The alert fires above this 95th percentile of latency.')
  latencyP95Milliseconds: int
}

@export()
@sealed()
@description('A tag that a model must have.')
type modelTagFilterType = {
  @minLength(1)
  @description('Name of the tag, without dots: Event Grid takes them for levels.')
  key: string

  @minLength(1)
  @maxLength(25)
  @description('Values that will do.')
  values: string[]
}

@export()
@sealed()
@description('A principal that publishes the services bundle.')
type bundlePublisherType = {
  @minLength(36)
  @maxLength(36)
  @description('Its object id.')
  id: string

  @description('What it is.')
  type: 'User' | 'Group' | 'ServicePrincipal'
}

@export()
@sealed()
@description('Instances that are always ready, for each part of the app that Flex Consumption scales by itself.')
type alwaysReadyType = {
  @minValue(0)
  @maxValue(10)
  @description('For all HTTP functions together: alerts, orders, probes.')
  http: int

  @minValue(0)
  @maxValue(10)
  @description('For the timer.')
  tick: int

  @minValue(0)
  @maxValue(10)
  @description('For the queue of wake-ups.')
  work: int
}
