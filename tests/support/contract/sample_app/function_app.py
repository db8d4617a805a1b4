"""A small app with every trigger. It notes what it saw in the file that SAMPLE_NOTES names."""

import asyncio
import json
import logging
import os
import time
from pathlib import Path

import azure.functions as func

LOGGER = logging.getLogger(__name__)
app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)


def note(**what: object) -> None:
    with Path(os.environ["SAMPLE_NOTES"]).open("a", encoding="utf-8") as notes:
        notes.write(json.dumps(what) + "\n")


@app.route(route="echo/{name}/{number:int?}", methods=["POST", "PUT"])
def echo(req: func.HttpRequest) -> func.HttpResponse:
    seen = {
        "method": req.method,
        "url": req.url,
        "query": dict(req.params),
        "route": dict(req.route_params),
        "headers": dict(req.headers),
        "body": req.get_body().decode(),
    }
    return func.HttpResponse(json.dumps(seen), status_code=201, mimetype="application/json")


@app.route(route="cookies", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def cookies(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse(b"two", status_code=200)
    response.headers.add("Set-Cookie", "a=1; Path=/; HttpOnly; SameSite=Lax")
    response.headers.add("Set-Cookie", "b=2; Max-Age=60; Secure")
    return response


@app.route(route="text", auth_level=func.AuthLevel.ANONYMOUS)
def text(req: func.HttpRequest) -> str:
    return str(req.params["answer"])


@app.route(route="fail/{how}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
async def fail(req: func.HttpRequest) -> func.HttpResponse:
    match req.route_params["how"]:
        case "exit":
            raise SystemExit(3)
        case "cancel":
            raise asyncio.CancelledError
        case "slow":
            await asyncio.sleep(60)
    raise ValueError("on purpose")


@app.route(route="items/{id}", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
def first_item(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("first_item")


@app.route(route="items/recent", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
def recent_items(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("recent_items")


@app.timer_trigger(arg_name="timer", schedule="%SAMPLE_SCHEDULE%")
def tick(timer: func.TimerRequest) -> None:
    status = timer.schedule_status  # type: ignore[attr-defined]  # the SDK's base lacks it
    note(trigger="timer", past_due=timer.past_due, status=status)


@app.queue_trigger(arg_name="message", queue_name="%SAMPLE_QUEUE%", connection="SAMPLE_STORAGE")
def drain(message: func.QueueMessage) -> None:
    body = message.get_body().decode()
    note(trigger="queue", body=body, dequeued=message.dequeue_count)
    if body == "poisonous":
        raise ValueError("cannot be worked on")
    if body == "slow":
        time.sleep(float(os.environ["SAMPLE_SLOW_SECONDS"]))


@app.event_grid_trigger(arg_name="event")
def arrived(event: func.EventGridEvent) -> None:
    LOGGER.info("event %s", event.id)
    note(trigger="eventGrid", id=event.id, data=event.get_json())
    if event.get_json().get("fail"):
        raise ValueError("refused")


@app.route(route="administer", auth_level=func.AuthLevel.ANONYMOUS)
def refused(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("never served")


@app.timer_trigger(arg_name="timer", schedule="%NOT_SET%")
def unresolved(timer: func.TimerRequest) -> None:
    note(trigger="never")


@app.timer_trigger(arg_name="under_score", schedule="0 0 0 * * *")
def misnamed(under_score: func.TimerRequest) -> None:
    note(trigger="never")
