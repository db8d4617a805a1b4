"""What the host refuses although the worker accepts it: the checks when an app loads.

Rules from azure-functions-host 4.1037 (Utility, ScriptHost, FunctionMetadataManager). A function
that fails one is dropped with an error and the others still run, so in Azure most of these
mistakes show as a function that is silently absent.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

from localazure.functions_host.app_model import (
    App,
    EventGridTrigger,
    Function,
    HttpTrigger,
    QueueTrigger,
    TimerTrigger,
    Trigger,
)
from localazure.functions_host.app_settings import AppSettings, SettingsError
from localazure.functions_host.host_json import HostJson
from localazure.functions_host.keys import AuthLevel
from localazure.functions_host.routes import RouteError, RouteTemplate
from localazure.functions_host.schedule import Schedule, ScheduleError
from localazure.functions_host.worker import IndexedFunction

RETURN_BINDING = "$return"
RESERVED_ROUTES = ("admin", "runtime")
RESERVED_FUNCTION_NAMES = ("host",)
_BINDING_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9]{0,127}")
_FUNCTION_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]{0,127}")
_QUEUE_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*")
_SERVED_OUTPUTS = {"http"}


class RefusedFunctionError(Exception):
    """The host does not run this function; the text says why."""


def check_app(
    indexed: Iterable[IndexedFunction], host_json: HostJson, settings: AppSettings
) -> App:
    """Apply the host's rules to what the worker indexed."""
    functions: list[Function] = []
    errors: list[str] = []
    warnings = [f"host.json: {key!r} has no effect in this host." for key in host_json.ignored]
    for item in sorted(indexed, key=lambda each: each.name.lower()):
        if host_json.functions is not None and item.name not in host_json.functions:
            continue
        try:
            function = _checked(item, host_json, settings)
            _refuse_same_route(function, functions)
        except (RefusedFunctionError, SettingsError, ScheduleError, RouteError) as error:
            errors.append(f"The function {item.name} is not loaded: {error}")
            continue
        functions.append(function)
        if item.has_retry_policy:
            warnings.append(f"{item.name}: its retry policy is not applied by this host.")
    warnings.extend(_hidden_routes(functions))
    return App(tuple(functions), tuple(errors), tuple(warnings))


def _checked(item: IndexedFunction, host_json: HostJson, settings: AppSettings) -> Function:
    if not _FUNCTION_NAME.fullmatch(item.name) or item.name.lower() in RESERVED_FUNCTION_NAMES:
        raise RefusedFunctionError(
            f"{item.name!r} is not a function name: a letter, then up to 127 letters, digits, "
            '"-" or "_", and not "host".'
        )
    _check_binding_names(item)
    triggers = [each for each in item.bindings if str(each["type"]).endswith("Trigger")]
    if len(triggers) != 1:
        raise RefusedFunctionError(f"it has {len(triggers)} triggers and needs exactly one.")
    for binding in item.bindings:
        if binding is not triggers[0] and binding["type"] not in _SERVED_OUTPUTS:
            raise RefusedFunctionError(
                f"this host does not serve the binding type {binding['type']!r}."
            )
    return Function(
        name=item.name,
        function_id=item.function_id,
        parameter=str(triggers[0]["name"]),
        trigger=_trigger(triggers[0], item.name, host_json, settings),
        disabled=settings.is_disabled(item.name),
    )


def _check_binding_names(item: IndexedFunction) -> None:
    seen: set[str] = set()
    for binding in item.bindings:
        name = str(binding.get("name", ""))
        if name != RETURN_BINDING and not _BINDING_NAME.fullmatch(name):
            raise RefusedFunctionError(
                f"the binding name {name!r} is invalid: a letter, then letters and digits only "
                "(no underscore)."
            )
        if name.lower() in seen:
            raise RefusedFunctionError(f"two bindings are called {name!r}, ignoring case.")
        seen.add(name.lower())


def _trigger(
    binding: Mapping[str, Any], function_name: str, host_json: HostJson, settings: AppSettings
) -> Trigger:
    match binding["type"]:
        case "httpTrigger":
            return _http_trigger(binding, function_name, host_json, settings)
        case "timerTrigger":
            return TimerTrigger(
                schedule=Schedule.parse(settings.resolve(str(binding["schedule"]))),
                run_on_startup=bool(binding.get("runOnStartup", False)),
                use_monitor=bool(binding.get("useMonitor", True)),
            )
        case "queueTrigger":
            queue_name = settings.resolve(str(binding["queueName"])).lower()
            if not _QUEUE_NAME.fullmatch(queue_name):
                raise RefusedFunctionError(
                    f"{queue_name!r} is not a queue name: 3-63 lower-case letters, digits and "
                    "single dashes."
                )
            connection = str(binding.get("connection") or "")
            settings.queue_connection(connection)
            return QueueTrigger(queue_name, connection)
        case "eventGridTrigger":
            return EventGridTrigger()
        case other:
            raise RefusedFunctionError(f"this host does not serve the trigger {other!r}.")


def _http_trigger(
    binding: Mapping[str, Any], function_name: str, host_json: HostJson, settings: AppSettings
) -> HttpTrigger:
    route = settings.resolve(str(binding.get("route") or function_name)).strip("/")
    for reserved in RESERVED_ROUTES:
        # The host compares the prefix, not the segment: "administer" is refused too.
        if route.lower().startswith(reserved):
            raise RefusedFunctionError(f"its route {route!r} starts with {reserved!r}.")
    level = str(binding.get("authLevel") or AuthLevel.FUNCTION.name).upper()
    if level not in AuthLevel.__members__:
        raise RefusedFunctionError(f"{level!r} is not an authorization level.")
    return HttpTrigger(
        template=RouteTemplate.parse(f"{host_json.route_prefix}/{route}"),
        methods=frozenset(str(method).upper() for method in binding.get("methods") or ()),
        level=AuthLevel[level],
    )


def _refuse_same_route(function: Function, earlier: Iterable[Function]) -> None:
    trigger = function.trigger
    if not isinstance(trigger, HttpTrigger):
        return
    for other in earlier:
        same = (
            isinstance(other.trigger, HttpTrigger)
            and other.trigger.template.text == trigger.template.text
            and other.trigger.shares_a_method_with(trigger)
        )
        if same:
            raise RefusedFunctionError(
                f"its route {trigger.template.text!r} belongs to {other.name} already."
            )


def _hidden_routes(functions: Iterable[Function]) -> list[str]:
    http = [(item.name, item.trigger) for item in functions]
    served = [(name, trigger) for name, trigger in http if isinstance(trigger, HttpTrigger)]
    return [
        f"{first_name} ({first.template.text}) is tried before {name} ({trigger.template.text}) "
        "and takes the requests that match both: the host goes by the functions' names."
        for (first_name, first), (name, trigger) in combinations(served, 2)
        if first.shares_a_method_with(trigger) and first.template.overlaps(trigger.template)
    ]
