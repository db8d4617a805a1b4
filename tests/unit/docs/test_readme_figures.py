"""Figures of the gate that the README quotes stand in the page that a command writes."""

from tests.support.paths import PROJECT

RULES = 5
GOOD = "nothing wrong: "


def rows_of(file: str) -> dict[str, list[str]]:
    """The first cell of each row of each table, and the five rules' cells after it."""
    lines = (PROJECT / file).read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    return {row[0]: row[1 : 1 + RULES] for row in rows if len(row) > RULES}


def test_the_readme_quotes_the_comparison_as_it_was_measured() -> None:
    measured = rows_of("docs/gate-comparison.md")
    quoted = {
        name.removeprefix(GOOD): cells
        for name, cells in rows_of("README.md").items()
        if name.removeprefix(GOOD) in measured
    }
    assert len(quoted) > RULES
    for name, cells in quoted.items():
        assert cells == measured[name], name
