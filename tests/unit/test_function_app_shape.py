"""The app as the Functions host sees it: names, routes, levels, and what indexing it imports."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dev.package import deployed_files
from rollout.inbound.api.routes import ROUTES, Access
from tests.support.key_table import key_rows
from tests.support.paths import PROJECT

OF_OURS = {"rollout", "rollout.sign_in"}
"""All that indexing may import of the product: the rest waits for an invocation that needs it."""
# What a door may know: import-linter takes packages only as its roots, and this is one module.
MAY_IMPORT = (
    *("rollout.inbound.", "rollout.wiring", "rollout.errors", "rollout.settings"),
    *("rollout.triggers", "rollout.sign_in"),
    "rollout.adapters.storage.wakeups",  # a message's form, free of SDKs
)
Functions = dict[str, list[dict[str, Any]]]
BINDING_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9]{0,127}|\$return")

# Function -> trigger type, and for HTTP the route, the methods and the level.
EXPECTED: dict[str, tuple[str, ...]] = {
    "alert": ("httpTrigger", "alerts", "POST", "FUNCTION"),
    "command": ("httpTrigger", "rollouts/{service}/{verb}", "POST", "FUNCTION"),
    "health": ("httpTrigger", "health", "GET", "ANONYMOUS"),
    "listSuspensions": ("httpTrigger", "suspensions", "GET", "FUNCTION"),
    "listRollouts": ("httpTrigger", "rollouts", "GET", "FUNCTION"),
    "modelRegistered": ("eventGridTrigger",),
    "modelRegisteredFromQueue": ("queueTrigger", "%EVENT_QUEUE%", "AzureWebJobsStorage"),
    "notify": ("eventGridTrigger",),
    "openapi": ("httpTrigger", "openapi.json", "GET", "ANONYMOUS"),
    "readiness": ("httpTrigger", "readiness", "GET", "FUNCTION"),
    "showPlan": ("httpTrigger", "rollouts/{service}/plan", "GET", "FUNCTION"),
    "showPolicy": ("httpTrigger", "rollouts/{service}/policy", "GET", "FUNCTION"),
    "showBodies": ("httpTrigger", "rollouts/{service}/bodies/{sequence}", "GET", "FUNCTION"),
    "showHistory": ("httpTrigger", "rollouts/{service}/history", "GET", "FUNCTION"),
    "showMinutes": ("httpTrigger", "rollouts/{service}/minutes", "GET", "FUNCTION"),
    "showOffers": ("httpTrigger", "rollouts/{service}/offers", "GET", "FUNCTION"),
    "showRollout": ("httpTrigger", "rollouts/{service}", "GET", "FUNCTION"),
    "startRollout": ("httpTrigger", "rollouts", "POST", "FUNCTION"),
    "suspendAll": ("httpTrigger", "suspend", "POST", "FUNCTION"),
    "unsuspendAll": ("httpTrigger", "unsuspend", "POST", "FUNCTION"),
    "whoami": ("httpTrigger", "whoami", "GET", "FUNCTION"),
    "tick": ("timerTrigger", "%TICK_SCHEDULE%"),
    "work": ("queueTrigger", "%WORK_QUEUE%", "AzureWebJobsStorage"),
    "zzConsole": ("httpTrigger", "ui/{*path}", "GET", "ANONYMOUS"),
}


ANONYMOUS = {"health", "openapi"}
CONSOLE = "zzConsole"
"""Its files are for browsers: they are no part of the described API."""


# Indexing works once in a process, so a process of its own does it.
PROGRAM = """
import json, sys
import function_app
bindings = {
    function.get_function_name(): [each.get_dict_repr() for each in function.get_bindings()]
    for function in function_app.app.get_functions()
}
modules = sorted(sys.modules)
print(json.dumps([bindings, modules], default=lambda value: getattr(value, "name", str(value))))
"""


def index(**settings: str) -> tuple[Functions, list[str]]:
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=PROJECT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    functions, modules = json.loads(finished.stdout)
    return functions, modules


@pytest.fixture(scope="module")
def indexed() -> tuple[Functions, list[str]]:
    return index()


@pytest.fixture(scope="module")
def functions(indexed: tuple[Functions, list[str]]) -> Functions:
    """Function name -> its bindings, as the worker hands them to the host."""
    return indexed[0]


def _shape(bindings: list[dict[str, Any]]) -> tuple[str, ...]:
    trigger = next(each for each in bindings if each["type"].endswith("Trigger"))
    match trigger["type"]:
        case "httpTrigger":
            parts: tuple[str, ...] = (
                trigger["route"],
                ",".join(trigger["methods"]),
                trigger["authLevel"],
            )
        case "timerTrigger":
            parts = (trigger["schedule"],)
        case "queueTrigger":
            parts = (trigger["queueName"], trigger["connection"])
        case _:
            parts = ()
    return (trigger["type"], *parts)


def test_the_functions_are_exactly_these(functions: Functions) -> None:
    assert {name: _shape(bindings) for name, bindings in functions.items()} == EXPECTED


def test_only_what_says_nothing_of_services_is_anonymous(functions: Functions) -> None:
    levels = {name: _shape(bindings)[-1] for name, bindings in functions.items()}
    anonymous = {name for name, level in levels.items() if level == "ANONYMOUS"}

    assert anonymous == {*ANONYMOUS, CONSOLE}


def test_every_route_is_described_and_every_description_is_a_route(functions: Functions) -> None:
    there = {
        (name, *_shape(bindings)[1:3])
        for name, bindings in functions.items()
        if _shape(bindings)[0] == "httpTrigger" and name != CONSOLE
    }
    described = {(each.function, each.template or each.path, each.method) for each in ROUTES}

    assert described == there
    open_to_all = {each.function for each in ROUTES if each.access is Access.ANYONE}
    assert open_to_all == ANONYMOUS


def test_the_route_that_takes_every_path_below_comes_last(functions: Functions) -> None:
    greedy = [name for name, bindings in functions.items() if "{*" in str(_shape(bindings))]

    assert greedy == [max(functions)]


@pytest.mark.parametrize(
    ("platform", "behind"), [("true", "ANONYMOUS"), ("false", "FUNCTION"), ("", "FUNCTION")]
)
def test_keys_are_left_out_only_where_the_platform_signs_callers_in(
    platform: str, behind: str
) -> None:
    functions, _ = index(SIGN_IN_ENABLED="true", WEBSITE_AUTH_ENABLED=platform)
    levels = {
        name: _shape(bindings)[-1]
        for name, bindings in functions.items()
        if _shape(bindings)[0] == "httpTrigger"
    }
    assert levels.pop("alert") == "FUNCTION", "an action group cannot sign in"
    assert {levels.pop(name) for name in (*ANONYMOUS, CONSOLE)} == {"ANONYMOUS"}
    assert set(levels.values()) == {behind}


def test_binding_names_obey_the_host(functions: Functions) -> None:
    names = [each["name"] for bindings in functions.values() for each in bindings]

    assert all(BINDING_NAME.fullmatch(name) for name in names)


def test_host_json_reads_plain_text_wake_ups_twice_at_most() -> None:
    host = json.loads((PROJECT / "host.json").read_text())
    queues = host["extensions"]["queues"]

    assert host["version"] == "2.0"
    assert queues["messageEncoding"] == "none"
    assert queues["maxDequeueCount"] == 2
    assert queues["maxPollingInterval"] == "00:00:05"


def test_indexing_imports_what_it_needs_alone(indexed: tuple[Functions, list[str]]) -> None:
    modules = indexed[1]

    assert {name for name in modules if name.partition(".")[0] == "rollout"} == OF_OURS
    azure = {".".join(name.split(".")[:2]) for name in modules if name.startswith("azure.")}
    assert azure == {"azure.functions"}


DOORS = [PROJECT / "function_app.py", *sorted((PROJECT / "rollout" / "triggers").glob("[a-z]*.py"))]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.stem)
def test_doors_import_what_parses_what_answers_and_the_wiring(door: Path) -> None:
    imported = [
        alias.name if isinstance(node, ast.Import) else node.module or ""
        for node in ast.walk(ast.parse(door.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    ]
    ours = {name for name in imported if name.partition(".")[0] == "rollout"}

    assert ours
    assert [name for name in ours if not name.startswith(MAY_IMPORT)] == []
    others = {name for name in imported if name not in ours}
    assert others - set(sys.stdlib_module_names) - {"collections.abc"} <= {"azure.functions"}


def test_the_deploy_page_says_whose_the_key_of_each_function_is() -> None:
    told = [function for row in key_rows() for function in row]
    assert sorted(told) == sorted(name for name, shape in EXPECTED.items() if "FUNCTION" in shape)


def test_only_the_product_is_deployed() -> None:
    deployed = deployed_files(PROJECT)

    assert {path for path in deployed if "/" not in path} == {
        "function_app.py",
        "host.json",
        "requirements.txt",
    }
    assert {path.partition("/")[0] for path in deployed if "/" in path} == {"rollout", "services"}
    assert "services/fraud-detection/rollout.yaml" in deployed
    assert not [path for path in deployed if "/train/" in path or "/cli/" in path]
    assert not [path for path in deployed if path.endswith((".pyc", ".md"))]
    assert {path for path in deployed if path.startswith("rollout/")} == {
        path.relative_to(PROJECT).as_posix()
        for path in (PROJECT / "rollout").rglob("*")
        if path.suffix == ".py" or ("console" in path.parts and path.is_file())
        if "cli" not in path.parts and not path.name.startswith(".")
    }
