"""Looking at the world: each read that the core needs goes through one port.

A port that does not answer gives `Unreachable`, never absence. Storage is different: without it
there is nothing to decide on, so its errors reach the door.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from rollout.addresses import ENDPOINTS
from rollout.core.reads import (
    Read,
    ReadDeployments,
    ReadEndpoint,
    ReadFailure,
    ReadHistory,
    ReadLog,
    ReadMetrics,
    ReadModel,
    ReadName,
    ReadOffer,
    ReadPredictions,
    ReadService,
    ReadTemplate,
    ReadValidation,
    reads_needed,
)
from rollout.core.records.failures import CreationFailure, FailureKind
from rollout.core.records.observation import (
    Absent,
    DeploymentSeen,
    EndpointSeen,
    MetricsSeen,
    ModelSeen,
    Observation,
    ServiceSeen,
    Unreachable,
    Unsupported,
    Validation,
)
from rollout.core.records.offers import OfferRecord
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.predictions import PredictionsSeen
from rollout.core.records.rollout import Current
from rollout.errors import (
    ArmRefusedError,
    ArmThrottledError,
    ArmUnavailableError,
    EndpointBusyError,
    InvalidPolicyError,
    MetricsUnavailableError,
    PredictionsUnavailableError,
    ServicesUnavailableError,
    UnreadableRowError,
    UnsupportedEndpointError,
)
from rollout.ports import MetricsQuestion
from rollout.service.budget import Budget
from rollout.service.dependencies import Dependencies
from rollout.service.predicting import live_answers

NO_ANSWER = (ArmUnavailableError, EndpointBusyError, ArmRefusedError)
_ENDPOINT = "endpoint"
# Reads that decide which others are needed come first.
_ORDER: tuple[type[Read], ...] = (
    ReadEndpoint,
    ReadDeployments,
    ReadService,
    ReadFailure,
    ReadLog,
    ReadValidation,
    ReadMetrics,
    ReadPredictions,
    ReadModel,
    ReadOffer,
    ReadName,
    ReadHistory,
    ReadTemplate,
)


class Observer:
    """Observes for one pass, within a budget of time for the calls to Azure.

    `waits`: where Azure takes no more requests, the look is given up and comes again later.
    """

    def __init__(
        self, ports: Dependencies, current: Current, budget: Budget, *, waits: bool = False
    ) -> None:
        self._ports = ports
        self._current = current
        self._budget = budget
        self._waits = waits

    def observe(self, now: datetime, *, suspended: bool) -> Observation:
        """Read until nothing more is needed.

        Raises:
            ArmThrottledError: Only where it `waits`.
        """
        seen, done = Observation(), set[Read]()
        while missing := self._missing(seen, now, suspended=suspended) - done:
            # One read at a time: what it shows may spare others.
            read = min(missing, key=lambda each: _ORDER.index(type(each)))
            seen = self._carry_out(read, seen, now)
            done.add(read)
        return seen

    def _missing(self, seen: Observation, now: datetime, *, suspended: bool) -> set[Read]:
        zones = self._ports.zones
        return reads_needed(self._current, seen, now, suspended=suspended, zones=zones)

    def _carry_out(self, read: Read, seen: Observation, now: datetime) -> Observation:
        match read:
            case ReadEndpoint():
                return replace(seen, endpoint=self._endpoint())
            case ReadDeployments():
                return replace(seen, deployments=self._deployments(seen))
            case ReadService() | ReadTemplate():
                return self._look_into_bundle(read, seen)
            case ReadFailure():
                return replace(seen, failure=self._failure())
            case ReadLog():
                return replace(seen, log_tail=self._log_tail())
            case ReadValidation():
                return replace(seen, validation=self._validation(seen))
            case ReadMetrics() | ReadPredictions() | ReadHistory():
                return self._measure(read, seen, now)
            case ReadModel() | ReadOffer() | ReadName():
                return self._look_up(read, seen)

    def _measure(
        self, read: ReadMetrics | ReadPredictions | ReadHistory, seen: Observation, now: datetime
    ) -> Observation:
        match read:
            case ReadMetrics():
                return replace(seen, metrics=self._metrics(read))
            case ReadPredictions():
                return replace(seen, predictions=self._predictions(seen, now))
            case ReadHistory():
                return replace(seen, history=self._history(read))

    def _look_into_bundle(self, read: ReadService | ReadTemplate, seen: Observation) -> Observation:
        match read:
            case ReadService():
                return replace(seen, service=self._service())
            case ReadTemplate():
                return replace(seen, template=self._template(seen))

    def _look_up(self, read: ReadModel | ReadOffer | ReadName, seen: Observation) -> Observation:
        endpoint = self._current.endpoint
        match read:
            case ReadModel():
                models = {**seen.models, (read.name, read.version): self._model(read)}
                return replace(seen, models=models)
            case ReadOffer():
                record = self._offer(read)
                records = {**seen.offer_records, (read.model, read.version): record}
                return replace(seen, offer_records=records)
            case ReadName():
                count = self._ports.store.name_count(endpoint, read.slug)
                return replace(seen, name_counts={**seen.name_counts, read.slug: count})

    def _endpoint(self) -> EndpointSeen | Absent | Unreachable | Unsupported:
        try:
            return self._ports.endpoints.endpoint(
                self._current.endpoint, timeout=self._budget.left(), shared=self._shares
            )
        except UnsupportedEndpointError as error:
            return Unsupported(str(error))
        except NO_ANSWER as error:
            return self._unreachable(_ENDPOINT, error)

    @property
    def _shares(self) -> bool:
        """A way back is not held up by the questions of others, and believes no list."""
        return self._waits and not PHASES[self._current.phase].back

    def _deployments(self, seen: Observation) -> Mapping[str, DeploymentSeen] | Unreachable:
        if isinstance(seen.endpoint, Absent | Unsupported):
            return {}
        if isinstance(seen.endpoint, Unreachable):
            return seen.endpoint
        try:
            return self._ports.endpoints.deployments(
                self._current.endpoint, timeout=self._budget.left()
            )
        except NO_ANSWER as error:
            return self._unreachable("deployments", error)

    def _service(self) -> ServiceSeen | Unreachable:
        rollout = self._current.rollout
        live = rollout is not None and not rollout.final
        name = rollout.service if rollout is not None and live else self._current.service
        try:
            return self._ports.services.service(name)
        except (ServicesUnavailableError, InvalidPolicyError) as error:
            return self._unreachable("service bundle", error)

    def _template(self, seen: Observation) -> str | Unreachable:
        if not isinstance(seen.service, ServiceSeen) or seen.service.policy is None:
            return Unreachable("there is no service to ask about")
        try:
            return self._ports.creator.template_fault(seen.service.policy)
        except ServicesUnavailableError as error:
            return self._unreachable("templates", error)

    def _failure(self) -> CreationFailure | None:
        rollout = self._current.rollout
        if rollout is None:
            return None
        try:
            return self._ports.endpoints.failure(
                self._current.endpoint, rollout.candidate, timeout=self._budget.left()
            )
        except NO_ANSWER as error:
            return CreationFailure(FailureKind.UNKNOWN, f"the reason cannot be read: {error}")

    def _log_tail(self) -> str:
        rollout = self._current.rollout
        if rollout is None:
            return ""
        try:
            return self._ports.endpoints.log_tail(
                self._current.endpoint, rollout.candidate, timeout=self._budget.left()
            )
        except NO_ANSWER as error:
            return f"the log cannot be read: {error}"

    def _validation(self, seen: Observation) -> Validation | Unreachable:
        rollout = self._current.rollout
        if rollout is None or not isinstance(seen.endpoint, EndpointSeen):
            return Unreachable("there is no endpoint to ask")
        try:
            return self._ports.scoring.validate(
                self._current.endpoint,
                seen.endpoint,
                rollout.candidate,
                rollout.policy.validate,
                self._ports.services.samples(
                    rollout.service, [each.file for each in rollout.policy.validate.requests]
                ),
            )
        except (*NO_ANSWER, ServicesUnavailableError, InvalidPolicyError) as error:
            return self._unreachable("validation", error)

    def _metrics(self, read: ReadMetrics) -> MetricsSeen | None:
        rollout = self._current.rollout
        if rollout is None:
            return MetricsSeen()
        gate = rollout.policy.gate
        question = MetricsQuestion(
            stable=rollout.stable,
            candidate=rollout.candidate,
            start=read.start,
            end=read.end,
            latency=gate.latency is not None,
            logs=gate.logs,
            thresholds=read.thresholds,
        )
        return self._minutes("metrics", question)

    def _predictions(self, seen: Observation, now: datetime) -> PredictionsSeen | Unreachable:
        """Nothing waits for what cannot be read."""
        endpoint, rollout = self._current.endpoint, self._current.rollout
        try:
            return live_answers(
                self._ports.predictions,
                endpoint,
                rollout,
                seen,
                now=now,
                timeout=self._budget.left(),
            )
        except (*NO_ANSWER, PredictionsUnavailableError) as error:
            return self._noted("collected answers", error)

    def _history(self, read: ReadHistory) -> MetricsSeen | None:
        question = MetricsQuestion(
            stable=read.stable,
            candidate=None,
            start=read.start,
            end=read.end,
            latency=read.policy.latency is not None,
        )
        return self._minutes("stable's history", question)

    def _minutes(self, what: str, question: MetricsQuestion) -> MetricsSeen | None:
        try:
            minutes = self._ports.metrics.minutes(
                self._current.endpoint, question, timeout=self._budget.left()
            )
        except ArmThrottledError as error:
            # The source is not down: nothing is known of these minutes yet.
            self._unreachable(what, error)
            return None
        except (*NO_ANSWER, MetricsUnavailableError) as error:
            return MetricsSeen(unreachable=self._unreachable(what, error).text)
        return MetricsSeen(tuple(minutes))

    def _model(self, read: ReadModel) -> ModelSeen | Absent | Unreachable:
        workspace = self._current.endpoint.partition(ENDPOINTS)[0]
        try:
            return self._ports.models.model(
                workspace, read.name, read.version, timeout=self._budget.left()
            )
        except NO_ANSWER as error:
            return self._unreachable("model", error)

    def _offer(self, read: ReadOffer) -> OfferRecord | Unreachable | None:
        """A row that cannot be read leaves its offer undecided, but stops nothing else."""
        try:
            return self._ports.store.offer(self._current.endpoint, read.model, read.version)
        except UnreadableRowError as error:
            self._ports.log.attention(f"a row is left alone: {error}", **self._where())
            return Unreachable(str(error))

    def _unreachable(self, what: str, error: Exception) -> Unreachable:
        # A way back needs to see the endpoint, and does without everything else.
        needed = what == _ENDPOINT or self._current.phase is not Phase.ROLLING_BACK
        if isinstance(error, ArmThrottledError) and self._waits and needed:
            raise error
        return self._noted(what, error)

    def _noted(self, what: str, error: Exception) -> Unreachable:
        self._ports.log.info("cannot be read", what=what, reason=str(error), **self._where())
        return Unreachable(f"{what}: {error}")

    def _where(self) -> dict[str, Any]:
        return {"endpoint": self._current.endpoint, "rollout": self._current.rollout_id}
