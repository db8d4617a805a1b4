"""Who answers a scoring request: weights, the header, mirrors and keys."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from localazure.scoring.routing import (
    DeploymentView,
    EndpointView,
    RefusedError,
    choose_deployment,
    choose_mirrors,
    may_score,
)

BLUE_GREEN = EndpointView(
    "e",
    "Key",
    ("first", "second"),
    traffic={"blue": 90, "green": 10},
    deployments={name: DeploymentView(name) for name in ("blue", "green", "Idle")},
)


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a split that repeats is what these tests need


def split(endpoint: EndpointView, requests: int = 2000) -> Counter[str]:
    chance = seeded(7)
    return Counter(choose_deployment(endpoint, None, chance).name for _ in range(requests))


def test_traffic_is_split_by_weight() -> None:
    assert 150 < split(BLUE_GREEN)["green"] < 250
    assert split(replace(BLUE_GREEN, traffic={"blue": 100, "green": 0})) == {"blue": 2000}


def test_the_same_seed_gives_the_same_split() -> None:
    assert split(BLUE_GREEN) == split(BLUE_GREEN)


@pytest.mark.parametrize("traffic", [{}, {"blue": 0}, {"gone": 100}])
def test_without_positive_weight_on_a_deployment_it_is_404(traffic: dict[str, int]) -> None:
    with pytest.raises(RefusedError, match="positive weight") as refusal:
        choose_deployment(replace(BLUE_GREEN, traffic=traffic), None, seeded(1))
    assert refusal.value.status == 404


def test_the_header_reaches_any_deployment_whatever_its_weight() -> None:
    nothing = replace(BLUE_GREEN, traffic={})
    assert choose_deployment(nothing, "idle", seeded(1)).name == "Idle"


def test_an_unknown_deployment_in_the_header_is_404() -> None:
    with pytest.raises(RefusedError, match="no deployment 'red'") as refusal:
        choose_deployment(BLUE_GREEN, "red", seeded(1))
    assert refusal.value.status == 404


def test_mirrors_get_their_percentage_of_copies() -> None:
    mirrored = replace(BLUE_GREEN, mirror={"green": 30, "gone": 50})
    chance = seeded(7)
    copies = Counter(m.name for _ in range(2000) for m in choose_mirrors(mirrored, chance))
    assert set(copies) == {"green"}
    assert 530 < copies["green"] < 670
    assert choose_mirrors(BLUE_GREEN, chance) == []


@pytest.mark.parametrize(
    ("authorization", "allowed"),
    [
        ("Bearer first", True),
        ("bearer second", True),
        ("Bearer third", False),
        ("Bearer a.b.c", False),
        ("Bearer ", False),
        ("Basic first", False),
        ("", False),
    ],
)
def test_key_auth_requires_one_of_the_keys(authorization: str, *, allowed: bool) -> None:
    assert may_score(BLUE_GREEN, authorization) is allowed


@pytest.mark.parametrize(
    ("authorization", "allowed"),
    [("Bearer a.b.c", True), ("Bearer first", False), ("Bearer a..c", False), ("", False)],
)
def test_token_auth_requires_the_shape_of_a_token(authorization: str, *, allowed: bool) -> None:
    endpoint = replace(BLUE_GREEN, auth_mode="AADToken")
    assert may_score(endpoint, authorization) is allowed


def test_twice_the_concurrency_of_all_instances_may_be_in_flight() -> None:
    view = DeploymentView("d", max_concurrent_requests_per_instance=3, instance_count=2)
    assert view.in_flight_limit == 12
