"""Azure Resource Manager by plain GET, PUT, POST and DELETE: one request, one answer, no waiting.

`azure.mgmt.core` instead of `azure.ai.ml`: a traffic update costs one round trip instead of four to
six, and the process keeps 65 MiB (measured with azure-ai-ml 1.35.2).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from azure.core.rest import HttpRequest
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

from rollout.adapters.azure_ml.azure_faults import NOT_FOUND, arm_calls, from_document
from rollout.adapters.azure_ml.http_calls import Deadline, answer_to, plain_policies
from rollout.adapters.azure_ml.request_limits import RequestLimits
from rollout.adapters.azure_ml.watched_connections import watched_transport
from rollout.core.records.observation import Absent
from rollout.errors import ArmRefusedError, ArmUnavailableError
from rollout.text.finite_json import read_finite

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

PUBLIC_URL = "https://management.azure.com"
SCOPE = "https://management.azure.com/.default"
ML_API_VERSION = "2024-04-01"
"""The newest version whose description was read in full (azure-rest-api-specs, stable)."""

MONITOR_API_VERSION = "2023-10-01"
"""Metrics - List (Azure Monitor's REST reference)."""

MAX_ANSWER_BYTES = 8 * 1024 * 1024
MAX_PAGES = 50
"""A bound on lists that never end; an endpoint has at most 20 deployments."""

_FIRST_ERROR = 300


@dataclass(frozen=True)
class Answer:
    """A successful answer; `body` is its JSON, None where it has none."""

    status: int
    body: Any


class Arm:
    """A client of one cloud's Resource Manager. `base_url` is that of the public cloud by default.

    Nothing is retried: the next pass is the retry. Each call's time-out bounds everything but the
    credential's own request for a token, which is cached until it is about to expire. `limits`
    counts each request and learns from each answer; it holds none back.
    """

    def __init__(
        self,
        credential: "TokenCredential",
        *,
        base_url: str = PUBLIC_URL,
        scope: str = SCOPE,
        limits: RequestLimits | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._limits = limits or RequestLimits()
        self._client: ARMPipelineClient[Any, Any] = ARMPipelineClient(
            self._base_url,
            policies=[*plain_policies(), ARMChallengeAuthenticationPolicy(credential, scope)],
            transport=watched_transport(),
        )

    def get(
        self,
        path: str,
        *,
        timeout: float,
        api_version: str = ML_API_VERSION,
        query: Mapping[str, str] | None = None,
    ) -> Any:
        """Return the JSON at `path`, `Absent()` for 404. Raises as `Endpoints` does."""
        url = self._url(path, api_version, query)
        return self._get(url, Deadline(timeout))

    def get_url(self, url: str, *, timeout: float) -> Any:
        """Return the JSON at an absolute URL that ARM itself gave, `Absent()` for 404.

        Raises:
            ArmUnavailableError: The URL is on another host, which must not be sent the app's token.
        """
        return self._get(self._own(url), Deadline(timeout))

    def pages(
        self, path: str, *, timeout: float, api_version: str = ML_API_VERSION
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the items of a list, following `nextLink`; none for 404. Raises as `get` does.

        The time-out bounds all pages together.
        """
        for page in self.each_page(path, timeout=timeout, api_version=api_version):
            yield from page

    def each_page(
        self,
        path: str,
        *,
        timeout: float,
        api_version: str = ML_API_VERSION,
        most: int | None = None,
    ) -> Iterator[Sequence[Mapping[str, Any]]]:
        """Yield the pages of a list, each a request. Raises as `pages` does.

        More than `most` pages, `MAX_PAGES` where none are given, are `ArmUnavailableError`.
        """
        deadline = Deadline(timeout)
        url = self._url(path, api_version, None)
        bound = MAX_PAGES if most is None else most
        for _ in range(bound):
            page = self._get(url, deadline)
            if isinstance(page, Absent):
                return
            items = page.get("value") if isinstance(page, dict) else None
            # What a list lacks counts as absent, so half a list must not pass for an answer.
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                raise ArmUnavailableError(f"Azure's answer for {path} is not a list")
            yield items
            if not page.get("nextLink"):
                return
            url = self._own(str(page["nextLink"]))
        raise ArmUnavailableError(f"Azure's list at {path} has more than {bound} pages")

    def put(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        timeout: float,
        api_version: str = ML_API_VERSION,
        last_check: Callable[[], None] | None = None,
    ) -> Answer:
        """PUT a resource. The operation continues after the answer.

        `last_check` is asked right before the request leaves; what it raises keeps it from leaving.
        """
        url, deadline = self._url(path, api_version, None), Deadline(timeout)
        return self._send("PUT", url, body, deadline, write=True, last_check=last_check)

    def post(self, path: str, body: Mapping[str, Any], *, timeout: float) -> Answer:
        """POST an action that changes nothing (keys, logs); its errors are those of reads."""
        return self._send("POST", self._url(path, ML_API_VERSION, None), body, Deadline(timeout))

    def delete(self, path: str, *, timeout: float) -> None:
        """Start a deletion; absent is fine."""
        try:
            url = self._url(path, ML_API_VERSION, None)
            self._send("DELETE", url, None, Deadline(timeout), write=True)
        except _AbsentError:
            return

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def _get(self, url: str, deadline: Deadline) -> Any:
        try:
            return self._send("GET", url, None, deadline).body
        except _AbsentError:
            return Absent()

    def _send(
        self,
        method: str,
        url: str,
        body: Mapping[str, Any] | None,
        deadline: Deadline,
        *,
        write: bool = False,
        last_check: Callable[[], None] | None = None,
    ) -> Answer:
        request = HttpRequest(method, url, headers={"Accept": "application/json"}, json=body)
        with arm_calls(write=write), self._limits.counted(method, url) as told:
            answer = answer_to(
                self._client, request, MAX_ANSWER_BYTES, deadline, last_check=last_check
            )
            told.status, told.headers = answer.status, answer.headers
        status = answer.status
        document = _parsed(answer.body)
        if status == NOT_FOUND:
            raise _AbsentError(f"Azure answered 404 for {urlsplit(url).path}", code="NotFound")
        if status >= _FIRST_ERROR:
            retry_after = answer.headers.get("Retry-After", "")
            raise from_document(
                status, document, write=write, retry_after=retry_after, path=urlsplit(url).path
            )
        if answer.body and document is None:
            raise ArmUnavailableError(f"Azure answered {status} with a body that is not JSON")
        return Answer(status, document)

    def _url(self, path: str, api_version: str, query: Mapping[str, str] | None) -> str:
        return f"{self._base_url}{path}?{urlencode({'api-version': api_version, **(query or {})})}"

    def _own(self, url: str) -> str:
        own = urlsplit(self._base_url)
        try:
            given = urlsplit(url)
        except ValueError as error:
            raise ArmUnavailableError("Azure gave an address that cannot be parsed") from error
        if (given.scheme, given.netloc.lower()) != (own.scheme, own.netloc.lower()):
            raise ArmUnavailableError(
                f"Azure gave an address on {given.netloc or 'no host'}, not {own.netloc}"
            )
        return url


class _AbsentError(ArmRefusedError):
    """404: an answer for reads and deletions, a refusal for everything else."""


def _parsed(content: bytes) -> Any:
    try:
        return read_finite(content)
    except (ValueError, RecursionError):
        return None
