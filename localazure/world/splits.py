"""Which traffic splits an endpoint accepts."""

from collections.abc import Mapping

from localazure.world.errors import bad_request, conflict
from localazure.world.resources import Endpoint, ProvisioningState, Split
from localazure.world.state import WorldState

WHOLE = 100
"""Live percents add up to this, or to 0 for an endpoint that is switched off."""

MAX_MIRROR_PERCENT = 50
"""Azure ML mirrors at most half of the traffic, to one deployment (safe-rollout page)."""

_ABLE = frozenset(
    {ProvisioningState.SUCCEEDED, ProvisioningState.UPDATING, ProvisioningState.SCALING}
)


def make_split(live: Mapping[str, object], mirror: Mapping[str, object]) -> Split:
    """Return the split in normal form: lower-case names, whole percents, no zeroes.

    Raises:
        ArmError: 400, one of the two maps is impossible whichever deployments exist.
    """
    return Split(_normal("traffic", live), _normal("mirrorTraffic", mirror))


def _normal(what: str, percents: Mapping[str, object]) -> dict[str, int]:
    normal: dict[str, int] = {}
    for name, percent in percents.items():
        if isinstance(percent, bool) or not isinstance(percent, int) or not 0 <= percent <= WHOLE:
            raise bad_request(
                f"{what}['{name}'] must be a whole number from 0 to {WHOLE}, not {percent!r}."
            )
        if percent:
            normal[name.lower()] = percent
    return normal


def check_split(state: WorldState, endpoint: Endpoint, wanted: Split) -> None:
    """Refuse a split this endpoint cannot take now.

    A weight that stays or falls is accepted whatever state its deployment is in, as long as it
    exists: it must stay possible to take traffic away from a broken deployment.

    Raises:
        ArmError: 400 for sums, mirror rules and deployments that are absent or cannot serve; 409
            while a deployment is Creating, if the dial says so.
    """
    _check_sums(wanted)
    deployments = state.deployments[endpoint.name.lower()]
    for what, asked, had in (
        ("traffic", wanted.live, endpoint.split.live),
        ("mirrorTraffic", wanted.mirror, endpoint.split.mirror),
    ):
        for name, percent in asked.items():
            deployment = deployments.get(name)
            if deployment is None:
                raise bad_request(
                    f"{what} names deployment '{name}', which does not exist on endpoint "
                    f"{endpoint.name}."
                )
            if percent > had.get(name, 0):
                _check_able(state, name, deployment.state)
    if state.dials.refuse_traffic_while_creating and wanted != endpoint.split:
        for deployment in deployments.values():
            if deployment.state is ProvisioningState.CREATING:
                raise conflict(
                    f"Cannot change traffic of endpoint {endpoint.name} because deployment "
                    f"{deployment.name} is in Creating provisioning state."
                )


def _check_sums(wanted: Split) -> None:
    total = sum(wanted.live.values())
    if total not in (0, WHOLE):
        raise bad_request(f"The sum of traffic must be 0 or {WHOLE}, not {total}.")
    if len(wanted.mirror) > 1:
        raise bad_request("Traffic can be mirrored to one deployment only.")
    for name, percent in wanted.mirror.items():
        if percent > MAX_MIRROR_PERCENT:
            raise bad_request(
                f"mirrorTraffic must be at most {MAX_MIRROR_PERCENT} percent, not {percent}."
            )
        if name in wanted.live:
            raise bad_request(
                f"Deployment '{name}' cannot have live and mirrored traffic at the same time."
            )


def _check_able(state: WorldState, name: str, found: ProvisioningState) -> None:
    strict = state.dials.weight_needs_succeeded
    if found is ProvisioningState.SUCCEEDED or (found in _ABLE and not strict):
        return
    raise bad_request(
        f"Deployment '{name}' cannot be given traffic because it is in {found} provisioning state."
    )
