"""The golden set of a service in the bundle: a part of its template, and read in slices."""

from dataclasses import replace
from pathlib import Path

import pytest

from rollout.adapters.bundle.service_bundle import ServiceBundle
from rollout.adapters.bundle.sources import FolderSource
from rollout.core.policy.model import Policy
from rollout.errors import ServicesUnavailableError
from tests.support.small_policies import POLICY

GOLDEN = """
quality:
  golden: {file: golden.jsonl, labelled: {metric: accuracy, answer: label}}
"""
ROW = '{"input": {"a": %d}, "label": %d}\n'


@pytest.fixture
def service(tmp_path: Path) -> Path:
    found = tmp_path / "services" / "fraud"
    (found / "data").mkdir(parents=True)
    (found / "rollout.yaml").write_text(POLICY.format(endpoint="fraud-endpoint") + GOLDEN)
    (found / "deployment.yml").write_text("instance_count: 1\n")
    (found / "data" / "sample.json").write_text('{"sample": 1}')
    (found / "golden.jsonl").write_text("".join(ROW % (n, n % 2) for n in range(5)))
    return found


@pytest.fixture
def bundle(service: Path) -> ServiceBundle:
    return ServiceBundle(FolderSource(service.parent))


def frozen(bundle: ServiceBundle) -> tuple[Policy, str]:
    """The policy as a rollout keeps it, and its template's digest."""
    seen = bundle.service("fraud")
    assert seen.policy is not None
    return seen.policy, seen.template_digest


def test_rows_are_read_in_slices_as_a_frozen_policy_names_them(bundle: ServiceBundle) -> None:
    found = bundle.golden_rows(*frozen(bundle), 3, 10)

    assert [(row.what.body, row.label) for row in found.rows] == [
        (b'{"a": 3}', 1),
        (b'{"a": 4}', 0),
    ]
    assert (found.total, found.fault) == (5, "")
    assert "sample" not in repr(found)


def test_a_changed_set_is_another_template_and_is_not_read_for_the_old_one(
    bundle: ServiceBundle, service: Path
) -> None:
    policy, before = frozen(bundle)

    with (service / "golden.jsonl").open("a") as file:
        file.write(ROW % (5, 1))

    assert frozen(bundle)[1] != before
    with pytest.raises(ServicesUnavailableError, match="another golden set now"):
        bundle.golden_rows(policy, before, 0, 1)
    with pytest.raises(ServicesUnavailableError, match="another golden set now"):
        bundle.golden_rows(replace(policy, quality=None), frozen(bundle)[1], 0, 1)


def test_a_set_with_a_row_that_cannot_be_used_is_the_services_fault(
    bundle: ServiceBundle, service: Path
) -> None:
    (service / "golden.jsonl").write_text(ROW % (1, 1) + '{"input": 1}\n')

    (faulty,) = bundle.all().faulty

    ((place, sentence),) = faulty.faults
    assert "golden.jsonl:2" in place
    assert "has no label" in sentence


def test_a_contracts_inputs_are_samples_and_then_rows(bundle: ServiceBundle) -> None:
    policy, _ = frozen(bundle)

    found = bundle.contract_inputs(policy, 3)

    assert [row.what.body for row in found.rows] == [b'{"sample": 1}', b'{"a": 0}', b'{"a": 1}']


def test_what_cannot_be_read_now_is_unavailable(
    bundle: ServiceBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy, template = frozen(bundle)
    whole = Path.open

    def refused(path: Path, *arguments: object, **options: object) -> object:
        if path.name in ("golden.jsonl", "sample.json"):
            raise PermissionError(13, "Permission denied")
        return whole(path, *arguments, **options)  # type: ignore[call-overload]  # as it was called

    monkeypatch.setattr(Path, "open", refused)

    with pytest.raises(ServicesUnavailableError, match="Permission denied"):
        bundle.golden_rows(policy, template, 0, 1)
    with pytest.raises(ServicesUnavailableError, match="Permission denied"):
        bundle.contract_inputs(policy, 3)
