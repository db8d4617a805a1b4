"""The answer of `GET openapi.json`, made once in a process and when it is first asked for."""

import hashlib
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus

from rollout.inbound.answers import Answer, json_answer, not_modified
from rollout.inbound.etags import etag, is_known


def described(headers: Mapping[str, str]) -> Answer:
    """Answer with the description of the API; names of headers are in lower case."""
    answer, tag = _answer()
    return not_modified(tag) if is_known(headers, tag) else answer


@cache
def _answer() -> tuple[Answer, str]:
    # The app is indexed without it: most instances are never asked.
    from rollout.inbound.api.openapi import document  # noqa: PLC0415

    found = document()
    tag = etag(hashlib.sha256(json_answer(HTTPStatus.OK, found).body).hexdigest())
    return json_answer(HTTPStatus.OK, found, tag=tag), tag
