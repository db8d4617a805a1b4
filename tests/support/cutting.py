"""A relay in front of a server that cuts connections where a test says so."""

import socket
import struct
import threading
from types import TracebackType
from typing import Self

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of zero seconds: closing sends a reset, as a network that forgot a connection does."""


class Cutting:
    """Forwards whole connections to a port, and cuts the next request where `cuts` says so."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cuts = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._to))
            for source, sink in ((client, server), (server, client)):
                forward = threading.Thread(
                    target=self._forward, args=(source, sink, source is client), daemon=True
                )
                forward.start()

    def _forward(self, source: socket.socket, sink: socket.socket, asks: bool) -> None:  # noqa: FBT001
        try:
            while content := source.recv(65536):
                if asks and self.cuts:
                    self.cuts -= 1
                    source.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    break
                sink.sendall(content)
        except OSError:
            pass  # The other direction ended it.
        source.close()
        sink.close()
