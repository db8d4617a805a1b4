"""The reading doors that answer page by page: parameters in, a page of JSON out.

A page's tag is that of its content: entries are never changed, and nothing in a page ages.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Protocol

from rollout.core.records.pages import HistoryPage, MinutesPage, OffersPage
from rollout.inbound.answers import Answer, not_modified, text_answer
from rollout.inbound.etags import etag, is_known
from rollout.inbound.minute_views import minutes_view
from rollout.inbound.parameters import (
    AFTER_MINUTE,
    BEFORE,
    HISTORY_LIMIT,
    MINUTES_LIMIT,
    OFFERS_AFTER,
    OFFERS_LIMIT,
    ROLLOUT,
)
from rollout.inbound.views import entry_view, offer_record_view

Texts = Mapping[str, str]


class Pages(Protocol):
    """Who reads pages: the service."""

    def history(
        self, service: str, rollout: str | None, before: int | None, limit: int
    ) -> HistoryPage: ...
    def minutes(
        self, service: str, rollout: str | None, after: datetime | None, limit: int
    ) -> MinutesPage: ...
    def offers(self, service: str, after: str, limit: int) -> OffersPage: ...


PageAnswer = Callable[[Pages, str, Texts, Texts], Answer]
"""Answers a request: who reads, the service, the query, the headers (names in lower case)."""


def history_answer(pages: Pages, service: str, query: Texts, headers: Texts) -> Answer:
    """A page of a rollout's history, oldest first.

    Raises:
        InvalidInputError: A parameter is wrong, or there is no such service or rollout (404).
    """
    page = pages.history(
        service, ROLLOUT.read(query), BEFORE.read(query), HISTORY_LIMIT.read(query)
    )
    shown = [entry_view(entry) for entry in page.entries]
    return _answer({"rollout": page.rollout, "value": shown, "before": page.before}, headers)


def minutes_answer(pages: Pages, service: str, query: Texts, headers: Texts) -> Answer:
    """A page of a rollout's minutes. Raises as `history_answer`."""
    page = pages.minutes(
        service, ROLLOUT.read(query), AFTER_MINUTE.read(query), MINUTES_LIMIT.read(query)
    )
    return _answer(minutes_view(page), headers)


def offers_answer(pages: Pages, service: str, query: Texts, headers: Texts) -> Answer:
    """A page of what became of offered versions. Raises as `history_answer`."""
    page = pages.offers(service, OFFERS_AFTER.read(query), OFFERS_LIMIT.read(query))
    shown = [offer_record_view(record) for record in page.records]
    return _answer({"value": shown, "after": page.after}, headers)


def _answer(view: Mapping[str, Any], headers: Texts) -> Answer:
    text = json.dumps(view, separators=(",", ":"))
    tag = etag(text)
    if is_known(headers, tag):
        return not_modified(tag)
    return text_answer(HTTPStatus.OK, text, tag=tag)
