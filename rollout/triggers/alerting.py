"""Azure Monitor's alerts. Apart from people's orders: the first alert waits for no view of them."""

from http import HTTPStatus

import azure.functions as func

from rollout.inbound.alert_bodies import EndpointAlert, parse_alert
from rollout.inbound.answers import Answer, json_answer
from rollout.inbound.strict_json import check_headers, read_json
from rollout.triggers.answering import headers_of, now, respond
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
        running_app().service.watch_timer(now())
        return json_answer(HTTPStatus.OK, {"outcome": "ignored", "reason": parsed.reason})
    outcome = running_app().service.alert(parsed.endpoint, parsed.alert, now())
    # After the attempt at Azure: nothing may come between an alert and its write.
    running_app().service.watch_timer(now())
    status = HTTPStatus.ACCEPTED if outcome.outcome in _ACTED else HTTPStatus.OK
    return json_answer(status, {"outcome": outcome.outcome, "reason": outcome.reason})
