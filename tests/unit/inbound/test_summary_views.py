"""The views that summaries keep: made once, sent as they are."""

import json

from rollout.core.records.phases import Phase
from rollout.inbound.summary_views import FORM, SummaryViews, list_text
from rollout.inbound.views import summary_view
from tests.support.builders import ENDPOINT_ID, NOW, a_current, a_rollout

CURRENT = a_current(a_rollout(Phase.BAKING))


def text(**more: str) -> str:
    return SummaryViews().text("fraud", ENDPOINT_ID, CURRENT, NOW, **more)


def test_a_summary_is_the_services_view() -> None:
    assert json.loads(text()) == summary_view("fraud", ENDPOINT_ID, CURRENT, NOW)
    assert SummaryViews().form == FORM
    assert text().isascii()


def test_a_list_is_put_together_from_its_views() -> None:
    assert json.loads(list_text([text(), text()], "fraud")) == {
        "value": [json.loads(text())] * 2,
        "after": "fraud",
    }
    assert json.loads(list_text([], None)) == {"value": [], "after": None}


def test_a_view_is_shown_under_another_name_and_with_a_fault_of_its_files() -> None:
    views = SummaryViews()
    patched = json.loads(views.patched(text(), "other", ""))
    assert patched == {**json.loads(text()), "service": "other"}
    faulty = json.loads(views.patched(text(), "fraud", "endpoint: is missing."))
    assert faulty == {**json.loads(text()), "fault": "endpoint: is missing."}


def test_the_fault_of_a_row_goes_before_one_of_the_files() -> None:
    views = SummaryViews()
    nothing = views.text("fraud", ENDPOINT_ID, None, NOW)
    faulty = json.loads(views.patched(nothing, "fraud", "endpoint: is missing."))
    assert faulty["says"] == faulty["fault"] == "endpoint: is missing."
    unreadable = views.text("fraud", ENDPOINT_ID, None, NOW, fault="the row is corrupt")
    patched = json.loads(views.patched(unreadable, "fraud", "endpoint: is missing."))
    assert patched["says"] == patched["fault"] == "the row is corrupt"
