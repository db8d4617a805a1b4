"""Bodies of the commands' HTTP requests -> signals, by tables that also describe them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rollout.core.policy.azure_names import DEPLOYMENT_NAME, MODEL_NAME, MODEL_VERSION
from rollout.core.records.offers import OfferSource
from rollout.core.records.orders import START
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Command, Expected, Offered, Verb
from rollout.core.records.suspensions import OrderForAll
from rollout.errors import InvalidInputError
from rollout.inbound.fields import (
    Field,
    Flag,
    Form,
    Id,
    Moment,
    Name,
    NameOrNumber,
    Names,
    Stage,
    Text,
    Word,
)
from rollout.inbound.order_keys import order_key
from rollout.inbound.parameters import SERVICE
from rollout.inbound.principal import MAX_ACTOR_CHARACTERS, caller
from rollout.inbound.strict_json import check_order, read_object
from rollout.text.nearest import nearest

NOT_FOUND = 404
MAX_REASON_CHARACTERS = 1000
MAX_ROLLOUT_ID_CHARACTERS = 64
MAX_STAGE_INDEX = 99
MAX_TAKEN = 20
"""Azure ML's own limit on the deployments of an endpoint ("Manage and increase quotas")."""

_NO_REASON = (
    '"reason" is missing: say why, for whoever reads the history, as in '
    '{"reason": "complaints since 14:00"}.'
)
_FROM_WHERE = (
    'Say what to advance from: "expected" with "rollout", "phase" and "stage", as GET '
    "rollouts/<service> shows them. A stage that has moved on is then not skipped."
)

_ACTOR = Field(
    "actor",
    Text(MAX_ACTOR_CHARACTERS),
    "Who orders this, for the history; not read where the caller is signed in.",
)
_REASON = Field(
    "reason",
    Text(MAX_REASON_CHARACTERS, blank=_NO_REASON),
    f"Why, for whoever reads the history: its first {MAX_REASON_CHARACTERS} characters are kept.",
    required=True,
    missing=_NO_REASON,
)


def _expectation(*, whole: bool) -> Form:
    """What the person believed; `whole`: all of it has to be said."""
    missing = _FROM_WHERE if whole else ""
    rollout = Id(MAX_ROLLOUT_ID_CHARACTERS, "a rollout")
    return Form(
        (
            Field("rollout", rollout, "The rollout's id.", whole, missing=missing),
            Field("phase", Word(Phase, "a phase"), "The phase it is in.", whole, missing=missing),
            Field(
                "stage",
                Stage(MAX_STAGE_INDEX),
                "The stage that it is at, counted from 0.",
                whole,
                missing=missing,
            ),
        ),
        Expected,
    )


_EXPECTED = Field(
    "expected",
    _expectation(whole=False),
    "What the service's view showed: if that has changed since, the order is refused.",
    absent=Expected(),
)
_ADVANCED_FROM = Field(
    "expected",
    _expectation(whole=True),
    "What the service's view showed: a stage that has moved on is then not skipped.",
    required=True,
    missing=_FROM_WHERE,
)
_SKIP_EVIDENCE = Field(
    "skip_evidence", Flag(), "Go on although the gate has not passed the stage.", absent=False
)
_WHICH_VERSION = Field(
    "version",
    NameOrNumber(MODEL_VERSION),
    "The version that is meant, where more than one could be.",
)
_TAKE_FROM = Field(
    "take_from",
    Names(Name(DEPLOYMENT_NAME, lower=True), MAX_TAKEN, "deployments"),
    "Third deployments whose traffic goes to stable as well.",
    absent=(),
)
_UNTIL = Field("until", Moment(), "When the suspension ends by itself; left out: by an order.")
_OF_EVERY_COMMAND = (_ACTOR, _REASON, _EXPECTED)

START_BODY = Form(
    (
        Field("service", SERVICE.kind, "The service that it is offered to.", required=True),
        Field("version", NameOrNumber(MODEL_VERSION), "The model's version.", required=True),
        Field("model", Name(MODEL_NAME), "The model; left out: the service's own.", absent=""),
        _ACTOR,
        _REASON,
    )
)
COMMAND_BODIES: Mapping[Verb, Form] = {
    **dict.fromkeys(Verb, Form(_OF_EVERY_COMMAND)),
    Verb.ADVANCE: Form((_ACTOR, _REASON, _ADVANCED_FROM, _SKIP_EVIDENCE)),
    Verb.RETRY: Form((*_OF_EVERY_COMMAND, _WHICH_VERSION)),
    Verb.CANCEL: Form((*_OF_EVERY_COMMAND, _WHICH_VERSION)),
    Verb.ROLLBACK: Form((*_OF_EVERY_COMMAND, _TAKE_FROM)),
    Verb.SUSPEND: Form((*_OF_EVERY_COMMAND, _UNTIL)),
}
"""The fields are named as `Command`'s."""

