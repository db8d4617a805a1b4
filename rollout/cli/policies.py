"""Policies named on the command line: from files and services, with errors for the terminal."""

from collections.abc import Sequence
from pathlib import Path

from rollout.adapters.bundle.files import read_bundle
from rollout.adapters.bundle.policy_yaml import MAX_POLICY_BYTES, read_policy_yaml
from rollout.adapters.templates.plain_yaml import YamlFaultError
from rollout.adapters.zones import zone_named
from rollout.core.policy.model import Policy
from rollout.core.policy.parsing import POLICY_FILE, ServiceFolder, parse_policy
from rollout.errors import ServicesUnavailableError

ABOUT_FILES = ("create", "validate", "probes.inputs", "quality.golden.file")
"""Fields about the service's other files, which a replay does not need."""


class UsageError(Exception):
    """The command cannot do what was asked; the message is for the terminal."""


def policy_of(folder: Path, service: str) -> Policy:
    """Return a service's policy from the services folder.

    Raises:
        UsageError: The folder lacks that service, or its policy has faults.
    """
    try:
        found = read_bundle(folder, None)
    except ServicesUnavailableError as error:
        raise UsageError(f"{folder}: {error}") from error
    if service in found.faults:
        raise UsageError(_listed([fault.pair(service) for fault in found.faults[service]]))
    usable = {name: each for name, each in found.comparable.items() if name not in found.faults}
    if service not in usable:
        names = ", ".join(sorted(usable)) or "nothing"
        raise UsageError(f"{folder} has no service {service}: it has {names}.")
    return usable[service]


def policy_in(path: Path) -> Policy:
    """Return the policy of one file, which need not be in a complete service's folder.

    Raises:
        UsageError: It cannot be read, or has faults.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder: name the {POLICY_FILE} in it.")
    try:
        with path.open("rb") as file:
            document = read_policy_yaml(file.read(MAX_POLICY_BYTES + 1)).value
    except OSError as error:
        raise UsageError(f"{path}: {error}") from error
    except YamlFaultError as error:
        line = f":{error.line}" if error.line else ""
        raise UsageError(f"{path}{line}: {error}") from error
    # The file may lie anywhere, so its folder need not have the service's name.
    folder = ServiceFolder("service", {**document, "service": "service"})
    policy, faults = parse_policy(folder, zone_named)
    faulty = [
        (place.replace(f"service/{POLICY_FILE}", str(path)), sentence)
        for place, sentence in faults
        if policy is None or not _is_about_files(place)
    ]
    if faulty or policy is None:
        raise UsageError(_listed(faulty))
    return policy


def _is_about_files(place: str) -> bool:
    field = place.partition(": ")[2].partition("[")[0]
    return any(f"{field}.".startswith(f"{about}.") for about in ABOUT_FILES)


def _listed(faults: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"{place}: {sentence}" for place, sentence in faults)
