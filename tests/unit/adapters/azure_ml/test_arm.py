"""The ARM client against a server that misbehaves."""

import json
import logging
from datetime import timedelta

import pytest
from azure.core.exceptions import ClientAuthenticationError

from rollout.adapters.azure_ml import arm as arm_module
from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.request_limits import Kind, Limit, Limits, RequestLimits
from rollout.core.records.observation import Absent
from rollout.errors import (
    AccessDeniedError,
    ArmRefusedError,
    ArmThrottledError,
    ArmUnavailableError,
    EndpointBusyError,
)
from tests.unit.adapters.conftest import TOKEN, FixedCredential, Reply, Script

SECONDS = 5.0


class NoToken:
    """A credential whose source does not answer."""

    def get_token(self, *_scopes: str, **_options: object) -> object:
        raise ClientAuthenticationError("IMDS did not answer")


def test_a_call_says_who_we_are_and_carries_the_token(arm: Arm, script: Script) -> None:
    script.on("PUT", "/thing", Reply(201, '{"a": 1}'))
    assert arm.put("/thing", {"b": 2}, timeout=SECONDS).body == {"a": 1}
    (heard,) = script.heard
    assert heard.headers["Authorization"] == f"Bearer {TOKEN}"
    assert heard.headers["User-Agent"].startswith("azureml-rollout/")
    assert json.loads(heard.body) == {"b": 2}
    assert heard.path == "/thing?api-version=2024-04-01"


def test_headers_queries_and_bodies_are_never_logged(
    arm: Arm, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    script.on("PUT", "/thing", Reply(200, '{"answer-secret": 1}'))
    with caplog.at_level(logging.DEBUG):
        arm.put("/thing", {"body-secret": 1}, timeout=SECONDS)
    assert "PUT" in caplog.text
    for secret in (TOKEN, "body-secret", "answer-secret"):
        assert secret not in caplog.text


def test_a_404_is_absent_for_reads_and_deletions_and_a_refusal_for_the_rest(
    arm: Arm,
) -> None:
    assert arm.get("/gone", timeout=SECONDS) == Absent()
    assert list(arm.pages("/gone", timeout=SECONDS)) == []
    arm.delete("/gone", timeout=SECONDS)
    with pytest.raises(ArmRefusedError):
        arm.put("/gone", {}, timeout=SECONDS)
    with pytest.raises(ArmRefusedError):
        arm.post("/gone", {}, timeout=SECONDS)


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7), ("0", 0), ("", 5), ("soon", 5), ("86400", 120)]
)
def test_a_429_says_how_long_to_wait(arm: Arm, script: Script, header: str, seconds: float) -> None:
    script.on("GET", "/thing", Reply(429, "{}", {"Retry-After": header}))
    with pytest.raises(ArmThrottledError) as caught:
        arm.get("/thing", timeout=SECONDS)
    assert caught.value.wait == timedelta(seconds=seconds)


def test_every_request_is_counted_and_every_answer_learnt_from(script: Script) -> None:
    limits = RequestLimits(Limits(reads=Limit(100, 1)))
    arm = Arm(FixedCredential(), base_url=script.url, limits=limits)
    path, left = "/subscriptions/s/x", "x-ms-ratelimit-remaining-subscription-reads"
    script.on("GET", path, Reply(200, "{}", {left: "20"}))
    assert limits.wait("s", {Kind.READS: 10}) == 0
    arm.get(path, timeout=SECONDS)
    # All that is left is reserved.
    assert 9 <= limits.wait("s", {Kind.READS: 10}) <= 10
    script.on("GET", path, Reply(429, "{}", {left: "0", "Retry-After": "60"}))
    with pytest.raises(ArmThrottledError):
        arm.get(path, timeout=SECONDS)
    assert 59 <= limits.wait("s", {Kind.READS: 1}) <= 60
    arm.close()


def test_pages_are_followed(arm: Arm, script: Script) -> None:
    following = f"{script.url}/list2?api-version=x&$skipToken=a%2Fb"
    script.on("GET", "/list", Reply(200, json.dumps({"value": [{"n": 1}], "nextLink": following})))
    script.on("GET", "/list2", Reply(200, '{"value": [{"n": 2}], "nextLink": null}'))
    assert [item["n"] for item in arm.pages("/list", timeout=SECONDS)] == [1, 2]
    assert "a%2Fb" in script.heard[1].path


def test_a_list_without_end_is_ended(
    arm: Arm, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arm_module, "MAX_PAGES", 3)
    script.on(
        "GET", "/list", Reply(200, json.dumps({"value": [], "nextLink": f"{script.url}/list"}))
    )
    with pytest.raises(ArmUnavailableError, match="more than 3 pages"):
        list(arm.pages("/list", timeout=SECONDS))


