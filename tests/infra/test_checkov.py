"""checkov, on all profiles and on changes of them in one run: a run takes ten seconds."""

from pathlib import Path

import pytest

from infra_check.checkov_exceptions import EXCEPTIONS, Kind
from infra_check.checkov_run import PYTHON, CheckovError, Complaint, run, template
from tests.support.infra.made import own_snapshots

pytestmark = pytest.mark.skipif(
    not PYTHON.is_file(), reason="checkov has an environment of its own: make setup"
)

PROFILE = "main-default"
ACCOUNT, TOPIC = "Microsoft.Storage/storageAccounts", "Microsoft.EventGrid/topics"
CONFIG = "Microsoft.Web/sites/config"
# A change, and the check that must notice it.
CHANGES = {
    "old-tls": ('"TLS1_2"', '"TLS1_0"', "CKV_AZURE_44", ACCOUNT),
    "plain-http": (
        '"supportsHttpsTrafficOnly": true',
        '"supportsHttpsTrafficOnly": false',
        "CKV_AZURE_3",
        ACCOUNT,
    ),
    "topic-keys": (
        '"disableLocalAuth": true, "minimumTls',
        '"disableLocalAuth": false, "minimumTls',
        "CKV_AZURE_192",
        TOPIC,
    ),
}


def kind(complaint: Complaint) -> Kind:
    type_name, _, name = complaint.resource.rpartition(".")
    if type_name == CONFIG:
        return complaint.check, f"{type_name}/{name.rpartition('/')[2]}"
    return complaint.check, type_name


def test_checkov_complains_about_what_is_excepted_and_about_every_change(tmp_path: Path) -> None:
    for profile, snapshot in own_snapshots().items():
        (tmp_path / f"{profile}.json").write_text(template(dict(snapshot)))
    text = template(dict(own_snapshots()[PROFILE]))
    for name, (old, new, *_) in CHANGES.items():
        assert old in text, f"{PROFILE} no longer has {old!r}: rewrite the change"
        (tmp_path / f"{name}.json").write_text(text.replace(old, new, 1))

    found = run(tmp_path)

    own = {kind(each) for each in found if Path(each.path).stem in own_snapshots()}
    assert own == EXCEPTIONS.keys()
    assert all(EXCEPTIONS.values())
    changed = {(Path(each.path).stem, *kind(each)) for each in found}
    assert {(name, check, of_type) for name, (*_, check, of_type) in CHANGES.items()} <= changed


def test_a_file_that_checkov_cannot_parse_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text(template(dict(own_snapshots()[PROFILE])))
    (tmp_path / "bad.json").write_text(template(dict(own_snapshots()[PROFILE]))[:-20])

    with pytest.raises(CheckovError, match=r"bad\.json"):
        run(tmp_path)
