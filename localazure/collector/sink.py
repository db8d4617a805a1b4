"""The loopback address that one deployment's scoring process posts its rows to.

On Azure a container beside the scoring server listens there. The package azureml-ai-monitoring
1.0.0 makes one `POST /modeldata/log` per `collect()`, on a new connection each (measured).
"""

import json
import logging
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from localazure.collector.records import collected
from localazure.collector.rows import CollectedRows
from localazure.runtime import CollectorSpec

LOOPBACK = "127.0.0.1"
PATH = "/modeldata/log"
CONFIG_FILE = "mdc-config.json"
MAX_BODY_BYTES = 64 * 1024 * 1024
_STOP_POLL_SECONDS = 0.1
_BACKLOG = 128
_LOG = logging.getLogger("localazure.collector")


class Sink:
    """Listens from the start until `close`, in threads of its own."""

    def __init__(self, collector: CollectorSpec, rows: CollectedRows) -> None:
        self._collector = collector
        self._server = _Server(collector, rows)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_STOP_POLL_SECONDS,), daemon=True
        )
        self._thread.start()

    def environment(self, folder: Path) -> dict[str, str]:
        """Write the package's configuration to `folder`; return the variables that point to it.

        Only collections that are on are named, in lower case, as the service's own resolver of
        local deployments writes them (azure-ai-ml 1.35.2, `MdcConfigResolver`).
        """
        file = folder / CONFIG_FILE
        sampling = self._server.rows.dials.sampling
        collections = {
            name: {"enabled": True, "sampleRatePercentage": 100 * sampling * each.sampling_rate}
            for name, each in self._collector.collections.items()
        }
        document = {"runMode": "cloud", "collections": collections}
        file.write_text(json.dumps(document), encoding="utf-8")
        return {
            "AZUREML_MDC_CONFIG_PATH": str(file),
            "AZUREML_MDC_HOST": LOOPBACK,
            "AZUREML_MDC_PORT": str(self._server.server_port),
        }

    def close(self) -> None:
        """Stop listening; rows posted before are kept."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = _BACKLOG

    def __init__(self, collector: CollectorSpec, rows: CollectedRows) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self.collector = collector
        self.rows = rows


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        """Take one post, and say so even where its rows get lost."""
        length = int(self.headers.get("content-length", "0"))
        if self.path != PATH:
            self._answer(HTTPStatus.NOT_FOUND)
        elif length > MAX_BODY_BYTES:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self._answer(self._take(self.rfile.read(length)))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Keep quiet: one line per request would drown the rest."""

    def _take(self, body: bytes) -> HTTPStatus:
        headers = {name.lower(): value for name, value in self.headers.items()}
        collector, rows = self.server.collector, self.server.rows
        try:
            record = collected(collector.source, headers, body, rows.clock())
        except ValueError as error:
            _LOG.warning("a post to the collector of %s is refused: %s", collector.source, error)
            return HTTPStatus.BAD_REQUEST
        rows.add(collector, record)
        return HTTPStatus.OK

    def _answer(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
