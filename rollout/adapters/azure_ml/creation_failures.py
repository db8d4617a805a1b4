"""Why a deployment failed: its operation document, else its log, else unknown.

The reason lives in the operation that `properties.properties.AzureAsyncOperationUri` points to, not
in the resource (measured with azure-ai-ml 1.35.2). That URL is at subscription level, where a
narrow role may not read; the container's log must then serve.
"""

import logging
import re
from typing import Any
from urllib.parse import urlsplit

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.arm_ids import EndpointId
from rollout.adapters.azure_ml.deployments import OPERATION_URI
from rollout.adapters.azure_ml.http_calls import Deadline
from rollout.core.records.failures import CreationFailure, FailureKind
from rollout.core.records.observation import Absent
from rollout.errors import RolloutError
from rollout.text.redaction import redacted_line, safe_tail

LOG_LINES = 200
"""How many lines of the container's log are requested; the text is then cut by characters too."""

_KIND_OF_CODE = {
    "outofquota": FailureKind.QUOTA,
    "outofcapacity": FailureKind.QUOTA,
    "imagebuildfailure": FailureKind.IMAGE,
    "resourcenotready": FailureKind.USER_SCRIPT,
    "operationcanceled": FailureKind.PLATFORM,
    "internalservererror": FailureKind.PLATFORM,
    "workspacemanagednetworknotready": FailureKind.PLATFORM,
    "secretsinjectionerror": FailureKind.PLATFORM,
}
"""The codes of "Troubleshooting online endpoints deployment", by who can fix them.

`BadArgument` and `ResourceNotFound` have causes of every kind there, so their text decides.
"""

_KIND_OF_TEXT = (
    (
        FailureKind.QUOTA,
        re.compile(r"(?i)\bquota\b|not enough .{0,80}(capacity|cores)|insufficient capacity"),
    ),
    (
        FailureKind.IMAGE,
        re.compile(
            r"(?i)image build|build(ing)? (the )?image|imagepull|errimagepull|manifest unknown"
            r"|container registry|conda env|ResolvePackageNotFound|pip subprocess"
            r"|No matching distribution|environment .{0,80}could not be built"
        ),
    ),
    (
        FailureKind.USER_SCRIPT,
        re.compile(
            r"(?i)Traceback \(most recent call last\)|score\.py|scoring script|user container"
            r"|ModuleNotFoundError|init\(\)|liveness probe|readiness probe"
        ),
    ),
    (FailureKind.PLATFORM, re.compile(r"(?i)internal (server )?error|timed? ?out|try again later")),
)
_OPERATION = re.compile(
    r"(?i)/subscriptions/[^/]+/providers/Microsoft\.MachineLearningServices/locations/[^/]+"
    r"/(?:mfeOperationsStatus|operations)/[^/]+"
)
_LOG = logging.getLogger("rollout.creation")


class CreationFailures:
    """Finds out what went wrong: the operation's document first, then the log, then `unknown`."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm

    def failure(self, endpoint: EndpointId, name: str, *, timeout: float) -> CreationFailure:
        """Return the cause. Raises only when the deployment itself cannot be read."""
        deadline = Deadline(timeout)
        code, message = self._operation_error(endpoint, name, deadline)
        try:
            left = deadline.left()
        except RolloutError:
            left = 0.0
        log = self.log_tail(endpoint, name, timeout=left) if left else ""
        return classify(code, message, log)

    def log_tail(self, endpoint: EndpointId, name: str, *, timeout: float) -> str:
        """Return the container log's tail, cut and redacted; empty when it cannot be had."""
        path = f"{endpoint.deployment_path(name)}/getLogs"
        try:
            answer = self._arm.post(path, {"tail": LOG_LINES}, timeout=timeout)
        except RolloutError as error:
            _LOG.info("the log of %s cannot be read: %s", name, error)
            return ""
        content = answer.body.get("content") if isinstance(answer.body, dict) else None
        return safe_tail(content) if isinstance(content, str) else ""

    def _operation_error(
        self, endpoint: EndpointId, name: str, deadline: Deadline
    ) -> tuple[str, str]:
        body = self._arm.get(endpoint.deployment_path(name), timeout=deadline.left())
        url = _operation_url(body)
        if url is None:
            return "", ""
        try:
            document = self._arm.get_url(url, timeout=deadline.left())
        except RolloutError as error:
            _LOG.info("the operation of %s cannot be read: %s", name, error)
            return "", ""
        reason = document.get("error") if isinstance(document, dict) else None
        if not isinstance(reason, dict):
            return "", ""
        return str(reason.get("code") or ""), str(reason.get("message") or "")


def classify(code: str, message: str, log_tail: str) -> CreationFailure:
    """Return the failure of a code and sentence (empty: not known) and a redacted log tail."""
    kind = _KIND_OF_CODE.get(code.lower())
    if kind is None:
        # Azure's answer may have megabytes: what is not shown is not searched either.
        shown = redacted_line(message)
        kind = _kind_of_text(shown) or _kind_of_text(log_tail) or FailureKind.UNKNOWN
    if code or message:
        text = redacted_line(f"{code}: {message}".strip(": "))
    elif kind != FailureKind.UNKNOWN:
        text = "the reason was read from the container's log"
    else:
        text = "Azure gave no reason"
    return CreationFailure(kind, text, log_tail)


def _kind_of_text(text: str) -> FailureKind | None:
    return next((kind for kind, pattern in _KIND_OF_TEXT if pattern.search(text)), None)


def _operation_url(body: Any) -> str | None:
    if isinstance(body, Absent) or not isinstance(body, dict):
        return None
    own = (body.get("properties") or {}).get("properties") or {}
    url = own.get(OPERATION_URI)
    # Whoever may write deployments may write this, and the app would send its token there.
    operation = isinstance(url, str) and _OPERATION.fullmatch(urlsplit(url).path) is not None
    return url if operation else None
