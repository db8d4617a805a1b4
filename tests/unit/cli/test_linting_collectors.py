"""`rollout lint` on collections: what a script asks for, a template has, and a policy reads."""

from pathlib import Path

import pytest

from rollout.cli import linting

pytestmark = pytest.mark.filterwarnings("ignore:::azure", "ignore:::marshmallow")

POLICY = "endpoint: fraud-endpoint\nmodel: {name: fraud-model}\n"
LIVE = POLICY + "quality: {live: {expect: {absent: [error]}}}\n"
GOOD = """\
name: blue
endpoint_name: fraud-endpoint
code_configuration: {code: ./src, scoring_script: score.py}
environment: azureml:env:1
instance_type: Standard_DS3_v2
instance_count: 1
"""
QUIET = "def init(): pass\ndef run(data):\n    return data\n"
COLLECTS = """
from azureml.ai.monitoring import Collector

def init():
    global outputs
    outputs = Collector(name="model_outputs"{more})

def run(data):
    return data
"""


def write(folder: Path, **files: str) -> None:
    """A service's folder; `files` are named with `_` for a dot and `__` for a slash."""
    given = {"rollout_yaml": POLICY, "deployment_yml": GOOD, "src__score_py": QUIET, **files}
    for key, text in given.items():
        path = folder / "fraud" / key.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def told(folder: Path) -> list[str]:
    found = linting.lint(folder).findings
    return [f"{each.fault.file}: {each.severity}: {each.text}" for each in found]


def test_a_policy_that_reads_what_is_collected_is_not_warned_of_those_rights(
    tmp_path: Path,
) -> None:
    collector = "data_collector: {collections: {model_outputs: {enabled: 'True'}}}\n"
    script = COLLECTS.replace("{more}", "")
    write(tmp_path, deployment_yml=GOOD + collector, rollout_yaml=LIVE, src__score_py=script)

    assert told(tmp_path) == []


def by_parameter(name: str) -> str:
    """A script that makes its collectors in a function, as the example service's does."""
    return (
        f"def init():\n    made('{name}')\n"
        "def made(name):\n    return Collector(name=name, on_error=print)\n"
    )


@pytest.mark.parametrize(
    ("script", "warnings"),
    [
        (QUIET, 1),
        (COLLECTS.replace('"model_outputs"{more}', '"other", on_error=print'), 1),
        (by_parameter("other"), 1),
        (by_parameter("Model_Outputs"), 0),
        (COLLECTS.replace('"model_outputs"{more}', "NAME, on_error=print"), 0),
    ],
)
def test_a_collection_that_the_script_never_fills_is_warned_of(
    tmp_path: Path, script: str, warnings: int
) -> None:
    write(tmp_path, rollout_yaml=LIVE, src__score_py=script)
    said = "quality.live reads the collection model_outputs"

    assert [said in each for each in told(tmp_path)] == [True] * warnings


def test_whole_answers_are_collected_whatever_a_script_does(tmp_path: Path) -> None:
    policy = POLICY + "quality: {live: {collection: response, expect: {absent: [error]}}}\n"
    write(tmp_path, rollout_yaml=policy)

    assert told(tmp_path) == []


@pytest.mark.parametrize(
    ("template", "policy", "more", "said"),
    [
        ("", "", "", "asks for a collection which is not collected"),
        ("data_collector: {collections: {a: {enabled: 'True'}}}\n", "", "", "not collected"),
        ("data_collector: {collections: {model_outputs: {enabled: 'False'}}}\n", "", "", "not col"),
        ("", "", ", on_error=print", ""),
        ("data_collector: {collections: {Model_Outputs: {enabled: 'true'}}}\n", "", "", ""),
        ("", "quality: {live: {expect: {absent: [error]}}}\n", "", ""),
        (
            "data_collector: {collections: {other: {enabled: 'True'}}}\n",
            "quality: {live: {expect: {absent: [error]}}}\n",
            ", on_error=print",
            "quality.live needs the collection model_outputs",
        ),
    ],
)
def test_a_collector_that_would_keep_the_deployment_from_starting_is_warned_of(
    tmp_path: Path, template: str, policy: str, more: str, said: str
) -> None:
    script = COLLECTS.replace("{more}", more)
    write(
        tmp_path, deployment_yml=GOOD + template, src__score_py=script, rollout_yaml=POLICY + policy
    )
    found = [each for each in told(tmp_path) if "app's role has only" not in each]

    assert all("warning" in each for each in found)
    assert [said in each for each in found] == ([True] if said else [])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ('Collector(name="Model_Outputs")', "letters must be small"),
        ("monitoring.Collector(name=NAME)", ""),
        ('other(name="model_outputs")', ""),
    ],
)
def test_the_name_of_a_collector_counts(tmp_path: Path, call: str, said: str) -> None:
    script = COLLECTS.replace('Collector(name="model_outputs"{more})', call)
    write(tmp_path, src__score_py=script, rollout_yaml=LIVE)

    assert [said in each for each in told(tmp_path)] == ([True] if said else [])


def test_a_collector_whose_failure_is_handled_is_not_warned_of(tmp_path: Path) -> None:
    script = (
        COLLECTS.replace("{more}", "")
        .replace("    outputs = Coll", "    try:\n        outputs = Coll")
        .replace(")\n\ndef run", ")\n    except Exception:\n        outputs = None\n\ndef run")
    )
    write(tmp_path, src__score_py=script)

    assert told(tmp_path) == []
