"""What rollouts that ended left behind: their candidates are deleted, the rest is reported."""

from bisect import bisect_right
from datetime import datetime, timedelta
from math import ceil

from rollout.core.machine.sight import carries
from rollout.core.records.observation import DeploymentSeen, EndpointSeen
from rollout.core.records.phases import PHASES
from rollout.core.records.rounds import RoundKind
from rollout.errors import RolloutError, StoreUnavailableError
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.directory import Directory
from rollout.service.rounds import Notes, Step, Then
from rollout.service.together import together

READS = 2
"""The endpoint and its deployments: what each endpoint costs of Resource Manager's reads."""

LONGEST_WAIT = timedelta(seconds=1)
"""How long a slice waits for them: the next few are there sooner, unless Azure refuses."""


class Leftovers:
    """The round over all configured endpoints: two reads of Azure each, none of storage.

    It is spread over time, and takes only reads that nobody waits for, because Resource Manager
    limits them, and passes need most of them. Where there are none, one endpoint a tick goes on.

    Storage is asked where a deployment of ours has no traffic. What Azure does not answer for is
    left to the next round.
    """

    kind = RoundKind.LEFTOVERS

    def __init__(self, ports: Dependencies, limits: Limits, directory: Directory) -> None:
        self.rhythm = limits.clean
        self._ports = ports
        self._limits = limits
        self._directory = directory
        self._cached: tuple[datetime | None, list[str]] = (None, [])

    def step(self, after: str, notes: Notes, *, skip: bool) -> Step:
        """Search the next few endpoints, as many as it is time for.

        Raises:
            ServicesUnavailableError, StoreUnavailableError: As `Job.step`.
        """
        endpoints = self._configured(notes.now)
        first = bisect_right(endpoints, after)
        if first >= len(endpoints):
            return Step(after, Then.OVER)
        last = min(first + self._limits.at_once, self._by_now(len(endpoints), notes))
        chunk = endpoints[first:last]
        if not chunk:
            return Step(after, Then.WAIT)
        wait = self._ports.turns.spare(chunk, READS)
        spare = wait is not None and wait <= LONGEST_WAIT
        if wait is not None and spare:
            self._ports.stopwatch.wait(wait)
        else:
            chunk = chunk[:1]
        for endpoint, found in zip(
            chunk, together(self._suspicious, chunk, self._limits.at_once), strict=True
        ):
            try:
                self._clean(endpoint, found, notes)
            except StoreUnavailableError as error:
                if not skip:
                    raise
                self._not_cleaned(endpoint, error)
            except RolloutError as error:
                self._not_cleaned(endpoint, error)
            # A fault of ours at one endpoint must hold up no other one.
            except Exception as error:
                if not skip:
                    raise
                self._not_cleaned(endpoint, error)
        return Step(chunk[-1], Then.ON if spare else Then.WAIT)

    def _configured(self, now: datetime) -> list[str]:
        """All configured endpoints in order, asked for once a tick."""
        at, endpoints = self._cached
        if at != now:
            endpoints = sorted(set(self._directory.configured_endpoints().values()))
            self._cached = (now, endpoints)
        return endpoints

    def _by_now(self, endpoints: int, notes: Notes) -> int:
        """How many endpoints the round should have reached with this tick."""
        gone = notes.now - notes.round.began + self._limits.chain
        return ceil(endpoints * min(1.0, gone / self.rhythm.spread))

    def _suspicious(self, endpoint: str) -> list[DeploymentSeen] | Exception:
        """Deployments of ours without traffic."""
        timeout = self._limits.arm_timeout.total_seconds()
        try:
            seen = self._ports.endpoints.endpoint(endpoint, timeout=timeout)
            if not isinstance(seen, EndpointSeen):
                return []
            deployments = self._ports.endpoints.deployments(endpoint, timeout=timeout)
        except Exception as error:  # noqa: BLE001 - told apart where all are known
            return error
        return [
            each
            for name, each in deployments.items()
            if each.rollout_tag and not carries(seen, name)
        ]

    def _clean(self, endpoint: str, found: list[DeploymentSeen] | Exception, notes: Notes) -> None:
        if isinstance(found, Exception):
            raise found
        if not found:
            return
        # Read after the deployments: a candidate that is among them is in its rollout's row.
        stored = self._ports.store.load(endpoint)
        owner = stored.current.rollout if stored is not None else None
        owned = (owner.candidate, owner.stable) if owner is not None and not owner.final else ()
        for deployment in found:
            if deployment.name not in owned:
                self._judge(endpoint, deployment, deployment.rollout_tag or "", notes)

    def _not_cleaned(self, endpoint: str, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        self._ports.log.info("not cleaned", endpoint=endpoint, reason=reason)

    def _judge(self, endpoint: str, deployment: DeploymentSeen, rollout: str, notes: Notes) -> None:
        """Only a candidate is deleted: whoever copies a definition copies its tags too."""
        ended = self._ports.store.history(endpoint, rollout, 1)
        made = self._candidate(endpoint, rollout)
        if ended and made != deployment.name:
            text = f"deployment {deployment.name} has no traffic; its rollout {rollout} made {made}"
            notes.tell(f"{text}, not this one", endpoint=endpoint)
            return
        if ended and PHASES[ended[-1].phase].candidate_discarded:
            self._ports.log.info("a candidate left behind is deleted", name=deployment.name)
            self._ports.endpoints.delete_deployment(
                endpoint, deployment.name, timeout=self._limits.arm_timeout.total_seconds()
            )
            return
        notes.tell(
            f"deployment {deployment.name} has no traffic; its rollout {rollout} did not end so",
            endpoint=endpoint,
        )

    def _candidate(self, endpoint: str, rollout: str) -> str:
        """The name that a rollout chose, as its first history row tells; "" without that row."""
        first = self._ports.store.history(endpoint, rollout, 1, before=2)
        return str(first[0].data.get("candidate", "")) if first else ""
