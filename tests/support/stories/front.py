"""The app's HTTP functions in memory, behind a WSGI interface, for a story's service.

Routes are matched as the Functions host does; keys are not asked for.
"""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import azure.functions as func
import pytest

from localazure.functions_host.routes import RouteTemplate, split_path
from rollout.inbound.api.openapi import PREFIX
from rollout.inbound.api.routes import ROUTES
from rollout.triggers import alerting, answering, looking, operating, ordering, planning
from rollout.wiring import RunningApp
from tests.support.functions import user_functions
from tests.support.stories.surroundings import VirtualClock

_HEADERS = ("CONTENT_TYPE", "CONTENT_LENGTH")


PARTS = (alerting, answering, looking, operating, ordering, planning)


def let_run(monkeypatch: pytest.MonkeyPatch, running: RunningApp, clock: VirtualClock) -> None:
    """Let every function use this app and this clock."""
    for part in PARTS:
        monkeypatch.setattr(part, "running_app", lambda: running)
        monkeypatch.setattr(part, "now", clock)


class Front:
    """Answers requests; a function that raises is a fault of the test's subject."""

    def __init__(self) -> None:
        handlers = user_functions()
        rows = {(each.function, each.method): each.template or each.path for each in ROUTES}
        self._routes = [
            (method, RouteTemplate.parse(f"{PREFIX}/{template}"), handlers[name])
            for (name, method), template in sorted(rows.items())
        ]

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., object]
    ) -> Iterable[bytes]:
        answer = self._answer(environ)
        status = HTTPStatus(answer.status_code)
        headers = {**answer.headers, "Content-Type": answer.mimetype}
        start_response(f"{status.value} {status.phrase}", list(headers.items()))
        return [answer.get_body()]

    def _answer(self, environ: dict[str, Any]) -> func.HttpResponse:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        for served, template, handle in self._routes:
            values = template.match(split_path(path)) if served == method else None
            if values is not None:
                answer = handle(_request(environ, values))
                assert isinstance(answer, func.HttpResponse)
                return answer
        return func.HttpResponse(status_code=HTTPStatus.NOT_FOUND)


def _request(environ: dict[str, Any], values: dict[str, str]) -> func.HttpRequest:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or (name in _HEADERS and value)
    }
    return func.HttpRequest(
        method=environ["REQUEST_METHOD"],
        url=environ["PATH_INFO"],
        headers=headers,
        params=dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
        route_params=values,
        body=environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)),
    )
