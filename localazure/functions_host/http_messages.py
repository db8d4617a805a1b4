"""HTTP on the wire <-> what the worker exchanges, as azure-functions-host converts it.

Source: GrpcMessageConversionExtensions and HttpBinding of azure-functions-host 4.1037.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from localazure.functions_host.messages import RpcHttp, RpcHttpCookie, SameSite, TypedData
from localazure.http_rules import parse_json

_SAME_SITE = {SameSite.Lax: "Lax", SameSite.Strict: "Strict", SameSite.ExplicitNone: "None"}
_FRAMING = {"content-length", "transfer-encoding", "connection"}
"""Headers of the connection, which the server writes itself."""


async def to_worker(request: web.Request, route_values: Mapping[str, str]) -> TypedData:
    """Convert a request. Header names become lower case; repeated values are joined with ",".

    Empty query values are dropped. A body without Content-Length (chunked) arrives empty, as in
    the host (azure-functions-host issue 4926): the caller logs it.
    """
    body = await request.read() if request.content_length else b""
    return TypedData(
        http=RpcHttp(
            method=request.method,
            url=f"{request.scheme}://{request.host}{request.raw_path}",
            headers=_joined((name.lower(), value) for name, value in request.headers.items()),
            query={name: text for name, text in _joined(request.query.items()).items() if text},
            params=route_values,
            body=TypedData(bytes=body),
        )
    )


def from_worker(returned: TypedData | None) -> web.Response:
    """Convert what the function returned.

    No value is 204. A bare string that is JSON is treated as the host treats it: an object with a
    "body" is taken as a whole response (its status and headers apply), other JSON is re-printed.
    """
    if returned is None or returned.kind is None:
        return web.Response(status=204)
    if returned.kind == "http":
        return _response(returned.http)
    return _from_text(str(returned.value))


def _response(http: RpcHttp) -> web.Response:
    headers: CIMultiDict[str] = CIMultiDict(
        (name, value) for name, value in http.headers.items() if name.lower() not in _FRAMING
    )
    for cookie in http.cookies:
        headers.add("Set-Cookie", _set_cookie(cookie))
    body = http.body.value
    content = body.encode() if isinstance(body, str) else (body or b"")
    return web.Response(status=int(http.status_code), headers=headers, body=content)


def _from_text(text: str) -> web.Response:
    try:
        content = parse_json(text)
    except ValueError:
        return web.Response(text=text, content_type="text/plain")
    if isinstance(content, dict) and "body" in content:
        return _from_response_object(content)
    return web.Response(text=json.dumps(content, indent=2), content_type="application/json")


def _from_response_object(content: Mapping[str, Any]) -> web.Response:
    status = content.get("statusCode", content.get("status", 200))
    headers = {str(name): str(value) for name, value in (content.get("headers") or {}).items()}
    body = content["body"]
    text = body if isinstance(body, str) else json.dumps(body, indent=2)
    if not any(name.lower() == "content-type" for name in headers):
        kind = "text/plain" if isinstance(body, str) else "application/json"
        headers["Content-Type"] = f"{kind}; charset=utf-8"
    return web.Response(status=int(status), headers=headers, body=text.encode())


def _set_cookie(cookie: RpcHttpCookie) -> str:
    parts = [f"{cookie.name}={cookie.value}"]
    if cookie.expires is not None:
        moment = datetime.fromtimestamp(cookie.expires.value.seconds, UTC)
        parts.append(f"expires={format_datetime(moment, usegmt=True)}")
    if cookie.max_age is not None:
        parts.append(f"max-age={cookie.max_age.value:.0f}")
    if cookie.domain is not None and cookie.domain.value:
        parts.append(f"domain={cookie.domain.value}")
    if cookie.path is not None and cookie.path.value:
        parts.append(f"path={cookie.path.value}")
    if cookie.secure is not None and cookie.secure.value:
        parts.append("secure")
    if cookie.http_only is not None and cookie.http_only.value:
        parts.append("httponly")
    if cookie.same_site in _SAME_SITE:
        parts.append(f"samesite={_SAME_SITE[cookie.same_site]}")
    return "; ".join(parts)


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined
