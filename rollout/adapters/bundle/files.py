"""All of a folder of services at once, for the command line: policies, faults and digests."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rollout.adapters.bundle.snapshot import Snapshot
from rollout.adapters.bundle.walking import files_of, is_service, readable, service_names
from rollout.adapters.templates.faults import Fault
from rollout.core.policy.model import Policy, WorkspaceName

__all__ = ["Bundle", "bundle_entries", "is_service", "read_bundle"]


@dataclass(frozen=True)
class Bundle:
    """What one state of a bundle says.

    `faults` has every fault of each service that cannot be used; `comparable` has the policies of
    all services, those with faults only good for comparing; `templates` maps each service to the
    digest of what its deployments are made of and tested with (`template_files`).
    """

    faults: Mapping[str, tuple[Fault, ...]]
    comparable: Mapping[str, Policy]
    templates: Mapping[str, str]
    digest: str


def read_bundle(folder: Path, own: WorkspaceName | None, *, only: str | None = None) -> Bundle:
    """Read every service folder below `folder`, or the one named `only`.

    Raises:
        ServicesUnavailableError: The folder is absent or unreadable.
    """
    read = Snapshot(folder, own, only=only)
    comparable = {name: read.comparable(name) for name in read.names}
    return Bundle(
        faults={name: found for name in read.names if (found := read.faults(name))},
        comparable={name: policy for name, policy in comparable.items() if policy is not None},
        templates={name: read.template(name) for name in read.names},
        digest=read.digest,
    )


def bundle_entries(folder: Path) -> list[tuple[str, Path]]:
    """Return every file that counts, as `<service>/<path>` with forward slashes, in order.

    Raises:
        ServicesUnavailableError: The folder is absent or unreadable, or a service has far too many
            files.
    """
    with readable():
        names = [
            f"{service}/{file}"
            for service in service_names(folder)
            for file in files_of(folder / service)
        ]
    return [(name, folder / name) for name in sorted(names)]
