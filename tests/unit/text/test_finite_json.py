"""JSON as the standard has it: the values of Python's reader, and no number that is none."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.text.finite_json import NotFiniteError, read_finite

NUMBERS = st.one_of(
    st.floats(),
    st.integers(-(10**320), 10**320),
    st.sampled_from(["1e999", "-1E+999", "1e-999", "1e5", f"{'9' * 310}.0", "NaN", "Infinity"]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(NUMBERS | st.text(max_size=4).map(json.dumps), max_size=4), st.booleans())
def test_what_is_finite_is_read_as_python_reads_it(parts: list[object], as_bytes: bool) -> None:  # noqa: FBT001
    text = f"[{', '.join(str(part) for part in parts)}]"
    given_text = text.encode(errors="surrogatepass") if as_bytes else text
    try:
        expected = json.loads(given_text)
    except ValueError:
        # Such as `inf`, which is Python's own text for it. Another part may be told first.
        with pytest.raises(ValueError):  # noqa: PT011 - which of several faults is not said
            read_finite(given_text)
        return
    if all(math.isfinite(each) for each in expected if isinstance(each, float)):
        assert repr(read_finite(given_text)) == repr(expected)
    else:
        with pytest.raises(NotFiniteError):
            read_finite(given_text)


@pytest.mark.parametrize(
    "text", [b"\xef\xbb\xbf1", "\ufeff1", "1".encode("utf-16"), b"\xff", "", "[" * 100_000]
)
def test_what_python_refuses_is_refused_alike(text: str | bytes) -> None:
    try:
        expected = json.loads(text)
    except (ValueError, RecursionError) as error:
        with pytest.raises(type(error)):
            read_finite(text)
    else:
        assert read_finite(text) == expected
