"""Collected outputs become counts: in bins that are learnt from stable once.

A document is one answer or one row of a collection. A path may lead to a list, or have `[*]`: each
item counts. A value is odd where it is missing, null, NaN, of another type, or out of range; a
document with one counts once as odd.
"""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any

from rollout.core.policy.quality_model import Live, Output, OutputKind
from rollout.core.predictions.bodies import unwrapped
from rollout.core.predictions.expectations import is_number, unmet
from rollout.core.predictions.field_rules import is_within
from rollout.core.predictions.json_paths import each_at
from rollout.core.predictions.labels import LABEL_CHARACTERS, label_text, safe_line
from rollout.core.predictions.walking import leaves
from rollout.core.records.predictions import Bins, SideBatch

LEAST_LEARNT = 100
"""Stable's answers that bins are learnt from: ten for each decile."""

MOST_LEARNT = 5000
"""More are not looked at to learn bins."""

DECILES = 10
MAX_CLASSES = 8
LEAST_OF_A_CLASS = 5
"""A value that fewer answers have may be somebody's own, and is not kept by name."""

_PLAIN_CHARACTERS = 12
_DIGEST_BYTES = 8
_LARGEST_EXPONENT = 1023
"""Whole numbers of more bits may be beyond every float."""


def learn_bins(live: Live, documents: Sequence[Any]) -> tuple[Bins, ...] | None:
    """Return the bins of every output, in the policy's order; None: not enough answers yet.

    An output that stable never has gets a single bin; what it lacks is odd.

    Args:
        live: The policy's part.
        documents: Stable's answers or rows, as parsed JSON.
    """
    if len(documents) < LEAST_LEARNT:
        return None
    known = [unwrapped(each) for each in documents[:MOST_LEARNT]]
    return tuple(_bins(output, known) for output in live.outputs)


def counted(live: Live, bins: Sequence[Bins], documents: Iterable[Any]) -> SideBatch:
    """Count one side's answers in these bins; never raises.

    Args:
        live: The policy's part.
        bins: What `learn_bins` returned; those of paths that the policy has no longer are left out.
            Empty: only `answers` and `failed` are counted.
        documents: Answers or rows, as parsed JSON.
    """
    counters = [
        _Counter(output, each)
        for output in live.outputs
        for each in bins
        if each.path == output.path
    ]
    asks = live.expect.looks_inside
    answers = failed = 0
    for each in documents:
        document = unwrapped(each)
        answers += 1
        if asks and next(unmet(live.expect, document), None) is not None:
            failed += 1
        for counter in counters:
            counter.take(document)
    return SideBatch(
        answers,
        failed,
        {counter.path: tuple(counter.counts) for counter in counters},
        {counter.path: counter.odd for counter in counters},
    )


class _Counter:
    """Counts one output."""

    def __init__(self, output: Output, bins: Bins) -> None:
        self.path = output.path
        self.counts = [0] * bins.size
        self.odd = 0
        self._output = output
        self._edges = bins.edges
        self._classes = {name: place for place, name in enumerate(bins.classes)}

    def take(self, document: Any) -> None:
        for value in values_at(document, self.path):
            found = usual(self._output, value)
            if found is None:
                self.odd += 1
                return
            if isinstance(found, str):
                self.counts[self._classes.get(found, len(self._classes))] += 1
            else:
                self.counts[bisect_right(self._edges, found)] += 1


def values_at(document: Any, path: str) -> Iterator[Any]:
    """Yield what is at a path, the items of lists one by one."""
    if isinstance(document, dict) and path in document:
        # The usual case by far, a field of a row, without the walk along the path.
        return leaves([document[path]])
    return leaves(each_at(document, path))


def usual(output: Output, value: Any) -> float | str | None:
    """Return a value as it is counted, a number or a class's name; None where it is odd."""
    if output.kind is OutputKind.LABEL:
        name = label_text(value)
        return None if name is None or _not_finite(value) else class_name(name)
    if not is_number(value) or _not_finite(value):
        return None
    return value if output.range is None or is_within(value, output.range) else None


def class_name(label: str) -> str:
    """Return a label as it may be stored: redacted; one too long to be quoted as a digest."""
    if label.isalnum() and label.isascii() and len(label) <= _PLAIN_CHARACTERS:
        # No secret is so short, and redaction takes longer than all the rest.
        return label
    if len(label) > LABEL_CHARACTERS:
        # A text rather than a class; that some are the same is all that is wanted of them.
        text = label.encode(errors="surrogatepass")
        return f"#{blake2b(text, digest_size=_DIGEST_BYTES).hexdigest()}"
    return safe_line(label, LABEL_CHARACTERS) or '""'


def _bins(output: Output, documents: Sequence[Any]) -> Bins:
    found = [usual(output, value) for each in documents for value in values_at(each, output.path)]
    if output.kind is OutputKind.LABEL:
        names = Counter(each for each in found if isinstance(each, str))
        common = [name for name, times in names.most_common() if times >= LEAST_OF_A_CLASS]
        return Bins(output.path, classes=tuple(common[:MAX_CLASSES]))
    numbers = sorted(each for each in found if isinstance(each, int | float))
    return Bins(output.path, edges=tuple(deciles(numbers)))


def deciles(numbers: Sequence[float]) -> list[float]:
    """Return at most nine borders, between bins that hold a tenth of the sorted numbers each.

    A number that fills a tenth or more has a bin of its own, with a border at it and one directly
    above; next to it a bin may hold two tenths.
    """
    inner = (
        [numbers[len(numbers) * each // DECILES] for each in range(1, DECILES)] if numbers else []
    )
    borders = set()
    for number, times in Counter(inner).items():
        borders.add(float(number))
        above = math.nextafter(number, math.inf)
        if times > 1 and math.isfinite(above):
            borders.add(above)
    return sorted(borders)


def _not_finite(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    return isinstance(value, int) and value.bit_length() > _LARGEST_EXPONENT
