"""What this project relies on in the worker library: an upgrade that changes it fails here."""

import inspect

import azure_functions_runtime
import pytest
from azure_functions_runtime.bindings.datumdef import Datum, datum_as_proto

from localazure.functions_host.messages import PROTOS, RpcHttp, TypedData
from localazure.functions_host.worker import library_version

pytestmark = pytest.mark.filterwarnings("default")


def test_the_version_is_the_one_that_was_measured() -> None:
    assert library_version() == "1.3.0"


@pytest.mark.parametrize(
    "name",
    ["worker_init_request", "functions_metadata_request", "invocation_request"],
)
def test_the_requests_are_public_coroutines_of_one_argument(name: str) -> None:
    assert name in azure_functions_runtime.__all__
    function = getattr(azure_functions_runtime, name)
    assert inspect.iscoroutinefunction(function)
    assert list(inspect.signature(function).parameters) == ["request"]


@pytest.mark.parametrize("name", ["start_threadpool_executor", "stop_threadpool_executor"])
def test_the_thread_pool_is_started_and_stopped_without_arguments(name: str) -> None:
    assert name in azure_functions_runtime.__all__
    assert not inspect.signature(getattr(azure_functions_runtime, name)).parameters


def test_a_request_stand_in_is_read_like_the_protobuf_message() -> None:
    message = TypedData(
        http=RpcHttp(
            method="POST",
            url="http://x/y?a=1",
            headers={"h": "1"},
            params={"p": "2"},
            query={"a": "1"},
            body=TypedData(bytes=b"body"),
        )
    )
    datum = Datum.from_typed_data(message)
    assert datum.type == "http"
    assert datum.value["method"].value == "POST"
    assert datum.value["headers"]["h"].value == "1"
    assert datum.value["body"] == Datum(b"body", "bytes")
    assert Datum.from_typed_data(TypedData()) is None


@pytest.mark.parametrize(
    ("kind", "value"), [("string", "text"), ("json", "{}"), ("bytes", b"raw"), ("int", 5)]
)
def test_an_answer_comes_back_as_a_stand_in_of_the_same_kind(kind: str, value: object) -> None:
    message = datum_as_proto(Datum(value, kind), PROTOS)
    assert isinstance(message, TypedData)
    assert (message.WhichOneof("data"), message.value) == (kind, value)
