"""What people look at: the list of services, one service, its pages, and what is suspended."""

from http import HTTPStatus

import azure.functions as func

from rollout.inbound.answers import Answer, json_answer, not_modified, text_answer
from rollout.inbound.command_bodies import service_name
from rollout.inbound.etags import etag, is_known
from rollout.inbound.order_views import shown_view
from rollout.inbound.page_doors import PageAnswer, history_answer, minutes_answer, offers_answer
from rollout.inbound.parameters import AFTER, HISTORY_PAGE_SIZE, LIST_LIMIT, OFFERS_AFTER
from rollout.inbound.roles import Role
from rollout.inbound.summary_views import list_text
from rollout.inbound.suspension_views import suspensions_view
from rollout.inbound.views import bodies_view, history_end, history_number, page_size
from rollout.triggers.answering import check, headers_of, now, respond
from rollout.wiring import running_app


def list_services(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with a page of all services."""
    return respond(lambda: _list(req))


def _list(req: func.HttpRequest) -> Answer:
    check(req, Role.READER)
    size, after = LIST_LIMIT.read(req.params), AFTER.read(req.params).lower()
    found = running_app().service.page(after, size, now())
    tag = etag("list", found.after, *found.marks)
    if is_known(headers_of(req), tag):
        return not_modified(tag)
    return text_answer(HTTPStatus.OK, list_text(found.views, found.after), tag=tag)


def show(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with everything about one service."""
    return respond(lambda: _show(req))


def _show(req: func.HttpRequest) -> Answer:
    check(req, Role.READER)
    service = running_app().service
    before, limit = history_end(req.params), page_size(req.params, HISTORY_PAGE_SIZE)
    after = OFFERS_AFTER.read(req.params)
    row = service.row(service_name(req.route_params.get("service")))
    commit = row.current.commit_id if row.current is not None else ""
    own = row.current.suspension if row.current is not None else None
    # It ends by itself, and nothing is saved then.
    stopped = own is not None and own.lasts(now())
    tag = etag(row.service, commit, row.fault, stopped, before, limit, after)
    if is_known(headers_of(req), tag):
        return not_modified(tag)
    view = service.complete(row, before=before, limit=limit, after=after)
    return json_answer(HTTPStatus.OK, shown_view(view, now()), tag=tag)


def bodies(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with what the views hold back of one history row."""
    return respond(lambda: _bodies(req))


def _bodies(req: func.HttpRequest) -> Answer:
    check(req, Role.READER)
    name = service_name(req.route_params.get("service"))
    found = running_app().service.bodies(name, history_number(req.route_params.get("sequence", "")))
    shown = bodies_view(found.rollout, found.sequence, found.data)
    return json_answer(HTTPStatus.OK, shown)


def history(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with a page of a rollout's history."""
    return respond(lambda: _page(req, history_answer))


def minutes(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with a page of what both sides did minute by minute."""
    return respond(lambda: _page(req, minutes_answer))


def offers(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with a page of what became of offered versions."""
    return respond(lambda: _page(req, offers_answer))


def _page(req: func.HttpRequest, answer: PageAnswer) -> Answer:
    check(req, Role.READER)
    name = service_name(req.route_params.get("service"))
    return answer(running_app().service, name, req.params, headers_of(req))


def suspensions(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with what is suspended."""
    return respond(lambda: _suspensions(req))


def _suspensions(req: func.HttpRequest) -> Answer:
    check(req, Role.READER)
    listed = running_app().service.suspensions(now())
    return json_answer(HTTPStatus.OK, suspensions_view(listed))
