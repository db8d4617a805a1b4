"""The private profile, worked out for both values of its parameter: what is closed, and ways in."""

from itertools import product

from infra_check.nodes import For, If, Members, Module, body_of
from infra_check.program import Program, SourceFile
from tests.support.infra.own_files import INFRA
from tests.support.infra.policies.supposing import Facts, Supposition
from tests.support.infra.policies.tracing import Place, places, texts

_STORAGE = "Microsoft.Storage/storageAccounts"
_SITE = "Microsoft.Web/sites"
_SUBSCRIPTION = "Microsoft.EventGrid/systemTopics/eventSubscriptions"
_ENDPOINT = "private-endpoint.bicep"
PROFILE = "privateProfile"
OURS = {"eventsIdentityId": "/ours", "existingEndpointSubnetId": "/subnets/other"}
# (type, path of the value) -> the value in the private profile and otherwise.
CLOSED = {
    (_SITE, ("properties", "publicNetworkAccess")): ("Disabled", "Enabled"),
    (_STORAGE, ("properties", "publicNetworkAccess")): ("Disabled", "Enabled"),
    (_STORAGE, ("properties", "networkAcls", "defaultAction")): ("Deny", "Allow"),
    # Event Grid puts events into the queue as a trusted service.
    (_STORAGE, ("properties", "networkAcls", "bypass")): ("AzureServices", "AzureServices"),
}
# blob: package, bundle, locks. queue, table: work and state. sites: people and monitoring.
REACHED = frozenset({"blob", "queue", "table", "sites"})


def app_and_storage_are_closed(program: Program) -> list[str]:
    """No public access in the private profile, and public access without it."""
    return [
        f"{place}: {'.'.join(path)} is {given}, not {wanted}, with {PROFILE} {private}"
        for (type_name, path), values in CLOSED.items()
        for place in places(program, type_name)
        for private, wanted in zip((True, False), values, strict=True)
        if (given := _supposing(program, private).text(place.file, place.value(*path))) != wanted
    ]


def the_private_app_calls_through_its_subnet(program: Program) -> list[str]:
    complaints: list[str] = []
    for place in places(program, _SITE):
        for existing in ("", "/subnets/theirs"):
            facts = {PROFILE: True, "existingAppSubnetId": existing, **OURS}
            found = Supposition(program, facts).text(
                place.file, place.value("properties", "virtualNetworkSubnetId")
            )
            # The one that is made is a name of several parts, which is no plain text.
            if found != (existing or None):
                complaints.append(f"{place}: with existingAppSubnetId {existing!r} it is {found!r}")
    return complaints


def what_is_closed_has_private_endpoints(program: Program) -> list[str]:
    """One for each part of storage that the app uses, and one for the app; else none."""
    main = program.files[(INFRA / "main.bicep").resolve()]
    complaints: list[str] = []
    for private, zones in product((True, False), repeat=2):
        facts: Facts = {PROFILE: private, "createPrivateDnsZones": zones}
        found = {
            name
            for module in main.all(Module)
            if (module.path.literal or "").endswith(_ENDPOINT)
            for name in _made(main, module, Supposition(program, facts))
        }
        wanted = REACHED if private else frozenset[str]()
        if found != wanted:
            complaints.append(
                f"main.bicep: private endpoints for {sorted(found)}, not {sorted(wanted)}, "
                f"supposing {facts}"
            )
    return complaints


def private_events_come_through_the_queue(program: Program) -> list[str]:
    """To the app's queue as the topic itself; without the profile to the function, as nobody."""
    complaints: list[str] = []
    for place in places(program, _SUBSCRIPTION):
        for private, existing in product((True, False), ("", "theirs")):
            facts: Facts = {PROFILE: private, "existingSystemTopicName": existing, **OURS}
            found = _delivery(place, Supposition(program, facts))
            itself = private or bool(existing)
            lost = "SystemAssigned" if itself else "UserAssigned"
            wanted = (
                (None, "StorageQueue", "model-events", "SystemAssigned", lost)
                if private
                else ("AzureFunction", None, None, None, lost)
            )
            if found != wanted:
                complaints.append(f"{place}: {found}, not {wanted}, supposing {facts}")
    return complaints


def private_messages_are_not_sent(program: Program) -> list[str]:
    """Event Grid cannot call a closed app: a subscription would only fill the dead letters."""
    wiring = program.files[(INFRA / "wiring.bicep").resolve()]
    (module,) = (each for each in wiring.all(Module) if each.name == "notifySubscription")
    complaints = [
        f"wiring.bicep: messages are subscribed to, {PROFILE}: {private}"
        for private in (True, False)
        if _is_made(wiring, module, _supposing(program, private)) is private
    ]
    main = program.files[(INFRA / "main.bicep").resolve()]
    for name in ("notifyChannelsSecretUri", "notifyDefault"):
        given = f"{name}: {PROFILE} ? '' : {name}"
        if given not in main.text:
            complaints.append(f"main.bicep: a private app would say that it tells people: {name}")
    return complaints


def _is_made(file: SourceFile, module: Module, supposing: Supposition) -> bool:
    value = module.value
    return not isinstance(value, If) or bool(supposing.truth(file, value.condition))


def private_alerts_go_to_people(program: Program) -> list[str]:
    """No action group calls a closed app; without the profile one does."""
    wiring = program.files[(INFRA / "wiring.bicep").resolve()]
    (rollback,) = (each for each in wiring.all(Module) if each.name == "rollback")
    complaints: list[str] = []
    for private in (True, False):
        supposing = _supposing(program, private)
        made = _is_made(wiring, rollback, supposing)
        if made is private:
            complaints.append(f"wiring.bicep: rollback group made: {made}, {PROFILE}: {private}")
        groups = supposing.names(wiring, "alertGroups")
        if ("rollbackGroup" in groups) is private or ("peopleGroups" in groups) is not private:
            complaints.append(f"wiring.bicep: alerts go to {groups}, {PROFILE}: {private}")
    return complaints


def _supposing(program: Program, private: bool) -> Supposition:  # noqa: FBT001 - the fact itself
    return Supposition(program, {PROFILE: private})


def _made(file: SourceFile, module: Module, supposing: Supposition) -> set[str]:
    value, body = module.value, body_of(module.value)
    params = body.get("params") if body else None
    subresource = params.get("subresource") if isinstance(params, Members) else None
    if isinstance(value, If) and not supposing.truth(file, value.condition):
        return set()
    if isinstance(value, For):
        return supposing.items(file, value.source)
    return texts(supposing.program, file, subresource)


def _delivery(place: Place, supposing: Supposition) -> tuple[str | None, ...]:
    def at(*path: str) -> str | None:
        return supposing.text(place.file, place.body, "properties", *path)

    queue = ("deliveryWithResourceIdentity", "destination")
    return (
        at("destination", "endpointType"),
        at(*queue, "endpointType"),
        at(*queue, "properties", "queueName"),
        at("deliveryWithResourceIdentity", "identity", "type"),
        at("deadLetterWithResourceIdentity", "identity", "type"),
    )
