"""A model version that is deleted over the wire, which the SDK has no method for."""

from tests.contract.localazure.arm.conftest import Wire

VERSION = "models/fraud-model/versions/1"


def test_a_deleted_version_is_gone_and_deleting_it_again_is_no_error(wire: Wire) -> None:
    wire.model("1")
    assert wire.send("DELETE", VERSION).status == 200
    assert wire.send("GET", VERSION).status == 404
    assert wire.send("DELETE", VERSION).status == 204


def test_a_number_registered_again_has_another_time_of_creation(wire: Wire) -> None:
    wire.model("1")
    before = wire.send("GET", VERSION).json()["systemData"]["createdAt"]
    wire.send("DELETE", VERSION)
    wire.move(minutes=1)
    wire.model("1")
    assert wire.send("GET", VERSION).json()["systemData"]["createdAt"] != before
