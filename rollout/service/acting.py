"""Acting on the world: each effect becomes one call, started but not awaited.

A call that fails is not repeated here: the row says what is wanted, and the next look asks again.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import assert_never

from rollout.core.machine.live_answers import live_of
from rollout.core.machine.wanted import stamp
from rollout.core.records.effects import (
    Attention,
    CreateCandidate,
    CreateEndpoint,
    DeleteDeployment,
    Effect,
    Notice,
    Recheck,
    SetTraffic,
)
from rollout.core.records.observation import DeploymentSeen, EndpointSeen, Observation
from rollout.core.records.rollout import CreateIntent, Current, Rollout
from rollout.core.records.signals import CreationRefused, TrafficTaken, WriteRefused
from rollout.errors import (
    ArmRefusedError,
    ArmThrottledError,
    ArmUnavailableError,
    EndpointBusyError,
    InvalidInputError,
    InvalidPolicyError,
    ServicesUnavailableError,
    StaleRowError,
)
from rollout.ports import NewDeployment
from rollout.service.budget import Budget
from rollout.service.dependencies import Dependencies

Result = TrafficTaken | WriteRefused | CreationRefused


class Actor:
    """Acts for one pass on one endpoint.

    A call that raises the candidate is made only while the row is still the one this pass saved or
    read, and no order suspends all services; `may_raise` checks both, when the request is ready and
    its first byte is about to leave. `raised` then has its stamp, unless Azure refused it: what the
    answer to a lost call was is not known. `look_again` puts a recheck on the queue.
    """

    def __init__(
        self,
        ports: Dependencies,
        current: Current,
        *,
        budget: Budget,
        may_raise: Callable[[], bool],
        look_again: Callable[[], None],
    ) -> None:
        self._ports = ports
        self._current = current
        self._budget = budget
        self._may_raise = may_raise
        self._look_again = look_again
        self.raised: str | None = None

    def act(self, effects: Sequence[Effect], seen: Observation) -> list[Result]:
        """Carry out the effects in order and return what Azure said that must be remembered.

        Raises:
            StaleRowError: The row moved, or an order came, before a raising call: it was not made.
        """
        results: list[Result] = []
        for effect in effects:
            result = self._one(effect, seen)
            if result is not None:
                results.append(result)
        return results

    def _one(self, effect: Effect, seen: Observation) -> Result | None:
        match effect:
            case SetTraffic():
                return self._set_traffic(effect, seen)
            case CreateEndpoint():
                return self._create(self._make_endpoint)
            case CreateCandidate():
                return self._create(lambda: self._make_candidate(effect, seen))
            case DeleteDeployment():
                return self._delete(effect)
            case Recheck():
                self._look_again()
            case Attention():
                self._ports.log.attention(effect.text, **effect.fields, **self._where())
            case Notice():
                self._ports.log.notice(effect.text, **effect.fields, **self._where())
            case _:
                assert_never(effect)
        return None

    def _set_traffic(
        self, effect: SetTraffic, seen: Observation
    ) -> TrafficTaken | WriteRefused | None:
        if not isinstance(seen.endpoint, EndpointSeen):
            return None
        endpoint = self._current.endpoint

        def last_check() -> None:
            self.raised = None
            if not self._may_raise():
                raise StaleRowError(
                    f"{endpoint} changed, or was stopped, before its traffic was raised"
                )
            self.raised = effect.stamp

        try:
            self._ports.endpoints.set_traffic(
                endpoint,
                seen.endpoint,
                effect.split,
                effect.mirror,
                stamp=effect.stamp,
                timeout=self._budget.left(),
                last_check=last_check if effect.raises_candidate else None,
            )
        except ArmRefusedError as error:
            self.raised = None
            self._failed("traffic was not set", error)
            return WriteRefused(effect.stamp, str(error))
        except (EndpointBusyError, ArmThrottledError) as error:
            self.raised = None
            self._failed("traffic was not set", error)
            return None
        except ArmUnavailableError as error:
            self._failed("traffic was not set", error)
            return None
        self._ports.log.info(
            "traffic asked for",
            endpoint=endpoint,
            split=dict(effect.split),
            mirror=dict(effect.mirror),
        )
        return TrafficTaken(effect.stamp)

    def _create(self, call: Callable[[], None]) -> CreationRefused | None:
        try:
            call()
        except (EndpointBusyError, ArmUnavailableError, ServicesUnavailableError) as error:
            # It may be under way all the same: the saved intent says when to ask again.
            self._failed("the creation was not confirmed", error)
            return None
        except (ArmRefusedError, InvalidInputError, InvalidPolicyError) as error:
            return CreationRefused(str(error))
        return None

    def _make_endpoint(self) -> None:
        rollout = self._current.rollout
        if rollout is not None and rollout.intent is not None:
            until = _until(rollout, rollout.intent)
            self._ports.creator.create_endpoint(self._current.endpoint, rollout.policy, until=until)

    def _make_candidate(self, effect: CreateCandidate, seen: Observation) -> None:
        rollout = self._current.rollout
        if rollout is None or rollout.intent is None:
            return
        new = NewDeployment(
            name=effect.name,
            model=effect.model,
            version=effect.version,
            rollout=effect.rollout,
            at_least=effect.at_least,
            until=_until(rollout, rollout.intent),
            live=live_of(rollout),
        )
        endpoint = self._current.endpoint
        if effect.copy_of is None:
            self._ports.creator.create_candidate(endpoint, rollout.policy, new)
            return
        source = seen.deployment(effect.copy_of)
        if not isinstance(source, DeploymentSeen):
            raise ArmUnavailableError(f"{effect.copy_of} cannot be read to be copied")
        self._ports.endpoints.copy_deployment(endpoint, source, new, timeout=self._budget.left())

    def _delete(self, effect: DeleteDeployment) -> WriteRefused | None:
        try:
            self._ports.endpoints.delete_deployment(
                self._current.endpoint, effect.name, timeout=self._budget.left()
            )
        except ArmRefusedError as error:
            self._failed(f"{effect.name} was not deleted", error)
            rollout = self._current.rollout
            return WriteRefused(stamp(rollout), str(error)) if rollout is not None else None
        except (EndpointBusyError, ArmUnavailableError) as error:
            self._failed(f"{effect.name} was not deleted", error)
            return None
        self._ports.log.info("deletion asked for", name=effect.name)
        return None

    def _where(self) -> dict[str, str]:
        current = self._current
        return {
            "endpoint": current.endpoint,
            "rollout": current.rollout_id,
            "phase": current.phase.value,
        }

    def _failed(self, what: str, error: Exception) -> None:
        self._ports.log.info(
            what,
            endpoint=self._current.endpoint,
            rollout=self._current.rollout_id,
            reason=str(error),
        )


def _until(rollout: Rollout, intent: CreateIntent) -> datetime:
    """When the saved intent expires: from then on another pass may issue the call again."""
    return intent.started_at + rollout.policy.create.call_timeout
