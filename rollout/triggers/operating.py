"""What people read to operate: policies, a plan, readiness, who they are, the API, the console."""

from http import HTTPStatus

import azure.functions as func

from rollout.inbound.access import caller_view
from rollout.inbound.answers import Answer, json_answer
from rollout.inbound.command_bodies import service_name
from rollout.inbound.described import description
from rollout.inbound.policy_views import plan_view, policies_view
from rollout.inbound.principal import caller
from rollout.inbound.readiness_views import readiness_view
from rollout.inbound.roles import Role
from rollout.inbound.tagged import tagged
from rollout.triggers.answering import check, headers_of, now, respond
from rollout.wiring import running_app

GET = func.HttpMethod.GET
ANYBODY = func.AuthLevel.ANONYMOUS
functions = func.Blueprint()  # type: ignore[no-untyped-call]


@functions.function_name("showPolicy")
@functions.route(route="rollouts/{service}/policy", methods=[GET])
def show_policy(req: func.HttpRequest) -> func.HttpResponse:
    """Show the latest rollout's frozen policy beside the one that is published."""
    return respond(lambda: _policy(req))


def _policy(req: func.HttpRequest) -> Answer:
    check(req, Role.READER)
    found = running_app().service.policies(service_name(req.route_params.get("service")))
    shown = policies_view(found.rollout, found.frozen, found.published, found.faults, found.bundle)
    return tagged(headers_of(req), shown)


@functions.function_name("showPlan")
@functions.route(route="rollouts/{service}/plan", methods=[GET])
def show_plan(req: func.HttpRequest) -> func.HttpResponse:
    """Show how a rollout that started now would go."""
    return respond(lambda: _plan(req))


def _plan(req: func.HttpRequest) -> Answer:
    check(req, Role.READER)
    name = service_name(req.route_params.get("service"))
    found = running_app().service.plan(name, now())
    shown = plan_view(found.service, found.planned, found.why, found.at, found.source)
    return tagged(headers_of(req), shown)


@functions.function_name("readiness")
@functions.route(route="readiness", methods=[GET])
def readiness(req: func.HttpRequest) -> func.HttpResponse:
    """Show whether rollouts may be relied on now, thing by thing."""
    return respond(lambda: _readiness(req))


def _readiness(req: func.HttpRequest) -> Answer:
    check(req, Role.READER)
    found = running_app().service.readiness(now())
    rows = ((row.name, row.state.value, row.text) for row in found.rows)
    return json_answer(HTTPStatus.OK, readiness_view(found.says, rows, ready=found.ready))


@functions.function_name("whoami")
@functions.route(route="whoami", methods=[GET])
def whoami(req: func.HttpRequest) -> func.HttpResponse:
    """Say who is calling, with which roles, and what they may order."""
    return respond(lambda: _whoami(req))


def _whoami(req: func.HttpRequest) -> Answer:
    sign_in = running_app().settings.sign_in
    return json_answer(
        HTTPStatus.OK, caller_view(caller(headers_of(req), sign_in=sign_in), sign_in=sign_in)
    )


@functions.function_name("health")
@functions.route(route="health", methods=[GET], auth_level=ANYBODY)
def health(req: func.HttpRequest) -> func.HttpResponse:
    """Say whether the app is ready, and how long ago the timer last ran; no data."""
    del req  # the host passes one; nothing in it matters
    return respond(_health)


def _health() -> Answer:
    state = running_app().service.health(now())
    age = None if state.tick_age is None else round(state.tick_age.total_seconds())
    status = HTTPStatus.OK if state.ready else HTTPStatus.SERVICE_UNAVAILABLE
    shown = {"ready": state.ready, "tickAgeSeconds": age, "text": state.text}
    # Whoever has no key yet asks this first: a page must know whether to ask for one.
    return json_answer(status, {**shown, "signIn": running_app().settings.sign_in})


# Its name comes last in the host's order, because its route takes every path below.
@functions.function_name("zzConsole")
@functions.route(route="ui/{*path}", methods=[GET], auth_level=ANYBODY)
def console(req: func.HttpRequest) -> func.HttpResponse:
    """Serve a file of the web console; it holds no data."""
    # Few invocations need it, and every start of the app would pay for it.
    from rollout.inbound.console_files import console_answer  # noqa: PLC0415

    return respond(lambda: console_answer(req.route_params.get("path", ""), headers_of(req)))


@functions.function_name("openapi")
@functions.route(route="openapi.json", methods=[GET], auth_level=ANYBODY)
def openapi(req: func.HttpRequest) -> func.HttpResponse:
    """Describe the API."""
    return respond(lambda: tagged(headers_of(req), description()))
