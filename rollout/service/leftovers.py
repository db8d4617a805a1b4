"""What rollouts that ended left behind: their candidates are deleted, the rest is reported."""

from collections import deque

from rollout.core.machine.sight import carries
from rollout.core.records.observation import DeploymentSeen, EndpointSeen
from rollout.core.records.phases import PHASES
from rollout.errors import RolloutError
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.directory import Directory


class Leftovers:
    """A round over all configured endpoints, a few each tick.

    What it remembers is a cache of this process: losing it costs a round begun again.
    """

    def __init__(self, ports: Dependencies, limits: Limits, directory: Directory) -> None:
        self._ports = ports
        self._limits = limits
        self._directory = directory
        self._cached_round: deque[tuple[str, str]] = deque()

    def begin(self) -> None:
        """Begin a round over all endpoints, unless one is still under way."""
        if not self._cached_round:
            self._cached_round.extend(sorted(self._directory.configured_endpoints().items()))

    def go_on(self) -> None:
        """Delete candidates of rollouts that ended; report other deployments that look left over.

        A few endpoints each tick: one costs two reads of Azure, which may take their full time-out.
        """
        for _ in range(min(self._limits.cleaned_a_tick, len(self._cached_round))):
            service, endpoint = self._cached_round.popleft()
            try:
                self._clean(endpoint)
            except RolloutError as error:
                self._ports.log.info("not cleaned", service=service, reason=str(error))

    def _clean(self, endpoint: str) -> None:
        timeout = self._limits.arm_timeout.total_seconds()
        seen = self._ports.endpoints.endpoint(endpoint, timeout=timeout)
        if not isinstance(seen, EndpointSeen):
            return
        stored = self._ports.store.load(endpoint)
        owner = stored.current.rollout if stored is not None else None
        owned = (owner.candidate, owner.stable) if owner is not None and not owner.final else ()
        for name, deployment in self._ports.endpoints.deployments(
            endpoint, timeout=timeout
        ).items():
            if deployment.rollout_tag and name not in owned and not carries(seen, name):
                self._judge(endpoint, deployment, deployment.rollout_tag)

    def _judge(self, endpoint: str, deployment: DeploymentSeen, rollout: str) -> None:
        """Only a candidate is deleted: whoever copies a definition copies its tags too."""
        ended = self._ports.store.history(endpoint, rollout, 1)
        made = self._candidate(endpoint, rollout)
        if ended and made != deployment.name:
            text = f"deployment {deployment.name} has no traffic; its rollout {rollout} made {made}"
            self._ports.log.attention(f"{text}, not this one", endpoint=endpoint)
            return
        if ended and PHASES[ended[-1].phase].candidate_discarded:
            self._ports.log.info("a candidate left behind is deleted", name=deployment.name)
            self._ports.endpoints.delete_deployment(
                endpoint, deployment.name, timeout=self._limits.arm_timeout.total_seconds()
            )
            return
        self._ports.log.attention(
            f"deployment {deployment.name} has no traffic; its rollout {rollout} did not end so",
            endpoint=endpoint,
        )

    def _candidate(self, endpoint: str, rollout: str) -> str:
        """The name that a rollout chose, as its first history row tells; "" without that row."""
        first = self._ports.store.history(endpoint, rollout, 1, before=2)
        return str(first[0].data.get("candidate", "")) if first else ""
