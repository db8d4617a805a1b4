"""Azure Resource Manager for one workspace: a request in, an answer out, synchronously.

In order: find the route (501), check the api-version (400), the token (401), the right (403), the
rights on what a write names or enforces (403), locks (409) and policies (403), the limits on
requests where that dial is on (429), then what the fault plan has for this call, and only then the
world.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from localazure.arm.blob_store import BlobStore
from localazure.arm.endpoint_routes import EndpointRoutes, ScoringTokens
from localazure.arm.linked_access import linked_identities, links_to_secrets
from localazure.arm.messages import ArmCall, ArmRequest, ArmResponse, error_response
from localazure.arm.route_table import mount_assets, mount_endpoints, mount_workspace
from localazure.arm.router import Handler, Route, Router
from localazure.arm.workspace_routes import WorkspaceRoutes
from localazure.identity import (
    ARM_AUDIENCE,
    SCORING_AUDIENCE,
    InvalidTokenError,
    TokenAuthority,
    object_id_of,
)
from localazure.world import Access, ArmError, Caller, Effect, Fault, Faults, Governance, World
from localazure.world.errors import bad_request, not_found
from localazure.world.governance import check_linked, check_secrets, unauthorised
from localazure.world.throttling import Admission, Throttling, kind_of

DEFAULT_POLL_DELAY = timedelta(seconds=1)

_SUBSCRIPTION = re.compile(r"/subscriptions/([^/]+)", re.IGNORECASE)
THROTTLED = "SubscriptionRequestsThrottled"

Authenticate = Callable[[str], str]
"""Bearer token -> principal; raises `InvalidTokenError`."""


def any_token(token: str) -> str:
    """Accept every token; the principal is the token itself. For tests without an identity."""
    return token


class Arm:
    """The control plane. Not thread-safe, like its world.

    `identity` checks tokens and makes scoring tokens; without it every bearer token is accepted.
    `faults`, `access` and `governance` may be changed while it runs.
    """

    def __init__(
        self,
        world: World,
        *,
        blobs: BlobStore | None = None,
        identity: TokenAuthority | None = None,
        poll_delay: timedelta = DEFAULT_POLL_DELAY,
    ) -> None:
        self.world = world
        self.faults = Faults()
        self.access = Access()
        self.governance = Governance()
        self._authenticate = any_token if identity is None else _authenticator(identity)
        self._throttling = Throttling(world.now)
        self._router = Router()
        self._endpoints = EndpointRoutes(
            world, poll_delay, None if identity is None else _scoring_tokens(identity)
        )
        mount_workspace(self._router, WorkspaceRoutes(world, blobs))
        mount_assets(self._router, world)
        mount_endpoints(self._router, self._endpoints)

    @property
    def poll_delay(self) -> timedelta:
        """How long clients are asked to wait between polls."""
        return self._endpoints.poll_delay

    @poll_delay.setter
    def poll_delay(self, delay: timedelta) -> None:
        self._endpoints.poll_delay = delay

    def mount(
        self, method: str, template: str, name: str, action: str | None, handler: Handler
    ) -> None:
        """Serve one more call, as in `Router.mount`.

        `name` is the call's name in fault rules (`metrics.get`), `action` the ARM action it needs;
        with `None` it needs no token. A handler may raise `ArmError`.
        """
        self._router.mount(method, template, name, action, handler)

    def handle(self, request: ArmRequest) -> ArmResponse:
        """Answer one request. The answer holds what a fault rule adds, for its carrier to do."""
        try:
            route, values = self._router.find(request)
            caller = self._admit(route, request)
            self._check_governed(route, request, values, caller)
        except ArmError as refusal:
            return error_response(refusal.status, refusal.code, refusal.message)
        admission = self._within_limits(route, request, caller)
        if admission.refusal:
            return error_response(429, THROTTLED, admission.refusal, admission.headers)
        call = ArmCall(request, values, caller)

        def carry_out() -> ArmResponse:
            return _with_headers(self._carry_out(route, call), admission.headers)

        fault = self.faults.next_for(route.name)
        if fault is None:
            return carry_out()
        return _with_headers(_with_fault(fault, carry_out), admission.headers)

    def _within_limits(self, route: Route, request: ArmRequest, caller: Caller) -> Admission:
        subscription = _SUBSCRIPTION.match(request.path)
        dials = self.world.dials
        if not dials.throttle or route.action is None or subscription is None:
            return Admission({})
        return self._throttling.admit(
            subscription[1],
            caller.principal,
            kind_of(request.method),
            shuts=dials.throttle_shuts,
        )

    def _admit(self, route: Route, request: ArmRequest) -> Caller:
        user_agent = request.headers.get("user-agent", "")
        if not request.query.get("api-version"):
            raise bad_request(
                "The query parameter 'api-version' is required.", "MissingApiVersionParameter"
            )
        if route.action is None:
            return Caller("", user_agent)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ArmError(
                401, "AuthenticationFailed", "The 'Authorization' header must be 'Bearer <token>'."
            )
        try:
            principal = self._authenticate(token)
        except InvalidTokenError as error:
            raise ArmError(401, "InvalidAuthenticationToken", str(error)) from error
        if not self.access.allows(principal, route.action, request.path):
            raise unauthorised(principal, route.action, request.path, object_id_of(principal))
        return Caller(principal, user_agent)

    def _check_governed(
        self, route: Route, request: ArmRequest, values: Mapping[str, str], caller: Caller
    ) -> None:
        """Ask for the rights on what a write names, then the locks and the policies."""
        action, path = route.action, request.path.rstrip("/")
        if action is None:
            return
        named = linked_identities(self.world, route.name, request, values)
        check_linked(self.access, self.governance, caller.principal, (action, path), named)
        if links_to_secrets(self.world, route.name, request, values):
            check_secrets(self.access, caller.principal, self.world.workspace.path)
        self.governance.check(request.method, path, action)

    def _carry_out(self, route: Route, call: ArmCall) -> ArmResponse:
        try:
            self._check_scope(call.values)
            return route.handler(call)
        except ArmError as refusal:
            return error_response(refusal.status, refusal.code, refusal.message)

    def _check_scope(self, values: Mapping[str, str]) -> None:
        workspace = self.world.workspace
        for key, ours in (
            ("subscription", workspace.subscription),
            ("group", workspace.resource_group),
            ("workspace", workspace.name),
        ):
            if key in values and values[key].lower() != ours.lower():
                raise not_found(f"The {key} '{values[key]}'")


def _authenticator(identity: TokenAuthority) -> Authenticate:
    return lambda token: identity.read(token, {ARM_AUDIENCE}).principal


def _scoring_tokens(identity: TokenAuthority) -> ScoringTokens:
    return lambda principal: identity.mint(SCORING_AUDIENCE, principal)


def _with_headers(answer: ArmResponse, headers: Mapping[str, str]) -> ArmResponse:
    return replace(answer, headers={**answer.headers, **headers}) if headers else answer


def _with_fault(fault: Fault, carry_out: Callable[[], ArmResponse]) -> ArmResponse:
    if fault.effect is Effect.AFTER:
        return ArmResponse(
            0, hang_seconds=fault.hang_seconds, late=lambda: _falsified(fault, carry_out())
        )
    truth = carry_out() if fault.effect is Effect.BEFORE else ArmResponse(0)
    return replace(_falsified(fault, truth), hang_seconds=fault.hang_seconds)


def _falsified(fault: Fault, truth: ArmResponse) -> ArmResponse:
    if fault.drops_connection:
        return replace(truth, drops_connection=True)
    if fault.status is None:
        return truth
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return error_response(fault.status, fault.code, fault.message, headers)
