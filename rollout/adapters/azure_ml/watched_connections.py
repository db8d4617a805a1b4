"""Connections that are cut when a deadline passes, whatever the other side is sending meanwhile.

A socket's own time-out begins again with every byte that arrives. A peer that sends one byte a
second, in its headers or in its body, would hold a pass for hours without ever being "late". So
the thread that calls says by when it must have ended, every socket that it uses until then is
remembered, and a timer shuts them down.

The same thread may have something to check last: it is asked when the connection is made and the
request is ready, right before its first byte leaves.
"""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import requests
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection


class Watch:
    """The sockets of one thread's call, until it ends or is cut.

    `last_check` is asked before each request leaves; what it raises keeps the request here.
    """

    def __init__(self, last_check: Callable[[], None] | None = None) -> None:
        self.last_check = last_check
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._passed = False

    @property
    def passed(self) -> bool:
        """The deadline passed before the call had ended."""
        return self._passed

    def add(self, used: socket.socket) -> None:
        """Remember a socket that is in use from now on.

        Raises:
            TimeoutError: The deadline has passed.
        """
        with self._lock:
            if self._passed:
                raise TimeoutError("the deadline has passed")
            # A duplicate: TLS takes the descriptor of the plain socket, and pools close theirs. It
            # is made of the descriptor, which does for a shutdown: a TLS socket refuses `dup`.
            self._sockets.append(socket.socket(fileno=os.dup(used.fileno())))

    def cut(self) -> None:
        """End the connections of all sockets that are in use."""
        with self._lock:
            self._passed = True
            for each in self._sockets:
                _shut_down(each)

    def end(self) -> None:
        """Let the sockets go."""
        with self._lock:
            for each in self._sockets:
                each.close()
            self._sockets.clear()


_CURRENT: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watched(seconds: float, last_check: Callable[[], None] | None = None) -> Iterator[Watch]:
    """Cut the connections that this thread uses inside, once `seconds` have passed.

    Only those of a `watched_transport` are seen, and only their requests wait for `last_check`.
    """
    watch = Watch(last_check)
    timer = threading.Timer(seconds, watch.cut)
    timer.daemon = True
    timer.start()
    token = _CURRENT.set(watch)
    try:
        yield watch
    finally:
        _CURRENT.reset(token)
        timer.cancel()
        watch.end()


def watched_transport() -> RequestsTransport:
    """Return a transport of azure-core whose connections obey `watched`; it repeats nothing."""
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter())
    return RequestsTransport(session=session)


def _shut_down(used: socket.socket) -> None:
    try:
        used.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # The other side was faster.


def _note(used: socket.socket) -> None:
    watch = _CURRENT.get()
    if watch is not None:
        watch.add(used)


class _Watched(HTTPConnection):
    """Tells the current watch of its socket, when it is new and when it is used again."""

    def _new_conn(self) -> socket.socket:
        made = super()._new_conn()
        try:
            _note(made)
        except TimeoutError:
            made.close()
            raise
        return made

    def request(self, *arguments: Any, **options: Any) -> None:
        if self.sock is not None:
            _note(self.sock)
        super().request(*arguments, **options)

    def endheaders(self, *arguments: Any, **options: Any) -> None:
        """Send the request, whose headers are complete and unsent, unless the last check fails."""
        watch = _CURRENT.get()
        if watch is not None and watch.last_check is not None:
            if self.sock is None:
                # Made here, or plain http would connect after the check.
                self.connect()
            watch.last_check()
        super().endheaders(*arguments, **options)


class _WatchedTls(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


_POOLS = {"http": _Pool, "https": _TlsPool}


class _Adapter(HTTPAdapter):
    """`requests`' own, with pools of watched connections, through proxies too."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(*arguments, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager
