"""What docs/reliability.md names as shown by a test is a test that is there."""

import re

from tests.support.paths import PROJECT

PAGE = (PROJECT / "docs" / "reliability.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)`")
GUARANTEED = PAGE.partition("## Guaranteed")[2].partition("\n## ")[0]


def test_every_test_that_the_page_names_exists() -> None:
    named = set(NAMED.findall(PAGE))
    assert named
    assert not [name for name in named if not (PROJECT / name).is_file()]


def test_every_guarantee_names_its_tests() -> None:
    rows = [line for line in GUARANTEED.splitlines() if line.startswith("| ")][2:]
    assert rows
    assert not [row for row in rows if not NAMED.search(row)]
