"""The web console's files."""

import azure.functions as func

from rollout.inbound.console_files import console_answer
from rollout.triggers.answering import headers_of, respond


def console(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with a file of the console; it holds no data."""
    return respond(lambda: console_answer(req.route_params.get("path", ""), headers_of(req)))
