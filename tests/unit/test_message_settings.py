"""Channels and usual routes, as the environment writes them; no fault tells an address."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.policy.notify_model import MAX_ROUTES, USUAL, About, Route
from rollout.message_settings import (
    MAX_CHANNELS,
    ChannelKind,
    ChannelSettings,
    read_channels,
    usual_routes,
)
from rollout.settings import read_settings
from tests.unit.test_settings import LEAST

URL = "https://hooks.slack.com/services/T0/B0/sEcReT123"
TWO = {
    "on-call": {"kind": "teams", "url": "https://flow.example/invoke?sig=sEcReT"},
    "team": {"kind": "slack", "url": URL},
}


def channels(document: object) -> str:
    return json.dumps(document)


def test_channels_are_read_by_name() -> None:
    found, faults = read_channels(channels(TWO))
    assert faults == []
    assert found == {
        "on-call": ChannelSettings(ChannelKind.TEAMS, TWO["on-call"]["url"]),
        "team": ChannelSettings(ChannelKind.SLACK, URL),
    }


def test_no_text_made_of_a_channel_has_its_address() -> None:
    found, _ = read_channels(channels(TWO))
    assert "sEcReT" not in repr(found)


def test_without_the_setting_there_are_no_channels_and_no_fault() -> None:
    assert read_channels("") == ({}, [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/x)", "not resolved"),
        (URL, "not a JSON object"),
        ("[]", "not a JSON object"),
        ("{" * 100_000, "not a JSON object"),
        (channels({"On Call": TWO["team"]}), "not a channel's name"),
        (channels({"team": URL}), "needs a kind and a url"),
        (channels({"team": {**TWO["team"], "colour": "red"}}), "needs a kind and a url"),
        (channels({"team": {"kind": "mail", "url": URL}}), "teams, slack, event"),
        (channels({"team": {"kind": ["slack"], "url": URL}}), "teams, slack, event"),
        (channels({"team": {"kind": "slack", "url": "http://a.example/sEcReT"}}), "https"),
        (channels({"team": {"kind": "slack", "url": "https://a.example@b/sEcReT"}}), "https"),
        (channels({"team": {"kind": "slack", "url": "https://ä.example/sEcReT"}}), "https"),
        (channels({"team": {"kind": "slack", "url": 5}}), "https"),
        (channels({f"c{n}": TWO["team"] for n in range(MAX_CHANNELS + 1)}), "more than 50"),
    ],
)
def test_a_fault_says_what_to_write_and_tells_no_address(text: str, words: str) -> None:
    _, faults = read_channels(text)
    (sentence,) = faults
    assert words in sentence
    assert "sEcReT" not in sentence


def test_a_channel_of_this_machine_may_do_without_tls() -> None:
    document = {"team": {"kind": "event", "url": "http://127.0.0.1:8080/hook"}}
    assert read_channels(channels(document))[1] == []


def test_what_is_not_said_is_usual() -> None:
    found, _ = read_channels(channels(TWO))
    assert usual_routes("", "", found) == ((Route("on-call", USUAL), Route("team", USUAL)), [])
    assert usual_routes("", "", {}) == ((), [])


def test_usual_channels_and_words_are_lists() -> None:
    found, _ = read_channels(channels(TWO))
    routes, faults = usual_routes(" team ,", "attention, promoted", found)
    assert (routes, faults) == ((Route("team", (About.ATTENTION, About.PROMOTED)),), [])


@pytest.mark.parametrize(
    ("names", "words", "sentence"),
    [
        ("lost", "", "NOTIFY_DEFAULT has 'lost'"),
        (URL, "", "NOTIFY_DEFAULT has a URL"),
        ("", "attention,loud", "NOTIFY_ABOUT has 'loud': use attention, notice"),
    ],
)
def test_a_word_that_is_none_is_named(names: str, words: str, sentence: str) -> None:
    found, _ = read_channels(channels(TWO))
    (fault,) = usual_routes(names, words, found)[1]
    assert sentence in fault


def test_a_slip_in_a_list_never_means_that_fewer_are_told() -> None:
    found, _ = read_channels(channels(TWO))
    (route,), _ = usual_routes("team", "attentoin,promoted", found)
    assert set(route.about) == {*USUAL, About.PROMOTED}
    routes, _ = usual_routes("team,oncall", "", found)
    assert [route.channel for route in routes] == ["team", "on-call"]


def test_more_usual_channels_than_one_message_may_have_are_a_fault() -> None:
    found, _ = read_channels(channels({f"c{n}": TWO["team"] for n in range(MAX_ROUTES + 1)}))
    routes, faults = usual_routes("", "", found)
    assert len(routes) == MAX_ROUTES
    assert "at most 5" in faults[0]


def test_faults_of_messages_stop_nothing_else() -> None:
    messages = read_settings({**LEAST, "NOTIFY_CHANNELS": "{", "NOTIFY_DEFAULT": "x"}).messages
    assert len(messages.faults) == 2
    assert (messages.channels, messages.usual) == ({}, ())


def test_the_consoles_address_has_no_slash_at_its_end_and_a_limit() -> None:
    console = "https://app.example/api/ui"
    assert read_settings({**LEAST, "CONSOLE_URL": f"{console}/"}).messages.console == console
    with pytest.raises(Exception, match="longer than 500"):
        read_settings({**LEAST, "CONSOLE_URL": f"{console}/{'x' * 500}"})


@given(st.text() | st.dictionaries(st.text(), st.text() | st.none()).map(json.dumps))
def test_whatever_is_written_is_read_without_an_error(text: str) -> None:
    found, faults = read_channels(text)
    assert isinstance(faults, list)
    usual_routes(text, text, found)
