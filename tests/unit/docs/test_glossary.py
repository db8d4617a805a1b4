"""The words that docs/glossary.md calls fixed are those that are stored or in the HTTP API."""

import re
from collections.abc import Iterable
from enum import StrEnum

import pytest

from rollout.core.gate import Verdict
from rollout.core.machine.alerts import HELD, IGNORED, RECORDED, ROLLING_BACK
from rollout.core.records.failures import FailureKind
from rollout.core.records.offers import OfferSource, OfferState
from rollout.core.records.rollout import Cause
from rollout.core.records.signals import Verb
from tests.support.paths import PROJECT

PAGE = (PROJECT / "docs" / "glossary.md").read_text(encoding="utf-8")
FIXED = PAGE.partition("## Words that cannot change")[2]


def words_of(line: str) -> list[str]:
    """The quoted words of the list item that begins like this."""
    (item,) = re.findall(rf"^- {line}.*?(?=^- |\Z)", FIXED, re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`]+)`", item)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("states of an offer", [*OfferState, *OfferSource]),
        ("verbs", Verb),
        ("causes", Cause),
        ("kinds of failure", FailureKind),
        ("outcomes of an alert", [ROLLING_BACK, HELD, RECORDED, IGNORED]),
    ],
)
def test_the_fixed_words_are_complete(line: str, words: Iterable[StrEnum]) -> None:
    assert sorted(words_of(line)) == sorted(words)


def test_every_verdict_is_defined() -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith("| verdict |")]
    assert re.findall(r"`([^`]+)`", row) == sorted(Verdict)


def test_no_word_has_two_rows() -> None:
    words = re.findall(r"^\| ([^|]+?) \|", PAGE, re.MULTILINE)
    defined = [each for each in words if each not in {"word", "---"}]
    assert len(defined) == len(set(defined))


def test_links_within_the_documentation_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)(?:#([^)]+))?\)", PAGE)
    assert links
    for file, anchor in links:
        page = (PROJECT / "docs" / file).read_text(encoding="utf-8").lower()
        assert not anchor or f"## {anchor}\n" in page