ALL_BODIES: Mapping[Verb, Form] = {
    Verb.SUSPEND: Form((_ACTOR, _REASON, _UNTIL)),
    Verb.UNSUSPEND: Form((_ACTOR, _REASON)),
}
"""The orders that are about all services."""

_WORDS_OF_OTHER_TOOLS: Mapping[str, Verb] = {
    "abort": Verb.ROLLBACK,
    "undo": Verb.ROLLBACK,
    "revert": Verb.ROLLBACK,
    "promote": Verb.ADVANCE,
    "approve": Verb.ADVANCE,
    "continue": Verb.RESUME,
    "freeze": Verb.SUSPEND,
    "unfreeze": Verb.OVERRIDE,
    "thaw": Verb.OVERRIDE,
    "stop": Verb.PAUSE,
    "withdraw": Verb.CANCEL,
    "reject": Verb.CANCEL,
    "skip": Verb.CANCEL,
    "dequeue": Verb.CANCEL,
}
"""What other rollout tools call our commands: too far from our words to be found as misspelt."""


def parse_start(body: bytes, headers: Mapping[str, str], *, sign_in: bool) -> Offered:
    """Read the body of `POST rollouts`, `START_BODY`.

    `model` is empty where the body leaves it out: the service's own is meant.

    Raises:
        InvalidInputError: Not that; the message names the field and says what it must be.
    """
    check_order(headers, body)
    fields = read_object(body)
    given = START_BODY.read(fields)
    sender = caller(headers, sign_in=sign_in, claimed=given["actor"])
    return Offered(
        service=given["service"],
        model=given["model"],
        version=given["version"],
        source=OfferSource.START,
        by=sender.actor,
        reason=given["reason"],
        proof=sender.proof,
        key=order_key(headers, START, fields, sender),
    )


def parse_command(
    service: str, verb: str, body: bytes, headers: Mapping[str, str], *, sign_in: bool
) -> tuple[str, Command]:
    """Read `POST rollouts/{service}/{verb}` with the verb's body of `COMMAND_BODIES`.

    `advance` needs all of `expected`, so that a second attempt cannot mean the stage after.

    Returns:
        The service's name and the command.

    Raises:
        InvalidInputError: Not that; 404 for an unknown verb.
    """
    name = service_name(service)
    found = command_verb(verb)
    check_order(headers, body)
    fields: Mapping[str, Any] = read_object(body) if body.strip() else {}
    given = COMMAND_BODIES[found].read(fields)
    sender = caller(headers, sign_in=sign_in, claimed=given.pop("actor"))
    key = order_key(headers, f"{found} {name}", fields, sender)
    return name, Command(verb=found, actor=sender.actor, proof=sender.proof, key=key, **given)


def parse_order_for_all(
    verb: str, body: bytes, headers: Mapping[str, str], now: datetime, *, sign_in: bool
) -> OrderForAll:
    """Read `POST suspend` or `POST unsuspend`, with the verb's body of `ALL_BODIES`.

    Raises:
        InvalidInputError: Not that.
    """
    check_order(headers, body)
    fields = read_object(body)
    found = command_verb(verb)
    given = ALL_BODIES[found].read(fields)
    sender = caller(headers, sign_in=sign_in, claimed=given["actor"])
    return OrderForAll(
        at=now,
        by=sender.actor,
        reason=given["reason"],
        suspends=found is Verb.SUSPEND,
        until=given.get("until"),
        key=order_key(headers, found, fields, sender),
    )


def service_name(value: object) -> str:
    """Check a service's name from a route; case does not matter.

    Raises:
        InvalidInputError: It cannot be the name of a service.
    """
    name: str = SERVICE.kind.read(value, SERVICE.name)
    return name


def command_verb(text: str) -> Verb:
    """Read the verb of a route; case does not matter.

    Raises:
        InvalidInputError: 404, with what it may have meant.
    """
    word = text.lower()
    try:
        return Verb(word)
    except ValueError:
        meant = _WORDS_OF_OTHER_TOOLS.get(word)
        hint = nearest(word, Verb) if meant is None else f' (did you mean "{meant}"?)'
        known = ", ".join(verb.value for verb in Verb)
        raise InvalidInputError(
            f"There is no such command{hint}: use one of {known}.", status=NOT_FOUND
        ) from None
