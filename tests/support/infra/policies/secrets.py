"""Keys and passwords: nowhere in outputs or app settings, and in one place at all."""

from collections.abc import Iterator

from infra_check.functions import RUNTIME
from infra_check.nodes import (
    Call,
    Member,
    Members,
    Name,
    Node,
    Output,
    Parameter,
    Ternary,
    Text,
    Variable,
    walk,
)
from infra_check.program import Program, SourceFile
from tests.support.infra.policies.tracing import places

# The connection string of a component without local auth names it and opens nothing.
_HARMLESS = {"APPLICATIONINSIGHTS_CONNECTION_STRING": "ConnectionString"}
_KEY_PROPERTIES = frozenset(
    {
        *("ConnectionString", "InstrumentationKey", "connectionString", "key1", "key2"),
        *("primaryKey", "primarySharedKey", "secondaryKey", "secondarySharedKey", "sharedKey"),
        *("systemKeys", "functionKeys", "masterKey", "publishingPassword", "accessKey"),
    }
)
_CHANNELS, _REFERENCE = "NOTIFY_CHANNELS", "@Microsoft.KeyVault(SecretUri="
_SETTINGS_OF_KEYS = ("AzureWebJobsStorage", "LIFECYCLE_TOPIC_KEY", "AzureWebJobsDashboard")


def no_output_holds_a_secret(program: Program) -> list[str]:
    return [
        f"{file.path.name}: output {each.name} holds {secret}"
        for file in program.files.values()
        for each in file.all(Output)
        for secret in _secrets(file, each.value)
    ]


def no_app_setting_holds_a_secret(program: Program) -> list[str]:
    complaints: list[str] = []
    for place in places(program, "Microsoft.Web/sites/config"):
        settings = place.value("properties")
        if not isinstance(settings, Members):
            continue
        for each in settings.properties:
            key = each.key.literal or ""
            if key in _SETTINGS_OF_KEYS:
                complaints.append(f"{place}: {key} would be a key; use the identity")
            complaints += [
                f"{place}: {key} holds {secret}"
                for secret in _secrets(place.file, each.value)
                if _HARMLESS.get(key) != secret
            ]
    return complaints


def channels_stay_in_a_key_vault(program: Program) -> list[str]:
    """Whoever knows a chat's address may post there: the setting is a reference, or empty."""
    return [
        f"{place}: {_CHANNELS} is not a reference to a Key Vault"
        for place in places(program, "Microsoft.Web/sites/config")
        if (value := place.value("properties", _CHANNELS)) is not None
        and not all(map(_is_reference, _outcomes(value)))
    ]


def _outcomes(value: Node) -> Iterator[Node]:
    if isinstance(value, Ternary):
        yield from _outcomes(value.then)
        yield from _outcomes(value.otherwise)
    else:
        yield value


def _is_reference(value: Node) -> bool:
    if not isinstance(value, Text):
        return False
    return value.literal == "" or str(value.parts[0]).startswith(_REFERENCE)


def keys_are_read_for_one_address_only(program: Program) -> list[str]:
    """`list*` stands in the address that an action group calls, and nowhere else."""
    allowed: set[int] = set()
    for place in places(program, "Microsoft.Insights/actionGroups"):
        for node in walk(place.body):
            if isinstance(node, Members) and (url := node.get("httpTriggerUrl")):
                allowed |= {id(each) for each in walk(url)}
    return [
        f"{file.path.name}: {node.name}() outside an action group's address"
        for file in program.files.values()
        for node in walk(file.declarations)
        if isinstance(node, Call) and _reads_keys(node) and id(node) not in allowed
    ]


def _reads_keys(node: Call) -> bool:
    return node.name in RUNTIME or node.name.startswith("list")


def _secrets(file: SourceFile, value: Node) -> Iterator[str]:
    seen: set[str] = set()
    waiting: list[Node] = [value]
    while waiting:
        for node in walk(waiting.pop()):
            if isinstance(node, Call) and _reads_keys(node):
                yield f"{node.name}()"
            elif isinstance(node, Member) and node.name in _KEY_PROPERTIES:
                yield node.name
            elif isinstance(node, Name) and node.name not in seen:
                seen.add(node.name)
                waiting += [each.value for each in file.all(Variable) if each.name == node.name]
                if any(
                    each.name == node.name and each.decorator("secure")
                    for each in file.all(Parameter)
                ):
                    yield f"the secure parameter {node.name}"
