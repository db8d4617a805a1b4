"""Bodies of `POST rollouts` and `POST rollouts/{service}/{verb}`."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from rollout.core.records.offers import OfferSource
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Command, Expected, Offered, Verb
from rollout.errors import InvalidInputError
from rollout.inbound.command_bodies import (
    parse_command,
    parse_order_for_all,
    parse_start,
    service_name,
)
from tests.support.builders import NOW

# Names from outside end in URLs, table keys and filters.
HOSTILE_NAMES = [
    "", "'", "' or 1 eq 1", "../", "%2e%2e", "/", "\\", "#", "?", "a\x00b", "a\u2215b", "a" * 1025,
    "a b", "a\nb", "-a", "a--b", "\u0430bc",
]  # fmt: skip


HERE = {"rollout": "20261123-1", "phase": "baking", "stage": 1}


def start(body: Any, **headers: str) -> Offered:
    """A start, with a reason unless the body has another."""
    return parse_start(json.dumps({"reason": "try", **body}).encode(), headers, sign_in=False)


def command(verb: str, body: Any = None, *, sign_in: bool = False, **headers: str) -> Command:
    """A command, with the reason "try" unless the body has another."""
    content = json.dumps({"reason": "try", **(body or {})}).encode()
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


@pytest.mark.parametrize("verb", [verb for verb in Verb if verb is not Verb.ADVANCE])
def test_every_verb_but_advance_needs_no_more_than_a_reason(verb: Verb) -> None:
    assert command(verb.upper()) == Command(verb, "claimed: unknown", "try")


@pytest.mark.parametrize("body", [b"", b"{}", b'{"reason": null}', b'{"reason": " \\n "}'])
@pytest.mark.parametrize("verb", list(Verb))
def test_every_order_needs_a_reason(verb: Verb, body: bytes) -> None:
    with pytest.raises(InvalidInputError, match='"reason" is missing: say why') as refused:
        parse_command("fraud", verb, body, {}, sign_in=False)
    assert refused.value.status == 400


def test_a_start_needs_a_reason_too() -> None:
    with pytest.raises(InvalidInputError, match='"reason" is missing: say why'):
        start({"service": "fraud", "version": 1, "reason": ""})


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("text", ["St\u00f6rung", "\u65ad\u7dda", "\U0001f525 \u05e9"])
def test_a_reason_may_be_any_text_with_or_without_a_byte_order_mark(mark: bytes, text: str) -> None:
    body = mark + json.dumps({"reason": text}, ensure_ascii=False).encode()
    assert parse_command("fraud", "rollback", body, {}, sign_in=False)[1].reason == text


@pytest.mark.parametrize("left_out", ["rollout", "phase", "stage", "all"])
def test_advance_says_what_it_advances_from(left_out: str) -> None:
    expected = {key: value for key, value in HERE.items() if key != left_out}
    body = {} if left_out == "all" else {"expected": expected}
    with pytest.raises(InvalidInputError, match="Say what to advance from") as refused:
        command("advance", body)
    assert refused.value.status == 400


def test_the_first_stage_can_be_advanced_from() -> None:
    assert command("advance", {"expected": {**HERE, "stage": 0}}).expected.stage == 0


def test_only_advance_may_skip_evidence() -> None:
    assert command("advance", {"expected": HERE, "skip_evidence": True}).skip_evidence
    assert not command("advance", {"expected": HERE}).skip_evidence
    with pytest.raises(InvalidInputError, match='"skip_evidence" must be true or false'):
        command("advance", {"expected": HERE, "skip_evidence": "yes"})
    with pytest.raises(InvalidInputError, match='no field "skip_evidence"'):
        command("resume", {"skip_evidence": True})


def test_a_command_carries_what_the_person_believed() -> None:
    body = {
        "actor": "ada",
        "reason": "slow",
        "expected": HERE,
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


@pytest.mark.parametrize("verb", [Verb.RETRY, Verb.CANCEL])
def test_an_order_about_a_version_may_name_it(verb: Verb) -> None:
    assert command(verb, {"reason": "wrong", "version": "18"}).version == "18"


def test_an_unknown_verb_is_not_found() -> None:
    with pytest.raises(InvalidInputError, match="advance, pause") as refused:
        command("dance-with-it")

    assert refused.value.status == 404


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("abort", "rollback"),
        ("UNDO", "rollback"),
        ("revert", "rollback"),
        ("promote", "advance"),
        ("approve", "advance"),
        ("continue", "resume"),
        ("stop", "pause"),
        ("withdraw", "cancel"),
        ("skip", "cancel"),
        ("rolback", "rollback"),
    ],
)
def test_a_word_of_another_tool_is_answered_with_ours(word: str, meant: str) -> None:
    with pytest.raises(InvalidInputError, match=f'did you mean "{meant}"') as refused:
        command(word)
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


def test_a_rollback_may_name_deployments_whose_traffic_it_takes() -> None:
    taken = command("rollback", {"take_from": ["Hotfix", "hotfix", "red-1"]}).take_from
    assert taken == ("hotfix", "red-1")
    assert command("rollback", {"take_from": None}).take_from == ()
    with pytest.raises(InvalidInputError, match='no field "take_from"'):
        command("resume", {"take_from": ["hotfix"]})


@pytest.mark.parametrize("names", ["hotfix", {"hotfix": 1}, ["red"] * 21])
def test_what_is_no_list_of_deployments_is_refused(names: Any) -> None:
    with pytest.raises(InvalidInputError, match="a list of at most 20 names"):
        command("rollback", {"take_from": names})


@pytest.mark.parametrize("name", ["", "a b", "x" * 33, 7, None])
def test_what_no_deployment_can_be_called_is_refused(name: Any) -> None:
    with pytest.raises(InvalidInputError, match='"take_from" is not a valid name'):
        command("rollback", {"take_from": [name]})


@pytest.mark.parametrize(
    "parse",
    [
        lambda body, headers: parse_start(body, headers, sign_in=True),
        lambda body, headers: parse_command("fraud", "pause", body, headers, sign_in=True),
        lambda body, headers: parse_order_for_all("suspend", body, headers, NOW, sign_in=True),
    ],
    ids=["start", "command", "for all"],
)
def test_no_order_is_taken_from_a_page_of_another_site(
    parse: Callable[[bytes, Mapping[str, str]], object],
) -> None:
    headers = {"sec-fetch-site": "cross-site", "content-type": "application/json"}
    with pytest.raises(InvalidInputError, match="another site"):
        parse(b'{"reason": "try"}', headers)


def test_a_suspension_may_say_when_it_ends() -> None:
    body = b'{"reason": "r", "until": "2026-12-24T18:00:00+01:00"}'
    _, given = parse_command("fraud", "suspend", body, {}, sign_in=False)
    assert given.until == datetime(2026, 12, 24, 17, tzinfo=UTC)
    with pytest.raises(InvalidInputError, match='no field "until"'):
        parse_command("fraud", "unsuspend", body, {}, sign_in=False)


@pytest.mark.parametrize("until", ["2026-02-30T00:00:00Z", "2026-12-24T18:00:00", "soon", 5])
def test_an_end_is_a_moment_with_its_offset(until: object) -> None:
    body = json.dumps({"reason": "r", "until": until}).encode()
    with pytest.raises(InvalidInputError, match="moment with its offset"):
        parse_command("fraud", "suspend", body, {}, sign_in=False)


def test_an_order_about_all_services_is_read() -> None:
    now = datetime(2026, 12, 24, tzinfo=UTC)
    body = b'{"reason": "an incident", "actor": "ann", "until": "2026-12-24T18:00:00Z"}'
    order = parse_order_for_all("suspend", body, {}, now, sign_in=False)
    assert (order.suspends, order.at, order.reason) == (True, now, "an incident")
    assert order.by == "claimed: ann"
    assert order.until == datetime(2026, 12, 24, 18, tzinfo=UTC)
    lift = parse_order_for_all("unsuspend", b'{"reason": "over"}', {}, now, sign_in=False)
    assert (lift.suspends, lift.until) == (False, None)
