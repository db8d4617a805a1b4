"""Every route of the API: who may call it, what it takes and what it answers.

One row for each function and method; an order's row stands for each of its verbs. A function of
`function_app.py` without a row, and a row without a function, are found by a test.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from http import HTTPStatus

from rollout.core.records.signals import Verb
from rollout.inbound.api.shapes import Schema, component
from rollout.inbound.command_bodies import ALL_BODIES, COMMAND_BODIES, START_BODY
from rollout.inbound.fields import Field
from rollout.inbound.parameters import (
    AFTER,
    AFTER_MINUTE,
    BEFORE,
    HISTORY_LIMIT,
    HISTORY_PAGE_SIZE,
    LIST_LIMIT,
    MINUTES_LIMIT,
    OFFERS_AFTER,
    OFFERS_LIMIT,
    ROLLOUT,
    SEQUENCE,
    SERVICE,
    limit,
)
from rollout.inbound.roles import FOR_ALL, NEEDS, START, Role

_OK, _ACCEPTED = HTTPStatus.OK, HTTPStatus.ACCEPTED

READABLE = frozenset({HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE})
"""Problems that any request may meet: storage or Azure do not answer, or the app has a fault."""

OF_A_CALLER = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
OF_A_SERVICE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY})
OF_AN_ORDER = frozenset({HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY})
OF_A_BODY = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.LENGTH_REQUIRED,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    }
)


class Access(Enum):
    """Who may call: `ANYONE`; `KEY` whoever has a key, also where sign-in is on; else a caller."""

    ANYONE = auto()
    KEY = auto()
    CALLER = auto()


@dataclass(frozen=True)
class Route:
    """One operation.

    `template` is the function's own route where `path` is a case of it, "" where they are the same.
    `role` None: any caller. `answers` maps a status to the shape of its JSON; `problems` are the
    statuses beside those that follow from its other columns. `tagged`: it has an entity tag, and
    answers 304. `keyed`: it is an order, and takes an Idempotency-Key.
    """

    function: str
    method: str
    path: str
    text: str
    answers: Mapping[HTTPStatus, Schema]
    access: Access = Access.CALLER
    role: Role | None = None
    template: str = ""
    query: tuple[Field, ...] = ()
    body: Schema | None = None
    problems: frozenset[HTTPStatus] = field(default=frozenset())
    tagged: bool = False
    keyed: bool = False
    name: str = ""

    @property
    def operation(self) -> str:
        """The name of the operation in a client."""
        return self.name or self.function

    @property
    def parts(self) -> tuple[Field, ...]:
        """The parameters in the path."""
        return tuple(each for each in (SERVICE, SEQUENCE) if f"{{{each.name}}}" in self.path)

    @property
    def statuses(self) -> frozenset[HTTPStatus]:
        """The statuses of problems."""
        found = READABLE | self.problems
        if self.access is not Access.ANYONE:
            found |= {HTTPStatus.UNAUTHORIZED}
        if self.role is not None:
            found |= OF_A_CALLER
        if self.parts or self.query:
            found |= {HTTPStatus.BAD_REQUEST}
        if SERVICE in self.parts:
            found |= OF_A_SERVICE
        if self.body is not None:
            found |= OF_A_BODY
        return found - self.answers.keys()


def _commands() -> Iterator[Route]:
    for verb in Verb:
        yield Route(
            "command",
            "POST",
            f"rollouts/{{service}}/{verb}",
            _ORDERS[verb],
            {_ACCEPTED: component("Ordered")},
            role=NEEDS[verb],
            template="rollouts/{service}/{verb}",
            body=COMMAND_BODIES[verb].schema(),
            problems=OF_AN_ORDER,
            keyed=True,
            name=verb.value,
        )


_ORDERS: Mapping[Verb, str] = {
    Verb.ADVANCE: "Go on to the next stage: approve it, or take what the gate doubts as meant",
    Verb.PAUSE: "Hold the rollout where it is",
    Verb.RESUME: "Lift the hold",
    Verb.ROLLBACK: "Take all traffic back to stable",
    Verb.RETRY: "Offer a version again that was rejected or quarantined",
    Verb.CANCEL: "Withdraw a version: it neither waits nor runs any more",
    Verb.SUSPEND: "Stop this service: nothing is raised or started; ways back stay open",
    Verb.UNSUSPEND: "Lift the order that suspended this service",
    Verb.OVERRIDE: "Lift a freeze of the policy for this once",
}

ROUTES: tuple[Route, ...] = (
    Route(
        "listRollouts",
        "GET",
        "rollouts",
        "Show every service, without history, page by page",
        {_OK: component("Rollouts")},
        role=Role.READER,
        query=(LIST_LIMIT, AFTER),
        tagged=True,
    ),
    Route(
        "startRollout",
        "POST",
        "rollouts",
        "Offer a model version to a service by hand",
        {_ACCEPTED: component("Ordered")},
        role=START,
        body=START_BODY.schema(),
        problems=OF_A_SERVICE | OF_AN_ORDER | {HTTPStatus.TOO_MANY_REQUESTS},
        keyed=True,
    ),
    Route(
        "showRollout",
        "GET",
        "rollouts/{service}",
        "Show everything about one service",
        {_OK: component("Service")},
        role=Role.READER,
        query=(BEFORE, limit(HISTORY_PAGE_SIZE), OFFERS_AFTER),
        tagged=True,
    ),
    *(
        Route(
            function,
            "GET",
            f"rollouts/{{service}}/{path}",
            text,
            {_OK: component(shape)},
            role=Role.READER,
            query=query,
            tagged=True,
        )
        for function, path, text, shape, query in (
            (
                "showHistory",
                "history",
                "Show a rollout's history, page by page",
                "History",
                (ROLLOUT, BEFORE, HISTORY_LIMIT),
            ),
            (
                "showMinutes",
                "minutes",
                "Show what both sides did minute by minute, page by page",
                "Minutes",
                (ROLLOUT, AFTER_MINUTE, MINUTES_LIMIT),
            ),
            (
                "showOffers",
                "offers",
                "Show what became of offered versions, page by page",
                "Offers",
                (OFFERS_AFTER, OFFERS_LIMIT),
            ),
        )
    ),
    *_commands(),
    Route(
        "suspendAll",
        "POST",
        "suspend",
        "Stop every raise and every start of all services; ways back stay open",
        {_ACCEPTED: component("OrderedForAll")},
        role=FOR_ALL,
        body=ALL_BODIES[Verb.SUSPEND].schema(),
        problems=OF_AN_ORDER,
        keyed=True,
    ),
    Route(
        "unsuspendAll",
        "POST",
        "unsuspend",
        "Lift the order that suspended all services",
        {_ACCEPTED: component("OrderedForAll")},
        role=FOR_ALL,
        body=ALL_BODIES[Verb.UNSUSPEND].schema(),
        problems=OF_AN_ORDER,
        keyed=True,
    ),
    Route(
        "listSuspensions",
        "GET",
        "suspensions",
        "Show what is suspended: all services, and each that is by an order of its own",
        {_OK: component("Suspensions")},
        role=Role.READER,
    ),
    Route(
        "showBodies",
        "GET",
        "rollouts/{service}/bodies/{sequence}",
        "Show the container log or ARM body that events and views hold back",
        {_OK: component("Bodies")},
        role=Role.READER,
    ),
    Route(
        "showPolicy",
        "GET",
        "rollouts/{service}/policy",
        "Show the latest rollout's frozen policy beside the one that is published",
        {_OK: component("Policies")},
        role=Role.READER,
        tagged=True,
    ),
    Route(
        "showPlan",
        "GET",
        "rollouts/{service}/plan",
        "Show how a rollout that started now would go",
        {_OK: component("Plan")},
        role=Role.READER,
        tagged=True,
    ),
    Route(
        "readiness",
        "GET",
        "readiness",
        "Show whether rollouts may be relied on now, thing by thing",
        {_OK: component("Readiness")},
        role=Role.READER,
    ),
    Route(
        "alert",
        "POST",
        "alerts",
        "Act on an Azure Monitor alert in the common schema",
        {_OK: component("Alerted"), _ACCEPTED: component("Alerted")},
        access=Access.KEY,
        body=component("Alert"),
    ),
    Route(
        "whoami",
        "GET",
        "whoami",
        "Say who is calling, with which roles, and what they may order",
        {_OK: component("Whoami")},
    ),
    Route(
        "health",
        "GET",
        "health",
        "Say whether the app is ready, and how long ago the timer last ran; no data",
        {_OK: component("Health"), HTTPStatus.SERVICE_UNAVAILABLE: component("Health")},
        access=Access.ANYONE,
    ),
    Route(
        "openapi",
        "GET",
        "openapi.json",
        "Describe the API",
        {_OK: component("Description")},
        access=Access.ANYONE,
        tagged=True,
    ),
)
