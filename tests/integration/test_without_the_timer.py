"""The app in the worker with its timer switched off: health probes and an alert are its clock."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from demo.json_calls import call
from demo.local_cloud import APP_SETTINGS, AZURE_OPTIONS, LocalCloud
from demo.machine import measured
from demo.policies import ServiceCopy, demo_changes, template_changes
from tests.support.integration import ENDPOINT, MODEL, eventually

ANSWER = {"status": 200, "body": {"predictions": [0], "probabilities": [[0.9, 0.1]]}}
SETTINGS = {
    **APP_SETTINGS,
    "AzureWebJobs.tick.Disabled": "true",
    "TICK_SCHEDULE": "*/2 * * * * *",
    "SECOND_CLOCK_SECONDS": "1",
}
SHORT = {"rollback.keep": "2s"}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    work, machine = tmp_path_factory.mktemp("no-timer") / "work", measured()
    service = ServiceCopy(work / "services")
    service.edit_policy({**demo_changes((50, 100), machine), **SHORT})
    service.edit_template(template_changes(machine))
    with LocalCloud(
        work,
        work / "services",
        azure_options=(*AZURE_OPTIONS, "--runtime", "instant"),
        app_settings=SETTINGS,
        machine=machine,
    ) as running:
        running.subscribe()
        yield running


def register(cloud: LocalCloud, version: str) -> None:
    cloud.control("PUT", f"models/{version}", ANSWER).expect(204)
    name = f"{cloud.azure['workspaceId']}/models/{MODEL}/versions/{version}"
    uri = f"azureml://datastores/workspaceblobstore/paths/models/{version}"
    body = {"properties": {"modelUri": uri, "modelType": "custom_model"}}
    cloud.arm("PUT", name, body).expect(201)


def health(cloud: LocalCloud) -> Any:
    return call("GET", f"{cloud.app['url']}/api/health").body


def probed_until(cloud: LocalCloud, holds: Callable[[Any], bool]) -> Any:
    """Ask for health, and for nothing else that could be a clock, until a view shows it."""

    def look() -> Any:
        health(cloud)
        found = cloud.rollouts()
        return found.expect(200) if found.status == 200 else {}

    return eventually(look, holds)


def alert_about(cloud: LocalCloud, deployment: str) -> dict[str, Any]:
    criterion = {"dimensions": [{"name": "deployment", "value": deployment}]}
    essentials = {
        "alertId": "/subscriptions/s/providers/Microsoft.AlertsManagement/alerts/1",
        "alertRule": "failures",
        "monitorCondition": "Fired",
        "alertTargetIDs": [f"{cloud.azure['workspaceId']}/onlineEndpoints/{ENDPOINT}"],
    }
    context = {"condition": {"allOf": [criterion]}}
    return {
        "schemaId": "azureMonitorCommonAlertSchema",
        "data": {"essentials": essentials, "alertContext": context},
    }


def test_a_rollout_goes_on_and_a_bad_candidate_is_taken_back(cloud: LocalCloud) -> None:
    assert health(cloud)["tickAgeSeconds"] is None

    register(cloud, "1")
    probed_until(cloud, lambda view: view.get("phase") == "SUCCEEDED")
    register(cloud, "2")
    view = probed_until(cloud, lambda view: view.get("phase") == "BAKING")
    candidate = view["rollout"]["candidate"]
    headers = {"x-functions-key": cloud.app["functionKey"]}
    url = f"{cloud.app['url']}/api/alerts"
    call("POST", url, alert_about(cloud, candidate), headers=headers).expect(202)
    probed_until(cloud, lambda view: view.get("phase") == "ROLLED_BACK")

    left = cloud.endpoint("/deployments").expect(200)["value"]
    assert candidate not in {each["name"] for each in left}
    state = health(cloud)
    assert (state["ready"], state["tickAgeSeconds"]) == (False, None), "no timer's tick ever ran"
    assert state["text"] == "no tick has run yet; other invocations wake what is due in its place"
