"""Bodies of the commands' HTTP requests -> signals. Unknown fields are refused, not ignored: a
misspelt `expected` would otherwise let a stale command through.
"""

from collections.abc import Mapping
from typing import Any

from rollout.core.policy.azure_names import (
    DEPLOYMENT_NAME,
    MODEL_NAME,
    MODEL_VERSION,
    SERVICE_NAME,
    NameRule,
)
from rollout.core.records.offers import OfferSource
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Command, Expected, Offered, Verb
from rollout.errors import InvalidInputError
from rollout.inbound.principal import actor
from rollout.inbound.strict_json import check_headers, read_object
from rollout.text.nearest import nearest
from rollout.text.plain_text import visible_line

NOT_FOUND = 404
MAX_REASON_CHARACTERS = 1000
MAX_ROLLOUT_ID_CHARACTERS = 64
MAX_STAGE_INDEX = 99
MAX_TAKEN = 20
"""Azure ML's own limit on the deployments of an endpoint ("Manage and increase quotas")."""

_START_FIELDS = ("service", "version", "model", "actor", "reason")
_COMMAND_FIELDS = ("actor", "reason", "expected")
_FIELDS: Mapping[Verb, tuple[str, ...]] = {
    **dict.fromkeys(Verb, _COMMAND_FIELDS),
    Verb.ADVANCE: (*_COMMAND_FIELDS, "skip_evidence"),
    Verb.RETRY: (*_COMMAND_FIELDS, "version"),
    Verb.CANCEL: (*_COMMAND_FIELDS, "version"),
    Verb.ROLLBACK: (*_COMMAND_FIELDS, "take_from"),
}
_EXPECTED_FIELDS = ("rollout", "phase", "stage")
_WORDS_OF_OTHER_TOOLS: Mapping[str, Verb] = {
    "abort": Verb.ROLLBACK,
    "undo": Verb.ROLLBACK,
    "revert": Verb.ROLLBACK,
    "promote": Verb.ADVANCE,
    "approve": Verb.ADVANCE,
    "continue": Verb.RESUME,
    "stop": Verb.PAUSE,
    "withdraw": Verb.CANCEL,
    "reject": Verb.CANCEL,
    "skip": Verb.CANCEL,
    "dequeue": Verb.CANCEL,
}
"""What other rollout tools call our commands: too far from our words to be found as misspelt."""


def parse_start(body: bytes, headers: Mapping[str, str], *, sign_in: bool) -> Offered:
    """Read the body of `POST rollouts`: {service, version, reason, model?, actor?}.

    `model` is empty where the body leaves it out: the service's own is meant.

    Raises:
        InvalidInputError: Not that; the message names the field and says what it must be.
    """
    check_headers(headers, body)
    fields = read_object(body)
    _refuse_unknown(fields, _START_FIELDS, "")
    model = fields.get("model")
    return Offered(
        service=service_name(_required(fields, "service")),
        model="" if model is None else _name(model, "model", MODEL_NAME),
        version=_version(_required(fields, "version")),
        source=OfferSource.START,
        by=actor(headers, _optional_text(fields, "actor"), sign_in=sign_in),
        reason=_reason(fields),
    )


def parse_command(
    service: str, verb: str, body: bytes, headers: Mapping[str, str], *, sign_in: bool
) -> tuple[str, Command]:
    """Read `POST rollouts/{service}/{verb}` with the body {reason, actor?, expected?}.

    `expected` is {rollout?, phase?, stage?}, stages counted from 0. `retry` and `cancel` also take
    `version`, and `rollback` takes `take_from`, a list of deployments' names. `advance` needs all
    of `expected`, so that a second attempt cannot mean the stage after, and takes `skip_evidence`.

    Returns:
        The service's name and the command.

    Raises:
        InvalidInputError: Not that; 404 for an unknown verb.
    """
    name = service_name(service)
    found = _verb(verb)
    check_headers(headers, body)
    fields = read_object(body) if body.strip() else {}
    _refuse_unknown(fields, _FIELDS[found], "")
    reason, version = _reason(fields), fields.get("version")
    expected = _expected(fields.get("expected"))
    if found is Verb.ADVANCE and None in (expected.rollout, expected.phase, expected.stage):
        raise InvalidInputError(
            'Say what to advance from: "expected" with "rollout", "phase" and "stage", as '
            f"GET rollouts/{name} shows them. A stage that has moved on is then not skipped."
        )
    return name, Command(
        verb=found,
        actor=actor(headers, _optional_text(fields, "actor"), sign_in=sign_in),
        reason=reason,
        expected=expected,
        version=None if version is None else _version(version),
        skip_evidence=_flag(fields, "skip_evidence"),
        take_from=_take_from(fields.get("take_from")),
    )


