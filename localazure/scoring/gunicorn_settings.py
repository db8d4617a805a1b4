"""Settings of the scoring server's gunicorn. Read by gunicorn, inside the scoring environment.

Standard library only: nothing of localazure can be imported there.
"""

import ctypes
import os
import signal
import sys
from typing import Any

_PR_SET_PDEATHSIG = 1

# The server lets a scoring call take up to an hour; the router enforces the endpoint's own limit.
timeout = 3600
graceful_timeout = 2
# A control socket per server would be one more file to remove, and its path may grow too long.
control_socket_disable = True
# Heartbeat files belong in the container's own folder, not in the machine's /tmp.
worker_tmp_dir = os.environ.get("HOME")


def post_fork(_server: Any, _worker: Any) -> None:
    """Let the kernel end a worker with its master: a killed master cannot do it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
