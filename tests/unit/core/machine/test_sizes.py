"""Minutes are judged with the instances that both sides have at that look."""

import pytest

from rollout.core.machine.look import Look
from rollout.core.machine.sizes import sized
from rollout.core.records.observation import Instances, Observation, Unreachable
from rollout.core.records.phases import Phase
from tests.support.builders import (
    BLUE,
    GREEN,
    NOW,
    a_deployment,
    a_rollout,
    after,
    deployments,
    side,
    some_minutes,
)

MINUTES = some_minutes(2, side(10), side(90), after(1))


@pytest.mark.parametrize(
    ("seen", "sizes"),
    [
        (
            Observation(deployments=deployments(a_deployment(BLUE, instance_count=4), GREEN)),
            Instances(candidate=2, stable=4),
        ),
        (Observation(deployments=deployments(GREEN)), None),
        (Observation(deployments=deployments(BLUE)), None),
        (Observation(deployments=Unreachable("503")), None),
        (Observation(), None),
    ],
    ids=["both", "no stable", "no candidate", "unreadable", "not read"],
)
def test_minutes_have_the_instances_of_both_sides_or_none(
    seen: Observation, sizes: Instances | None
) -> None:
    look = Look(a_rollout(Phase.BAKING), None, (), 0, seen, None, NOW, first_look=True)
    found = sized(look, MINUTES)
    assert [each.instances for each in found] == [sizes] * 2
    assert [each.at for each in found] == [each.at for each in MINUTES]
