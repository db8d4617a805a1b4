"""The local Azure and the Functions app as processes, and calls to them.

The app gets the settings it would have in Azure: service URLs and an identity instead of
connection strings, and the rights of the role that infrastructure gives that identity. Only
addresses show that this Azure is local.
"""

import json
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from demo.json_calls import Answer, call
from demo.machine import Machine
from demo.places import ENDPOINT, ENVIRONMENTS, REPOSITORY, ROLE_ACTIONS, ROLE_PARTS, SERVICE
from localazure.functions_host.process import functions_host_process
from localazure.ready_process import START_TIMEOUT_SECONDS, ReadyProcess
from localazure.stack.process import stack_process

TICK_SCHEDULE = "*/5 * * * * *"
APP_IDENTITY = "function-app"
DEVELOPER = "developer"
SUBSCRIPTION, MESSAGES = "registered-models", "messages"
TOLD_EVENTS = ("AttentionNeeded", "Notice", "RolloutStarted")
"""What the app's own topic sends to the function that sends messages, as infrastructure has it."""

ML_API = "2023-04-01-preview"
MONITOR_API = "2018-03-01"
ARM_SCOPE = "https://management.azure.com"
IDENTITY_API = "2019-08-01"
TOKEN_LIFETIME_SECONDS = 600.0
"""How often a new token is requested; localazure's tokens live longer."""

AZURE_OPTIONS = (
    # Alert rules are evaluated every five seconds, not every minute; their window stays.
    *("--alert-seconds", "5"),
    *("--ingestion-delay-seconds", "1"),
    *("--traffic-seconds", "1"),
    *("--deletion-seconds", "2"),
    *("--retry-scale", "0.1"),
)
APP_SETTINGS = {
    "TICK_SCHEDULE": TICK_SCHEDULE,
    "RECHECK_SECONDS": "1",
    "BUNDLE_RECHECK_SECONDS": "1",
    "WORK_QUEUE": "rollout-work",
    "EVENT_QUEUE": "model-events",
    # Everything that is told, so that a visitor sees what a message looks like.
    "NOTIFY_ABOUT": "attention,notice",
    # Wins over the connection string that localazure offers to clients: the app uses its identity.
    "AzureWebJobsStorage": "",
}


CHANNELS = (("on-call", "teams", "teams"), ("team", "slack", "slack"), ("audit", "event", "hook"))
"""Channels for messages: name, kind, and the local Azure's place for it."""

USUAL_MACHINE = Machine()
ARM_TIMEOUT_SECONDS, MOST_ARM_TIMEOUT_SECONDS = 10.0, 60.0
"""The app's default, and the longest it takes."""
ALERT_ARM_TIMEOUT_SECONDS, MOST_ALERT_ARM_TIMEOUT_SECONDS = 3.0, 10.0


