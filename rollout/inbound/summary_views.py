"""Views of services as they lie in the table, ready to be sent: made after a save, not on request.

Ages in them are told from their `updatedAt`; a client counts on from there.
"""

import json
from collections.abc import Iterable
from datetime import datetime

from rollout.core.records.rollout import Current
from rollout.inbound.views import summary_view

FORM = 1
"""One more whenever `summary_view` gets another shape: summaries of another form are made again."""


class SummaryViews:
    """`rollout.ports.Summarizer`."""

    @property
    def form(self) -> int:
        return FORM

    def text(
        self,
        service: str,
        endpoint: str | None,
        current: Current | None,
        now: datetime,
        *,
        fault: str = "",
    ) -> str:
        return _text(summary_view(service, endpoint, current, now, fault=fault))

    def patched(self, text: str, service: str, fault: str) -> str:
        view = json.loads(text)
        view["service"] = service
        if fault:
            view["fault"] = view["fault"] or fault
            if view["savedAt"] is None:
                view["says"] = view["fault"]
        return _text(view)

    def suspended(self, text: str) -> bool:
        return json.loads(text)["suspension"] is not None


def list_text(views: Iterable[str], after: str | None) -> str:
    """Return a page of the list as JSON, put together from its services' views."""
    return f'{{"value":[{",".join(views)}],"after":{json.dumps(after)}}}'


def _text(view: dict[str, object]) -> str:
    return json.dumps(view, separators=(",", ":"))
