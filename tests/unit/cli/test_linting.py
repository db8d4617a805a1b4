"""`rollout lint`: what it finds, the forms it tells it in, and that printing it is harmless."""

import io
import json
import os
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from rollout.cli import linting, main
from rollout.cli.safe_text import say

pytestmark = pytest.mark.filterwarnings("ignore:::azure", "ignore:::marshmallow")

POLICY = "endpoint: fraud-endpoint\nmodel: {name: fraud-model}\n"
GOOD = """\
name: blue
endpoint_name: fraud-endpoint
model: azureml:fraud-model:1
code_configuration: {code: ./src, scoring_script: score.py}
environment: azureml:env:1
instance_type: Standard_DS3_v2
instance_count: 1
"""
QUIET = "def init(): pass\ndef run(data):\n    return data\n"


def write(folder: Path, name: str = "fraud", **files: str) -> Path:
    """A service's folder; `files` are named with `_` for a dot and `__` for a slash."""
    service = folder / name
    given = {"rollout_yaml": POLICY, "deployment_yml": GOOD, "src__score_py": QUIET, **files}
    for key, text in given.items():
        path = service / key.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return service


def told(folder: Path) -> list[str]:
    found = linting.lint(folder).findings
    return [f"{each.fault.file}:{each.fault.line}: {each.severity}: {each.text}" for each in found]


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.replace("azureml:fraud-model:1", "azureml:fraud-model@latest"),
        GOOD.replace("azureml:fraud-model:1", "azureml://registries/r/models/fraud-model/versions/1"),
        GOOD.replace("model: azureml:fraud-model:1\n", ""),
        GOOD + "environment_variables: {SHELL: '${HOME}', HINT: '<name>'}\n",
        GOOD + "environment_variables: {A: '${{azureml://connections/a/credentials/key}}'}\n",
        GOOD + "environment_variables: {A: '${{keyvault:https://k.vault.azure.net/secrets/a}}'}\n",
        GOOD + "tags: {day: 2026-01-05}\n",
    ],
)  # fmt: skip
def test_a_template_that_works_has_no_finding(tmp_path: Path, text: str) -> None:
    write(tmp_path, deployment_yml=text)

    assert told(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("name: blue\n  endpoint_name: [e\n", 2, "not YAML"),
        ("", None, "must hold fields"),
        ("[]", None, "must hold fields"),
        (GOOD.replace("instance_type", "instance_typ"), 6, 'did you mean "instance_type"'),
        (GOOD.replace("instance_type: Standard_DS3_v2\n", ""), 1, "This field is missing"),
        (GOOD + "request_settings: {request_timeout: 3}\n", 8, '"request_timeout_ms"'),
        (GOOD.replace("count: 1", "count: two"), 7, "Not a valid integer"),
        (GOOD.replace("azureml:env:1", "env:1"), 5, "environment: azure-ai-ml says"),
        (GOOD.replace("azureml:env:1", "{imag: i}"), 5, "environment.imag: There is no such"),
        ("type: kubernetes\n" + GOOD, 1, "managed online endpoints"),
        ("$schema: https://x/kubernetesOnlineDeployment.schema.json\n" + GOOD, 1, "Kubernetes"),
        (GOOD.replace("fraud-endpoint", "other"), 2, "write fraud-endpoint"),
        (GOOD.replace("fraud-model", "other"), 3, "write azureml:fraud-model:1"),
        (GOOD.replace("Standard_DS3_v2", "${{ vars.SKU }}"), 6, "${{ vars.SKU }}"),
        (GOOD.replace("azureml:env:1", "azureml:${ENV}@latest"), 5, "${ENV}"),
        (GOOD.replace("Standard_DS3_v2", "<instance type>"), 6, "<instance type>"),
        (GOOD + "tags: {a: '${{ b }}'}\n", 8, "never replaced"),
        (GOOD.replace("./src", "../shared"), 4, "leads out of"),
        (GOOD.replace("score.py", "main.py"), 4, "no file src/main.py"),
    ],
)  # fmt: skip
def test_a_template_that_cannot_work_is_a_fault_on_its_line(
    tmp_path: Path, text: str, line: int | None, words: str
) -> None:
    write(tmp_path, deployment_yml=text)
    found = told(tmp_path)

    here = [each for each in found if each.startswith(f"deployment.yml:{line}: fault: ")]
    assert any(words in each for each in here), found
    assert main(["lint", str(tmp_path)]) == 1


