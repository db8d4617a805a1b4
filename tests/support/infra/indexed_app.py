"""The app's functions and bindings, as Microsoft's worker library indexes them."""

import json
import subprocess
import sys
from functools import cache
from typing import Any

from tests.support.paths import PROJECT

type Functions = dict[str, list[dict[str, Any]]]

# Indexing works once in a process, so a process of its own does it.
_PROGRAM = """
import json
import function_app
found = {
    function.get_function_name(): [each.get_dict_repr() for each in function.get_bindings()]
    for function in function_app.app.get_functions()
}
print(json.dumps(found, default=lambda value: getattr(value, "name", str(value))))
"""
_SECONDS = 60


@cache
def indexed_functions() -> Functions:
    """Function name -> its bindings."""
    finished = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
        timeout=_SECONDS,
    )
    found: Functions = json.loads(finished.stdout)
    return found
