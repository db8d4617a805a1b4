"""Bodies of `POST rollouts` and `POST rollouts/{service}/{verb}`."""

import json
from typing import Any

import pytest

from rollout.core.records.offers import OfferSource
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Command, Expected, Offered, Verb
from rollout.errors import InvalidInputError
from rollout.inbound.command_bodies import parse_command, parse_start, service_name

# Names from outside end in URLs, table keys and filters.
HOSTILE_NAMES = [
    "", "'", "' or 1 eq 1", "../", "%2e%2e", "/", "\\", "#", "?", "a\x00b", "a\u2215b", "a" * 1025,
    "a b", "a\nb", "-a", "a--b", "\u0430bc",
]  # fmt: skip


def start(body: Any, **headers: str) -> Offered:
    return parse_start(json.dumps(body).encode(), headers, sign_in=False)


def command(verb: str, body: Any = None, *, sign_in: bool = False, **headers: str) -> Command:
    content = b"" if body is None else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return parse_command("fraud", verb, content, named, sign_in=sign_in)[1]


def test_a_start_is_an_offer_by_a_person() -> None:
    body = {"service": "Fraud", "model": "m", "version": 7, "actor": "ada", "reason": "why not"}

    assert start(body) == Offered("fraud", "m", "7", OfferSource.START, "claimed: ada", "why not")


def test_a_start_without_a_model_leaves_it_to_the_service() -> None:
    assert start({"service": "fraud", "version": "2"}).model == ""


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"version": 1}, '"service" is missing'),
        ({"service": "fraud"}, '"version" is missing'),
        ({"service": "fraud", "version": None}, '"version" is missing'),
        ({"service": "fraud", "version": True}, '"version" is not a valid name'),
        ({"service": "fraud", "version": 1.5}, '"version" is not a valid name'),
        ({"service": ["fraud"], "version": 1}, '"service" is not a valid name'),
        ({"service": "fraud", "version": 1, "model": 7}, '"model" is not a valid name'),
        ({"service": "fraud", "version": 1, "actor": 7}, '"actor" must be text'),
        ({"service": "fraud", "version": 1, "reason": {}}, '"reason" must be text'),
        ({"service": "fraud", "versoin": 1}, 'mean "version"'),
        ({"service": "fraud", "zzz\x1b": 1}, "the fields are service, version"),
    ],
)
def test_a_faulty_start_names_the_field(body: Any, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        start(body)


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=lambda name: name[:20])
@pytest.mark.parametrize("field", ["service", "version", "model"])
def test_no_hostile_name_passes(field: str, name: str) -> None:
    body = {"service": "fraud", "version": "1", "model": "m", field: name}
    if name == "a--b" and field != "service":
        assert getattr(start(body), field) == name
        return

    with pytest.raises(InvalidInputError):
        start(body)


@pytest.mark.parametrize("verb", list(Verb))
def test_every_verb_works_with_an_empty_body(verb: Verb) -> None:
    assert command(verb.upper()) == Command(verb, "claimed: unknown")


def test_a_command_carries_what_the_person_believed() -> None:
    body = {
        "actor": "ada",
        "reason": "slow",
        "expected": {"rollout": "20261123-1", "phase": "baking", "stage": 1},
    }

    assert command("advance", body) == Command(
        Verb.ADVANCE, "claimed: ada", "slow", Expected("20261123-1", Phase.BAKING, 1)
    )


def test_parts_that_the_person_left_out_are_not_compared() -> None:
    assert command("pause", {"expected": {}}).expected == Expected()


def test_only_a_retry_names_a_version() -> None:
    assert command("retry", {"version": 18}).version == "18"
    with pytest.raises(InvalidInputError, match='no field "version"'):
        command("pause", {"version": 18})


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        ("x", '"expected" must be an object'),
        ([], '"expected" must be an object'),
        ({"stage": "1"}, "stage number"),
        ({"stage": -1}, "stage number"),
        ({"stage": True}, "stage number"),
        ({"stage": 10**6}, "stage number"),
        ({"phase": "BAKEN"}, 'mean "BAKING"'),
        ({"phase": 7}, '"expected.phase" must be text'),
        ({"rollout": ""}, "id of a rollout"),
        ({"rollout": "r" * 65}, "id of a rollout"),
        ({"rollout": 7}, '"expected.rollout" must be text'),
        ({"stge": 1}, 'mean "stage"'),
    ],
)
def test_a_faulty_expectation_is_refused(expected: Any, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        command("advance", {"expected": expected})


def test_an_unknown_verb_is_not_found() -> None:
    with pytest.raises(InvalidInputError, match="advance, pause") as refused:
        command("promote")

    assert refused.value.status == 404


def test_a_service_name_must_be_text() -> None:
    assert service_name("Fraud-Detection") == "fraud-detection"
    for name in (None, 7, *HOSTILE_NAMES):
        with pytest.raises(InvalidInputError):
            service_name(name)


NAME = "ada@example.com"


def test_the_actor_is_proven_only_where_sign_in_is_on() -> None:
    header = {"x_ms_client_principal_name": NAME}

    assert command("pause", {"actor": "eve"}, sign_in=True, **header).actor == NAME
    assert command("pause", {"actor": "eve"}, sign_in=False, **header).actor == "claimed: eve"
    assert command("pause", {"actor": "eve"}, sign_in=True).actor == "claimed: eve"


def test_actor_and_reason_become_one_harmless_line() -> None:
    spoof = "ada\r\n2026 ERROR \x1b[31m\u202egnirts" + "x" * 2000
    order = command("pause", {"actor": spoof, "reason": spoof})

    for text in (order.actor, order.reason):
        assert not set(text) & set("\r\n\x1b\u202e")
        assert len(text) <= 1000
