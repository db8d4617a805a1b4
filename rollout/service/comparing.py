"""The policy that a service's latest rollout is frozen with, beside the one that is published."""

from rollout.core.policy.model import Policy
from rollout.errors import InvalidPolicyError, ServicesUnavailableError
from rollout.service.dependencies import Dependencies
from rollout.service.directory import Directory
from rollout.service.outcomes import Policies

UNREADABLE = "The services bundle cannot be read now, so nothing new starts."


class Comparing:
    """Reads both; saves nothing and asks nothing of Azure ML."""

    def __init__(self, ports: Dependencies, directory: Directory) -> None:
        self._ports = ports
        self._directory = directory

    def policies(self, service: str) -> Policies:
        """Read both policies.

        Raises:
            InvalidInputError: There is no such service (404).
            InvalidPolicyError: It is not live, and its policy has a fault.
        """
        _, stored = self._directory.row_of(service)
        rollout = stored.current.rollout if stored is not None else None
        published, bundle, faults = self._published(service)
        return Policies(
            rollout="" if rollout is None else rollout.id,
            frozen=None if rollout is None else rollout.policy,
            published=published,
            faults=faults,
            bundle=bundle,
        )

    def _published(self, service: str) -> tuple[Policy | None, str, tuple[tuple[str, str], ...]]:
        """The bundle's policy, the bundle's digest, and the policy's faults."""
        try:
            seen = self._ports.services.service(service)
        except InvalidPolicyError as error:
            return None, "", error.faults
        except ServicesUnavailableError:
            # A live rollout is shown even so: that is when somebody looks.
            return None, "", (("", UNREADABLE),)
        return seen.policy, seen.bundle_digest, ()
