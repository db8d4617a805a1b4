"""checkov, on the project's files and on changes of them in one run: a run takes ten seconds."""

from pathlib import Path
from shutil import copytree

import pytest

from infra_check.checkov_exceptions import EXCEPTIONS
from infra_check.checkov_run import PYTHON, CheckovError, Complaint, run
from tests.support.infra.own_files import INFRA, own_file

pytestmark = pytest.mark.skipif(
    not PYTHON.is_file(), reason="checkov has an environment of its own: make setup"
)

STORAGE, TOPIC = "modules/storage.bicep", "modules/lifecycle-topic.bicep"
ACCOUNT, OWN_TOPIC = "Microsoft.Storage/storageAccounts.account", "Microsoft.EventGrid/topics.topic"
# A change, and the check that must notice it.
CHANGES = {
    "old-tls": (STORAGE, "'TLS1_2'", "'TLS1_0'", "CKV_AZURE_44", ACCOUNT),
    "plain-http": (
        STORAGE,
        "supportsHttpsTrafficOnly: true",
        "supportsHttpsTrafficOnly: false",
        "CKV_AZURE_3",
        ACCOUNT,
    ),
    "topic-keys": (
        TOPIC,
        "disableLocalAuth: true",
        "disableLocalAuth: false",
        "CKV_AZURE_192",
        OWN_TOPIC,
    ),
}


def test_checkov_complains_about_what_is_excepted_and_about_every_change(tmp_path: Path) -> None:
    copytree(INFRA, tmp_path / "own")
    for name, (file, old, new, *_) in CHANGES.items():
        text = own_file(file).text
        assert old in text, f"{file} no longer has {old!r}: rewrite the change"
        (tmp_path / f"{name}.bicep").write_text(text.replace(old, new, 1))

    found = run(tmp_path)

    own = {
        Complaint(each.check, each.path.removeprefix("own/"), each.resource)
        for each in found
        if each.path.startswith("own/")
    }
    assert own == EXCEPTIONS.keys()
    assert all(EXCEPTIONS.values())
    expected = {
        Complaint(check, f"{name}.bicep", resource)
        for name, (*_, check, resource) in CHANGES.items()
    }
    assert expected <= found


def test_a_file_that_checkov_cannot_parse_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "good.bicep").write_text("param x string\noutput y string = x\n")
    (tmp_path / "bad.bicep").write_text("param x string = {\n")

    with pytest.raises(CheckovError, match=r"bad\.bicep"):
        run(tmp_path)
