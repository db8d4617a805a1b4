"""Azure Monitor's routes on the control plane: metrics, alert rules, action groups, annotations."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from localazure.arm.arm import Arm
from localazure.arm.messages import ArmCall, ArmResponse, json_response
from localazure.monitor.annotations import Annotations
from localazure.monitor.metrics_api import list_metrics
from localazure.monitor.recorder import Recorder
from localazure.world import METRICS_READ

PROVIDER = "Microsoft.Insights"
_METRICS = f"/{{resource...}}/providers/{PROVIDER}/metrics"
_ANNOTATIONS = "/{component...}/Annotations"
ANNOTATIONS_WRITE = f"{PROVIDER}/components/annotations/write"
# Rules and groups may be in a different resource group from the workspace, hence the names: the
# control plane compares {group} and {workspace} with its own.
_RESOURCES = f"/subscriptions/{{subscription}}/resourceGroups/{{holder}}/providers/{PROVIDER}"


class ArmResources(Protocol):
    """Resources kept by their ARM id: each call returns a status and a JSON document."""

    def put(self, resource_id: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]: ...

    def get(self, resource_id: str) -> tuple[int, dict[str, Any]]: ...

    def delete(self, resource_id: str) -> tuple[int, dict[str, Any]]: ...


def mount_metrics(arm: Arm, recorder: Recorder) -> None:
    """Serve the metrics of the world's endpoints; fault rules call it `metrics.get`."""

    def handle(call: ArmCall) -> ArmResponse:
        status, body = list_metrics(
            f"/{call.values['resource']}",
            call.request.query,
            recorder,
            region=arm.world.workspace.location,
        )
        return json_response(status, body)

    arm.mount("GET", _METRICS, "metrics.get", METRICS_READ, handle)


def mount_annotations(arm: Arm, annotations: Annotations) -> None:
    """Serve annotations of any component; fault rules call it `annotations.put`."""

    def handle(call: ArmCall) -> ArmResponse:
        component = f"/{call.values['component']}"
        return json_response(200, {"value": annotations.put(component, call.json_object())})

    arm.mount("PUT", _ANNOTATIONS, "annotations.put", ANNOTATIONS_WRITE, handle)


def mount_resources(arm: Arm, kind: str, resources: ArmResources) -> None:
    """Serve PUT, GET and DELETE of `metricAlerts` or `actionGroups`.

    Fault rules call them `<kind>.put`, `<kind>.get` and `<kind>.delete`.
    """
    template = f"{_RESOURCES}/{kind}/{{name}}"
    action = f"{PROVIDER}/{kind}"

    def mount(method: str, right: str, answer: Callable[[ArmCall], ArmResponse]) -> None:
        arm.mount(method, template, f"{kind}.{method.lower()}", f"{action}/{right}", answer)

    mount("PUT", "write", lambda call: _answer(resources.put(_id(call), call.json_object())))
    mount("GET", "read", lambda call: _answer(resources.get(_id(call))))
    mount("DELETE", "delete", lambda call: _answer(resources.delete(_id(call))))


def _id(call: ArmCall) -> str:
    return call.request.path.rstrip("/")


def _answer(result: tuple[int, Mapping[str, Any]]) -> ArmResponse:
    status, body = result
    return json_response(status, body) if body else ArmResponse(status)
