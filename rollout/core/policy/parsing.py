"""Policy documents -> policies, or every fault of every document at once, each with its place.

A document is a policy file's content as plain mappings, lists and scalars. Two kinds of fault are
reported: of shape, which the published JSON Schema knows too, and of sense, where fields that are
fine one by one contradict each other.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rollout.core.policy.azure_names import SERVICE_NAME
from rollout.core.policy.consistency import (
    check_deadlines,
    check_files,
    check_samples,
    check_stages,
)
from rollout.core.policy.document import DOCUMENT, PolicyDocument
from rollout.core.policy.freeze_document import check_freeze
from rollout.core.policy.freeze_model import Zones
from rollout.core.policy.gate_consistency import check_gate
from rollout.core.policy.model import Policy, WorkspaceName
from rollout.core.policy.probes_consistency import check_probes
from rollout.core.policy.quality_consistency import check_quality
from rollout.core.policy.values import Faults

POLICY_FILE = "rollout.yaml"
_ONE_OWNER = "an endpoint belongs to one service."


@dataclass(frozen=True)
class ServiceFolder:
    """One folder of a bundle: its name, its policy document and its other files.

    `files` are paths relative to the folder with forward slashes. `faults` are those of reading the
    file; a document with any is not read.
    """

    name: str
    document: Any
    files: Collection[str] = ()
    faults: Sequence[str] = ()


@dataclass(frozen=True)
class ParsedServices:
    """What a bundle says: `policies` by service, and `faults` as `(place, sentence)` pairs.

    A service with a fault is not in `policies`; `broken` maps it to its own faults. `comparable`
    has the policies of both kinds: one with faults is only good for comparing and for checking the
    files that it names. `contested` are those whose only fault is that another service
    names their endpoint too.
    """

    policies: Mapping[str, Policy]
    broken: Mapping[str, tuple[tuple[str, str], ...]]
    comparable: Mapping[str, Policy] = field(default_factory=dict)
    contested: Collection[str] = ()

    @property
    def faults(self) -> tuple[tuple[str, str], ...]:
        """Every fault, by service."""
        return tuple(fault for name in sorted(self.broken) for fault in self.broken[name])


def parse_services(
    folders: Iterable[ServiceFolder],
    own: WorkspaceName | None = None,
    zones: Zones | None = None,
) -> ParsedServices:
    """Read all documents and compare them with one another.

    Args:
        folders: Every folder of the bundle that has a policy file; none is kept once it is read.
        own: The app's workspace; None where it is unknown (an explicit workspace then counts as
            another one).
        zones: The time zones that there are; None: their names are not looked up.
    """
    policies: dict[str, Policy] = {}
    broken: dict[str, list[tuple[str, str]]] = {}
    for folder in folders:
        policy, faults = _guarded(folder, zones)
        if policy is not None:
            policies[folder.name] = policy
        if faults:
            broken[folder.name] = list(faults)
    shared = _shared_endpoints(policies, own)
    contested = {name for name, _ in shared} - set(broken)
    for name, sentence in shared:
        broken.setdefault(name, []).append((f"{name}/{POLICY_FILE}: endpoint", sentence))
    return ParsedServices(
        {name: policy for name, policy in policies.items() if name not in broken},
        {name: tuple(faults) for name, faults in broken.items()},
        policies,
        contested,
    )


def _guarded(
    folder: ServiceFolder, zones: Zones | None
) -> tuple[Policy | None, tuple[tuple[str, str], ...]]:
    """A document that no rule here foresaw is its own service's fault and stops no other."""
    try:
        return parse_policy(folder, zones)
    except Exception as error:  # noqa: BLE001 - see above
        faults = Faults(f"{folder.name}/{POLICY_FILE}")
        faults.note(
            "", f"This policy cannot be read ({type(error).__name__}): simplify its values."
        )
        return None, tuple(faults.found)


def parse_policy(
    folder: ServiceFolder, zones: Zones | None = None
) -> tuple[Policy | None, tuple[tuple[str, str], ...]]:
    """Read one document; `zones` as in `parse_services`.

    Returns:
        The policy and its faults. With faults the policy is only good for comparing services; it is
        None where the endpoint or the model is unknown.
    """
    faults = Faults(f"{folder.name}/{POLICY_FILE}")
    for sentence in folder.faults:
        faults.note("", sentence)
    if not SERVICE_NAME.accepts(folder.name):
        faults.note("", f"The folder's name cannot name a service: use {SERVICE_NAME.text}.")
    document = None if folder.faults else DOCUMENT.read(folder.document, "", faults)
    if document is None:
        return None, tuple(faults.found)
    policy = _policy(document, folder.name, max_bake_auto=_leaves_max_bake(folder.document))
    _check_service(document, folder, faults)
    check_stages(policy, faults)
    check_gate(policy.gate, policy.stages, faults)
    check_deadlines(policy, faults)
    check_files(policy, folder.files, faults)
    check_samples(policy, folder.files, faults)
    check_probes(policy, folder.files, faults)
    check_quality(policy, folder.files, faults)
    check_freeze(policy, zones, faults)
    return policy, tuple(faults.found)


def _leaves_max_bake(document: Mapping[str, Any]) -> bool:
    gate = document.get("gate")
    return not (isinstance(gate, Mapping) and "max_bake" in gate)


def _policy(document: PolicyDocument, service: str, *, max_bake_auto: bool) -> Policy:
    return Policy(
        service=service,
        endpoint=document.endpoint,
        model=document.model.name,
        tags=document.model.tags,
        max_bake_auto=max_bake_auto,
        **document.fields,
    )


def _check_service(document: PolicyDocument, folder: ServiceFolder, faults: Faults) -> None:
    if document.service is not None and document.service != folder.name:
        faults.note("service", f'Write "{folder.name}", the name of the folder, or leave it out.')


def _shared_endpoints(
    policies: Mapping[str, Policy], own: WorkspaceName | None
) -> list[tuple[str, str]]:
    owners: dict[tuple[str, ...], list[str]] = {}
    for name, policy in policies.items():
        place = policy.workspace or own
        parts = (place.subscription, place.resource_group, place.name) if place else ()
        key = tuple(part.lower() for part in (*parts, policy.endpoint))
        owners.setdefault(key, []).append(name)
    return [
        (name, f"{', '.join(sorted({*names} - {name}))} has this endpoint too: {_ONE_OWNER}")
        for names in owners.values()
        if len(names) > 1
        for name in names
    ]
