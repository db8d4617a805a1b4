"""Spans where the worker traces, and nothing at all elsewhere."""

import subprocess
import sys

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from rollout.adapters.spans import TRACER, Spans
from tests.support.paths import PROJECT


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    return exporter


def test_a_pass_is_a_span_with_its_endpoint(exported: InMemorySpanExporter) -> None:
    spans = Spans(wanted=True)
    for _ in range(2):
        with spans.around("rollout.pass", **{"rollout.endpoint": "e"}):
            pass
    found = exported.get_finished_spans()
    assert [span.name for span in found] == ["rollout.pass", "rollout.pass"]
    assert dict(found[0].attributes or {}) == {"rollout.endpoint": "e"}
    assert found[0].instrumentation_scope is not None
    assert found[0].instrumentation_scope.name == TRACER


def test_an_error_is_noted_and_goes_on(exported: InMemorySpanExporter) -> None:
    with pytest.raises(ZeroDivisionError), Spans(wanted=True).around("rollout.pass"):
        raise ZeroDivisionError
    (span,) = exported.get_finished_spans()
    assert not span.status.is_ok
    assert [event.name for event in span.events] == ["exception"]


def test_where_nobody_wants_them_there_are_none(exported: InMemorySpanExporter) -> None:
    with Spans(wanted=False).around("rollout.pass"):
        pass
    assert exported.get_finished_spans() == ()


def test_without_the_package_the_work_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    done = []
    with Spans(wanted=True).around("rollout.pass"):
        done.append(1)
    assert done


def test_an_app_that_is_not_traced_never_loads_the_package() -> None:
    code = (
        "import sys, function_app\n"
        "from rollout.adapters.spans import Spans\n"
        "with Spans(wanted=False).around('x'): pass\n"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False)
    assert done.returncode == 0
