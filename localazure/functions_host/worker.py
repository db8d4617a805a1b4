"""The one place that knows the Functions worker library (azure-functions-runtime 1.3.0).

It calls what production's proxy worker calls on Python 3.13: `worker_init_request`, then
`functions_metadata_request`, then `invocation_request` for each call. The registry in the library
is a module global, so a process loads one app, once.
"""

import asyncio
import importlib
import json
import logging
import os
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from localazure.functions_host.messages import PROTOS, ParameterBinding, StatusResult, TypedData

LIBRARY = "azure_functions_runtime"
DISTRIBUTION = "azure-functions-runtime"
WORKER_LOGGER = "azure.functions"
"""The library's logger: an INFO line per call, and one that lists every function at start."""

_PROJECT = Path(__file__).resolve().parent.parent.parent


class AppLoadError(Exception):
    """The app cannot be indexed at all; the text is the worker's message and its stack."""


@dataclass(frozen=True)
class IndexedFunction:
    """A function as the worker reports it: its bindings are unchecked and unresolved.

    `bindings` are the raw bindings: `type`, `direction` ("IN"/"OUT"), `name` and the decorator's
    arguments, in camelCase; `%SETTING%` is not replaced.
    """

    name: str
    function_id: str
    bindings: tuple[Mapping[str, Any], ...]
    has_retry_policy: bool = False


@dataclass(frozen=True)
class Outcome:
    """How one call of a function ended.

    `returned` is None when there is no `$return` binding or the handler returned None; `error` is
    None on success, else the exception as "Type: text" and `stack` its traceback.
    """

    returned: TypedData | None = None
    outputs: Mapping[str, TypedData] = field(default_factory=dict)
    error: str | None = None
    stack: str = ""

    @property
    def succeeded(self) -> bool:
        return self.error is None


class Worker:
    """A loaded app, ready to be called. Make one per process with `Worker.load`."""

    def __init__(self, library: Any, functions: tuple[IndexedFunction, ...]) -> None:
        self._library = library
        self.functions = functions

    @classmethod
    async def load(cls, app_folder: Path) -> "Worker":
        """Import the app in `app_folder` and index its functions.

        The folder goes *last* on `sys.path`, as in production: a site package of the same name
        wins over a module of the app.

        Raises:
            AppLoadError: with the reason. An app without functions is an error too, which the
                library itself reports as success.
        """
        _put_app_on_path(app_folder)
        library = importlib.import_module(LIBRARY)
        logging.getLogger(WORKER_LOGGER).setLevel(logging.WARNING)
        library.start_threadpool_executor()
        request = SimpleNamespace(
            request=SimpleNamespace(
                worker_init_request=SimpleNamespace(
                    capabilities={}, function_app_directory=str(app_folder)
                )
            ),
            properties={"protos": PROTOS, "host": "127.0.0.1"},
        )
        result = (await library.worker_init_request(request)).result
        if result.status != StatusResult.Success:
            raise AppLoadError(f"{result.exception.message}\n{result.exception.stack_trace}")
        answer = await library.functions_metadata_request(request)
        if not answer.function_metadata_results:
            raise AppLoadError(
                f"No functions were found in {app_folder}. It needs a function_app.py with a "
                "FunctionApp() and at least one decorated function."
            )
        return cls(library, tuple(map(_indexed, answer.function_metadata_results)))

    async def invoke(
        self,
        function_id: str,
        arguments: Mapping[str, TypedData],
        trigger_metadata: Mapping[str, TypedData],
    ) -> Outcome:
        """Call a function once. What the handler raises is returned, never raised.

        SystemExit, KeyboardInterrupt and a CancelledError that the handler itself raises slip past
        the library's own guard and would end the event loop: here they are failed calls.

        Raises:
            CancelledError: the *caller* was cancelled (time-out, stop); the handler saw it too if
                it is async, while a sync handler's thread runs on.
        """
        call = SimpleNamespace(
            invocation_id=str(uuid.uuid4()),
            function_id=function_id,
            input_data=[ParameterBinding(name, data) for name, data in arguments.items()],
            trigger_metadata=trigger_metadata,
            trace_context=SimpleNamespace(trace_parent="", trace_state="", attributes={}),
            retry_context=SimpleNamespace(retry_count=0, max_retry_count=0, exception=None),
        )
        request = SimpleNamespace(request=SimpleNamespace(invocation_request=call))
        try:
            response = await self._library.invocation_request(request)
        except BaseException as error:
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise
            return Outcome(error=f"{type(error).__name__}: {error}")
        if response.result.status != StatusResult.Success:
            exception = response.result.exception
            return Outcome(error=exception.message, stack=exception.stack_trace)
        outputs = {item.name: item.data for item in response.output_data if item.data is not None}
        return Outcome(returned=response.return_value, outputs=outputs)

    def close(self) -> None:
        """Wait for the sync handlers that still run and end their threads. Blocks."""
        self._library.stop_threadpool_executor()


def library_version() -> str:
    """Return the version of the worker library that is installed."""
    return metadata.version(DISTRIBUTION)


def _put_app_on_path(app_folder: Path) -> None:
    # `python -m` puts its working folder first, which may hold another app's function_app.py, such
    # as this project's: the worker must not find that one.
    unwanted = {str(_PROJECT), str(Path.cwd()), ""}
    sys.path[:] = [entry for entry in sys.path if entry not in unwanted]
    sys.path.append(str(app_folder))
    os.chdir(app_folder)


def _indexed(reported: Any) -> IndexedFunction:
    return IndexedFunction(
        name=reported.name,
        function_id=reported.function_id,
        bindings=tuple(json.loads(binding) for binding in reported.raw_bindings),
        has_retry_policy=reported.retry_options is not None,
    )
