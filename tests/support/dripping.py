"""A peer that is never silent and never done."""

import socket
import ssl
import threading

EVERY_SECONDS = 0.02
MOST_BYTES = 1500
"""At this pace half a minute: without a deadline the test would see the drip's own end."""


class Dripping:
    """Sends `begin` at once, then a byte at a time until its client has gone."""

    def __init__(self, begin: bytes, drop: bytes, tls: ssl.SSLContext | None = None) -> None:
        self._begin, self._drop, self._tls = begin, drop, tls
        self.client_left = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}/score"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True)
        with connection:
            # The client may be slow to ask; only the pace of the drip has a limit.
            connection.recv(65536)
            connection.settimeout(EVERY_SECONDS)
            try:
                connection.sendall(self._begin)
                for _ in range(MOST_BYTES):
                    connection.sendall(self._drop)
                    try:
                        self.client_left = connection.recv(1) == b""
                    except TimeoutError:
                        continue
                    if self.client_left:
                        return
            except OSError:
                self.client_left = True

    def close(self) -> None:
        self._thread.join()
        self._listener.close()
