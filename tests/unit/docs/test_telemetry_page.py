"""The table of fields in docs/telemetry.md is the code's own."""

import re

from rollout.adapters.app_log import DECISION_EVENT_ID
from rollout.core.records.decision_fields import DECISION_FIELDS
from tests.support.paths import PROJECT

PAGE = (PROJECT / "docs" / "telemetry.md").read_text(encoding="utf-8")


def test_the_page_has_every_field_in_order_with_its_meaning() -> None:
    section = PAGE.split("## One line for each decision")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", section, re.MULTILINE)
    assert rows == list(DECISION_FIELDS.items())


def test_the_query_on_the_page_finds_the_line_and_cuts_off_its_mark() -> None:
    mark = f"{DECISION_EVENT_ID}: "
    assert f"startswith '{mark}'" in PAGE
    assert f"substring(Message, {len(mark)})" in PAGE
