"""`Annotations`: a mark is written as charts show it, once however often it is sent."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from localazure.stack.monitor_routes import ANNOTATIONS_WRITE
from localazure.world import Fault
from rollout.adapters.azure_ml.annotations import ArmAnnotations
from rollout.adapters.azure_ml.arm import Arm
from rollout.core.messages import Annotation, annotation_of
from rollout.core.records.phases import Phase
from rollout.errors import AccessDeniedError, ArmUnavailableError
from tests.doubles.wire import APP
from tests.support.contract.local_azure import LocalAzure
from tests.support.happenings import a_happening
from tests.support.role import GRANTED

SECONDS = 5.0
COMPONENT = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ml"
    "/providers/Microsoft.Insights/components/appi-ml"
)


@pytest.fixture(autouse=True)
def granted(local_azure: LocalAzure) -> Iterator[None]:
    local_azure.parts.annotations.kept.clear()
    local_azure.parts.arm.access.allow_only(APP, (*GRANTED, ANNOTATIONS_WRITE))
    yield
    local_azure.parts.arm.access.allow_only(APP, GRANTED)


def a_mark() -> Annotation:
    found = annotation_of(a_happening("PhaseChanged", Phase.PROMOTED))
    assert found is not None
    return found


def test_a_mark_is_one_that_charts_show(local_azure: LocalAzure, arm: Arm) -> None:
    mark = a_mark()
    ArmAnnotations(arm, COMPONENT).put(mark, timeout=SECONDS)
    (kept,) = local_azure.parts.annotations.kept[COMPONENT.lower()].values()
    assert kept["Category"] == "Deployment"
    assert kept["Id"] == str(mark.id)
    assert kept["EventTime"] == f"{mark.at:%Y-%m-%dT%H:%M:%S}"
    assert json.loads(kept["Properties"]) == mark.properties


def test_the_same_mark_again_is_one_mark(local_azure: LocalAzure, arm: Arm) -> None:
    annotations = ArmAnnotations(arm, COMPONENT)
    annotations.put(a_mark(), timeout=SECONDS)
    annotations.put(replace(a_mark(), name="again"), timeout=SECONDS)
    assert len(local_azure.parts.annotations.kept[COMPONENT.lower()]) == 1


def test_without_the_right_nothing_is_written(local_azure: LocalAzure, arm: Arm) -> None:
    local_azure.parts.arm.access.allow_only(APP, GRANTED)
    with pytest.raises(AccessDeniedError, match="annotations/write"):
        ArmAnnotations(arm, COMPONENT).put(a_mark(), timeout=SECONDS)
    assert local_azure.parts.annotations.kept == {}


def test_a_component_that_does_not_answer_is_no_refusal(local_azure: LocalAzure, arm: Arm) -> None:
    local_azure.parts.arm.faults.add("annotations.put", Fault(status=503))
    with pytest.raises(ArmUnavailableError):
        ArmAnnotations(arm, COMPONENT).put(a_mark(), timeout=SECONDS)
