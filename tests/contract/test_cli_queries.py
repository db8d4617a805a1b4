"""`rollout lint` and the queries of policies, with Microsoft's language service and without."""

import json
from pathlib import Path

import pytest

from rollout.cli import linting, main
from rollout.cli.kql import analysis
from rollout.cli.kql.analysis import NotAnalysedError, NotInstalledError, analyse
from tests.support.infra.queries import why_not

POLICY = """\
endpoint: fraud-endpoint
model: {name: fraud-model}
create: {from: copy}
stages: [{weight: 10, bake: 1h}, {weight: 100, bake: 1h}]
gate:
  ingestion_delay: 10m
  gap: 15m
  logs:
    workspace: 0f3a6f0e-8f1c-4f4c-9a53-7d2a4b1d9c11
    checks:
      - name: own
        query: QUERY
"""
GOOD = """\
AmlOnlineEndpointTrafficLog
| where EndpointName =~ endpoint and DeploymentName in~ (deployments)
| where strcat(_ResourceId, "/") startswith mlworkspace
| summarize total = count(), bad = countif(ModelStatusCode == 500)
    by minute = bin(TimeGenerated, 1m), deployment = DeploymentName
"""
TABLE = "AmlOnlineEndpointTrafficLog"
OWN = "Scores_CL | summarize total = count(), bad = countif(Score_d > 1) by minute, deployment"
PLACE = "rollout.yaml:12: {}: gate.logs.checks[0].query: "


SLIPS = [
    # What becomes of a text, and what is said. The first are an unknown column, function, operator;
    # a wrong type; an open bracket, an empty statement.
    ("EndpointName", "EndpointNam", "(KS142, line 2, column 9 of the query)"),
    ("countif(", "countiff(", "(KS211, line 4, column 36 of the query)"),
    ("| summarize", "| summarise", "(KS176, line 4, column 3 of the query)"),
    ("ModelStatusCode ==", "Protocol >", "(KS106, line 4, column 53 of the query)"),
    ("bin(TimeGenerated, 1m)", "bin(TimeGenerated, 1m", "of the query)"),
    ("TrafficLog\n", "TrafficLog\n;", "of the query)"),
    ("TrafficLog\n", "TrafficLog | evaluate nothing()\n", "of the query)"),
    (GOOD, "let own = 1;", "It returns no table"),
    (GOOD, ".show tables", "of the query)"),
    (", bad = countif(ModelStatusCode == 500)", "", "it must return bad too"),
    ("bad = countif", "worse = countif", "it must return bad too"),
    ("= bin(TimeGenerated, 1m)", "= tostring(TimeGenerated)", "minute is of the type string"),
    ("= DeploymentName", "= ModelStatusCode", "deployment is of the type int"),
    ("countif(ModelStatusCode == 500)", "take_any(Path)", "bad is of the type string"),
    # A table of one's own may have any column, and returns what it must.
    (GOOD, OWN.replace("count()", "tostring(count())"), "total is of the type string"),
    # Of another workspace the same columns are known.
    (GOOD, 'workspace("other").AppTraces | where Mesage == ""', "(KS142, line 1, column 38"),
]
STRANGERS = ["Heartbeat", 'workspace("other").Heartbeat', "app('other').requests", "['Heart beat']"]
RIGHT = [GOOD, OWN, f"// A remark.\n{GOOD}"]


def write(folder: Path, query: str = GOOD, name: str = "fraud") -> Path:
    service = folder / name
    service.mkdir(parents=True)
    policy = POLICY.replace("QUERY", json.dumps(query)).replace("fraud-e", f"{name}-e")
    (service / "rollout.yaml").write_text(policy)
    return folder


@pytest.fixture(scope="module")
def installed() -> None:
    """Skips a test where there is no language service."""
    if why := why_not():
        pytest.skip(why)


@pytest.fixture(scope="module")
def told(installed: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What is said of each query, all linted at once: to start Node costs more than to read."""
    folder = tmp_path_factory.mktemp("services")
    texts = [*RIGHT, *(GOOD.replace(old, new) for old, new, _ in SLIPS)]
    texts += [GOOD.replace(TABLE, each) for each in STRANGERS]
    for number, text in enumerate(texts):
        write(folder, text, f"s-{number}")
    found = linting.lint(folder)
    assert len(found.services) == len(texts)
    assert not found.note
    said: dict[str, list[str]] = {text: [] for text in texts}
    for each in found.findings:
        place = f"{each.fault.file}:{each.fault.line}: {each.severity}: {each.text}"
        said[texts[int(each.service.removeprefix("s-"))]].append(place)
    return said


@pytest.mark.parametrize("query", RIGHT)
def test_a_query_that_azure_would_run_has_no_finding(
    told: dict[str, list[str]], query: str
) -> None:
    assert told[query] == []


@pytest.mark.parametrize(("old", "new", "said"), SLIPS)
def test_a_slip_is_a_fault(told: dict[str, list[str]], old: str, new: str, said: str) -> None:
    first, *_ = told[GOOD.replace(old, new)]

    assert first.startswith(PLACE.format("fault"))
    assert said in first


@pytest.mark.parametrize("table", STRANGERS)
def test_a_table_of_which_nothing_is_known_is_a_warning(
    told: dict[str, list[str]], table: str
) -> None:
    (found,) = told[GOOD.replace(TABLE, table)]

    assert found.startswith(PLACE.format("warning"))
    assert "are not known here and were not checked" in found


def test_a_slip_fails_and_a_stranger_does_not(installed: None, tmp_path: Path) -> None:
    assert main(["lint", str(write(tmp_path / "one", "Heartbeat | count"))]) == 1
    assert main(["lint", str(write(tmp_path / "two", GOOD.replace(TABLE, "Heartbeat")))]) == 0


def test_without_node_one_sentence_says_so_and_nothing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert main(["lint", str(tmp_path)]) == 0
    assert capsys.readouterr().err == (
        "The queries of gate.logs were not analysed: Node is not installed.\n"
    )


def node(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a program in the place of Node."""
    program = folder / "bin" / "node"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))


def test_without_the_package_the_sentence_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    node(tmp_path, monkeypatch, "exit 3")

    assert main(["lint", str(write(tmp_path / "services"))]) == 0
    assert "Node does not find the package @kusto/language-service-next." in capsys.readouterr().err


@pytest.mark.parametrize(
    "script", ["echo 'TypeError: no such thing' >&2; exit 1", "echo; echo; exit 0"]
)
def test_a_service_that_fails_is_told_and_blames_no_query(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    node(tmp_path, monkeypatch, script)

    with pytest.raises(NotAnalysedError, match="language-service-next failed") as raised:
        analyse(["print 1"])

    assert not isinstance(raised.value, NotInstalledError)
    found = linting.lint(write(tmp_path / "services"))
    assert found.clean
    assert found.note


def test_a_service_that_says_nothing_is_not_awaited_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node(tmp_path, monkeypatch, "exec /bin/sleep 600")
    monkeypatch.setattr(analysis, "ANALYSIS_SECONDS", 0.1)

    with pytest.raises(NotAnalysedError, match="TimeoutExpired"):
        analyse(["print 1"])


def test_where_no_policy_has_a_query_nothing_is_started_or_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = write(tmp_path) / "fraud" / "rollout.yaml"
    service.write_text(service.read_text().partition("gate:")[0])
    monkeypatch.setenv("PATH", str(tmp_path))

    found = linting.lint(tmp_path)

    assert (found.clean, found.note) == (True, "")
