"""Azure Storage: Microsoft's emulator Azurite as a child process on free loopback ports.

Started with https and OAuth so that clients use it as they use Azure, and with
`--skipApiVersionCheck` because the storage SDKs are usually ahead of the api-versions it knows.
"""

import os
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from localazure.child_process import stop, tied_to_this_process
from localazure.tls import TlsFiles

VERSION = "3.37.0"
"""The Azurite this was measured with; package.json pins it."""

ACCOUNT_NAME = "devstoreaccount1"
ACCOUNT_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
"""The emulator's well-known key: public, the same on every machine (Azurite's README)."""

START_TIMEOUT_SECONDS = 300.0
"""Only for one that hangs: its end is noticed at once, and a loaded machine is no failure."""
POLL_SECONDS = 0.02
LOG_TAIL_CHARACTERS = 2000
EXECUTABLE_SETTING = "AZURITE"
_PROJECT = Path(__file__).resolve().parent.parent
_PACKAGED = _PROJECT / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
_LISTENING = re.compile(
    r"Azurite (Blob|Queue|Table) service is successfully listening at (https?)://127\.0\.0\.1:(\d+)"
)


class AzuriteError(Exception):
    """Azurite cannot be started here; the text says what to do."""


@dataclass(frozen=True)
class Ports:
    """The ports of the three services; 0 lets the system choose a free one."""

    blob: int = 0
    queue: int = 0
    table: int = 0


@dataclass(frozen=True)
class StorageAccount:
    """Where a running Azurite answers. URLs carry the account as the first path segment."""

    scheme: str
    ports: Ports

    @property
    def blob_url(self) -> str:
        return self._url(self.ports.blob)

    @property
    def queue_url(self) -> str:
        return self._url(self.ports.queue)

    @property
    def table_url(self) -> str:
        return self._url(self.ports.table)

    @property
    def connection_string(self) -> str:
        """The account's connection string, with the shared key."""
        return (
            f"DefaultEndpointsProtocol={self.scheme};AccountName={ACCOUNT_NAME};"
            f"AccountKey={ACCOUNT_KEY};BlobEndpoint={self.blob_url};"
            f"QueueEndpoint={self.queue_url};TableEndpoint={self.table_url};"
        )

    def _url(self, port: int) -> str:
        return f"{self.scheme}://127.0.0.1:{port}/{ACCOUNT_NAME}"


class Azurite:
    """A running Azurite. Use as a context manager, or `start` and `stop`.

    Data stays in `folder`, where a later start finds it; without a folder it lives in memory and
    ends with the process. Without `tls` it speaks plain http, over which the SDKs accept keys and
    SAS only.
    """

    def __init__(
        self, tls: TlsFiles | None = None, folder: Path | None = None, ports: Ports | None = None
    ) -> None:
        self._tls = tls
        self._folder = folder
        self._ports = ports or Ports()
        self._process: subprocess.Popen[bytes] | None = None
        self._account: StorageAccount | None = None

    @property
    def account(self) -> StorageAccount:
        """Where it answers.

        Raises:
            AzuriteError: it is not running.
        """
        if self._account is None:
            raise AzuriteError("Azurite is not running; call start() first.")
        return self._account

    @property
    def pid(self) -> int:
        """Its process id.

        Raises:
            AzuriteError: it is not running.
        """
        if self._process is None:
            raise AzuriteError("Azurite is not running; call start() first.")
        return self._process.pid

    def start(self) -> StorageAccount:
        """Start it and return once all three services listen.

        Raises:
            AzuriteError: Node or Azurite is missing, it exited at once, or it did not listen within
                `START_TIMEOUT_SECONDS`; nothing is left running.
        """
        command = tied_to_this_process([*_executable(), *self._arguments()])
        # A file, not a pipe: Azurite would stall on a pipe that is not read.
        with tempfile.TemporaryFile() as output:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
            try:
                self._account = _wait_until_listening(self._process, output.fileno())
            except BaseException:
                self.stop()
                raise
        return self._account

    def stop(self) -> None:
        """Stop it and wait for its end; does nothing when it is not running."""
        process, self._process, self._account = self._process, None, None
        if process is not None:
            stop(process)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _arguments(self) -> list[str]:
        arguments = ["--silent", "--disableTelemetry", "--skipApiVersionCheck"]
        for service in ("blob", "queue", "table"):
            port = getattr(self._ports, service)
            arguments += [f"--{service}Host", "127.0.0.1", f"--{service}Port", str(port)]
        if self._tls is not None:
            arguments += ["--cert", str(self._tls.certificate), "--key", str(self._tls.key)]
            arguments += ["--oauth", "basic"]
        if self._folder is None:
            return [*arguments, "--inMemoryPersistence"]
        self._folder.mkdir(parents=True, exist_ok=True)
        return [*arguments, "--location", str(self._folder)]


def _executable() -> list[str]:
    node = shutil.which("node")
    if node is None:
        raise AzuriteError("Node is not on PATH. Install Node 20 or newer, then run: make setup")
    script = Path(os.environ.get(EXECUTABLE_SETTING) or _PACKAGED)
    if not script.is_file():
        raise AzuriteError(
            f"Azurite is not at {script}. Run: make setup "
            f"(or set {EXECUTABLE_SETTING} to the azurite.js of another installation)."
        )
    return [node, str(script)]


def _wait_until_listening(process: subprocess.Popen[bytes], output: int) -> StorageAccount:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while True:
        ended = process.poll() is not None
        # pread leaves the shared file position alone, which Azurite writes at.
        printed = os.pread(output, os.fstat(output).st_size, 0).decode(errors="replace")
        listening = _LISTENING.findall(printed)
        if len(listening) == len(("blob", "queue", "table")):
            ports = {service.lower(): int(port) for service, _, port in listening}
            return StorageAccount(listening[0][1], Ports(**ports))
        if ended:
            raise AzuriteError(f"Azurite ended at once: {printed[-LOG_TAIL_CHARACTERS:].strip()}")
        if time.monotonic() > deadline:
            raise AzuriteError(
                f"Azurite did not listen within {START_TIMEOUT_SECONDS:.0f} s. It printed: "
                f"{printed[-LOG_TAIL_CHARACTERS:].strip()}"
            )
        time.sleep(POLL_SECONDS)
