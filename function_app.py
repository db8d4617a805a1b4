"""The triggers, and nothing else: each parses what arrived, makes one call, and answers.

Those of `rollout.triggers` are registered here too.

Names obey the Functions host: binding names without underscores; of several routes that match,
the first by function name wins, so no two of these overlap. Nothing heavy is imported here: the
app must be indexed quickly, and most invocations never need most clients.
"""

import logging
import os
from http import HTTPStatus

import azure.functions as func

from rollout.adapters.storage.wakeups import parse_wake_up
from rollout.errors import InvalidInputError
from rollout.inbound.alert_bodies import EndpointAlert, parse_alert
from rollout.inbound.answers import Answer, json_answer, not_modified
from rollout.inbound.command_bodies import (
    parse_command,
    parse_start,
    service_name,
)
from rollout.inbound.etags import etag, is_known
from rollout.inbound.order_views import ordered_view, shown_view
from rollout.inbound.parameters import HISTORY_PAGE_SIZE, OFFERS_AFTER
from rollout.inbound.roles import NEEDS, START, Role
from rollout.inbound.strict_json import check_headers, read_json
from rollout.inbound.views import (
    bodies_view,
    history_end,
    history_number,
    page_size,
)
from rollout.settings import signs_in
from rollout.triggers import looking, operating, suspending
from rollout.triggers.answering import check as _check
from rollout.triggers.answering import headers_of as _headers
from rollout.triggers.answering import now as _now
from rollout.triggers.answering import respond as _respond
from rollout.wiring import app_for_queued_events, running_app

LOGGER = logging.getLogger("rollout")
_ACTED = frozenset({"rolling back", "held"})

# Behind the platform's sign-in a key would be asked for as well; each handler checks the caller.
_BEHIND_SIGN_IN = func.AuthLevel.ANONYMOUS if signs_in(os.environ) else func.AuthLevel.FUNCTION

app = func.FunctionApp(http_auth_level=_BEHIND_SIGN_IN)
for part in (looking, operating, suspending):
    app.register_functions(part.functions)


@app.function_name("modelRegistered")
@app.event_grid_trigger(arg_name="event")
def model_registered(event: func.EventGridEvent) -> None:
    """Offer a registered model version to the services that want it."""
    # The host hands over a CloudEvent here whenever one was delivered; both have to_dict.
    running_app().model_events.take(event.to_dict(), _now())


@app.function_name("modelRegisteredFromQueue")
@app.queue_trigger(arg_name="message", queue_name="%EVENT_QUEUE%", connection="AzureWebJobsStorage")
def model_registered_from_queue(message: func.QueueMessage) -> None:
    """Do the same where Event Grid cannot call the app and fills a queue instead."""
    app_for_queued_events().model_events.take_queued(message.get_body(), _now())


@app.function_name("notify")
@app.event_grid_trigger(arg_name="event")
def notify(event: func.CloudEvent) -> None:
    """Send people the message about a lifecycle event, where its service's routes lead."""
    running_app().announced_events.take(event.to_dict(), _now())


@app.function_name("tick")
@app.timer_trigger(schedule="%TICK_SCHEDULE%", arg_name="timer")
def tick(timer: func.TimerRequest) -> None:
    """Wake every live endpoint."""
    report = running_app().service.tick(_now())
    LOGGER.debug(
        "woke %d endpoints, swept: %s, past due: %s", report.woken, report.swept, timer.past_due
    )


@app.function_name("work")
@app.queue_trigger(arg_name="message", queue_name="%WORK_QUEUE%", connection="AzureWebJobsStorage")
def work(message: func.QueueMessage) -> None:
    """Make one pass over one endpoint."""
    running = running_app()
    try:
        wake_up = parse_wake_up(message.get_body().decode(errors="replace"))
    except InvalidInputError as error:
        running.log.attention(f"A wake-up was dropped: {error}")
        return
    with running.spans.around("rollout.pass", **{"rollout.endpoint": wake_up.endpoint}):
        running.service.work(
            wake_up.endpoint, _now(), wake_up.chain_ends, suspended=wake_up.suspended
        )


