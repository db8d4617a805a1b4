"""The `$filter` of a metrics query: which series to return, split by which dimensions.

The language is Azure Monitor's (REST reference of Metrics - List): comparisons `name eq 'value'`
and `name ne 'value'`, `and` between dimensions, `or` only between values of one dimension, `'*'`
for every value. `or` binds tighter than `and`; there are no parentheses. The error for a dimension
that a metric lacks was seen in GitHub tomkerkhove/promitor#2084.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import uuid4

ANY_VALUE = "*"

_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|([A-Za-z][A-Za-z0-9_.]*))")


class InvalidFilterError(Exception):
    """The filter cannot be used; the text goes to the caller with status 400."""


@dataclass(frozen=True)
class Comparison:
    """The wanted `values` of one dimension (`negated`: the unwanted ones). `'*'` matches all."""

    dimension: str
    values: tuple[str, ...]
    negated: bool

    def admits(self, value: str) -> bool:
        """Say whether a series with this dimension value is wanted. Case does not matter."""
        named = ANY_VALUE in self.values or value.lower() in [v.lower() for v in self.values]
        return named != self.negated


@dataclass(frozen=True)
class SeriesFilter:
    """Comparisons that must all hold; the series are split by the dimensions they name."""

    comparisons: tuple[Comparison, ...] = ()

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions of the returned series, in the filter's order, each once."""
        return tuple(dict.fromkeys(c.dimension for c in self.comparisons))

    def admits(self, value_of: Callable[[str], str]) -> bool:
        """Say whether a series is wanted; `value_of` gives its value of a dimension."""
        return all(c.admits(value_of(c.dimension)) for c in self.comparisons)


def parse_filter(text: str, metric: str, supported: Collection[str]) -> SeriesFilter:
    """Read a filter for a metric that has the `supported` dimensions (any case).

    Raises:
        InvalidFilterError: it is not in the language, or names a dimension the metric lacks.
    """
    if not text.strip():
        return SeriesFilter()
    words = _words(text)
    terms = [_term(words)]
    joins: list[str] = []
    while words:
        joins.append(_keyword(words, ("and", "or")))
        terms.append(_term(words))
    comparisons = _group(terms, joins)
    unknown = [c.dimension for c in comparisons if c.dimension.lower() not in _lower(supported)]
    if unknown:
        raise InvalidFilterError(
            f"Metric: {metric} does not support requested dimension combination: "
            f"{','.join(unknown).lower()}, supported ones are: {','.join(supported)}, "
            f"TraceId: {{{uuid4()}}}"
        )
    return SeriesFilter(tuple(comparisons))


def _group(terms: list[Comparison], joins: list[str]) -> list[Comparison]:
    grouped = [terms[0]]
    for join, term in zip(joins, terms[1:], strict=True):
        previous = grouped[-1]
        if join == "and":
            grouped.append(term)
            continue
        if previous.dimension.lower() != term.dimension.lower():
            raise InvalidFilterError(
                f"'or' cannot stand between two different dimensions "
                f"({previous.dimension}, {term.dimension}); use it for values of one."
            )
        if previous.negated or term.negated:
            raise InvalidFilterError(f"Use 'and' between two 'ne' of {term.dimension}, not 'or'.")
        grouped[-1] = Comparison(
            previous.dimension, (*previous.values, *term.values), negated=False
        )
    return grouped


def _words(text: str) -> list[tuple[str, bool]]:
    words: list[tuple[str, bool]] = []
    rest = text.rstrip()
    position = 0
    while position < len(rest):
        found = _TOKEN.match(rest, position)
        if found is None:
            raise InvalidFilterError(
                f"The filter cannot be read at {rest[position : position + 20]!r}; "
                "write name eq 'value', joined by 'and' or 'or'."
            )
        quoted = found.group(1)
        words.append((found.group(2), False) if quoted is None else (_unquote(quoted), True))
        position = found.end()
    return words


def _term(words: list[tuple[str, bool]]) -> Comparison:
    if len(words) < 3:  # noqa: PLR2004 - a comparison is a name, an operator and a value
        raise InvalidFilterError("The filter ends early; write name eq 'value'.")
    name, quoted = words.pop(0)
    if quoted:
        raise InvalidFilterError(f"Expected the name of a dimension, not the value {name!r}.")
    operator = _keyword(words, ("eq", "ne"))
    value, quoted = words.pop(0)
    if not quoted:
        raise InvalidFilterError(f"Put the value {value} of {name} in single quotes.")
    return Comparison(name, (value,), negated=operator == "ne")


def _keyword(words: list[tuple[str, bool]], allowed: tuple[str, ...]) -> str:
    word, quoted = words.pop(0)
    if quoted or word.lower() not in allowed:
        raise InvalidFilterError(f"Expected {' or '.join(allowed)} in the filter, not {word!r}.")
    return word.lower()


def _unquote(text: str) -> str:
    return text.replace("''", "'")


def _lower(names: Collection[str]) -> list[str]:
    return [name.lower() for name in names]