def test_the_endpoints_template_is_read_where_the_policy_creates_the_endpoint(
    tmp_path: Path,
) -> None:
    policy = POLICY + "create: {endpoint: true}\n"
    good = "name: fraud-endpoint\nauth_mode: key\n"
    write(tmp_path, rollout_yaml=policy, endpoint_yml=good)
    assert told(tmp_path) == []
    write(tmp_path, rollout_yaml=policy, endpoint_yml=good + "compute: azureml:aks\nauth_mod: x\n")
    assert any("compute: Only managed" in each for each in told(tmp_path))
    assert any("auth_mod: There is no such field" in each for each in told(tmp_path))


def test_an_auth_mode_that_sample_requests_cannot_use_is_a_fault(tmp_path: Path) -> None:
    policy = POLICY + "create: {endpoint: true}\nprobes: {when: never}\n"
    token = "name: fraud-endpoint\nauth_mode: aml_token\n"
    write(tmp_path, rollout_yaml=policy, endpoint_yml=token)
    assert told(tmp_path) == []
    requests = policy + "validate: {requests: [{file: request.json}]}\n"
    service = write(tmp_path, rollout_yaml=requests, endpoint_yml=token)
    (service / "request.json").write_text("{}", encoding="utf-8")
    (fault,) = told(tmp_path)
    assert fault.startswith("endpoint.yml:2: fault: auth_mode: ")
    assert "write key or aad_token" in fault


@pytest.mark.parametrize(
    ("right", "wrong", "place"),
    [
        ("rollout.yaml", "rollout.yml", "rollout.yml"),
        ("rollout.yaml", "Rollout.yaml", "Rollout.yaml"),
        ("deployment.yml", "deployment.yaml", "deployment.yaml"),
    ],
)
def test_a_misspelt_file_name_is_a_fault_that_names_the_right_one(
    tmp_path: Path, right: str, wrong: str, place: str
) -> None:
    service = write(tmp_path)
    (service / right).rename(service / wrong)

    assert any(each.startswith(f"{place}:") and right in each for each in told(tmp_path))


BROAD = "        return {'error': 1}\n"


@pytest.mark.parametrize(
    ("handler", "warned"),
    [
        ("except Exception as error:\n        print(error)\n" + BROAD, True),
        ("except:\n" + BROAD, True),
        ("except (ValueError, BaseException):\n" + BROAD, True),
        ("except builtins.Exception:\n        pass\n", True),
        ("except Exception:\n        raise\n", False),
        ("except ValueError:\n" + BROAD, False),
        ("except errors[0]:\n" + BROAD, False),
    ],
)
def test_a_script_that_answers_its_exceptions_is_warned_of_and_is_no_fault(
    tmp_path: Path, handler: str, *, warned: bool
) -> None:
    script = f"def run(data):\n    try:\n        return data\n    {handler}"
    write(tmp_path, src__score_py=script)
    found = told(tmp_path)

    assert [each[:24] for each in found] == (["src/score.py:4: warning:"] if warned else [])
    assert main(["lint", str(tmp_path)]) == 0


def test_a_script_that_cannot_be_judged_is_not_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, src__score_py="def run(:\n")
    assert "Python cannot read this script" in told(tmp_path)[0]
    write(tmp_path, src__score_py="x = " + "(" * 150 + ")" * 150)
    assert all("warning" in each for each in told(tmp_path))
    monkeypatch.setattr("rollout.adapters.templates.warnings.MAX_SCRIPT_BYTES", 1)
    assert told(tmp_path) == []


