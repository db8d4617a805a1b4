"""Services from a folder or a zip: digests, changes, and what happens when it cannot be read."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from rollout.adapters.bundle import files as bundle_files
from rollout.adapters.bundle import service_bundle, snapshot, walking
from rollout.adapters.bundle.service_bundle import ServiceBundle
from rollout.adapters.bundle.sources import FolderSource
from rollout.adapters.templates.checks import template_faults
from rollout.adapters.templates.faults import Fault
from rollout.core.records.observation import ServiceSeen
from rollout.errors import InvalidPolicyError, ServicesUnavailableError
from rollout.ports import FaultyService
from tests.support.small_policies import POLICY


def write_service(folder: Path, name: str, text: str | None = None) -> Path:
    service = folder / name
    (service / "data").mkdir(parents=True)
    (service / "rollout.yaml").write_text(text or POLICY.format(endpoint=f"{name}-endpoint"))
    (service / "deployment.yml").write_text("instance_count: 1\n")
    (service / "data" / "sample.json").write_text("{}")
    return service


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_service(tmp_path / "services", "fraud")
    return tmp_path / "services"


@pytest.fixture
def bundle(folder: Path) -> ServiceBundle:
    return ServiceBundle(FolderSource(folder))


def test_the_services_of_a_folder_are_read(bundle: ServiceBundle, folder: Path) -> None:
    write_service(folder, "churn")
    (folder / "notes").mkdir()

    assert [policy.service for policy in bundle.all().policies] == ["churn", "fraud"]
    assert bundle.all().age is None, "they are read where they stand"
    assert bundle.samples("fraud", ["data/sample.json"]) == {"data/sample.json": b"{}"}
    assert bundle.folder_of("fraud") == folder / "fraud"


def test_an_unknown_service_has_no_policy(bundle: ServiceBundle) -> None:
    assert bundle.service("nobody") == ServiceSeen(None, "", bundle.service("fraud").bundle_digest)
    with pytest.raises(ServicesUnavailableError, match="no service 'nobody'"):
        bundle.samples("nobody", ["data/sample.json"])
    with pytest.raises(ServicesUnavailableError, match="no service 'nobody'"):
        bundle.folder_of("nobody")


def _longer_keep(service: Path) -> None:
    policy = service / "rollout.yaml"
    policy.write_text(policy.read_text() + "keep: 48h\n")


TEMPLATE = """\
code_configuration: {code: ./src, scoring_script: score.py}
environment: file:env/environment.yml
"""


PARTS = {"src/score.py": "x", "env/environment.yml": "conda_file: ./conda.yml", "env/conda.yml": ""}


# What is done to the folder; whether the template's digest and the whole bundle's change.
CHANGES: dict[str, tuple[Callable[[Path], object], bool, bool]] = {
    "policy": (_longer_keep, False, True),
    "template": (lambda f: (f / "deployment.yml").write_text("instance_count: 2\n"), True, True),
    "sample": (lambda f: (f / "data" / "sample.json").write_text('{"a": 1}'), True, True),
    "note beside it": (lambda f: (f / "notes").rename(f / "notes.md"), False, True),
    "code": (lambda f: (f / "src" / "score.py").write_text("y"), True, True),
    "file of an environment": (lambda f: (f / "env" / "conda.yml").write_text("b: 2"), True, True),
    "endpoint": (lambda f: (f / "endpoint.yml").write_text("name: x"), True, True),
    "half-written": (lambda f: (f / ".rollout.yaml").write_text("x"), False, False),
    "upload rules": (lambda f: (f / "src" / ".amlignore").write_text("x"), True, True),
    "upload rules of nothing": (lambda f: (f / ".amlignore").write_text("x"), False, True),
    "bytecode": (lambda f: (f / "__pycache__").mkdir(), False, False),
}


@pytest.mark.parametrize("what", CHANGES)
def test_only_template_files_change_the_template_digest(
    bundle: ServiceBundle, folder: Path, what: str
) -> None:
    change, of_template, of_bundle = CHANGES[what]
    service = folder / "fraud"
    (service / "notes").write_text("x")
    (service / "deployment.yml").write_text(TEMPLATE)
    for file, text in PARTS.items():
        (service / file).parent.mkdir(exist_ok=True)
        (service / file).write_text(text)
    before = bundle.service("fraud")
    change(folder / "fraud")
    after = bundle.service("fraud")

    assert (after.template_digest != before.template_digest) is of_template
    assert (after.bundle_digest != before.bundle_digest) is of_bundle


@pytest.mark.parametrize("template", ["a: [", "a: &x [*x]", "code: .", "[]", ""])
def test_any_template_has_a_digest(folder: Path, template: str) -> None:
    before = bundle_files.read_bundle(folder, None).templates["fraud"]
    (folder / "fraud" / "deployment.yml").write_text(template)

    assert bundle_files.read_bundle(folder, None).templates["fraud"] != before


def test_the_whole_folder_as_code_counts_without_its_policy(
    bundle: ServiceBundle, folder: Path
) -> None:
    (folder / "fraud" / "deployment.yml").write_text("code_configuration: {code: .}")
    before = bundle.service("fraud").template_digest
    _longer_keep(folder / "fraud")
    assert bundle.service("fraud").template_digest == before
    (folder / "fraud" / "notes").write_text("x")
    assert bundle.service("fraud").template_digest != before


def test_samples_of_a_frozen_policy_are_read_whatever_the_present_one_says(
    bundle: ServiceBundle, folder: Path
) -> None:
    (folder / "fraud" / "rollout.yaml").write_text("endpoint: [")

    assert bundle.samples("fraud", ["data/sample.json"]) == {"data/sample.json": b"{}"}
    (folder / "fraud" / "data" / "sample.json").unlink()
    with pytest.raises(ServicesUnavailableError, match=r"sample\.json cannot be read"):
        bundle.samples("fraud", ["data/sample.json"])


def test_the_model_of_a_faulty_policy_is_known_where_it_can_be_read(
    bundle: ServiceBundle, folder: Path
) -> None:
    write_service(folder, "churn", "model: {name: churn-model}\n")

    assert [(each.service, each.model) for each in bundle.all().faulty] == [
        ("churn", "churn-model")
    ]


def test_a_link_is_no_part_of_a_service(bundle: ServiceBundle, folder: Path) -> None:
    before = bundle.service("fraud")
    (folder / "fraud" / "secret").symlink_to("/etc/passwd")

    assert bundle.service("fraud") == before


def test_another_services_fault_does_not_hide_a_service(
    bundle: ServiceBundle, folder: Path
) -> None:
    write_service(folder, "churn", "endpoint: x\n")
    write_service(folder, "spam", "a: [\n")

    catalogue = bundle.all()
    with pytest.raises(InvalidPolicyError) as one:
        bundle.service("churn")

    assert [policy.service for policy in catalogue.policies] == ["fraud"]
    assert [(each.service, each.model) for each in catalogue.faulty] == [
        ("churn", None),
        ("spam", None),
    ]
    for each in catalogue.faulty:
        assert all(place.startswith(f"{each.service}/") for place, _ in each.faults)
    assert all(place.startswith("churn/") for place, _ in one.value.faults)
    assert bundle.service("fraud").policy is not None


def test_an_absent_folder_is_unavailable(tmp_path: Path) -> None:
    bundle = ServiceBundle(FolderSource(tmp_path / "nothing"))

    with pytest.raises(ServicesUnavailableError, match="No such file"):
        bundle.all()
    with pytest.raises(ServicesUnavailableError, match="No such file"):
        bundle_files.read_bundle(tmp_path / "nothing", None)


def test_a_service_with_far_too_many_files_is_that_services_fault(
    bundle: ServiceBundle, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_service(folder, "churn")
    for number in range(3):
        (folder / "churn" / f"{number}.txt").write_text("")
    monkeypatch.setattr(walking, "MAX_FILES", 4)

    catalogue = bundle.all()

    assert [policy.service for policy in catalogue.policies] == ["fraud"]
    assert "more than 4 files" in catalogue.faulty[0].faults[0][1]


@pytest.mark.parametrize(
    "broken",
    ["read_policy_yaml", "template_faults", "_template", "_digests", "_policy"],
)
def test_whatever_one_services_files_raise_is_that_services_fault(
    bundle: ServiceBundle, folder: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    write_service(folder, "churn", "# churn\n" + POLICY.format(endpoint="churn-endpoint"))
    real = getattr(snapshot, broken)

    def failing(first: object, *others: object) -> object:
        if first == folder / "churn" or (isinstance(first, bytes) and b"# churn" in first):
            raise KeyError("maybe")
        return real(first, *others)

    names = [path.name for path in sorted(folder.iterdir())]
    monkeypatch.setattr(service_bundle, "service_names", lambda _: names)
    monkeypatch.setattr(snapshot, broken, failing)
    catalogue = bundle.all()

    assert [policy.service for policy in catalogue.policies] == ["fraud"]
    assert [(each.service, each.faults[0][1]) for each in catalogue.faulty] == [
        ("churn", "This service cannot be read (KeyError): repair its files.")
    ]


def test_a_service_whose_endpoint_another_names_is_known_by_its_claim(
    bundle: ServiceBundle, folder: Path
) -> None:
    write_service(folder, "churn", POLICY.format(endpoint="fraud-endpoint"))
    write_service(folder, "worse", POLICY.format(endpoint="fraud-endpoint") + "keep: soon\n")

    claims = {each.service: each.claim for each in bundle.all().faulty}

    assert [name for name, claim in claims.items() if claim] == ["churn", "fraud"]
    assert bundle.service("fraud").policy == claims["fraud"]
    with pytest.raises(InvalidPolicyError):
        bundle.service("worse")


def test_a_folder_that_cannot_be_entered_hides_no_other_service(
    bundle: ServiceBundle, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "churn").mkdir()
    listed = Path.iterdir

    def iterdir(path: Path) -> Iterator[Path]:
        if path.name == "churn":
            raise PermissionError
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)

    assert [policy.service for policy in bundle.all().policies] == ["fraud"]


def test_an_oversized_sample_is_refused(
    bundle: ServiceBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_bundle, "MAX_SAMPLE_BYTES", 1)

    with pytest.raises(ServicesUnavailableError, match=r"sample\.json is larger"):
        bundle.samples("fraud", ["data/sample.json"])


def test_a_sample_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(ServicesUnavailableError, match="cannot be read"):
        service_bundle._sample(tmp_path / "vanished.json")


def test_a_folder_is_looked_through_again_once_its_time_has_passed(tmp_path: Path) -> None:
    now = [100.0]
    source = FolderSource(tmp_path, recheck=timedelta(seconds=60))
    bundle = ServiceBundle(source, clock=lambda: now[0])
    assert not bundle.all().policies
    write_service(tmp_path, "fraud")
    now[0] += 59
    assert not bundle.all().policies
    now[0] += 1
    assert len(bundle.all().policies) == 1


def test_one_service_and_those_of_a_model_are_found_as_all_has_them(
    bundle: ServiceBundle, folder: Path
) -> None:
    write_service(folder, "churn", POLICY.format(endpoint="fraud-endpoint"))
    write_service(folder, "spam", POLICY.format(endpoint="spam").replace("fraud-model", "Spam"))
    write_service(folder, "worse", "model: {name: fraud-model}\n")
    write_service(folder, "worst", "a: [\n")
    everyone = bundle.all()

    assert [bundle.find(each.service) for each in everyone.policies] == everyone.policies
    assert [bundle.find(each.service) for each in everyone.faulty] == everyone.faulty
    assert bundle.find("nobody") is None
    for model, names in (("SPAM", ["spam"]), ("x", []), ("Fraud-Model", [])):
        found = bundle.serving(model)
        assert [policy.service for policy in found.policies] == names
        assert found.faulty == [
            one for one in everyone.faulty if (one.model or model).lower() == model.lower()
        ]


def test_the_files_of_a_service_are_read_when_it_is_needed_and_once(
    bundle: ServiceBundle, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_service(folder, "churn")
    checked: list[str] = []
    real = template_faults

    def counting(service: Path, *others: Any) -> list[Fault]:
        checked.append(service.name)
        return real(service, *others)

    monkeypatch.setattr(snapshot, "template_faults", counting)

    bundle.find("fraud")
    bundle.service("fraud")
    assert checked == ["fraud"]
    bundle.all()
    bundle.all()
    assert checked == ["fraud", "churn"]


def test_what_changes_before_it_is_read_belongs_to_the_next_state(folder: Path) -> None:
    bundle = ServiceBundle(FolderSource(folder, recheck=timedelta(hours=1)))
    write_service(folder, "churn")
    assert bundle.find("fraud") is not None
    (folder / "churn" / "rollout.yaml").write_text(POLICY.format(endpoint="fraud-endpoint"))

    # Within the hour nobody looks for changes, and yet no two services get one endpoint.
    assert isinstance(bundle.find("churn"), FaultyService)
    assert isinstance(bundle.find("fraud"), FaultyService)


def test_a_folder_that_never_stands_still_is_unavailable(
    bundle: ServiceBundle, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = template_faults

    def changing(service: Path, *others: Any) -> list[Fault]:
        notes = service / "notes"
        notes.write_text((notes.read_text() if notes.exists() else "") + "x")
        return real(service, *others)

    monkeypatch.setattr(snapshot, "template_faults", changing)

    with pytest.raises(ServicesUnavailableError, match="changes while it is read"):
        bundle.find("fraud")


def test_threads_that_ask_at_once_get_one_answer_and_read_each_service_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"service-{number}" for number in range(12)]
    for name in names:
        write_service(folder, name)
    checked: Counter[str] = Counter()
    real = template_faults

    def counting(service: Path, *others: Any) -> list[Fault]:
        checked[service.name] += 1
        return real(service, *others)

    monkeypatch.setattr(snapshot, "template_faults", counting)
    bundle = ServiceBundle(FolderSource(folder, recheck=timedelta(hours=1)))
    asked = [bundle.all, *(partial(bundle.find, name) for name in names)] * 3
    with ThreadPoolExecutor(len(asked)) as threads:
        answers = list(threads.map(lambda ask: ask(), asked))

    assert answers[: len(names) + 1] == answers[len(names) + 1 : 2 * len(names) + 2]
    assert set(checked.values()) == {1}
    assert checked.keys() == {"fraud", *names}


def test_a_call_after_the_first_looks_at_no_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = ServiceBundle(FolderSource(folder, recheck=timedelta(hours=1)))
    before = (bundle.all(), bundle.service("fraud"), bundle.serving("fraud-model"))

    def no_more(*_: object) -> Any:
        raise AssertionError

    for name in ("scandir", "stat", "lstat"):
        monkeypatch.setattr(os, name, no_more)
    monkeypatch.setattr(Path, "open", no_more)

    assert (bundle.all(), bundle.service("fraud"), bundle.serving("fraud-model")) == before
