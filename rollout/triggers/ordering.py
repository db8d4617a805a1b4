"""What people order."""

from http import HTTPStatus

import azure.functions as func

from rollout.inbound.answers import Answer, json_answer
from rollout.inbound.command_bodies import parse_command, parse_order_for_all, parse_start
from rollout.inbound.order_views import ordered_view
from rollout.inbound.roles import FOR_ALL, NEEDS, START
from rollout.inbound.suspension_views import ordered_for_all_view
from rollout.triggers.answering import check, headers_of, now, respond
from rollout.wiring import running_app


def start(req: func.HttpRequest) -> func.HttpResponse:
    """Offer a model version to a service."""
    return respond(lambda: _start(req))


def _start(req: func.HttpRequest) -> Answer:
    running = running_app()
    check(req, START)
    offered = parse_start(req.get_body(), headers_of(req), sign_in=running.settings.sign_in)
    outcome = running.service.offer(offered, now())
    running.service.watch_timer(now())
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
    running.service.watch_timer(now())
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
    running.service.watch_timer(now())
    shown = ordered_for_all_view(outcome.order, outcome.text, repeated=outcome.repeated)
    return json_answer(HTTPStatus.ACCEPTED, shown)
