"""What surrounds a traffic PUT, on the wire: the rehearsal of the way back, and an alert.

The rehearsal is a start with it beside one without, counted from the offer up to the PUT that
creates the candidate: what follows is the same.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from unittest import mock

from rich.console import Console

from dev.bench.metering import ENDPOINT_PATH, Request
from rollout.core.machine import before_traffic

DEPLOYMENTS = "/deployments/"
PUT_OF_ENDPOINT = "PUT of the endpoint"
PUTS = 1
"""The target: so many writes more."""
ALERT_STORAGE, ALERT_ARM = 2, 3


@contextmanager
def no_rehearsal() -> Iterator[None]:
    """Rollouts that start in the block rehearse nothing."""
    with mock.patch.object(before_traffic, "to_rehearse", return_value=False):
        yield


def print_rehearsal(
    console: Console, with_it: Sequence[Request], without: Sequence[Request]
) -> bool:
    """Print what the requests of one rollout have more than those of another; return whether the
    target is met."""
    more = Counter(_until_creation(with_it))
    more.subtract(_until_creation(without))
    listed = ", ".join(f"{number} {kind}" for kind, number in sorted(more.items()) if number)
    console.print(
        "A start with the rehearsal makes these requests more than one without, up to the "
        f"candidate's PUT: {listed} (target: {PUTS} PUT of the endpoint)\n",
        soft_wrap=True,
    )
    return more[PUT_OF_ENDPOINT] == PUTS


def print_alert(console: Console, before: Sequence[Request]) -> bool:
    """Print the requests before an alert's traffic PUT; return whether the target is met."""
    kinds = Counter(one.kind for one in before)
    storage, arm = kinds["table"] + kinds["queue"], kinds["arm"]
    said = ", ".join(f"{one.method} {one.kind}" for one in before)
    console.print(
        f"Before an alert's traffic PUT is sent: {storage} storage calls (target: at most "
        f"{ALERT_STORAGE}) and {arm} ARM calls (at most {ALERT_ARM}): {said}\n",
        soft_wrap=True,
    )
    return storage <= ALERT_STORAGE and arm <= ALERT_ARM


def is_traffic_put(request: Request) -> bool:
    """A write of the endpoint."""
    ours = request.path.lower().endswith(ENDPOINT_PATH)
    return request.kind == "arm" and request.method == "PUT" and ours


def _until_creation(requests: Sequence[Request]) -> Mapping[str, int]:
    end = next(i for i, one in enumerate(requests) if _creates(one))
    return Counter(_kind(one) for one in requests[:end])


def _creates(request: Request) -> bool:
    return request.kind == "arm" and request.method == "PUT" and DEPLOYMENTS in request.path


def _kind(request: Request) -> str:
    if is_traffic_put(request):
        return PUT_OF_ENDPOINT
    return f"{request.kind} {'read' if request.method == 'GET' else request.method}"
