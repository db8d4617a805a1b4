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
