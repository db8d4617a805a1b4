"""Finds a request's handler. Routes are templates; an unknown one is 501, never 404.

Answering 404 would be a claim about a resource ("it is not there"); 501 says that this local
Azure does not imitate the call at all.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from localazure.arm.messages import ArmCall, ArmRequest, ArmResponse
from localazure.world.errors import ArmError

Handler = Callable[[ArmCall], ArmResponse]

_PLACEHOLDER = re.compile(r"\{(\w+)(\.\.\.)?\}")


@dataclass(frozen=True)
class Route:
    """A served call: `name` for fault rules, `action` for access (`None`: no token is needed)."""

    name: str
    action: str | None
    handler: Handler
    pattern: re.Pattern[str]


class Router:
    """The route table. The first mounted route that matches wins."""

    def __init__(self) -> None:
        self._routes: dict[str, list[Route]] = {}

    def mount(
        self, method: str, template: str, name: str, action: str | None, handler: Handler
    ) -> None:
        """Serve `method` on `template`.

        Literal parts match in any case, as ARM ids do. `{word}` matches one path segment
        and `{word...}` one or more, so `/{resource...}/providers/Microsoft.Insights/metrics` is
        the metrics call of any resource (its value has no leading slash).
        """
        route = Route(name, action, handler, _compile(template))
        self._routes.setdefault(method.upper(), []).append(route)

    def find(self, request: ArmRequest) -> tuple[Route, Mapping[str, str]]:
        """Return the route and the values in the path.

        Raises:
            ArmError: 501, nothing is mounted there.
        """
        for route in self._routes.get(request.method, ()):
            match = route.pattern.fullmatch(request.path)
            if match is not None:
                return route, match.groupdict()
        raise ArmError(
            501,
            "NotImplemented",
            f"{request.method} {request.path} is not served by this local Azure.",
        )


def _compile(template: str) -> re.Pattern[str]:
    pattern, position = "", 0
    for match in _PLACEHOLDER.finditer(template):
        pattern += re.escape(template[position : match.start()])
        pattern += f"(?P<{match[1]}>{'.+' if match[2] else '[^/]+'})"
        position = match.end()
    return re.compile(pattern + re.escape(template[position:]) + "/?", re.IGNORECASE)
