"""One comment on a GitHub pull request, replaced at each run instead of followed by another.

REST API, version 2022-11-28: `GET` and `POST /repos/{owner}/{repo}/issues/{number}/comments`,
`PATCH /repos/{owner}/{repo}/issues/comments/{id}`.
"""

import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from rollout.addresses import is_safe_url
from rollout.cli.live.opener import OPENER
from rollout.cli.pipelines.host import CommentError

API_VERSION = "2022-11-28"
CALL_SECONDS = 30.0
PER_PAGE = 100
MAX_PAGES = 30
"""A pull request with more comments gets another one."""

MAX_ANSWER_BYTES = 16 * 1024 * 1024
_FORBIDDEN = frozenset({401, 403, 404})
_MAY_NOT = (
    "GitHub refuses the token ({status}): the job needs `permissions: pull-requests: write`, which "
    "runs of forks never get."
)


@dataclass(frozen=True)
class Comments:
    """The comments of one pull request. `api` is `GITHUB_API_URL`, `repository` OWNER/NAME."""

    api: str
    repository: str
    number: int
    token: str

    def put(self, key: str, body: str) -> str:
        """Write `body` over the comment that an earlier run wrote under `key`, or add one.

        Raises:
            CommentError: GitHub refuses, or gives no usable answer.
        """
        if not is_safe_url(self.api):
            raise CommentError(f"GITHUB_API_URL is {self.api!r}: it must be https.")
        mark = marker(key)
        whole = {"body": f"{mark}\n{body}"}
        issues = f"repos/{self.repository}/issues"
        for own in self._own(mark):
            self._call("PATCH", f"{issues}/comments/{own}", whole)
            return "the comment was updated"
        self._call("POST", f"{issues}/{self.number}/comments", whole)
        return "a comment was written"

    def _own(self, mark: str) -> Iterator[int]:
        """Yield the comments that an app wrote with this mark: anybody can write a mark."""
        for number in range(1, MAX_PAGES + 1):
            query = f"per_page={PER_PAGE}&page={number}"
            path = f"repos/{self.repository}/issues/{self.number}/comments?{query}"
            page = self._call("GET", path)
            found = [each for each in page if isinstance(each, dict)] if _is_list(page) else []
            for each in found:
                by_app = (each.get("user") or {}).get("type") == "Bot"
                if by_app and str(each.get("body") or "").startswith(mark):
                    yield int(each["id"])
            if len(found) < PER_PAGE:
                return

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - checked: https, or this machine
            f"{self.api.rstrip('/')}/{path}",
            None if body is None else json.dumps(body).encode(),
            {
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "User-Agent": "azureml-rollout",
                "X-GitHub-Api-Version": API_VERSION,
            },
            method=method,
        )
        try:
            with OPENER.open(request, timeout=CALL_SECONDS) as answer:
                return json.loads(answer.read(MAX_ANSWER_BYTES))
        except urllib.error.HTTPError as refusal:
            with refusal:
                if refusal.code in _FORBIDDEN:
                    raise CommentError(_MAY_NOT.format(status=refusal.code)) from refusal
                raise CommentError(f"GitHub answered {refusal.code}.") from refusal
        except (OSError, HTTPException, ValueError) as error:
            why = getattr(error, "reason", error)
            raise CommentError(f"GitHub gave no usable answer: {why}") from error


def marker(key: str) -> str:
    """Return the invisible first line by which a comment is found again."""
    # A digest: a key is a path, which could end the HTML comment.
    return f"<!-- azureml-rollout {hashlib.sha256(key.encode()).hexdigest()[:16]} -->"


def _is_list(page: Any) -> bool:
    return isinstance(page, list)
