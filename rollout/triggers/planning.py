"""What a service's files say, and how a rollout under them would go."""

import azure.functions as func

from rollout.inbound.answers import Answer
from rollout.inbound.command_bodies import service_name
from rollout.inbound.policy_views import plan_view, policies_view
from rollout.inbound.roles import Role
from rollout.inbound.tagged import tagged
from rollout.triggers.answering import check, headers_of, now, respond
from rollout.wiring import running_app


def policy(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with the frozen policy beside the published one."""
    return respond(lambda: _policy(req))


def _policy(req: func.HttpRequest) -> Answer:
    check(req, Role.READER)
    found = running_app().service.policies(service_name(req.route_params.get("service")))
    shown = policies_view(found.rollout, found.frozen, found.published, found.faults, found.bundle)
    return tagged(headers_of(req), shown)


def plan(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with how a rollout that started now would go."""
    return respond(lambda: _plan(req))


def _plan(req: func.HttpRequest) -> Answer:
    check(req, Role.READER)
    name = service_name(req.route_params.get("service"))
    found = running_app().service.plan(name, now())
    shown = plan_view(found.service, found.planned, found.why, found.at, found.source)
    return tagged(headers_of(req), shown)
