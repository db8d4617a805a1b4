"""Foreign text made harmless: one line, of visible characters only."""

from hypothesis import given
from hypothesis import strategies as st

from rollout.text.plain_text import REPLACEMENT, visible_line


@given(st.text(max_size=60), st.integers(4, 40))
def test_foreign_text_becomes_one_visible_line(text: str, longest: int) -> None:
    line = visible_line(text, longest)
    assert len(line) <= longest
    assert line.isprintable()
    line.encode()


def test_what_could_fool_a_reader_is_replaced() -> None:
    assert (
        visible_line("a\nb\x1b[2Jc\u202ed", 40) == f"a{REPLACEMENT}b{REPLACEMENT}[2Jc{REPLACEMENT}d"
    )
    assert visible_line("abcdefgh", 6) == "abc..."
