"""What a failed storage call means: from azure-core's exceptions to `rollout.errors`.

`TableTransactionError` is not a `ResourceModifiedError`, so codes and statuses decide, not
classes (measured with azure-data-tables 12.7.0).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError
from azure.data.tables import TableTransactionError

from rollout.errors import (
    RolloutError,
    RowBeyondHeadError,
    RowTooLargeError,
    StaleRowError,
    StoreUnavailableError,
    UnknownOutcomeError,
)

_TOO_LARGE = frozenset(
    {"EntityTooLarge", "PropertyValueTooLarge", "RequestBodyTooLarge", "TooManyProperties"}
)
_PAYLOAD_TOO_LARGE = 413
_PRECONDITION = 412
_NOT_FOUND = 404
_DENIED = frozenset({401, 403})
_MAY_HAVE_HAPPENED = frozenset({408, 504})
_EXISTS = "EntityAlreadyExists"
_STALE = frozenset({_EXISTS, "UpdateConditionNotSatisfied", "ConditionNotMet"})
_NO_CODE_CONFLICT = (409, "")  # `create_entity` hands its 409 over undecoded
_OWNER_GONE = frozenset({"ResourceNotFound", "EntityNotFound"})
_TIMED_OUT = "OperationTimedOut"


@contextmanager
def reading() -> Iterator[None]:
    """Turn what a read raises into `StoreUnavailableError`."""
    try:
        yield
    except AzureError as error:
        raise _unavailable(error) from error


@contextmanager
def writing() -> Iterator[None]:
    """Turn what a write raises into the errors of `RolloutStore.commit`."""
    try:
        yield
    except AzureError as error:
        raise write_fault(error) from error


def write_fault(error: AzureError) -> RolloutError:
    """Return what a failed conditional write means."""
    if isinstance(error, ServiceRequestError):
        return _unavailable(error)  # the connection was never made, so nothing was sent
    if not isinstance(error, HttpResponseError) or error.status_code is None:
        return UnknownOutcomeError(f"the answer of Table Storage was lost: {error_text(error)}")
    code = error_code(error)
    lost = error.status_code == _PRECONDITION or (error.status_code, code) == _NO_CODE_CONFLICT
    if code == _EXISTS and _of_a_later_row(error):
        return RowBeyondHeadError("a history row exists already that was to be written")
    if lost or code in _STALE or code in _OWNER_GONE:
        return StaleRowError("another writer saved this endpoint's row first")
    if error.status_code == _PAYLOAD_TOO_LARGE or code in _TOO_LARGE:
        return RowTooLargeError(f"Table Storage refused the size: {error_text(error)}")
    if error.status_code in _MAY_HAVE_HAPPENED or code == _TIMED_OUT:
        return UnknownOutcomeError(f"Table Storage gave up waiting: {error_text(error)}")
    return _unavailable(error)


def _of_a_later_row(error: HttpResponseError) -> bool:
    """The owner row is the first of a transaction; only history rows are created after it."""
    return isinstance(error, TableTransactionError) and error.index > 0


def error_code(error: HttpResponseError) -> str:
    """Return the storage error code, such as `TableNotFound`; empty when there is none."""
    code = getattr(error, "error_code", None) or ""
    return str(getattr(code, "value", code))


def error_text(error: AzureError) -> str:
    """Return one line about an error, with its status and code."""
    first = str(error.message or type(error).__name__).strip().splitlines()[0]
    if isinstance(error, HttpResponseError) and error.status_code is not None:
        return f"{error.status_code} {error_code(error)}: {first}"
    return f"{type(error).__name__}: {first}"


def _unavailable(error: AzureError) -> StoreUnavailableError:
    advice = ""
    if isinstance(error, HttpResponseError):
        if error.status_code in _DENIED:
            advice = ". Give the app's identity the storage data roles of the deployment guide"
        elif error.status_code == _NOT_FOUND:
            advice = ". Create the tables and the queue first, or correct the account's address"
    return StoreUnavailableError(f"storage is not available: {error_text(error)}{advice}")
