"""Lines of a file that grows: complete ones, once, from an offset on."""

from hypothesis import given
from hypothesis import strategies as st

from rollout.adapters.predictions.files import MOST_LINE_BYTES, RANGE_BYTES, File, Lines
from tests.support.collected_files import MemoryFiles


def lines_of(content: bytes, offset: int = 0, length: int = 7) -> tuple[list[bytes], Lines]:
    files = MemoryFiles({"a": content})
    lines = Lines(files, File("a", len(content)), offset)
    return [line for chunk in lines.chunks(length) for line in chunk if line], lines


def test_lines_longer_than_a_range_come_whole() -> None:
    found, lines = lines_of(b"first line\nsecond, longer line\n3\n")

    assert found == [b"first line", b"second, longer line", b"3"]
    assert (lines.offset, lines.ended, lines.tail) == (33, True, b"")


def test_a_last_line_without_an_end_is_left_for_the_next_look() -> None:
    found, lines = lines_of(b"one\n{half")

    assert found == [b"one"]
    assert (lines.offset, lines.ended, lines.tail) == (4, True, b"{half")


def test_a_tail_that_was_accepted_is_not_given_out_again() -> None:
    _, lines = lines_of(b"one\n{whole}")
    lines.accept_tail()

    assert (lines.offset, lines.tail) == (11, b"")


def test_a_reader_that_stops_goes_on_from_the_last_complete_line() -> None:
    lines = Lines(MemoryFiles({"a": b"one\ntwo\nthree\n"}), File("a", 14), 0)
    assert next(lines.chunks(6)) == [b"one"]

    assert (lines.offset, lines.ended) == (4, False)


def test_of_a_line_that_is_too_long_only_the_end_is_given_out() -> None:
    content = b"x" * (MOST_LINE_BYTES + RANGE_BYTES) + b"\nnext\n"
    lines = Lines(MemoryFiles({"a": content}), File("a", len(content)), 0)

    found = [line for chunk in lines.chunks() for line in chunk if line]
    assert found[-1] == b"next"
    assert max(map(len, found)) <= RANGE_BYTES
    assert lines.offset == len(content)


def test_a_file_that_is_gone_has_no_lines() -> None:
    lines = Lines(MemoryFiles(), File("a", 10), 0)

    assert list(lines.chunks()) == []
    assert (lines.offset, lines.ended) == (0, True)


@given(
    st.lists(st.binary(max_size=30).map(lambda each: each.replace(b"\n", b"")), max_size=20),
    st.integers(1, 40),
    st.lists(st.integers(0, 700), max_size=4),
)
def test_a_file_read_as_it_grows_gives_every_line_once(
    rows: list[bytes], length: int, sizes: list[int]
) -> None:
    content = b"".join(row + b"\n" for row in rows)
    offset, found = 0, list[bytes]()
    for size in [*sorted(min(size, len(content)) for size in sizes), len(content)]:
        more, lines = lines_of(content[:size], offset, length)
        found += more
        offset = lines.offset

    assert found == [row for row in rows if row]
    assert offset == len(content)
