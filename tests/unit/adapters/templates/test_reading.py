"""Paths of a template stay inside their service's folder, through every file that it names."""

import os
from pathlib import Path

import pytest

from rollout.adapters.templates.reading import unsafe_template

BASE = """\
code_configuration: {code: ./src, scoring_script: score.py}
environment: {conda_file: ./env/conda.yml, image: i}
"""


@pytest.fixture
def service(tmp_path: Path) -> Path:
    folder = tmp_path / "fraud"
    for name in ("src/score.py", "env/conda.yml", "env/Dockerfile"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    (tmp_path / "secret.yml").write_text("a: 1\n")
    (folder / "deployment.yml").write_text(BASE)
    return folder


def told(service: Path) -> list[str]:
    return [
        f"{each.file}:{each.line}: {each.field}: {each.sentence}"
        for each in unsafe_template(service, "deployment.yml")
    ]


@pytest.mark.parametrize(
    "text",
    [
        BASE,
        "code_configuration: {code: ., scoring_script: src/score.py}",
        "code_configuration: {code: src/../src, scoring_script: score.py}",
        "code_configuration: {code: azureml:code:1, scoring_script: anything.py}",
        "environment: azureml:env:1\nmodel: azureml:m:1",
        "environment: {build: {path: ./env, dockerfile_path: Dockerfile}}",
        "environment: {build: {path: https://github.com/a/b.git}}",
        "environment: {inference_config: {scoring_route: {port: 1, path: /v1/models}}}",
        "environment_variables: {PATH: /etc, file: 'file:/etc/passwd'}",
        "model: {path: azureml://datastores/x/paths/y}",
        "code_configuration: {code: azureml:/subscriptions/s/codes/c/versions/1}",
        "data_collector: {collections: {in: {data: {path: azureml://x}}}}",
    ],
)
def test_paths_inside_and_names_of_other_things_are_allowed(service: Path, text: str) -> None:
    (service / "deployment.yml").write_text(text)

    assert told(service) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("code_configuration: {code: ../.., scoring_script: x.py}", "leads out of"),
        ("code_configuration: {code: /etc}", "is absolute"),
        ("code_configuration: {code: 'C:\\x'}", "forward slashes"),
        ("code_configuration: {code: 'C:/x'}", "is absolute"),
        ("code_configuration: {code: ~/x}", "is absolute"),
        ("code_configuration: {code: ''}", "not a path"),
        ('code_configuration: {code: "a\\0b"}', "not a path"),
        ("code_configuration: {code: ./src, scoring_script: ../../secret.yml}", "leads out of"),
        ("code_configuration: {code: ./src, scoring_script: main.py}", "no file src/main.py"),
        ("code_configuration: {code: ./gone}", "no file or folder gone"),
        ("code_configuration: {code: ./src, scoring_script: .}", "is no file"),
        ("environment: {conda_file: ../secret.yml}", "leads out of"),
        ("environment: {conda_file: /etc/passwd}", "is absolute"),
        ("environment: {build: {path: ..}}", "leads out of"),
        ("environment: file:../secret.yml", "leads out of"),
        ("model: {path: ../../model}", "leads out of"),
        ("request_settings: file:/etc/passwd", "is absolute"),
        ("liveness_probe: [{a: 'file:../secret.yml'}]", "leads out of"),
        ("a: !!bool maybe", "impossible"),
        # What begins like an address is one only where it names a host and steps nowhere.
        ("environment: {conda_file: 'git:x/../../secret.yml'}", "leads out of"),
        ("environment: {conda_file: 'https://x/../../../secret.yml'}", "leads out of"),
        ("environment: {conda_file: 'https://x/y'}", "no file"),
        ("environment: {conda_file: 'azureml:env:1'}", "no file"),
        ("environment: {build: {path: 'http:x/../..'}}", "leads out of"),
        ("code_configuration: {code: 'azureml:x/../..', scoring_script: x.py}", "leads out of"),
        ("model: {path: 'adl:/../../secret.yml'}", "leads out of"),
        ("model: {path: 'https:///../../secret.yml'}", "leads out of"),
        ("model: {path: 'git:secret'}", "no file or folder"),
    ],
)
def test_a_path_out_of_the_services_folder_is_refused(service: Path, text: str, words: str) -> None:
    (service / "deployment.yml").write_text(text)

    assert any(words in each for each in told(service)), told(service)


def test_a_file_that_a_template_names_is_held_to_the_same_rules(service: Path) -> None:
    (service / "deployment.yml").write_text("environment: file:env/environment.yml")
    (service / "env" / "environment.yml").write_text("image: i\nconda_file: ../../secret.yml\n")

    (fault,) = unsafe_template(service, "deployment.yml")

    assert (fault.file, fault.line, fault.field) == ("env/environment.yml", 2, "conda_file")


def test_an_environments_packages_are_read_within_the_same_limits(service: Path) -> None:
    (service / "env" / "conda.yml").write_text("a: 1" + ":59" * 100_000)

    assert "env/conda.yml:1" in told(service)[0]


def test_files_that_name_one_another_are_read_once(service: Path) -> None:
    (service / "deployment.yml").write_text("environment: file:env/a.yml")
    (service / "env" / "a.yml").write_text("x: file:b.yml")
    (service / "env" / "b.yml").write_text("x: file:a.yml")

    assert told(service) == []


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("src", ".."),
        ("src/more", "/etc"),
        ("env/conda.yml", "../../secret.yml"),
        ("deployment.yml", "../secret.yml"),
    ],
)
def test_a_link_anywhere_on_the_way_is_refused(service: Path, link: str, target: str) -> None:
    place = service / link
    if place.is_dir():
        place.rename(service / "before")
    place.unlink(missing_ok=True)
    place.symlink_to(target)

    assert any("is a link" in each for each in told(service)), told(service)


def test_a_link_that_the_path_steps_back_over_is_refused(service: Path) -> None:
    (service / "link").symlink_to("/etc")
    (service / "deployment.yml").write_text("code_configuration: {code: link/../src}")

    assert any("link is a link" in each for each in told(service))


def test_a_folder_with_far_too_many_files_is_refused(
    service: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rollout.adapters.templates.confinement.MAX_FOLDER_FILES", 2)
    for number in range(3):
        (service / "src" / f"{number}.py").write_text("")

    assert any("more than 2 files" in each for each in told(service))


def test_a_file_that_cannot_be_opened_is_a_fault_of_it(
    service: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (service / "deployment.yml").unlink()
    os.mkfifo(service / "deployment.yml")

    assert "is no file" in told(service)[0]