class LocalCloud:
    """Both processes. Enter it in the main thread: they die with the thread that started them."""

    def __init__(
        self,
        work: Path,
        services: Path,
        *,
        azure_options: Sequence[str] = AZURE_OPTIONS,
        app_settings: Mapping[str, str] = APP_SETTINGS,
        machine: Machine = USUAL_MACHINE,
    ) -> None:
        """`work` is the folder for logs and state; `services` is the bundle the app reads.

        How long the processes may take to start, and the app's calls to Resource Manager, follows
        `machine`.
        """
        self.work = work
        self._services = services
        self._open = ExitStack()
        self._azure = stack_process(
            work / "azure", [*azure_options, "--environments", str(ENVIRONMENTS)]
        )
        self._app_settings = {**app_settings, **_time_limits(machine)}
        self._start_seconds = machine.limit(START_TIMEOUT_SECONDS)
        self._apps: list[ReadyProcess] = []
        self._token = ("", 0.0)

    def __enter__(self) -> Self:
        try:
            self._open.callback(self._azure.stop)
            self._azure.start(self._start_seconds)
            self._restrict_app()
            self._open.callback(self._stop_apps)
            self.start_app()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    @property
    def azure(self) -> Mapping[str, Any]:
        """Addresses, identities and environments of the local Azure."""
        return self._azure.ready

    @property
    def app(self) -> Mapping[str, Any]:
        """URL and keys of the Functions app."""
        return self._apps[-1].ready

    @property
    def app_pid(self) -> int:
        """The process id of the app and its host; 0 when they are not running."""
        return self._apps[-1].pid or 0

    @property
    def app_log(self) -> Path:
        """What the Functions app and its host print."""
        return self.work / "app" / "host.log"

    @property
    def azure_log(self) -> Path:
        """What the local Azure prints."""
        return self.work / "azure" / "localazure.log"

    @property
    def authority(self) -> Path:
        """The certificate of the local Azure's private authority."""
        return Path(self.azure["authority"])

    def environment(self, principal: str = DEVELOPER) -> Mapping[str, str]:
        """The variables that point a process to this Azure, as the principal."""
        environment: Mapping[str, str] = self.azure["environments"][principal]
        return environment

    def start_app(self, port: int = 0) -> None:
        """Start the Functions app; on its old port its keys and addresses stay the same."""
        app = self._new_app(port)
        # Listed before it starts, so that it is stopped whatever happens in between.
        self._apps.append(app)
        app.start(self._start_seconds)

    def kill_app(self) -> int | None:
        """End the app with SIGKILL, whatever it is doing; return its process id."""
        pid = self._apps[-1].pid
        self._apps[-1].kill()
        return pid

    def stop_app(self) -> None:
        """Let the app end in an orderly way."""
        self._apps[-1].stop()

    def restart_app(self) -> None:
        """Start the app again on the same port."""
        self.start_app(port=int(self.app["url"].rpartition(":")[2]))

    def subscribe(self) -> None:
        """Have the workspace's ModelRegistered events delivered to the app, and the app's own."""
        url = self.app["eventGridUrl"].format(name="modelRegistered")
        body = {"url": url, "eventTypes": ["Microsoft.MachineLearningServices.ModelRegistered"]}
        self.control("PUT", f"subscriptions/{SUBSCRIPTION}", body).expect(204)
        own = {
            "url": self.app["eventGridUrl"].format(name="notify"),
            "topic": "lifecycle",
            "eventTypes": [f"AzureML.Rollout.{kind}" for kind in TOLD_EVENTS],
        }
        self.control("PUT", f"subscriptions/{MESSAGES}", own).expect(204)

    def messages(self) -> Sequence[Mapping[str, Any]]:
        """What people were sent, as it arrived in the local Teams, Slack and hook."""
        found: Sequence[Mapping[str, Any]] = self.control("GET", "messages").expect(200)
        return found

    def control(self, method: str, path: str, body: Any = None) -> Answer:
        """Call the local Azure's control surface, which Azure does not have."""
        return call(method, f"{self.azure['controlUrl']}/{path}", body)

    def arm(self, method: str, path: str, body: Any = None, version: str = ML_API) -> Answer:
        """Call Resource Manager as a developer; `path` begins with the slash of an ARM id."""
        url = f"{self.azure['armUrl']}{path}?{urlencode({'api-version': version})}"
        headers = {"Authorization": f"Bearer {self._arm_token()}"}
        return call(method, url, body, headers=headers, tls=self._tls())

    def endpoint(self, path: str = "", method: str = "GET", body: Any = None) -> Answer:
        """Call Resource Manager about the example's endpoint."""
        return self.arm(
            method, f"{self.azure['workspaceId']}/onlineEndpoints/{ENDPOINT}{path}", body
        )

    def rollouts(self, path: str = f"/{SERVICE}", method: str = "GET", body: Any = None) -> Answer:
        """Call the app's HTTP functions under `rollouts` with the function key."""
        headers = {"x-functions-key": self.app["functionKey"]}
        return call(method, f"{self.app['url']}/api/rollouts{path}", body, headers=headers)

    def app_environment(self) -> Mapping[str, str]:
        """The app settings: everything the app knows of this Azure."""
        azure = self.azure
        return {
            **self.environment(APP_IDENTITY),
            **self._app_settings,
            "AzureWebJobsStorage__tableServiceUri": azure["tableUrl"],
            "AzureWebJobsStorage__queueServiceUri": azure["queueUrl"],
            "ARM_ENDPOINT": azure["armUrl"],
            "LOG_ANALYTICS_ENDPOINT": azure["logsUrl"],
            "DATASTORE_BLOB_ENDPOINT": azure["blobUrl"],
            "SERVICES_BUNDLE": str(self._services),
            "LIFECYCLE_TOPIC_ENDPOINT": azure["topicUrl"],
            "LIFECYCLE_TOPIC_KEY": azure["topicKey"],
            "NOTIFY_CHANNELS": json.dumps(
                {
                    name: {"kind": kind, "url": azure["receivers"][place]}
                    for name, kind, place in CHANNELS
                }
            ),
        }

    def _restrict_app(self) -> None:
        # The example's endpoint has keys, and its deployments come from a template and are read.
        parts = json.loads(ROLE_ACTIONS.read_text())
        actions = [action for part in ROLE_PARTS for action in parts[part]]
        self.control("PUT", f"access/{APP_IDENTITY}", {"actions": actions}).expect(204)

    def _new_app(self, port: int) -> ReadyProcess:
        state = self.work / "app"
        # Chosen here: messages link to the console, whose address has the port.
        port = port or _free_port()
        settings = {**self.app_environment(), "CONSOLE_URL": f"http://127.0.0.1:{port}/api/ui"}
        return functions_host_process(REPOSITORY, settings, state, port=port)

    def _stop_apps(self) -> None:
        for app in self._apps:
            app.stop()

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority))

    def _arm_token(self) -> str:
        token, good_until = self._token
        if time.monotonic() >= good_until:
            query = urlencode({"api-version": IDENTITY_API, "resource": ARM_SCOPE})
            headers = {"X-IDENTITY-HEADER": self.azure["identities"][DEVELOPER]}
            url = f"{self.azure['tokenEndpoint']}?{query}"
            token = str(
                call("GET", url, headers=headers, tls=self._tls()).expect(200)["access_token"]
            )
            self._token = (token, time.monotonic() + TOKEN_LIFETIME_SECONDS)
        return token


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


def _time_limits(machine: Machine) -> Mapping[str, str]:
    arm = min(machine.limit(ARM_TIMEOUT_SECONDS), MOST_ARM_TIMEOUT_SECONDS)
    door = min(machine.limit(ALERT_ARM_TIMEOUT_SECONDS), MOST_ALERT_ARM_TIMEOUT_SECONDS)
    return {"ARM_TIMEOUT_SECONDS": f"{arm:g}", "ALERT_ARM_TIMEOUT_SECONDS": f"{door:g}"}
