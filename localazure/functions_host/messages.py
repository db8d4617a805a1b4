"""Plain-Python stand-ins for the protobuf messages the Functions worker library exchanges.

The library takes the message classes as a parameter and imports no protobuf itself
(azure-functions-runtime 1.3.0). Names and enum values follow FunctionRpc.proto of
azure-functions-language-worker-protobuf; only what the library touches is here. Its method names
(`WhichOneof`) and member names are part of that contract.
"""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any


class Message(SimpleNamespace):
    """A message as the library builds it: every keyword becomes an attribute."""


class StatusResult(Message):
    """How a request to the worker ended."""

    Failure = 0
    Success = 1
    Cancelled = 2


class BindingInfo(Message):
    """One binding of a function; the enum members live on the class as in generated code."""

    in_ = 0
    out = 1
    inout = 2
    undefined = 0
    string = 1
    binary = 2
    stream = 3


class RpcRetryOptions(Message):
    """A function's retry policy."""

    exponential_backoff = 0
    fixed_delay = 1


class SameSite:
    """The cookie attribute. `None` means "not set"; a cookie's SameSite=None is ExplicitNone."""

    Lax = 1
    Strict = 2
    ExplicitNone = 3


# "None" cannot be written as an attribute in a class body.
setattr(SameSite, "None", 0)


class RpcHttpCookie(Message):
    """A cookie of a response; unset attributes are None or a Nullable holding an empty string."""

    SameSite = SameSite


class TypedData:
    """A value with exactly one kind: string, json, bytes, int, double or http.

    A value of None in every kind stands for "no value", as the unset oneof does in protobuf.
    """

    def __init__(self, **kinds: Any) -> None:
        if len(kinds) > 1:
            raise ValueError(f"a value has one kind, not {', '.join(sorted(kinds))}")
        self.kind: str | None = next(iter(kinds), None)
        self.value: Any = next(iter(kinds.values()), None)

    def WhichOneof(self, group: str) -> str | None:  # noqa: N802 - protobuf's own method name
        """Return the kind that is set; `group` is always "data"."""
        if group != "data":
            raise ValueError(f"TypedData has no group {group!r}")
        return self.kind

    def __getattr__(self, name: str) -> Any:
        # Called only for names that are not set: the kinds.
        if name == self.kind:
            return self.value
        raise AttributeError(f"this value is of kind {self.kind}, not {name}")


class ParameterBinding:
    """A named argument (towards the function) or output (from it)."""

    def __init__(self, name: str, data: TypedData | None) -> None:
        self.name = name
        self.data = data

    def WhichOneof(self, group: str) -> str:  # noqa: N802 - protobuf's own method name
        """Return "data": shared memory, the other member of the group, is never used here."""
        if group != "rpc_data":
            raise ValueError(f"ParameterBinding has no group {group!r}")
        return "data"


class RpcHttp:
    """A request towards the worker, or a response from it; the fields serve both directions."""

    def __init__(
        self,
        *,
        method: str = "",
        url: str = "",
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: TypedData | None = None,
        status_code: str = "",
        cookies: list[RpcHttpCookie] | None = None,
        enable_content_negotiation: bool = False,
    ) -> None:
        self.method = method
        self.url = url
        self.headers = headers or {}
        self.params = params or {}
        self.query = query or {}
        self.body = body or TypedData()
        self.status_code = status_code
        self.cookies = cookies or []
        self.enable_content_negotiation = enable_content_negotiation


PROTOS = SimpleNamespace(
    BindingInfo=BindingInfo,
    FunctionLoadResponse=Message,
    FunctionMetadataResponse=Message,
    InvocationResponse=Message,
    NullableBool=Message,
    NullableDouble=Message,
    NullableString=Message,
    NullableTimestamp=Message,
    ParameterBinding=ParameterBinding,
    RpcException=Message,
    RpcFunctionMetadata=Message,
    RpcHttp=RpcHttp,
    RpcHttpCookie=RpcHttpCookie,
    RpcRetryOptions=RpcRetryOptions,
    StatusResult=StatusResult,
    Timestamp=Message,
    TypedData=TypedData,
    WorkerInitResponse=Message,
    WorkerMetadata=Message,
)
"""What `properties["protos"]` of the worker's requests is."""
