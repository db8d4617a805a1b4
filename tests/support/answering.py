"""A peer that answers each request with 200, and says what it has seen so far."""

import socket
import ssl
import threading
from typing import Self

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
_END = b"}"
"""The last byte of a body that is a JSON object."""
WAIT_SECONDS = 60.0


class Answering:
    """Serves until it is left; a request counts once its whole body is there."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}/endpoint"
        self.requests = 0
        self._connections = 0
        self._connected, self._gone = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def connected(self) -> int:
        """Wait for the first connection; return how many there were."""
        self._connected.wait(WAIT_SECONDS)
        return self._connections

    def client_gone(self) -> None:
        """Wait until a client has left its connection."""
        self._gone.wait(WAIT_SECONDS)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # Left.
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection if self._tls is None else self._secured(connection) as used:
            self._connections += 1
            self._connected.set()
            while got := _received(used):
                if got.endswith(_END):
                    self.requests += 1
                    used.sendall(_ANSWER)
        self._gone.set()

    def _secured(self, connection: socket.socket) -> socket.socket:
        assert self._tls is not None
        return self._tls.wrap_socket(connection, server_side=True)


def _received(used: socket.socket) -> bytes:
    try:
        return used.recv(65536)
    except OSError:
        return b""
