"""What moves traffic, or keeps it where it is: alerts and people's orders."""

from http import HTTPStatus

import azure.functions as func

from rollout.inbound.alert_bodies import EndpointAlert, parse_alert
from rollout.inbound.answers import Answer, json_answer
from rollout.inbound.command_bodies import parse_command, parse_order_for_all, parse_start
from rollout.inbound.order_views import ordered_view
from rollout.inbound.roles import FOR_ALL, NEEDS, START
from rollout.inbound.strict_json import check_headers, read_json
from rollout.inbound.suspension_views import ordered_for_all_view
from rollout.triggers.answering import check, headers_of, now, respond
from rollout.wiring import running_app

_ACTED = frozenset({"rolling back", "held"})


def alert(req: func.HttpRequest) -> func.HttpResponse:
    """Act on an Azure Monitor alert."""
    return respond(lambda: _alert(req))


def _alert(req: func.HttpRequest) -> Answer:
    body = req.get_body()
    check_headers(headers_of(req), body)
    parsed = parse_alert(read_json(body))
    if not isinstance(parsed, EndpointAlert):
        running_app().service.stray_alert(parsed)
        return json_answer(HTTPStatus.OK, {"outcome": "ignored", "reason": parsed.reason})
    outcome = running_app().service.alert(parsed.endpoint, parsed.alert, now())
    status = HTTPStatus.ACCEPTED if outcome.outcome in _ACTED else HTTPStatus.OK
    return json_answer(status, {"outcome": outcome.outcome, "reason": outcome.reason})


def start(req: func.HttpRequest) -> func.HttpResponse:
    """Offer a model version to a service."""
    return respond(lambda: _start(req))


def _start(req: func.HttpRequest) -> Answer:
    running = running_app()
    check(req, START)
    offered = parse_start(req.get_body(), headers_of(req), sign_in=running.settings.sign_in)
    outcome = running.service.offer(offered, now())
    after = running.service.after(outcome)
    shown = ordered_view(outcome.answer, after, now(), repeated=outcome.repeated)
    return json_answer(HTTPStatus.ACCEPTED, shown)


def command(req: func.HttpRequest) -> func.HttpResponse:
    """Carry out an order about one service."""
    return respond(lambda: _command(req))


def _command(req: func.HttpRequest) -> Answer:
    running = running_app()
    service, given = parse_command(
        req.route_params.get("service", ""),
        req.route_params.get("verb", ""),
        req.get_body(),
        headers_of(req),
        sign_in=running.settings.sign_in,
    )
    check(req, NEEDS[given.verb])
    outcome = running.service.command(service, given, now())
    after = running.service.after(outcome)
    shown = ordered_view(outcome.answer, after, now(), repeated=outcome.repeated)
    return json_answer(HTTPStatus.ACCEPTED, shown)


def suspend_all(req: func.HttpRequest) -> func.HttpResponse:
    """Stop every raise and every start of all services."""
    return respond(lambda: _for_all(req, "suspend"))


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
