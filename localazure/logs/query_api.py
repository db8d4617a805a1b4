"""`POST /v1/workspaces/{id}/query`: the query API of Log Analytics.

Answers and errors are those of its pages on responses and errors (MicrosoftDocs/azure-monitor-docs,
articles/azure-monitor/logs/api). The token must be for this API, and its principal needs the action
that the role Log Analytics Reader grants.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from aiohttp import web

from localazure.http_rules import parse_json
from localazure.identity import LOGS_AUDIENCE, InvalidTokenError, TokenAuthority
from localazure.logs.errors import QueryError
from localazure.logs.kql import Table, run
from localazure.logs.traffic_log import TABLE, TrafficLog
from localazure.world import Access, Fault, Faults

WORKSPACE = str(uuid5(NAMESPACE_DNS, "logs.localazure"))
"""The id of the one Log Analytics workspace."""

CALL = "logs.query"
"""The call's name in fault rules."""

ACTION = "Microsoft.OperationalInsights/workspaces/query/read"
DEFAULT_SPAN = timedelta(days=1)
_TOLD_ABOUT_ACCESS = "The provided credentials have insufficient access to perform the requested "


class _RefusedError(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.document = {"error": {"message": message, "code": code}}


class QueryApi:
    """The API of one workspace. `log`, `faults` and `access` may be changed while it runs."""

    def __init__(
        self, log: TrafficLog, identity: TokenAuthority, faults: Faults, access: Access
    ) -> None:
        self._log = log
        self._identity = identity
        self._faults = faults
        self._access = access

    def application(self) -> web.Application:
        """Return the application. Run it under TLS: without it clients send no token."""
        app = web.Application()
        app.router.add_post("/v1/workspaces/{workspace}/query", self.query)
        app.router.add_route("*", "/{path:.*}", _no_path)
        return app

    async def query(self, request: web.Request) -> web.Response:
        """Answer one query."""
        try:
            self._admit(request)
            fault = self._faults.next_for(CALL)
            if fault is not None:
                return await _with_fault(fault, request)
            body = parse_json(await request.read())
            text = body["query"]
            start, end = _timespan(body.get("timespan"))
            found = run(str(text), {TABLE: self._log.table(start, end)})
        except _RefusedError as refused:
            return web.json_response(refused.document, status=refused.status)
        except QueryError as error:
            return web.json_response(error.document(), status=400)
        except (ValueError, TypeError, KeyError, AttributeError):
            message = "The request had some invalid properties"
            document = {"error": {"message": message, "code": "BadArgumentError"}}
            return web.json_response(document, status=400)
        return web.json_response({"tables": [_document(found)]})

    def _admit(self, request: web.Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _RefusedError(
                401,
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.",
            )
        try:
            principal = self._identity.read(token, {LOGS_AUDIENCE}).principal
        except InvalidTokenError as error:
            raise _RefusedError(403, "InvalidAuthenticationToken", str(error)) from error
        if request.match_info["workspace"].lower() != WORKSPACE:
            raise _RefusedError(404, "WorkspaceNotFoundError", "The workspace could not be found")
        if not self._access.allows(principal, ACTION):
            raise _RefusedError(403, "InsufficientAccessError", f"{_TOLD_ABOUT_ACCESS}operation")


async def _with_fault(fault: Fault, request: web.Request) -> web.Response:
    await asyncio.sleep(fault.hang_seconds)
    if fault.drops_connection and request.transport is not None:
        request.transport.abort()
    document = {"error": {"message": fault.message, "code": fault.code}}
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return web.json_response(document, status=fault.status or 500, headers=headers)


async def _no_path(_request: web.Request) -> web.Response:
    message = "The requested path does not exist"
    return web.json_response(
        {"error": {"message": message, "code": "PathNotFoundError"}}, status=404
    )


def _timespan(text: str | None) -> tuple[datetime, datetime]:
    """Return what `start/end` says; without it, the last day."""
    if text is None:
        now = datetime.now(UTC)
        return now - DEFAULT_SPAN, now
    start, end = (datetime.fromisoformat(part) for part in text.split("/"))
    if start.tzinfo is None or end.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return start, end


def _document(table: Table) -> Mapping[str, Any]:
    return {
        "name": "PrimaryResult",
        "columns": [{"name": name, "type": kind} for name, kind in table.columns.items()],
        "rows": [[_value(row[name]) for name in table.columns] for row in table.rows],
    }


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
