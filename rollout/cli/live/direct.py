"""`rollout rollback --direct`: break glass, for when the app is dead or cannot be waited for.

The write carries a stamp that is not the app's. With none, or with the one that was there, the app
could take the split for what its own first write is to replace, and go on; with another it is a
foreign split that gives stable more, which the app respects as a rollback (ADR 8, ADR 27).
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from rollout.adapters.azure_ml.arm import PUBLIC_URL, Arm
from rollout.adapters.azure_ml.arm_ids import parse_endpoint_id
from rollout.adapters.azure_ml.endpoints import ArmEndpoints, traffic_body
from rollout.adapters.credentials import AppCredential
from rollout.addresses import ENDPOINTS, is_safe_url, workspace_id
from rollout.cli.exits import ExitCode
from rollout.cli.live.client import UnreachableError
from rollout.cli.live.ordering import actor, agreed
from rollout.cli.live.place import PlaceError
from rollout.cli.policies import UsageError, policy_of
from rollout.cli.safe_text import say
from rollout.core.records.observation import BROKEN, Absent, EndpointSeen, ProvisioningState
from rollout.errors import ArmRefusedError, InvalidInputError, InvalidSettingsError, RolloutError
from rollout.settings import read_settings_without_storage
from rollout.text.plain_text import visible_line
from rollout.units import FULL_WEIGHT

ARM_SECONDS = 30.0
SEEN_SECONDS = 180.0
"""How long Azure may take to show the split."""

LOOK_SECONDS = 3.0
MAX_STAMP_CHARACTERS = 200
"""Azure takes 256 in a tag's value."""

_AT_REST = BROKEN | {ProvisioningState.SUCCEEDED}
AFTERWARDS = """\
When the app is back: two passes see this split and take it for a rollback by somebody else. The app
keeps all traffic on {to}, deletes the candidate after `rollback.keep`, quarantines its release, and
quotes your reason in the history. Leave the candidate where it is.
"""
NOTHING_TO_WRITE = """\
{to} has all traffic already: nothing was written. If a rollout is under way that has given its
candidate no weight yet, the app goes on with it when it is back: order a pause or a rollback then,
or set ROLLOUTS_SUSPENDED before.
"""


@dataclass(frozen=True)
class Direct:
    """What the command line says. `to` and `endpoint` are "" where it does not."""

    service: str
    to: str
    endpoint: str
    services: Path
    reason: str
    yes: bool


def roll_back_directly(asked: Direct) -> int:
    """Give one deployment all traffic by Resource Manager; return the exit code.

    Raises:
        PlaceError: The endpoint or the deployment is not known, or nobody can be asked.
        UnreachableError: Azure gave no usable answer, or does not show the split.
    """
    try:
        endpoint = asked.endpoint or _endpoint_of(asked)
        parse_endpoint_id(endpoint)
        return _write(Arm(AppCredential(), base_url=_resource_manager()), endpoint, asked)
    except UsageError as error:
        raise PlaceError(str(error)) from error
    except (InvalidInputError, InvalidSettingsError) as error:
        raise PlaceError(f"{error} Or name the endpoint with --endpoint ARM_ID.") from error
    except ArmRefusedError as error:
        say(f"Azure refuses: {error}", error=True)
        return ExitCode.NOT_GOOD
    except RolloutError as error:
        raise UnreachableError(str(error)) from error


def _write(arm: Arm, endpoint: str, asked: Direct) -> int:
    endpoints = ArmEndpoints(arm)
    seen = _at_rest(endpoints, endpoint)
    say(f"{endpoint}\nnow: {_shown(seen)}", error=True)
    found = endpoints.deployments(endpoint, timeout=ARM_SECONDS)
    names = ", ".join(sorted(found)) or "none"
    to = asked.to.lower()
    if to not in found:
        raise PlaceError(
            f"Say --to DEPLOYMENT, the one that is to get all traffic; there are: {names}."
        )
    if found[to].state is not ProvisioningState.SUCCEEDED:
        say(f"{to} is {found[to].state}: it may not be able to answer.", error=True)
    if seen.traffic == {to: FULL_WEIGHT} and not seen.mirror:
        say(NOTHING_TO_WRITE.format(to=to).rstrip())
        return ExitCode.GOOD
    others = ", ".join(f"{name} 0 %" for name in seen.traffic if name != to)
    say(f"this writes: {to} {FULL_WEIGHT} %{f', {others}' if others else ''}", error=True)
    say("The app is not asked. Its history will quote your reason once it is back.", error=True)
    if not agreed(asked.yes, f"write {asked.service}'s endpoint?"):
        say("nothing was written", error=True)
        return ExitCode.NOT_GOOD
    path = parse_endpoint_id(endpoint).path
    body = traffic_body(seen.body, {to: FULL_WEIGHT}, {}, direct_stamp(actor(), asked.reason))
    arm.put(path, body, timeout=ARM_SECONDS)
    _await_split(endpoints, endpoint, to)
    say(f"{to} has all traffic ({asked.reason}).\n{AFTERWARDS.format(to=to).rstrip()}")
    return ExitCode.GOOD


def _at_rest(endpoints: ArmEndpoints, endpoint: str) -> EndpointSeen:
    """Return the endpoint once no operation is under way: the app's own could yet raise a weight.

    Azure would refuse a second write meanwhile.
    """
    until = time.monotonic() + SEEN_SECONDS
    while True:
        seen = endpoints.endpoint(endpoint, timeout=ARM_SECONDS)
        if isinstance(seen, Absent):
            raise PlaceError(f"There is no endpoint {endpoint}.")
        if seen.state in _AT_REST:
            return seen
        if time.monotonic() >= until:
            raise UnreachableError(f"The endpoint is still busy: {_shown(seen)}. Try again.")
        say(f"an operation on the endpoint is under way ({seen.state}); waiting", error=True)
        time.sleep(LOOK_SECONDS)


def direct_stamp(who: str, reason: str) -> str:
    """Return the stamp of such a write, which the app quotes in its history as somebody else's."""
    return visible_line(f"rollout rollback --direct by {who}: {reason}", MAX_STAMP_CHARACTERS)


def _await_split(endpoints: ArmEndpoints, endpoint: str, to: str) -> None:
    until = time.monotonic() + SEEN_SECONDS
    while True:
        seen = endpoints.endpoint(endpoint, timeout=ARM_SECONDS)
        if isinstance(seen, EndpointSeen) and seen.traffic == {to: FULL_WEIGHT}:
            return
        if time.monotonic() >= until:
            shown = "no endpoint" if isinstance(seen, Absent) else _shown(seen)
            raise UnreachableError(f"Azure took the write and still shows {shown}: look again.")
        time.sleep(LOOK_SECONDS)


def _endpoint_of(asked: Direct) -> str:
    """Return the ARM id from the service's policy and the app's own settings."""
    policy = policy_of(asked.services, asked.service)
    workspace = policy.workspace or read_settings_without_storage(os.environ).workspace
    return f"{workspace_id(workspace)}{ENDPOINTS}{policy.endpoint}".lower()


def _resource_manager() -> str:
    found = os.environ.get("ARM_ENDPOINT", "").strip() or PUBLIC_URL
    if not is_safe_url(found):
        raise PlaceError(f"ARM_ENDPOINT is {found!r}: it must be https.")
    return found


def _shown(seen: EndpointSeen) -> str:
    split = ", ".join(f"{name} {weight} %" for name, weight in seen.traffic.items()) or "no traffic"
    return f"{split} ({seen.state})"