@pytest.mark.parametrize(
    "link", ["https://evil.example/list", "http://127.0.0.1/list", "/list", "https://[::1"]
)
def test_our_token_is_not_sent_to_another_host(arm: Arm, script: Script, link: str) -> None:
    script.on("GET", "/list", Reply(200, json.dumps({"value": [], "nextLink": link})))
    with pytest.raises(ArmUnavailableError):
        list(arm.pages("/list", timeout=SECONDS))
    with pytest.raises(ArmUnavailableError):
        arm.get_url(link, timeout=SECONDS)


@pytest.mark.parametrize(
    "body", ["[]", "{}", '{"value": {}}', '{"value": ["noise"]}', "<html>", "1"]
)
def test_a_list_that_is_none_is_no_answer(arm: Arm, script: Script, body: str) -> None:
    script.on("GET", "/list", Reply(200, body))
    with pytest.raises(ArmUnavailableError):
        list(arm.pages("/list", timeout=SECONDS))


def test_a_redirect_is_not_followed(arm: Arm, script: Script) -> None:
    script.on("GET", "/moved", Reply(302, "", {"Location": f"{script.url}/else"}))
    with pytest.raises(ArmUnavailableError):
        arm.get("/moved", timeout=SECONDS)
    assert len(script.heard) == 1


def test_nothing_is_retried(arm: Arm, script: Script) -> None:
    script.on("PUT", "/thing", Reply(503, headers={"Retry-After": "0"}))
    with pytest.raises(ArmUnavailableError):
        arm.put("/thing", {}, timeout=SECONDS)
    assert len(script.heard) == 1


def test_an_answer_that_is_too_long_is_refused(
    arm: Arm, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arm_module, "MAX_ANSWER_BYTES", 100)
    script.on("GET", "/long", Reply(200, json.dumps("x" * 200)))
    with pytest.raises(ArmUnavailableError, match="longer than 100 bytes"):
        arm.get("/long", timeout=SECONDS)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(drops=True),
        Reply(200, "{", {"Content-Length": "500"}),
        Reply(waits=True),
    ],
    ids=["dropped", "cut short", "silent"],
)
def test_an_answer_that_does_not_come_leaves_the_outcome_open(
    arm: Arm, script: Script, reply: Reply
) -> None:
    script.on("PUT", "/thing", reply)
    with pytest.raises(ArmUnavailableError):
        arm.put("/thing", {}, timeout=0.3)


def test_no_time_left_is_no_answer(arm: Arm, script: Script) -> None:
    with pytest.raises(ArmUnavailableError, match="within 0 s"):
        arm.get("/thing", timeout=0)
    assert script.heard == []


def test_a_credential_without_a_token_is_a_hiccup_and_no_missing_right(script: Script) -> None:
    client = Arm(NoToken(), base_url=script.url)  # type: ignore[arg-type] # it never gives one
    with pytest.raises(ArmUnavailableError, match="IMDS"):
        client.get("/thing", timeout=SECONDS)
    client.close()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, '{"error": {"code": "BadArgument", "message": "m"}}', ArmRefusedError),
        (400, '{"error": {"code": "OperationCanceled"}}', EndpointBusyError),
        (
            400,
            '{"error": {"code": "X", "message": "e is in Updating provisioning state."}}',
            EndpointBusyError,
        ),
        (401, "", AccessDeniedError),
        (403, '{"error": "text"}', AccessDeniedError),
        (408, "", ArmUnavailableError),
        (409, "<html>", EndpointBusyError),
        (412, "{}", EndpointBusyError),
        (413, "{}", ArmRefusedError),
        (429, "[]", ArmThrottledError),
        (500, '{"code": "InternalServerError", "message": "m"}', ArmUnavailableError),
        (500, '{"error": {"code": "OperationCanceled"}}', ArmUnavailableError),
    ],
)
def test_each_refusal_says_what_helps(
    arm: Arm, script: Script, status: int, body: str, error: type[Exception]
) -> None:
    script.on("PUT", "/thing", Reply(status, body))
    with pytest.raises(error) as caught:
        arm.put("/thing", {}, timeout=SECONDS)
    assert type(caught.value) is error
    assert str(status) in str(caught.value)


def test_a_refusal_shows_no_secret(arm: Arm, script: Script) -> None:
    message = "cannot read https://a.blob/x?sig=abc%2F AccountKey=s3cret;x"
    script.on("PUT", "/t", Reply(400, json.dumps({"error": {"code": "Bad", "message": message}})))
    with pytest.raises(ArmRefusedError) as caught:
        arm.put("/t", {}, timeout=SECONDS)
    assert "s3cret" not in str(caught.value)
    assert caught.value.code == "Bad"
