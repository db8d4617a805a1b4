"""The list of seeded bugs fits the product and the tests as they are."""

from collections import Counter

import pytest

from dev.seeded_bugs.bug import SeededBug
from dev.seeded_bugs.listed import BUGS
from tests.support.paths import PROJECT

LEAST = 40
ROOMS = (
    "rollout/core/machine/",
    "rollout/core/gate/",
    "rollout/core/offers/",
    "rollout/core/records/",
    "rollout/service/",
    "rollout/inbound/",
    "rollout/adapters/",
)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: f"{bug.file} {bug.becomes or 'lost'}")
def test_each_entry_changes_a_line_into_other_python(bug: SeededBug) -> None:
    source = (PROJECT / bug.file).read_text(encoding="utf-8")
    broken = bug.broken(source)
    assert broken != source
    compile(broken, bug.file, "exec")


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: f"{bug.file} {bug.becomes or 'lost'}")
def test_each_entry_names_a_test_and_says_in_a_sentence_what_a_user_suffers(bug: SeededBug) -> None:
    file, _, test = bug.test.partition("::")
    text = (PROJECT / file).read_text(encoding="utf-8")
    assert f"def {test.partition('[')[0]}(" in text
    assert bug.harm[0].isupper()
    assert bug.harm.endswith(".")


def test_there_are_enough_and_no_room_is_left_out() -> None:
    assert len(BUGS) >= LEAST
    for room in ROOMS:
        assert any(bug.file.startswith(room) for bug in BUGS), room


def test_no_bug_is_listed_twice() -> None:
    assert max(Counter((bug.file, bug.was, bug.becomes) for bug in BUGS).values()) == 1
