"""Which answers to a sample say something of the model, and which do not."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from rollout.adapters.azure_ml import scoring as scoring_module
from rollout.adapters.azure_ml import scoring_calls
from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.scoring import DirectScoring
from rollout.addresses import is_safe_url
from rollout.core.policy.expectation import Expectation
from rollout.core.policy.model import SampleRequest, Validate
from rollout.core.records.observation import EndpointSeen, ProvisioningState, Validation
from rollout.errors import ArmRefusedError, ArmUnavailableError
from tests.doubles.records import ENDPOINT
from tests.unit.adapters.conftest import FixedCredential, Reply, Script

KEYS = f"{ENDPOINT}/listkeys"


@pytest.fixture
def scoring(arm: Arm) -> Iterator[DirectScoring]:
    found = DirectScoring(arm, FixedCredential())
    yield found
    found.close()


def ask(
    scoring: DirectScoring,
    script: Script,
    *replies: Reply,
    expect: Expectation | None = None,
    auth: str = "key",
    requests: int = 1,
) -> Validation:
    if ("POST", KEYS) not in script.replies:
        script.on("POST", KEYS, Reply(200, '{"primaryKey": "k1", "secondaryKey": "k2"}'))
    script.on("POST", "/score", *replies)
    seen = EndpointSeen(
        ProvisioningState.SUCCEEDED, {}, {}, None, f"{script.url}/score", auth_mode=auth
    )
    sample = SampleRequest("s.json", expect or Expectation())
    validate = Validate((sample,) * requests, timeout=timedelta(seconds=2))
    return scoring.validate(ENDPOINT, seen, "green-7", validate, {"s.json": b'{"x": 1}'})


def test_the_sample_goes_to_the_candidate_with_the_key(
    scoring: DirectScoring, script: Script
) -> None:
    assert ask(scoring, script, Reply(200, "{}")).failures == ()
    heard = script.heard[-1]
    assert heard.headers["azureml-model-deployment"] == "green-7"
    assert heard.headers["Authorization"] == "Bearer k1"
    assert heard.headers["Content-Type"] == "application/json"
    assert heard.body == b'{"x": 1}'


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 502, 503, 504])
def test_answers_of_the_platform_are_tried_again(
    scoring: DirectScoring, script: Script, status: int
) -> None:
    found = ask(scoring, script, Reply(status, "busy"), requests=3)
    assert found.failures == ()
    assert found.transient == f"s.json: answered {status}: busy"
    # One answer is enough: a struggling endpoint is not asked for more.
    assert len(script.heard) == 2


@pytest.mark.parametrize("status", [400, 408, 424, 302])
def test_answers_of_the_model_are_failures(
    scoring: DirectScoring, script: Script, status: int
) -> None:
    found = ask(scoring, script, Reply(status, "bad", {"Location": "https://evil.example"}))
    assert found.failures == (f"s.json: answered {status} instead of 200: bad",)
    assert found.transient == ""


def test_a_content_type_that_the_model_does_not_take_says_nothing_of_the_model(
    scoring: DirectScoring, script: Script
) -> None:
    found = ask(scoring, script, Reply(415, "not json"), Reply(424, "bad"), requests=2)
    assert found.unusable == ("s.json: the model does not take application/json (415)",)
    assert found.failures == ("s.json: answered 424 instead of 200: bad",)


def test_a_415_that_the_sample_expects_is_an_answer(scoring: DirectScoring, script: Script) -> None:
    found = ask(scoring, script, Reply(415, "not json"), expect=Expectation(status=415))
    assert (found.failures, found.unusable, found.transient) == ((), (), "")


def test_a_container_that_is_not_ready_is_tried_again(
    scoring: DirectScoring, script: Script
) -> None:
    reply = Reply(424, "", {"ms-azureml-model-error-reason": "model_not_ready"})
    assert ask(scoring, script, reply).transient
    crashed = Reply(424, "", {"ms-azureml-model-error-reason": "model_error"})
    assert ask(scoring, script, crashed).failures


def test_a_status_the_sample_expects_is_never_transient(
    scoring: DirectScoring, script: Script
) -> None:
    found = ask(scoring, script, Reply(404, ""), expect=Expectation(status=404))
    assert (found.failures, found.transient) == ((), "")


def test_a_lost_connection_is_tried_again_and_keeps_earlier_failures(
    scoring: DirectScoring, script: Script
) -> None:
    found = ask(scoring, script, Reply(424, ""), Reply(drops=True), requests=2)
    assert len(found.failures) == 1
    assert found.transient.startswith("s.json: no answer: ServiceResponseError")


def test_an_answer_longer_than_the_limit_fails_at_once(
    scoring: DirectScoring, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (scoring_module, scoring_calls):
        monkeypatch.setattr(module, "MAX_ANSWER_BYTES", 3 * 1024**2)
    found = ask(scoring, script, Reply(200, "x" * (3 * 1024**2 + 1)))
    assert found.failures == ("s.json: answered more than 3 MiB, the most it may",)
    assert found.transient == ""


def test_an_answer_of_megabytes_is_looked_into(scoring: DirectScoring, script: Script) -> None:
    body = json.dumps({"mask": "x" * (4 * 1024**2), "label": 3})
    expect = Expectation(values={"label": 3}, lengths={"mask": 4 * 1024**2})
    assert ask(scoring, script, Reply(200, body), expect=expect).failures == ()


@pytest.mark.parametrize("status", [200, 424])
def test_an_answer_of_another_deployment_says_nothing_of_the_candidate(
    scoring: DirectScoring, script: Script, status: int
) -> None:
    found = ask(scoring, script, Reply(status, "{}", {"azureml-model-deployment": "blue-1"}))
    assert found.failures == ()
    assert found.transient == (
        "s.json: answered by blue-1, not by green-7, which the request named"
    )
    own = ask(scoring, script, Reply(200, "{}", {"azureml-model-deployment": "Green-7"}))
    assert (own.failures, own.transient) == ((), "")


@pytest.mark.parametrize(
    ("file", "stated", "sent"),
    [
        ("s.json", None, "application/json"),
        ("rows.csv", None, "text/csv"),
        ("cat.JPG", None, "image/jpeg"),
        ("x.npy", None, "application/octet-stream"),
        ("x.bin", "application/x-protobuf", "application/x-protobuf"),
        # A policy frozen before content types were known.
        ("sample", None, "application/json"),
    ],
)
def test_a_sample_is_sent_as_what_it_is(
    scoring: DirectScoring, script: Script, file: str, stated: str | None, sent: str
) -> None:
    script.on("POST", KEYS, Reply(200, '{"primaryKey": "k1", "secondaryKey": "k2"}'))
    script.on("POST", "/score", Reply(200, "{}"))
    seen = EndpointSeen(ProvisioningState.SUCCEEDED, {}, {}, None, f"{script.url}/score")
    validate = Validate((SampleRequest(file, content_type=stated),))
    body = b"\xff\xd8\xff\x00binary"
    assert scoring.validate(ENDPOINT, seen, "green-7", validate, {file: body}).failures == ()
    assert script.heard[-1].headers["Content-Type"] == sent
    assert script.heard[-1].body == body


def test_json_encoded_twice_is_unwrapped_once_and_said(
    scoring: DirectScoring, script: Script
) -> None:
    expect = Expectation(present=("result",), absent=("error",))
    found = ask(scoring, script, Reply(200, json.dumps('{"result": [1]}')), expect=expect)
    assert found.failures == ()
    assert found.evidence.endswith(
        "; s.json: JSON inside a JSON text, read once more: does run() return json.dumps?"
    )
    failed = ask(scoring, script, Reply(200, json.dumps('{"error": "x"}')), expect=expect)
    assert len(failed.failures) == 2


@pytest.mark.parametrize("keys", ["{}", "[]", '{"primaryKey": ""}', '{"primaryKey": 1}'])
def test_keys_that_are_none_are_no_verdict(
    scoring: DirectScoring, script: Script, keys: str
) -> None:
    script.on("POST", KEYS, Reply(200, keys))
    with pytest.raises(ArmUnavailableError, match="primaryKey"):
        ask(scoring, script, Reply(200, "{}"))


@pytest.mark.parametrize("auth", ["aadtoken", "aad_token", "AADToken"])
def test_a_token_endpoint_is_called_with_the_apps_token(
    scoring: DirectScoring, script: Script, auth: str
) -> None:
    ask(scoring, script, Reply(200, "{}"), auth=auth)
    (heard,) = script.heard
    assert heard.headers["Authorization"] == "Bearer the-token"


def test_another_auth_mode_is_refused_with_what_to_use(
    scoring: DirectScoring, script: Script
) -> None:
    with pytest.raises(ArmRefusedError, match="use key or aad_token"):
        ask(scoring, script, Reply(200, "{}"), auth="amltoken")


def test_an_answer_that_is_not_json_fails_where_fields_are_expected(
    scoring: DirectScoring, script: Script
) -> None:
    (failure,) = ask(
        scoring, script, Reply(200, "oops"), expect=Expectation(present=("a",))
    ).failures
    assert failure == "s.json: did not answer JSON: oops"


def test_values_are_compared_as_json(scoring: DirectScoring, script: Script) -> None:
    body = json.dumps({"a": {"b": [1, {"c": None}]}, "flag": 1, "list": [1]})
    wanted = {"a.b": [1.0, {"c": None}], "flag": True, "list": [1, 2], "a.b.9": 0, "a.x": 1}
    found = ask(scoring, script, Reply(200, body), expect=Expectation(values=wanted))
    assert found.failures == (
        "s.json: has 'flag' = 1 instead of true",
        "s.json: has 'list' = [1] instead of [1, 2]",
        f"s.json: has no 'a.b.9': {body}",
        f"s.json: has no 'a.x': {body}",
    )


@pytest.mark.parametrize("address", ["http://example.test/score", "ftp://host/", "", "http://["])
def test_a_key_is_never_sent_in_clear(scoring: DirectScoring, script: Script, address: str) -> None:
    script.on("POST", KEYS, Reply(200, '{"primaryKey": "k1", "secondaryKey": "k2"}'))
    seen = EndpointSeen(ProvisioningState.SUCCEEDED, {}, {}, None, address, auth_mode="key")
    validate = Validate((SampleRequest("s.json"),))
    found = scoring.validate(ENDPOINT, seen, "green-7", validate, {"s.json": b"{}"})
    assert "not https" in found.transient


def test_a_key_may_be_sent_over_https() -> None:
    assert is_safe_url("https://fraud.westeurope.inference.ml.azure.com/score")
