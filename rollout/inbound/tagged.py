"""Answers whose entity tag names their content: what a view was made from is not known cheaper."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from rollout.inbound.answers import Answer, json_answer, not_modified
from rollout.inbound.etags import etag, is_known


def tagged(headers: Mapping[str, str], data: Any) -> Answer:
    """Answer with JSON, or 304 to who has it already; names of headers are in lower case."""
    tag = etag(json.dumps(data))
    return (
        not_modified(tag) if is_known(headers, tag) else json_answer(HTTPStatus.OK, data, tag=tag)
    )
