"""The demo's copy of the example service, with a policy short enough to watch.

Only values change; every rule of the policy stays. The user is shown what was shortened.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from demo.machine import Machine
from demo.places import SERVICE, SERVICE_FOLDER

POLICY_FILE = "rollout.yaml"
HEAD = "# services/fraud-detection/{name} with some values changed for a demonstration.\n"
BAKE_OF_ONE_MINUTE = "62s"
"""The shortest bake a policy may ask for: settle, ingestion delay and one settled minute."""
BAKE_AFTER_SETTLING = "182s"
REQUEST_TIMEOUT_MS = 5000
"""What the example's `deployment.yml` says."""

TEMPLATE_FILE = "deployment.yml"
SCRIPT_FILE = "src/score.py"
CREATE_CALL_SECONDS = 30.0
SAMPLE_ANSWER_SECONDS = 2.0
"""What the example's policy allows for the answer to its sample request."""
PROBE_SECONDS, MOST_PROBE_SECONDS = 2.0, 3.0
"""The default for one answer to a probe, and the longest after which a pass still has time to send
more than the first ones."""
PROBES_A_MINUTE = 120
"""At little traffic: two passes are evidence enough for a stage."""

_SWALLOWING_RUN = """

def run(raw_data):
    try:
        return score(raw_data)
    except Exception as error:
        return {"error": str(error)}
"""

Changes = Mapping[str, Any]
"""Dotted path in a YAML file -> new value; the items of a list are numbered from 0."""

USUAL_MACHINE = Machine()


def demo_changes(
    weights: Sequence[int] = (10, 50, 100), machine: Machine = USUAL_MACHINE
) -> Changes:
    """Return what the demo shortens: minutes and hours become one minute and seconds.

    What waits for this machine, and not for Azure, follows `machine`.
    """
    slow = {
        "validate.requests.0.expect.latency": _seconds(machine.limit(SAMPLE_ANSWER_SECONDS)),
        "probes.timeout": _seconds(min(machine.limit(PROBE_SECONDS), MOST_PROBE_SECONDS)),
    }
    return {
        **(slow if machine.slow else {}),
        "stages": stages(weights, BAKE_OF_ONE_MINUTE),
        "create.call_timeout": _seconds(machine.limit(CREATE_CALL_SECONDS)),
        "gate.settle": "0s",
        "gate.ingestion_delay": "2s",
        "gate.min_minutes": 1,
        "gate.min_requests": 90,
        # A few hundred requests can exclude five points more failures, but nothing smaller.
        "gate.errors.limit.points": "5%",
        # There is no day of history here that could show it; but these clients come one by one.
        "gate.correlation_floor": "0.2%",
        # Response times here depend on everything else that runs on this machine.
        "gate.observe_only": ["latency", "latency_slo"],
        "keep": "15s",
        "rollback.keep": "10s",
        # Whole answers: a failure that a script answers with status 200 is only there.
        "quality.live.collection": "response",
        "quality.live.expect.absent": ["error"],
        "quality.live.outputs.0.path": "probabilities[0][1]",
        "quality.live.outputs.1.path": "predictions[0]",
    }


def patient_changes(
    weights: Sequence[int] = (10, 50, 100), machine: Machine = USUAL_MACHINE
) -> Changes:
    """Return the policy of a team that lets a new weight settle before it counts evidence.

    With it a metric alert, evaluated every minute, fires before the gate decides.
    """
    more = {
        "stages": stages(weights, BAKE_AFTER_SETTLING),
        "gate.settle": "120s",
        # Failed probes count for an alert rule too.
        "probes.when": "never",
    }
    return {**demo_changes(weights, machine), **more}


def probing_changes(
    weights: Sequence[int] = (10, 50, 100), machine: Machine = USUAL_MACHINE
) -> Changes:
    """Return the policy of a team that has every input of the service asked before a client's.

    It takes back what `patient_changes` changed.
    """
    more = {"probes.when": "auto", "probes.rate": PROBES_A_MINUTE}
    return {**demo_changes(weights, machine), **more}


