"""What every HTTP function does: headers in, who may, the time, and an answer whatever happens."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import azure.functions as func

from rollout.inbound.access import check_role
from rollout.inbound.answers import Answer, problem_of
from rollout.inbound.principal import caller
from rollout.inbound.roles import Role
from rollout.wiring import running_app


def respond(handle: Callable[[], Answer]) -> func.HttpResponse:
    """Answer what `handle` does, or with the problem document of what it raised."""
    try:
        answer = handle()
    # A handler that raises makes the host answer 500 without a body, which says nothing.
    except Exception as error:  # noqa: BLE001
        answer = problem_of(error)
    # Bytes: the host would parse text as JSON and take a "body" key in it for a response.
    return func.HttpResponse(
        answer.body,
        status_code=answer.status,
        headers=dict(answer.headers),
        mimetype=answer.media_type,
    )


def check(req: func.HttpRequest, needed: Role) -> None:
    """Let the request pass where its caller has the role. Raises as `check_role`."""
    sign_in = running_app().settings.sign_in
    check_role(caller(headers_of(req), sign_in=sign_in), needed, sign_in=sign_in)


def headers_of(req: func.HttpRequest) -> Mapping[str, str]:
    """Return the request's headers, names in lower case."""
    return {name.lower(): value for name, value in req.headers.items()}


def now() -> datetime:
    """The moment of a signal, taken at its door."""
    return datetime.now(UTC)
