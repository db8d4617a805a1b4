import base64

import pytest
from azure.storage.queue import QueueMessage

from localazure.functions_host.queue_payload import decode_text, trigger_metadata


def test_text_is_taken_as_it_is_or_from_base64() -> None:
    encoded = base64.b64encode("grün".encode()).decode()
    assert decode_text("plain", base64=False) == "plain"
    assert decode_text(encoded, base64=True) == "grün"


@pytest.mark.parametrize("content", ["plain text", "YQ", base64.b64encode(b"\xff\xfe").decode()])
def test_text_that_is_not_base64_of_utf8_does_not_decode(content: str) -> None:
    assert decode_text(content, base64=True) is None


def test_members_of_a_json_payload_overwrite_the_metadata() -> None:
    message = QueueMessage(content="")
    message.id = "true id"
    text = '{"Id": "claimed", "number": 5, "list": [1], "none": null}'
    metadata = trigger_metadata(message, text)
    assert metadata["Id"].value == "claimed"
    assert metadata["number"].value == "5"
    assert "list" not in metadata
    assert "none" not in metadata


@pytest.mark.parametrize("text", ["plain", "[1]", '{"broken'])
def test_other_payloads_leave_the_metadata_alone(text: str) -> None:
    message = QueueMessage(content=text)
    message.id = "true id"
    assert trigger_metadata(message, text)["Id"].value == "true id"
