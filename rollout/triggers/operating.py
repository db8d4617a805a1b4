"""What people read of the app itself: whether it may be relied on, who they are, and its API."""

from http import HTTPStatus

import azure.functions as func

from rollout.inbound.access import caller_view
from rollout.inbound.answers import Answer, json_answer
from rollout.inbound.described import description
from rollout.inbound.principal import caller
from rollout.inbound.readiness_views import readiness_view
from rollout.inbound.roles import Role
from rollout.inbound.tagged import tagged
from rollout.triggers.answering import check, headers_of, now, respond
from rollout.wiring import running_app


def readiness(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with whether rollouts may be relied on now, thing by thing."""
    return respond(lambda: _readiness(req))


def _readiness(req: func.HttpRequest) -> Answer:
    check(req, Role.READER)
    found = running_app().service.readiness(now())
    rows = ((row.name, row.state.value, row.text) for row in found.rows)
    return json_answer(HTTPStatus.OK, readiness_view(found.says, rows, ready=found.ready))


def whoami(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with who is calling, with which roles, and what they may order."""
    return respond(lambda: _whoami(req))


def _whoami(req: func.HttpRequest) -> Answer:
    sign_in = running_app().settings.sign_in
    return json_answer(
        HTTPStatus.OK, caller_view(caller(headers_of(req), sign_in=sign_in), sign_in=sign_in)
    )


def health(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with whether the app is ready, and how long ago the timer last ran; no data."""
    del req  # the host passes one; nothing in it matters
    return respond(_health)


def _health() -> Answer:
    state = running_app().service.health(now())
    age = None if state.tick_age is None else round(state.tick_age.total_seconds())
    status = HTTPStatus.OK if state.ready else HTTPStatus.SERVICE_UNAVAILABLE
    shown = {"ready": state.ready, "tickAgeSeconds": age, "text": state.text}
    # Whoever has no key yet asks this first: a page must know whether to ask for one.
    return json_answer(status, {**shown, "signIn": running_app().settings.sign_in})


def openapi(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with the description of the API."""
    return respond(lambda: tagged(headers_of(req), description()))