REGISTRY = "azureml://registries/{}/environments/env/versions/1"
COLLECTOR = "data_collector: {collections: {a: {enabled: 'True'}}}\n"


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        (GOOD.replace("azureml:env:1", "{build: {path: ./src}}"), "TEMPLATES_BUILD_ENVIRONMENTS"),
        (GOOD + COLLECTOR, "TEMPLATES_COLLECT_DATA"),
        (GOOD.replace("azureml:env:1", REGISTRY.format("company")), "REGISTRY_IDS"),
        (GOOD.replace("azureml:env:1", REGISTRY.format("azureml")), ""),
        (GOOD.replace("azureml:env:1", REGISTRY.format("HuggingFace")), ""),
        (GOOD + "tags: {data_collector: build}\nenvironment_variables: {build: a}\n", ""),
    ],
)
def test_a_template_that_needs_a_setting_is_told_which(
    tmp_path: Path, text: str, setting: str
) -> None:
    write(tmp_path, deployment_yml=text)

    found = [each for each in told(tmp_path) if "app's role has only" in each]
    assert len(found) == bool(setting)
    if setting:
        assert f"only with {setting}: azd env set {setting} " in found[0]
        assert found[0].startswith("deployment.yml:")
        assert ": warning: " in found[0]
        assert main(["lint", str(tmp_path)]) == 0


def test_a_setting_is_told_of_a_file_that_a_template_names(tmp_path: Path) -> None:
    named = GOOD.replace("azureml:env:1", "file:env.yml")
    write(tmp_path, deployment_yml=named, env_yml="name: e\nbuild: {path: ./src}\n")

    assert [each[:10] for each in told(tmp_path) if "TEMPLATES_BUILD" in each] == ["env.yml:2:"]


@pytest.mark.parametrize(
    ("create", "value", "warned"),
    [
        ("{endpoint: true}", "enabled", True),
        ("{endpoint: true}", "true", True),
        ("{from: copy, endpoint: true}", "enabled", True),
        ("{endpoint: true}", "disabled", False),
        ("{from: template}", "enabled", False),
    ],
)
def test_an_endpoint_that_enforces_its_secrets_is_told_of_if_it_is_created(
    tmp_path: Path, create: str, value: str, *, warned: bool
) -> None:
    endpoint = (
        "name: fraud-endpoint\nauth_mode: key\n"
        f"properties: {{enforce_access_to_default_secret_stores: {value}}}\n"
    )
    policy = f"{POLICY}create: {create}\n"
    write(tmp_path, rollout_yaml=policy, endpoint_yml=endpoint)

    found = [each for each in told(tmp_path) if "ENDPOINTS_ENFORCE_SECRETS" in each]
    assert [each[:15] for each in found] == (["endpoint.yml:3:"] if warned else [])


def test_a_copying_service_needs_no_template(tmp_path: Path) -> None:
    service = write(tmp_path, rollout_yaml=POLICY + "create: {from: copy}\n")
    (service / "deployment.yml").unlink()

    assert told(tmp_path) == []


@pytest.mark.parametrize("where", ["", "fraud"])
def test_one_service_or_all_of_a_folder_can_be_linted(
    tmp_path: Path, where: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path)
    monkeypatch.chdir(tmp_path / where)

    assert main(["lint", "."]) == 0
    assert capsys.readouterr().out == "1 service(s) without a fault: fraud\n"


def test_a_service_that_no_check_foresaw_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path)
    write(tmp_path, "good", rollout_yaml=POLICY.replace("fraud-e", "good-e"),
          deployment_yml=GOOD.replace("fraud-e", "good-e"))  # fmt: skip

    def failing(service: Path, _: object) -> list[object]:
        if service.name == "fraud":
            raise LookupError
        return []

    monkeypatch.setattr(linting, "sdk_faults", failing)
    linted = linting.lint(tmp_path)

    assert linted.services == ("fraud", "good")
    assert [(each.service, "LookupError" in each.text) for each in linted.findings] == [
        ("fraud", True)
    ]


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    write(
        tmp_path,
        src__score_py="def run(d):\n    try:\n        return d\n    except:\n        pass\n",
    )
    write(tmp_path, "churn", rollout_yaml=POLICY.replace("fraud-e", "churn-e") + "keep: soon\n",
          deployment_yml=GOOD.replace("fraud-e", "churn-e"))  # fmt: skip
    return tmp_path


