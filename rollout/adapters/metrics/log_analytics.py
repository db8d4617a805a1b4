"""Log Analytics by plain POST: one KQL query, its first table, no waiting and no repeat.

From the reference of the query API (Query - Execute, version v1) and its pages on responses, errors
and time-outs: an answer is `{tables: [{name, columns: [{name, type}], rows: [[...]]}]}`; a query
that was cut short is answered 200 too, with an `error` beside its tables; `Prefer: wait=<seconds>`
bounds the time the service takes; `timespan` applies in addition to the query's own conditions.

azure-monitor-query 2.0.0 would do the same, with retries to switch off, one more dependency and 10
ms more of imports (measured).
"""

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from azure.core import PipelineClient
from azure.core.pipeline.policies import BearerTokenCredentialPolicy
from azure.core.rest import HttpRequest

from rollout.adapters.azure_ml.azure_faults import arm_calls, refusal
from rollout.adapters.azure_ml.http_calls import Deadline, answer_to, plain_policies
from rollout.adapters.azure_ml.watched_connections import watched_transport
from rollout.adapters.metrics.minute_spans import Span
from rollout.errors import ArmRefusedError, ArmUnavailableError
from rollout.text.finite_json import read_finite

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

PUBLIC_URL = "https://api.loganalytics.io"
_CLOUDS = frozenset({"api.loganalytics.io", "api.loganalytics.us", "api.loganalytics.azure.cn"})
"""Hosts that are their own token audience (public, US government, China)."""

MAX_ANSWER_BYTES = 8 * 1024 * 1024
"""A day of minutes of two deployments with nine counts is under 1 MiB."""

_WORKSPACE = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
NO_CONTENT = 204
"""A workspace without any data answers so."""

_FIRST_ERROR = 300
_MAX_INNER_ERRORS = 5

Row = Mapping[str, Any]
"""Values by column: text, numbers, None; moments as ISO 8601 text."""


class LogAnalytics:
    """A client of one cloud's query API. `base_url` is that of the public cloud by default."""

    def __init__(self, credential: "TokenCredential", *, base_url: str = PUBLIC_URL) -> None:
        self._base_url = base_url.rstrip("/")
        self._client: PipelineClient[Any, Any] = PipelineClient(
            self._base_url,
            policies=[
                *plain_policies(),
                BearerTokenCredentialPolicy(credential, scope_of(self._base_url)),
            ],
            transport=watched_transport(),
        )

    def query(self, workspace: str, text: str, span: Span, deadline: Deadline) -> list[Row]:
        """Return the rows of a query's first table.

        Args:
            workspace: The workspace's id, a GUID.
            text: The query.
            span: Only records whose TimeGenerated lies in it are read.
            deadline: By when the answer must be there.

        Raises:
            ArmRefusedError: The query, the workspace or the app's right to it is at fault.
            ArmUnavailableError: No answer, or not all of it.
        """
        if _WORKSPACE.fullmatch(workspace) is None:
            raise ArmRefusedError(
                f"'{workspace}' is not a Log Analytics workspace id: use the GUID that its "
                "overview page calls Workspace ID.",
                code="InvalidWorkspaceId",
            )
        request = HttpRequest(
            "POST",
            f"{self._base_url}/v1/workspaces/{workspace}/query",
            headers={
                "Accept": "application/json",
                "Prefer": f"wait={math.ceil(deadline.left())}",
            },
            json={"query": text, "timespan": str(span)},
        )
        with arm_calls(write=False):
            answer = answer_to(self._client, request, MAX_ANSWER_BYTES, deadline)
        if answer.status == NO_CONTENT:
            return []
        document = _parsed(answer.body)
        if answer.status >= _FIRST_ERROR:
            error = document.get("error") if isinstance(document, dict) else None
            retry_after = answer.headers.get("Retry-After", "")
            raise refusal(answer.status, *_told(error), write=False, retry_after=retry_after)
        return _rows(document)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()


def scope_of(base_url: str) -> str:
    """Return a query API's token scope; a host outside every cloud gets the public cloud's."""
    host = urlsplit(base_url).netloc.lower()
    return f"https://{host}/.default" if host in _CLOUDS else f"{PUBLIC_URL}/.default"


def _rows(document: Any) -> list[Row]:
    try:
        if document.get("error") is not None:
            code, message = _told(document["error"])
            raise ArmUnavailableError(f"Log Analytics gave only a part: {code}: {message}")
        table = document["tables"][0]
        names = [str(column["name"]) for column in table["columns"]]
        return [dict(zip(names, row, strict=True)) for row in table["rows"]]
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise ArmUnavailableError("Log Analytics' answer is not the documented one") from error


def _told(error: Any) -> tuple[str, str]:
    """Return an error's outer code and its innermost message, which says what is really wrong."""
    code, message = "", ""
    for _ in range(_MAX_INNER_ERRORS):
        if not isinstance(error, Mapping):
            break
        code = code or str(error.get("code") or "")
        message = str(error.get("message") or message)
        details = error.get("details")
        inner = error.get("innererror")
        error = inner or (details[0] if isinstance(details, list) and details else None)
    return code, message


def _parsed(content: bytes) -> Any:
    try:
        return read_finite(content)
    except (ValueError, RecursionError):
        return None
