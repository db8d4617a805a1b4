"""Walks visit a bounded number of values, in the document's order."""

from rollout.core.predictions.walking import MAX_VALUES, innermost, leaves, walk


def test_a_walk_goes_through_a_document_in_its_order() -> None:
    assert list(walk({"a": [1, {"b": 2}], "c": None})) == [
        ("$", {"a": [1, {"b": 2}], "c": None}),
        ("a", [1, {"b": 2}]),
        ("a[*]", 1),
        ("a[*]", {"b": 2}),
        ("a[*].b", 2),
        ("c", None),
    ]
    assert list(walk([[1]])) == [("$", [[1]]), ("[*]", [1]), ("[*][*]", 1)]


def test_a_walk_ends_however_long_a_list_is() -> None:
    assert sum(1 for _ in walk([0] * 10 * MAX_VALUES)) == MAX_VALUES
    assert sum(1 for _ in walk([[0] * 10] * MAX_VALUES)) == MAX_VALUES
    assert sum(1 for _ in walk({str(each): each for each in range(2 * MAX_VALUES)})) == MAX_VALUES


def test_leaves_are_what_nested_lists_hold() -> None:
    assert list(leaves([[1, [2, 3]], 4, {"a": 5}])) == [1, 2, 3, 4, {"a": 5}]
    assert list(leaves([])) == []
    assert len(list(leaves([[0] * 10 * MAX_VALUES]))) == MAX_VALUES - 1


def test_innermost_lists_hold_no_lists() -> None:
    assert list(innermost([[1, 2], [[3], []]])) == [[1, 2], [3], []]
    assert list(innermost(5)) == [[5]]