def unprobed_changes(weights: Sequence[int] = (10, 50, 100)) -> Changes:
    """Return the policy of a team that sends no probes, and bakes until collected answers came."""
    return {"stages": stages(weights, BAKE_AFTER_SETTLING), "probes.when": "never"}


def swallowed(script: str) -> str:
    """Return a scoring script whose `run` answers each exception with status 200.

    Raises:
        ValueError: The script has no `run` of the example's form.
    """
    head, found, rest = script.partition("def run(raw_data):")
    if not found:
        raise ValueError("the script has no 'def run(raw_data):'")
    return f"{head}def score(raw_data):{rest}{_SWALLOWING_RUN}"


def low_traffic_changes(
    weights: Sequence[int] = (10, 100), machine: Machine = USUAL_MACHINE
) -> Changes:
    """Return what the demo shortens where clients send a few requests a minute.

    What a stage must show stays as the example has it; probes come faster, to show it sooner.
    """
    usual = demo_changes(weights, machine)
    kept = {"gate.min_requests", "gate.errors.limit.points"}
    shorter = {path: value for path, value in usual.items() if path not in kept}
    return {**shorter, "probes.rate": PROBES_A_MINUTE}


def template_changes(machine: Machine) -> Changes:
    """Return what a slow machine needs in `deployment.yml`: more time for each answer."""
    if not machine.slow:
        return {}
    return {"request_settings.request_timeout_ms": round(machine.limit(REQUEST_TIMEOUT_MS))}


def stages(weights: Sequence[int], bake: str) -> list[dict[str, Any]]:
    """Return the policy's list of stages, all with the same bake."""
    return [{"weight": weight, "bake": bake} for weight in weights]


class ServiceCopy:
    """A copy of the example service, whose policy can be edited as a user would."""

    def __init__(self, bundle: Path) -> None:
        """`bundle` is the folder of services the app reads; it must not have this service yet."""
        self._folder = bundle / SERVICE
        shutil.copytree(SERVICE_FOLDER, self._folder, ignore=shutil.ignore_patterns("__pycache__"))

    def edit_policy(self, changes: Changes) -> list[str]:
        """Change values of the policy; return a line with old and new value for each change."""
        return self._edit(POLICY_FILE, changes)

    def edit_template(self, changes: Changes) -> list[str]:
        """Change values of `deployment.yml`, in the same way."""
        return self._edit(TEMPLATE_FILE, changes) if changes else []

    def edit_script(self, change: Callable[[str], str]) -> None:
        """Change the scoring script from its text to another; it is replaced in one step."""
        file = self._folder / SCRIPT_FILE
        aside = file.with_name(f".{file.name}")
        aside.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")
        aside.replace(file)

    def _edit(self, name: str, changes: Changes) -> list[str]:
        # The file is replaced in one step, so that the app never reads half of it.
        file = self._folder / name
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        lines = [line for path, value in changes.items() if (line := _change(content, path, value))]
        aside = file.with_name(f".{name}")
        aside.write_text(
            HEAD.format(name=name) + yaml.safe_dump(content, sort_keys=False), encoding="utf-8"
        )
        aside.replace(file)
        return lines


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f}s"


def _change(content: dict[str, Any], path: str, value: Any) -> str:
    """Set one value; return how it changed, or "" if it did not."""
    *parents, key = path.split(".")
    section: Any = content
    for parent in parents:
        section = (
            section[int(parent)] if isinstance(section, list) else section.setdefault(parent, {})
        )
    before = section.get(key)
    section[key] = value
    return "" if before == value else f"{path}: {_said(before)} -> {_said(value)}"


def _said(value: Any) -> str:
    match value:
        case None:
            return "(default)"
        case [{"weight": _}, *_] as stages:
            return ", ".join(f"{one['weight']} % for {one['bake']}" for one in stages)
        case [*names]:
            return ", ".join(names)
        case _:
            return str(value)