@app.function_name("alert")
# An action group cannot sign in: this path is exempt from that, and its key stays.
@app.route(route="alerts", methods=[func.HttpMethod.POST], auth_level=func.AuthLevel.FUNCTION)
def alert(req: func.HttpRequest) -> func.HttpResponse:
    """Act on an Azure Monitor alert in the common schema."""
    return _respond(lambda: _alert(req))


def _alert(req: func.HttpRequest) -> Answer:
    body = req.get_body()
    check_headers(_headers(req), body)
    parsed = parse_alert(read_json(body))
    if not isinstance(parsed, EndpointAlert):
        running_app().service.stray_alert(parsed)
        return json_answer(HTTPStatus.OK, {"outcome": "ignored", "reason": parsed.reason})
    outcome = running_app().service.alert(parsed.endpoint, parsed.alert, _now())
    status = HTTPStatus.ACCEPTED if outcome.outcome in _ACTED else HTTPStatus.OK
    return json_answer(status, {"outcome": outcome.outcome, "reason": outcome.reason})


@app.function_name("startRollout")
@app.route(route="rollouts", methods=[func.HttpMethod.POST])
def start_rollout(req: func.HttpRequest) -> func.HttpResponse:
    """Offer a model version to a service by hand."""
    return _respond(lambda: _start(req))


def _start(req: func.HttpRequest) -> Answer:
    running = running_app()
    _check(req, START)
    offered = parse_start(req.get_body(), _headers(req), sign_in=running.settings.sign_in)
    outcome = running.service.offer(offered, _now())
    after = running.service.after(outcome)
    shown = ordered_view(outcome.answer, after, _now(), repeated=outcome.repeated)
    return json_answer(HTTPStatus.ACCEPTED, shown)


@app.function_name("command")
@app.route(route="rollouts/{service}/{verb}", methods=[func.HttpMethod.POST])
def command(req: func.HttpRequest) -> func.HttpResponse:
    """Carry out an operator's command: advance, pause, rollback, suspend and the others."""
    return _respond(lambda: _command(req))


def _command(req: func.HttpRequest) -> Answer:
    running = running_app()
    service, given = parse_command(
        req.route_params.get("service", ""),
        req.route_params.get("verb", ""),
        req.get_body(),
        _headers(req),
        sign_in=running.settings.sign_in,
    )
    _check(req, NEEDS[given.verb])
    outcome = running.service.command(service, given, _now())
    after = running.service.after(outcome)
    shown = ordered_view(outcome.answer, after, _now(), repeated=outcome.repeated)
    return json_answer(HTTPStatus.ACCEPTED, shown)


@app.function_name("showRollout")
@app.route(route="rollouts/{service}", methods=[func.HttpMethod.GET])
def show_rollout(req: func.HttpRequest) -> func.HttpResponse:
    """Show everything about one service."""
    return _respond(lambda: _show(req))


def _show(req: func.HttpRequest) -> Answer:
    _check(req, Role.READER)
    service = running_app().service
    before, limit = history_end(req.params), page_size(req.params, HISTORY_PAGE_SIZE)
    after = OFFERS_AFTER.read(req.params)
    row = service.row(service_name(req.route_params.get("service")))
    commit = row.current.commit_id if row.current is not None else ""
    tag = etag(row.service, commit, row.fault, before, limit, after)
    if is_known(_headers(req), tag):
        return not_modified(tag)
    view = service.complete(row, before=before, limit=limit, after=after)
    return json_answer(HTTPStatus.OK, shown_view(view, _now()), tag=tag)


@app.function_name("showBodies")
@app.route(route="rollouts/{service}/bodies/{sequence}", methods=[func.HttpMethod.GET])
def show_bodies(req: func.HttpRequest) -> func.HttpResponse:
    """Show the container log or ARM body that events and views hold back."""
    return _respond(lambda: _bodies(req))


def _bodies(req: func.HttpRequest) -> Answer:
    _check(req, Role.READER)
    name = service_name(req.route_params.get("service"))
    found = running_app().service.bodies(name, history_number(req.route_params.get("sequence", "")))
    shown = bodies_view(found.rollout, found.sequence, found.data)
    return json_answer(HTTPStatus.OK, shown)
