"""What stops every service at once, and what is stopped."""

from http import HTTPStatus

import azure.functions as func

from rollout.inbound.answers import Answer, json_answer
from rollout.inbound.command_bodies import parse_order_for_all
from rollout.inbound.roles import FOR_ALL, Role
from rollout.inbound.suspension_views import ordered_for_all_view, suspensions_view
from rollout.triggers.answering import check, headers_of, now, respond
from rollout.wiring import running_app

GET = func.HttpMethod.GET
functions = func.Blueprint()  # type: ignore[no-untyped-call]


@functions.function_name("suspendAll")
@functions.route(route="suspend", methods=[func.HttpMethod.POST])
def suspend_all(req: func.HttpRequest) -> func.HttpResponse:
    """Stop every raise and every start of all services."""
    return respond(lambda: _for_all(req, "suspend"))


@functions.function_name("unsuspendAll")
@functions.route(route="unsuspend", methods=[func.HttpMethod.POST])
def unsuspend_all(req: func.HttpRequest) -> func.HttpResponse:
    """End that."""
    return respond(lambda: _for_all(req, "unsuspend"))


def _for_all(req: func.HttpRequest, verb: str) -> Answer:
    running = running_app()
    check(req, FOR_ALL)
    sign_in = running.settings.sign_in
    order = parse_order_for_all(verb, req.get_body(), headers_of(req), now(), sign_in=sign_in)
    outcome = running.service.order_for_all(order)
    shown = ordered_for_all_view(outcome.order, outcome.text, repeated=outcome.repeated)
    return json_answer(HTTPStatus.ACCEPTED, shown)


@functions.function_name("listSuspensions")
@functions.route(route="suspensions", methods=[GET])
def list_suspensions(req: func.HttpRequest) -> func.HttpResponse:
    """Show what is suspended: all services, and each that is by an order of its own."""
    return respond(lambda: _suspensions(req))


def _suspensions(req: func.HttpRequest) -> Answer:
    check(req, Role.READER)
    listed = running_app().service.suspensions(now())
    return json_answer(HTTPStatus.OK, suspensions_view(listed))
