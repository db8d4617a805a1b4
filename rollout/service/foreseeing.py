"""How the next rollout of a service would go, from what is known of stable now.

Nobody waits for Azure twice: what was read of stable serves for a few minutes. While a rollout is
under way stable's traffic is not its usual one, so what the start learnt counts; and where Azure
gives no answer, what the last start learnt is better than nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rollout.core.gate import baseline
from rollout.core.gate.forecast.planner import NoPlan
from rollout.core.machine.gate_inputs import history_span
from rollout.core.overview.planned import planned
from rollout.core.policy.model import Policy
from rollout.core.records.observation import EndpointSeen
from rollout.core.records.rollout import Rollout
from rollout.errors import RolloutError, ServicesUnavailableError
from rollout.ports import MetricsQuestion
from rollout.service.budget import Budget
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.directory import Directory
from rollout.service.outcomes import Foreseen, KnownFrom
from rollout.units import FULL_WEIGHT

SERVES_FOR = timedelta(minutes=5)
"""How long what was read of stable is not read again."""

KEPT_SERVICES = 200
"""Of so many services it is remembered; beyond that all of it is forgotten."""


@dataclass(frozen=True)
class _Learnt:
    """A baseline, when and under which policy it was learnt."""

    known: Mapping[str, Any]
    at: datetime
    policy: Policy


class _UnknownError(Exception):
    """Nothing is known of stable; the message says why."""


class Foreseeing:
    """Makes forecasts. What it has read of stable is a cache of this process."""

    def __init__(self, ports: Dependencies, limits: Limits, directory: Directory) -> None:
        self._ports = ports
        self._limits = limits
        self._directory = directory
        self._cached: dict[str, _Learnt] = {}

    def plan(self, service: str, now: datetime) -> Foreseen:
        """Forecast the service's next rollout.

        Raises:
            InvalidInputError: The bundle has no such service (404).
            InvalidPolicyError: Its policy has a fault.
            ServicesUnavailableError: The bundle cannot be read.
        """
        endpoint, policy = self._directory.configured(service)
        stored = self._ports.store.load(endpoint)
        rollout = stored.current.rollout if stored is not None else None
        try:
            known, at, source = self._known(endpoint, policy, rollout, now)
        except _UnknownError as error:
            return Foreseen(service, None, str(error))
        found = planned(policy, known, self._inputs(service), self._golden(policy))
        if isinstance(found, NoPlan):
            return Foreseen(service, None, found.why, at, source)
        return Foreseen(service, found, "", at, source)

    def _known(
        self, endpoint: str, policy: Policy, rollout: Rollout | None, now: datetime
    ) -> tuple[Mapping[str, Any], datetime, KnownFrom]:
        learnt = rollout.baseline if rollout is not None else None
        if rollout is not None and learnt is not None and not rollout.final:
            return learnt, rollout.started_at, KnownFrom.ROLLOUT
        try:
            found = self._read(endpoint, policy, now)
        except (RolloutError, _UnknownError) as error:
            if rollout is not None and learnt is not None:
                return learnt, rollout.started_at, KnownFrom.ROLLOUT
            # What Azure said may name what a reader need not know; the log has it.
            self._ports.log.info("stable is not known", endpoint=endpoint, reason=str(error))
            if isinstance(error, _UnknownError):
                raise
            raise _UnknownError("Azure gives no answer about stable's traffic now") from error
        return found.known, found.at, KnownFrom.METRICS

    def _read(self, endpoint: str, policy: Policy, now: datetime) -> _Learnt:
        cached = self._cached.get(endpoint)
        if cached is not None and cached.policy == policy and now - cached.at < SERVES_FOR:
            return cached
        budget = Budget(self._limits.arm_timeout, together=True)
        seen = self._ports.endpoints.endpoint(endpoint, timeout=budget.left())
        if not isinstance(seen, EndpointSeen):
            raise _UnknownError("there is no endpoint yet")
        full = [name for name, weight in seen.traffic.items() if weight == FULL_WEIGHT]
        if not full:
            raise _UnknownError("no deployment has all traffic")
        start, end = history_span(policy, now)
        latency = policy.gate.latency is not None
        question = MetricsQuestion(full[0], candidate=None, start=start, end=end, latency=latency)
        minutes = self._ports.metrics.minutes(endpoint, question, timeout=budget.left())
        found = _Learnt(baseline(policy.gate, minutes), now, policy)
        if len(self._cached) >= KEPT_SERVICES:
            self._cached.clear()
        self._cached[endpoint] = found
        return found

    def _inputs(self, service: str) -> int:
        return self._ports.services.service(service).inputs

    def _golden(self, policy: Policy) -> int:
        """The rows of its golden set; 0 where none can be read: lint and the start say why."""
        if policy.quality is None or policy.quality.golden is None:
            return 0
        digest = self._ports.services.service(policy.service).template_digest
        try:
            return self._ports.services.golden_rows(policy, digest, 0, 0).total
        except ServicesUnavailableError:
            return 0
