"""What goes wrong on purpose, and what the caller should do about it.

SDK exceptions stop at the adapters, which raise these instead (chained). `retry_after` says
whether trying again can help: `None` means it cannot.

    RolloutError
    |                             the request or the files must change
    +-- InvalidInputError             an answer 4xx says what to change
    |   +-- KeyReusedError                the key of one order came with another
    +-- RefusedError                  not in this state of the rollout
    |   +-- SecondPersonError             not by this person
    +-- TooManyOffersError            decide what was offered first; retry_after says when
    +-- InvalidPolicyError            faults in service files, all at once
    +-- InvalidSettingsError          faults in the app's settings, all at once
    |                             an outage; retry_after says when to come back
    +-- ServicesUnavailableError      no service bundle
    +-- StoreUnavailableError         no table or queue
    +-- ArmUnavailableError           no usable answer from Azure
    |   +-- ArmThrottledError             too many requests: it says how long to wait
    +-- EndpointBusyError             another operation is under way
    +-- MetricsUnavailableError       no metrics
    +-- PredictionsUnavailableError   no collected answers
    +-- LifecycleTopicError           no lifecycle topic
    +-- MessageDelayedError           a channel for messages did not take one
    |                             another writer; read the row again
    +-- StaleRowError                 it saved first
    |   +-- UnexplainedRefusalError       it did not, and the save was refused all the same
    |   +-- OvertakenError                a raise was sent meanwhile; look again at once
    +-- UnknownOutcomeError           perhaps it did, perhaps we did
    |                             Azure's last word, or a channel's
    +-- ArmRefusedError
    |   +-- AccessDeniedError
    |   +-- UnsupportedEndpointError
    +-- MessageRefusedError           a channel will never take this message
    |                             leave it alone and report it
    +-- RowBeyondHeadError            a history row that the owner row does not know
    +-- DamagedHistoryError           the same, and no other writer explains it
    +-- UnreadableRowError            a corrupt row, or a newer schema
    +-- RowTooLargeError              a fault of this product
    +-- IllegalTransitionError        a fault of this product
"""

from datetime import timedelta
from typing import ClassVar


class RolloutError(Exception):
    """Base class; never raised itself."""

    retry_after: ClassVar[timedelta | None] = None


class InvalidInputError(RolloutError):
    """A request that can never succeed as it is; the message says what to change.

    `status` is the HTTP status a door answers with (a 4xx).
    """

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class KeyReusedError(InvalidInputError):
    """An order came with the `Idempotency-Key` of another one: nothing was done."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status=422)


class RefusedError(RolloutError):
    """A legal request that the rollout's state forbids now; the message gives the reason.

    `status` is the HTTP status a door answers with.
    """

    status: ClassVar[int] = 409


class SecondPersonError(RefusedError):
    """A legal request that somebody else must make."""

    status: ClassVar[int] = 403


class TooManyOffersError(RolloutError):
    """Too much waits to be decided: nothing more is taken on, so that there is room to roll back.

    An HTTP door answers 429; Event Grid delivers the event again.
    """

    retry_after = timedelta(seconds=60)


class InvalidPolicyError(RolloutError):
    """One or more faults in service files, all of them at once.

    `faults` holds `(place, sentence)` pairs, place being `folder/file: field`.
    """

    def __init__(self, faults: tuple[tuple[str, str], ...]) -> None:
        super().__init__("\n".join(f"{place}: {sentence}" for place, sentence in faults))
        self.faults = faults


class InvalidSettingsError(RolloutError):
    """The app's settings are unusable; the message lists every fault."""


class ServicesUnavailableError(RolloutError):
    """No service bundle can be read now. Offers wait; rollback needs no bundle."""

    retry_after = timedelta(seconds=30)


class StaleRowError(RolloutError):
    """Another writer saved first: read again and decide again."""

    retry_after = timedelta(0)


class OvertakenError(StaleRowError):
    """A raise was sent while another writer saved: Azure may have taken it after that save.

    `stamp` is the raise's.
    """

    def __init__(self, text: str, stamp: str) -> None:
        super().__init__(text)
        self.stamp = stamp


class UnexplainedRefusalError(StaleRowError):
    """A save was refused as if another writer had been first, and none was."""


class UnknownOutcomeError(RolloutError):
    """A write was sent and its answer was lost: read again before believing either way."""

    retry_after = timedelta(0)


class StoreUnavailableError(RolloutError):
    """Table Storage or the queue cannot be reached or is throttling."""

    retry_after = timedelta(seconds=10)


class UnreadableRowError(RolloutError):
    """A row is corrupt or was written by a newer schema: leave it alone and report it."""


class RowBeyondHeadError(RolloutError):
    """A history row to be written exists already. Another writer may have been first."""

    retry_after = timedelta(0)


class DamagedHistoryError(RolloutError):
    """A history row exists that the owner row does not know, and no other writer explains it.

    Nothing can be saved on this endpoint until `rollout repair` was run.
    """


class RowTooLargeError(RolloutError):
    """A row would exceed what Table Storage accepts: a bug in this product. Nothing was written."""


class ArmUnavailableError(RolloutError):
    """No usable answer from Azure (429, 5xx, time-out); a write may or may not have happened."""

    retry_after = timedelta(seconds=5)


class ArmThrottledError(ArmUnavailableError):
    """Azure takes no more requests for now (429). Says nothing of what was asked about.

    `wait` is how long it asks to be left alone.
    """

    def __init__(self, message: str, *, wait: timedelta = timedelta(seconds=5)) -> None:
        super().__init__(message)
        self.wait = wait


class EndpointBusyError(RolloutError):
    """Another operation is under way on the endpoint (409, `OperationCanceled`): come back."""

    retry_after = timedelta(seconds=5)


class ArmRefusedError(RolloutError):
    """Azure refused a request for good (4xx other than 404, 408, 409, 429)."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class AccessDeniedError(ArmRefusedError):
    """The app's identity lacks a right (401, 403), or a lock or a policy forbids the call."""


class UnsupportedEndpointError(ArmRefusedError):
    """The endpoint is not a managed online endpoint."""


class MetricsUnavailableError(RolloutError):
    """The metric source cannot be asked now. Says nothing about the model."""

    retry_after = timedelta(seconds=10)


class PredictionsUnavailableError(RolloutError):
    """What the data collectors wrote cannot be read now. Says nothing about the model."""

    retry_after = timedelta(seconds=60)


class LifecycleTopicError(RolloutError):
    """The lifecycle topic did not take the events; they stay in the outbox."""

    retry_after = timedelta(seconds=10)


class MessageDelayedError(RolloutError):
    """A channel did not take a message now, or its answer was lost: Event Grid delivers again.

    `wait` is how many seconds the channel asked to be left alone, None where it did not say.
    """

    retry_after = timedelta(seconds=10)

    def __init__(self, message: str, *, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class MessageRefusedError(RolloutError):
    """A channel refused a message for good (a redirect, or 4xx other than 408, 425 and 429)."""


class IllegalTransitionError(RolloutError):
    """A finding that cannot occur in this phase: a bug in this product. Nothing is saved."""

    def __init__(self, phase: str, finding: str) -> None:
        super().__init__(f"{finding} cannot occur in {phase}")