def service_name(value: object) -> str:
    """Check a service's name from a route or body; case does not matter.

    Raises:
        InvalidInputError: It cannot be the name of a service.
    """
    text = value.lower() if isinstance(value, str) else value
    return _name(text, "service", SERVICE_NAME)


def _take_from(value: object) -> tuple[str, ...]:
    """Read names of deployments; whether they have traffic is the rollout's to say."""
    names = [] if value is None else value
    if not isinstance(names, list) or len(names) > MAX_TAKEN:
        raise InvalidInputError(
            f'"take_from" must be a list of at most {MAX_TAKEN} names of deployments.'
        )
    return tuple(dict.fromkeys(_name(name, "take_from", DEPLOYMENT_NAME).lower() for name in names))


def _verb(text: str) -> Verb:
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


def _expected(value: object) -> Expected:
    if value is None:
        return Expected()
    if not isinstance(value, dict):
        raise InvalidInputError(f'"expected" must be an object of {", ".join(_EXPECTED_FIELDS)}.')
    _refuse_unknown(value, _EXPECTED_FIELDS, "expected.")
    stage = value.get("stage")
    if stage is not None and not _is_stage(stage):
        raise InvalidInputError('"expected.stage" must be a stage number, counted from 0.')
    rollout = _optional_text(value, "rollout", "expected.")
    if rollout is not None and not 1 <= len(rollout) <= MAX_ROLLOUT_ID_CHARACTERS:
        raise InvalidInputError('"expected.rollout" must be the id of a rollout.')
    return Expected(rollout, _phase(_optional_text(value, "phase", "expected.")), stage)


def _phase(text: str | None) -> Phase | None:
    if text is None:
        return None
    try:
        return Phase(text.upper())
    except ValueError:
        hint = nearest(text.upper(), Phase)
        raise InvalidInputError(f'"expected.phase" is not a phase{hint}.') from None


def _is_stage(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_STAGE_INDEX


def _version(value: object) -> str:
    # Operators write version numbers as numbers; Azure ML's versions are text.
    whole = isinstance(value, int) and not isinstance(value, bool)
    return _name(str(value) if whole else value, "version", MODEL_VERSION)


def _name(value: object, field: str, rule: NameRule) -> str:
    if not isinstance(value, str) or not rule.accepts(value):
        raise InvalidInputError(f'"{field}" is not a valid name: use {rule.text}.')
    return value


def _reason(fields: Mapping[str, Any]) -> str:
    text = (_optional_text(fields, "reason") or "").strip()
    if not text:
        raise InvalidInputError(
            '"reason" is missing: say why, for whoever reads the history, as in '
            '{"reason": "complaints since 14:00"}.'
        )
    return visible_line(text, MAX_REASON_CHARACTERS)


def _flag(fields: Mapping[str, Any], field: str) -> bool:
    value = fields.get(field, False)
    if not isinstance(value, bool):
        raise InvalidInputError(f'"{field}" must be true or false.')
    return value


def _required(fields: Mapping[str, Any], field: str) -> object:
    if fields.get(field) is None:
        raise InvalidInputError(f'"{field}" is missing.')
    return fields[field]


def _optional_text(fields: Mapping[str, Any], field: str, place: str = "") -> str | None:
    value = fields.get(field)
    if value is not None and not isinstance(value, str):
        raise InvalidInputError(f'"{place}{field}" must be text.')
    return value


def _refuse_unknown(fields: Mapping[str, Any], known: tuple[str, ...], place: str) -> None:
    for field in fields:
        if field not in known:
            hint = nearest(field, known) or f": the fields are {', '.join(known)}"
            raise InvalidInputError(f'There is no field "{place}{visible_line(field, 64)}"{hint}.')
