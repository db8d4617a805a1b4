"""`rollout rollback --direct` against Resource Manager: break glass without the app."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from localazure.world import DeploymentSpec, EndpointSpec, World, make_split
from rollout.adapters.azure_ml.arm_bodies import STAMP_TAG
from rollout.cli import main
from rollout.cli.live.direct import direct_stamp
from rollout.core.machine.sight import Sight, compare, favours_stable
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Seen
from tests.support.builders import BLUE, NOW, a_rollout, an_endpoint
from tests.support.contract.local_azure import LocalAzure

ENDPOINT = "broken-glass"


@pytest.fixture
def world(
    local_azure: LocalAzure, azure_environment: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """An endpoint whose candidate has a third of the traffic, with a stamp of the app's."""
    found = local_azure.parts.world
    found.endpoints.put(ENDPOINT, EndpointSpec("westeurope"))
    for name in ("blue", "green-7"):
        found.deployments.put(ENDPOINT, name, DeploymentSpec("westeurope"))
    tags = {STAMP_TAG: "20260131T100000000000Z-0001/2", "team": "fraud"}
    split = make_split({"blue": 70, "green-7": 30}, {})
    found.endpoints.put(ENDPOINT, EndpointSpec("westeurope", tags=tags, split=split))
    monkeypatch.setenv("ARM_ENDPOINT", local_azure.url)
    yield found
    found.endpoints.delete(ENDPOINT)


def back(world: World, *words: str, endpoint: str = ENDPOINT) -> int:
    where = f"{world.workspace.path}/onlineEndpoints/{endpoint}"
    order = ["rollback", "fraud", "--direct", "--endpoint", where, "--reason", "the app is dead"]
    return main([*order, *words])


def test_all_traffic_goes_to_the_deployment_that_is_named(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert back(world, "--to", "blue", "--yes") == 0

    assert dict(world.endpoints.get(ENDPOINT).spec.split.live) == {"blue": 100}
    told = capsys.readouterr()
    assert "now: blue 70 %, green-7 30 %" in told.err
    assert "When the app is back" in told.out


def test_the_write_has_a_stamp_of_its_own_and_keeps_every_other_tag(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROLLOUT_ACTOR", "ann")

    back(world, "--to", "blue", "--yes")

    assert dict(world.endpoints.get(ENDPOINT).spec.tags) == {
        STAMP_TAG: "rollout rollback --direct by ann: the app is dead",
        "team": "fraud",
    }


def test_the_app_takes_such_a_write_for_a_rollback_even_while_its_first_weight_is_on_its_way() -> (
    None
):
    before = Seen(split={BLUE: 100})
    asked = a_rollout(Phase.SHIFTING, replaces=before, asked_at=NOW)
    unstamped = an_endpoint({BLUE: 100})

    stamped = replace(unstamped, stamp=direct_stamp("ann", "the app is dead"))

    assert compare(asked, unstamped) is Sight.NOT_YET, "which is why it must have a stamp"
    assert compare(asked, stamped) is Sight.FOREIGN
    assert favours_stable(asked, stamped)


def test_where_all_traffic_is_there_already_nothing_is_written(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    back(world, "--to", "blue", "--yes")
    before = world.endpoints.get(ENDPOINT)
    capsys.readouterr()

    assert back(world, "--to", "blue", "--yes") == 0
    assert "nothing was written" in capsys.readouterr().out
    assert world.endpoints.get(ENDPOINT) == before


@pytest.mark.parametrize("words", [("--yes",), ("--to", "purple", "--yes"), ("--to", "blue")])
def test_without_a_deployment_or_consent_nothing_is_written(
    world: World, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert back(world, *words) == 64
    assert dict(world.endpoints.get(ENDPOINT).spec.split.live) == {"blue": 70, "green-7": 30}


def test_an_endpoint_that_is_not_there_is_told(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert back(world, "--to", "blue", "--yes", endpoint="nowhere") == 64
    assert "There is no endpoint" in capsys.readouterr().err


def test_without_settings_the_endpoint_must_be_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = ["rollback", "fraud", "--direct", "--to", "blue", "--reason", "x", "--yes"]

    assert main([*order, "--services", str(tmp_path)]) == 64
    assert "fraud" in capsys.readouterr().err
