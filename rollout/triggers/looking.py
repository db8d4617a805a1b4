"""What people look at: the list of services, and a service's history, minutes and offers."""

from http import HTTPStatus

import azure.functions as func

from rollout.inbound.answers import Answer, not_modified, text_answer
from rollout.inbound.command_bodies import service_name
from rollout.inbound.etags import etag, is_known
from rollout.inbound.page_doors import PageAnswer, history_answer, minutes_answer, offers_answer
from rollout.inbound.parameters import AFTER, LIST_LIMIT
from rollout.inbound.roles import Role
from rollout.inbound.summary_views import list_text
from rollout.triggers.answering import check, headers_of, now, respond
from rollout.wiring import running_app

GET = func.HttpMethod.GET
functions = func.Blueprint()  # type: ignore[no-untyped-call]


@functions.function_name("listRollouts")
@functions.route(route="rollouts", methods=[GET])
def list_rollouts(req: func.HttpRequest) -> func.HttpResponse:
    """Show every service, without history, page by page."""
    return respond(lambda: _list(req))


def _list(req: func.HttpRequest) -> Answer:
    check(req, Role.READER)
    size, after = LIST_LIMIT.read(req.params), AFTER.read(req.params).lower()
    found = running_app().service.page(after, size, now())
    tag = etag("list", found.after, *found.marks)
    if is_known(headers_of(req), tag):
        return not_modified(tag)
    return text_answer(HTTPStatus.OK, list_text(found.views, found.after), tag=tag)


@functions.function_name("showHistory")
@functions.route(route="rollouts/{service}/history", methods=[GET])
def show_history(req: func.HttpRequest) -> func.HttpResponse:
    """Show a rollout's history, page by page."""
    return respond(lambda: _page(req, history_answer))


@functions.function_name("showMinutes")
@functions.route(route="rollouts/{service}/minutes", methods=[GET])
def show_minutes(req: func.HttpRequest) -> func.HttpResponse:
    """Show what both sides did minute by minute, page by page."""
    return respond(lambda: _page(req, minutes_answer))


@functions.function_name("showOffers")
@functions.route(route="rollouts/{service}/offers", methods=[GET])
def show_offers(req: func.HttpRequest) -> func.HttpResponse:
    """Show what became of every offered version, page by page."""
    return respond(lambda: _page(req, offers_answer))


def _page(req: func.HttpRequest, answer: PageAnswer) -> Answer:
    check(req, Role.READER)
    name = service_name(req.route_params.get("service"))
    return answer(running_app().service, name, req.params, headers_of(req))