def lint_as(folder: Path, form: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["lint", str(folder), "--format", form]) == 1
    return capsys.readouterr().out


def test_json_has_each_finding_with_its_place(
    mixed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads(lint_as(mixed, "json", capsys))
    (fault, warning) = document["findings"]

    assert document["services"] == ["churn", "fraud"]
    assert fault["file"] == f"{mixed}/churn/rollout.yaml"
    assert (fault["line"], fault["field"], fault["severity"]) == (3, "keep", "fault")
    assert (warning["line"], warning["severity"]) == (4, "warning")


def test_sarif_has_a_level_and_a_region_for_each_finding(
    mixed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run,) = json.loads(lint_as(mixed, "sarif", capsys))["runs"]
    rules = {each["id"] for each in run["tool"]["driver"]["rules"]}

    assert [(each["level"], each["ruleId"] in rules) for each in run["results"]] == [
        ("error", True),
        ("warning", True),
    ]
    places = [each["locations"][0]["physicalLocation"] for each in run["results"]]
    assert [each["region"]["startLine"] for each in places] == [3, 4]


def test_sarif_names_files_as_uris_whatever_their_folders_are_called(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a b", "a#b[1]", "b%41", "caf\u00e9", os.fsdecode(b"\xff")):
        write(tmp_path, name)
    monkeypatch.chdir(tmp_path)

    (run,) = json.loads(lint_as(Path(), "sarif", capsys))["runs"]

    places = [each["locations"][0]["physicalLocation"] for each in run["results"]]
    assert {each["artifactLocation"]["uri"].partition("/")[0] for each in places} == {
        "a%20b", "a%23b%5B1%5D", "b%2541", "caf%C3%A9", "%FF"
    }  # fmt: skip


def test_junit_fails_a_service_with_faults_and_passes_one_with_warnings(
    mixed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = ET.fromstring(lint_as(mixed, "junit", capsys))  # noqa: S314 - our own output

    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert {
        str(case.get("name")): [child.tag for child in case] for case in suite.iter("testcase")
    } == {"churn": ["failure"], "fraud": ["system-out"]}


HOSTILE = "x\\n##vso[task.setvariable variable=PATH]evil\\n::add-path::evil\\e[31m\\u202e"


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit"])
def test_no_name_of_a_field_or_folder_is_a_command_to_a_terminal_or_a_pipeline(
    tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "::set-env name=A::b\n##[error]\x1b[31m")
    write(tmp_path, rollout_yaml=f'{POLICY}"{HOSTILE}": 1\n',
          deployment_yml=f'{GOOD}"{HOSTILE}": 1\n')  # fmt: skip
    monkeypatch.chdir(tmp_path)

    printed = lint_as(Path(), form, capsys)

    assert "##" not in printed
    assert all(each.isprintable() or each == "\n" for each in printed)
    assert not [line for line in printed.splitlines() if line.lstrip().startswith("::")]


def test_what_a_stream_cannot_encode_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)

    say("caf\u00e9")
    stream.flush()

    assert stream.buffer.getvalue() == b"caf\\xe9\n"


def test_every_format_is_a_report_of_nothing_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = {
        form: lint_as(tmp_path, form, capsys) for form in ("text", "json", "sarif", "junit")
    }

    assert documents["text"] == ""
    assert json.loads(documents["json"]) == {"services": [], "findings": []}
    assert json.loads(documents["sarif"])["runs"][0]["results"] == []
    assert 'tests="0"' in documents["junit"]
