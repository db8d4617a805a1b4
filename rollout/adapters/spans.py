"""OpenTelemetry spans, where the Functions worker is told to take part in traces.

`opentelemetry-api` alone, and only then: it comes with azure-ai-ml, is loaded with the first span,
and without a configured exporter its spans cost next to nothing. Where it is missing there are
none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

TRACER = "rollout"


class Spans:
    """Makes spans around what it is given; `wanted` False: none, and nothing is loaded."""

    def __init__(self, *, wanted: bool) -> None:
        self._wanted = wanted

    @contextmanager
    def around(self, name: str, **attributes: str) -> Iterator[None]:
        """Make a span of that name; an error that leaves it is noted in it and goes on."""
        tracer = self._tracer
        if tracer is None:
            yield
            return
        with tracer.start_as_current_span(name, attributes=attributes):
            yield

    @cached_property
    def _tracer(self) -> "Tracer | None":
        if not self._wanted:
            return None
        try:
            from opentelemetry.trace import get_tracer  # noqa: PLC0415 - loaded where it is wanted
        except ImportError:
            return None
        return get_tracer(TRACER)
