"""Children that cannot outlive their parent, and an orderly way to stop one.

A parent that is killed with SIGKILL runs no clean-up. On Linux the kernel is asked to kill the
child at that moment (prctl PR_SET_PDEATHSIG); elsewhere only an orderly stop ends it.
"""

import os
import subprocess
import sys
from collections.abc import Sequence

STOP_GRACE_SECONDS = 10.0
"""How long a child may take to end after SIGTERM before it is killed."""

# Runs in the child before it becomes the command, because the request to the kernel survives exec.
# The parent may have died in between, and no signal would report that now: hence the check.
_LAUNCHER = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, int(signal.SIGKILL))
if os.getppid() != int(sys.argv[1]):
    sys.exit("the parent process has ended")
os.execvp(sys.argv[2], sys.argv[2:])
"""


def tied_to_this_process(command: Sequence[str]) -> list[str]:
    """Return `command` wrapped so that it dies with this process, however this process ends.

    Start the result from a thread that lives as long as the child should: Linux sends the signal
    when the *thread* that forked ends (prctl(2)). The process id stays the child's own.
    """
    if sys.platform != "linux":
        return list(command)
    return [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid()), *command]


def stop(process: subprocess.Popen[bytes], grace_seconds: float = STOP_GRACE_SECONDS) -> int:
    """End a child: SIGTERM, and SIGKILL after `grace_seconds`. Return its exit code.

    Does nothing to a child that has ended already.
    """
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()
