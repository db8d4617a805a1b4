"""Services beside each other: faults of all at once, and endpoints that two of them name."""

from collections.abc import Iterator

from rollout.core.policy.model import (
    WorkspaceName,
)
from rollout.core.policy.parsing import ServiceFolder, parse_services
from tests.support.policy_documents import FILES, FULL_DOCUMENT, a_document, a_folder


def test_all_faults_of_all_documents_come_at_once() -> None:
    parsed = parse_services(
        [a_folder("one", keep="long", deadline=1), a_folder("two", typo=1), a_folder("three")]
    )

    places = [place for place, _ in parsed.faults]
    assert "one/rollout.yaml: keep" in places
    assert "one/rollout.yaml: deadline" in places
    assert "two/rollout.yaml: typo" in places
    assert places == sorted(places, key=lambda place: place.partition("/")[0])


OWN = WorkspaceName("00000000-0000-0000-0000-000000000000", "RG-ml", "ws-production")


SPELT_OUT = FULL_DOCUMENT["workspace"]


def test_an_endpoint_in_use_is_found_without_knowing_the_own_workspace() -> None:
    parsed = parse_services([a_folder("one"), a_folder("two")])

    assert set(parsed.broken) == {"one", "two"}


def test_two_services_on_one_endpoint_are_both_refused() -> None:
    other = a_document(endpoint="Fraud-Endpoint", workspace=SPELT_OUT)
    folders = [
        a_folder("one"),
        ServiceFolder("two", other, FILES),
        a_folder("three", endpoint="x-y"),
    ]

    parsed = parse_services(folders, OWN)

    assert set(parsed.policies) == {"three"}
    assert "two has this endpoint too" in parsed.broken["one"][0][1]
    assert "one has this endpoint too" in parsed.broken["two"][0][1]


def test_the_same_endpoint_name_in_two_workspaces_is_fine() -> None:
    elsewhere = {**SPELT_OUT, "name": "ws-other"}

    parsed = parse_services([a_folder("one"), a_folder("two", workspace=elsewhere)], OWN)

    assert parsed.faults == ()
    assert set(parsed.policies) == {"one", "two"}


def test_a_service_without_a_readable_endpoint_is_broken_only() -> None:
    parsed = parse_services([a_folder("one", endpoint=7), a_folder("two")])

    assert set(parsed.broken) == {"one"}
    assert set(parsed.policies) == {"two"}


class Unforeseen(dict[str, object]):
    """A document that no rule foresaw."""

    def __iter__(self) -> Iterator[str]:
        raise LookupError


def test_whatever_one_document_raises_is_its_own_services_fault() -> None:
    parsed = parse_services([ServiceFolder("one", Unforeseen()), a_folder("two")])

    assert list(parsed.policies) == ["two"]
    assert "cannot be read (LookupError)" in parsed.broken["one"][0][1]
