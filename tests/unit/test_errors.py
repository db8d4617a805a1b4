"""The tree of errors, as drawn and as it is."""

import inspect
import re

from rollout import errors

CLASSES = {
    name: found
    for name, found in vars(errors).items()
    if inspect.isclass(found) and issubclass(found, errors.RolloutError)
}


def test_the_drawing_has_every_error_below_its_base() -> None:
    drawn: dict[str, str] = {}
    above: list[str] = []
    for line in inspect.cleandoc(errors.__doc__ or "").splitlines():
        found = re.match(r"    (?P<bars>[| ]*)(\+-- )?(?P<name>\w+Error)\b", line)
        if found is None:
            continue
        depth = 0 if "+--" not in line else 1 + len(found["bars"]) // 4
        del above[depth:]
        drawn[found["name"]] = above[-1] if above else "Exception"
        above.append(found["name"])

    assert drawn == {name: each.__bases__[0].__name__ for name, each in CLASSES.items()}


def test_only_what_may_pass_says_when_to_come_back() -> None:
    lasting = {name for name, each in CLASSES.items() if each.retry_after is None}

    assert {name for name in lasting if "Unavailable" in name or "Stale" in name} == set()
    assert {"InvalidInputError", "RefusedError", "ArmRefusedError"} <= lasting
