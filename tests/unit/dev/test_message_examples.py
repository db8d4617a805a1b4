"""The examples of payloads on docs/messages.md, and what its tables say."""

import re

import pytest

from dev.message_examples import TARGET, with_examples
from rollout.core.policy.notify_model import USUAL, About
from rollout.service.notifying import CLAIM_MARGIN
from rollout.settings import setting_names

PAGE = TARGET.read_text(encoding="utf-8")


def rows(heading: str) -> dict[str, str]:
    """First cell -> the row, of the first table after a heading."""
    table = PAGE.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return {found[1]: found[0] for found in re.finditer(r"^\| `([^`]+)` .*$", table, re.MULTILINE)}


def test_the_page_has_the_examples_that_the_code_makes() -> None:
    assert with_examples(PAGE) == PAGE, "run make generate"


@pytest.mark.parametrize("marker", ["teams: begin", "slack: end"])
def test_a_page_without_a_marker_is_refused(marker: str) -> None:
    with pytest.raises(ValueError, match=marker.partition(":")[0]):
        with_examples(PAGE.replace(f"<!-- {marker} -->", ""))


def test_the_page_names_every_word_and_those_that_are_usual() -> None:
    found = rows("word")
    assert set(found) == set(About)
    assert {word for word, row in found.items() if "| told |" in row} == set(USUAL)


def test_the_page_names_every_setting_of_messages() -> None:
    asked = {name for name in setting_names() if name.startswith("NOTIFY_")} | {"CONSOLE_URL"}
    assert set(rows("setting")) == asked


def test_the_claim_holds_as_long_as_the_page_says() -> None:
    assert CLAIM_MARGIN.total_seconds() == 60
    assert "`NOTIFY_TOTAL_SECONDS` and a minute" in PAGE
