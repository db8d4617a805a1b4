// What the .bicepparam files make parameters of: settings, which are texts of the environment. A setting
// that is empty counts as not set.

import { alertedEndpointType, bundlePublisherType, modelTagFilterType, tagsType } from 'types.bicep'

var defaultLatencyP95Milliseconds = 1000

@export()
@description('Entries of a list that is separated by commas, without the spaces around them. Empty ones and repetitions, in whatever case, are left out.')
func entries(text string) string[] =>
  reduce(map(split(text, ','), each => trim(each)), [], (found, each) =>
    empty(each) || contains(map(found, known => toLower(known)), toLower(each)) ? found : concat(found, [each]))

@export()
@description('true, false, 1 or 0, in whatever case; anything else does not compile.')
func isTrue(text string, default bool) bool =>
  empty(text) ? default : text == '1' ? true : text == '0' ? false : bool(text)

@export()
@description('A whole number; anything else does not compile.')
func number(text string, default int) int => empty(text) ? default : int(text)

@description('What stands before the first sign in an entry.')
func before(entry string, sign string) string => trim(split(entry, sign)[0])

@description('What stands after the first sign in an entry. Without the sign there is no second part, and that does not compile.')
func after(entry string, sign string) string =>
  trim(join(concat([split(entry, sign)[1]], skip(split(entry, sign), 2)), sign))

@export()
@description('Tags: name=value,name=value.')
func tags(text string) tagsType => toObject(entries(text), each => before(each, '='), each => after(each, '='))

@export()
@description('Endpoints that get alerts: name=milliseconds, or a name alone.')
func endpoints(text string) alertedEndpointType[] =>
  map(entries(text), each => {
    name: before(each, '=')
    latencyP95Milliseconds: contains(each, '=') ? int(after(each, '=')) : defaultLatencyP95Milliseconds
  })

@export()
@description('Tags that a model must have: tag=value|value,tag=value.')
func filters(text string) modelTagFilterType[] =>
  map(entries(text), each => {
    key: before(each, '=')
    values: filter(map(split(after(each, '='), '|'), value => trim(value)), value => !empty(value))
  })

@export()
@description('Who publishes the services bundle: <object id>:<User, Group or ServicePrincipal>. Without any it is the person who is signed in.')
func publishers(text string, signedIn string) bundlePublisherType[] =>
  map(entries(empty(text) && !empty(signedIn) ? '${signedIn}:User' : text), each => {
    id: before(each, ':')
    // A kind that is none of these is no property, and that does not compile.
    type: {
      User: 'User'
      Group: 'Group'
      ServicePrincipal: 'ServicePrincipal'
    }[after(each, ':')]
  })
