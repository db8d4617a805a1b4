"""When two answers to one input differ, and what is said of it; and a digest of what is predicted.

Objects are compared key by key whatever their order, lists item by item. 1 and 1.0 are the same
number, -0.0 and 0.0 too; true is not 1, and "1" is not 1. Labels must be equal, other numbers near:
within `atol + rtol * |stable's|`. NaN equals NaN: two broken answers are no difference.
"""

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rollout.core.policy.quality_model import Compared, OutputKind
from rollout.core.predictions.bodies import Body
from rollout.core.predictions.json_paths import EVERY, WHOLE, Missing, each_at, is_missing, kind_of
from rollout.core.predictions.labels import is_label, label_text, quoted_label, safe_line
from rollout.core.predictions.walking import MAX_VALUES, below, items_of
from rollout.core.records.answers import CHANGE_CHARACTERS

KEY_CHARACTERS = 16
_SAME_DIGITS = 6
"""Of a number in a digest: a model on a GPU does not answer the same last digits twice."""


@dataclass(frozen=True)
class Comparison:
    """What two answers are compared by: the policy's words, and the kinds that it gives to paths.

    `added`: a key that stable's answer lacks is no difference.
    """

    compared: Compared
    added: bool = True
    kinds: Mapping[str, OutputKind] = field(default_factory=dict)

    def kind(self, path: str) -> OutputKind | None:
        """Return what a path holds; the items of a list are of the list's kind."""
        while path not in self.kinds and path.endswith(EVERY):
            path = path.removesuffix(EVERY) or WHOLE
        return self.kinds.get(path)


def first_difference(how: Comparison, stable: Body, candidate: Body) -> str:
    """Return the first difference of labels in a few words, or else the first of any kind, or "".

    It has at most `CHANGE_CHARACTERS`, redacted. A body that was not read equals the same bytes.
    """
    if not (stable.is_read and candidate.is_read):
        if stable.raw == candidate.raw:
            return ""
        return _cut(f"{_state(stable)} -> {_state(candidate)}")
    if stable.wrapped is not candidate.wrapped:
        return _cut(f"{WHOLE}: {_outermost(stable)} -> {_outermost(candidate)}")
    first = ""
    for text, of_labels in _differences(how, stable.document, candidate.document):
        if of_labels:
            return _cut(text)
        first = first or text
    return _cut(first)


def key_of(how: Comparison, body: Body) -> str:
    """Return a digest of what is compared: the same for answers that predict the same."""
    digest = hashlib.sha256()
    if not body.is_read:
        digest.update(body.raw)
    else:
        for path in _compared(how, body.document):
            _digest(each_at(body.document, path), digest.update)
    return digest.hexdigest()[:KEY_CHARACTERS]


def missing_paths(how: Comparison, document: Any) -> Iterator[str]:
    """Yield the compared paths that lead nowhere in a document."""
    for path in how.compared.paths:
        if any(is_missing(found) for found in each_at(document, path)):
            yield path


def _compared(how: Comparison, *documents: Any) -> tuple[str, ...]:
    """Return the paths; that of everything where none of them leads anywhere.

    Answers that are compared by a misspelt path alone would never differ.
    """
    paths = how.compared.paths
    found = (each_at(document, path) for document in documents for path in paths)
    return paths if any(not is_missing(each) for values in found for each in values) else (WHOLE,)


def _differences(how: Comparison, stable: Any, candidate: Any) -> Iterator[tuple[str, bool]]:
    """Yield each difference, and whether it is one of labels."""
    pairs: list[tuple[str, Any, Any]] = []
    for path in _compared(how, stable, candidate):
        ones, others = each_at(stable, path), each_at(candidate, path)
        if len(ones) == len(others):
            pairs += ((path, one, other) for one, other in zip(ones, others, strict=True))
        else:
            yield f"{path}: length", False
    stack, left = pairs[:MAX_VALUES][::-1], MAX_VALUES
    while stack and left:
        path, one, other = stack.pop()
        left -= 1
        if isinstance(one, dict) and isinstance(other, dict):
            yield from _keys(how, path, one, other)
            inner = [(below(path, key), one[key], other[key]) for key in one if key in other]
            stack.extend(inner[:left][::-1])
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                yield f"{path}: length", False
                continue
            each = items_of(path)
            items = zip(one[:left], other[:left], strict=True)
            stack.extend([(each, *item) for item in items][::-1])
        else:
            yield from _scalars(how, path, one, other)


def _keys(
    how: Comparison, path: str, stable: Mapping[str, Any], candidate: Mapping[str, Any]
) -> Iterator[tuple[str, bool]]:
    for key in stable:
        if key not in candidate:
            yield _turned(below(path, key), stable[key], Missing()), False
    if not how.added:
        for key in candidate:
            if key not in stable:
                yield _turned(below(path, key), Missing(), candidate[key]), False


def _scalars(how: Comparison, path: str, stable: Any, candidate: Any) -> Iterator[tuple[str, bool]]:
    if is_missing(stable) and is_missing(candidate):
        return
    kind = kind_of(stable)
    if kind != kind_of(candidate):
        yield _turned(path, stable, candidate), False
    elif kind == "number" and not _are_labels(how.kind(path), stable, candidate):
        if not _near(how.compared, stable, candidate):
            yield f"{path}: number", False
    elif label_text(stable) != label_text(candidate):
        one, other = quoted_label(stable), quoted_label(candidate)
        if one is None or other is None:
            yield f"{path}: {kind}", False
        else:
            yield f"{'answer' if path == WHOLE else path} {one} -> {other}", True


def _are_labels(kind: OutputKind | None, stable: Any, candidate: Any) -> bool:
    if kind is not None:
        return kind is OutputKind.LABEL
    return is_label(stable) and is_label(candidate)


def _near(compared: Compared, stable: float, candidate: float) -> bool:
    if stable == candidate:
        return True
    try:
        one, other = float(stable), float(candidate)
    except OverflowError:
        # A whole number beyond every float; the other one is not the same.
        return False
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    if math.isinf(one) or math.isinf(other):
        return False
    return abs(other - one) <= compared.atol + compared.rtol * abs(one)


def _turned(path: str, stable: Any, candidate: Any) -> str:
    return f"{path}: {kind_of(stable)} -> {kind_of(candidate)}"


def _state(body: Body) -> str:
    return body.fault or ("too long to be read" if body.too_long else "JSON")


def _outermost(body: Body) -> str:
    return "text" if body.wrapped else kind_of(body.document)


def _cut(text: str) -> str:
    return safe_line(text, CHANGE_CHARACTERS)


def _digest(value: Any, take: Callable[[bytes], object]) -> None:
    stack, left = [value], MAX_VALUES
    while stack and left:
        found = stack.pop()
        left -= 1
        if isinstance(found, dict):
            take(b"{%d" % len(found))
            for key in sorted(found)[:left]:
                take(f"{len(key)}:{key}".encode(errors="surrogatepass"))
                stack.append(found[key])
        elif isinstance(found, list):
            take(b"[%d" % len(found))
            stack.extend(found[:left])
        else:
            take(f"{kind_of(found)}:{_scalar(found)};".encode(errors="surrogatepass"))


def _scalar(value: Any) -> str:
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.{_SAME_DIGITS}g}"
    return label_text(value) or ""
