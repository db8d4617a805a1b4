"""The app's functions as they are registered, without the platform that indexes them."""

from collections.abc import Callable, Mapping
from typing import Any

import function_app


def user_functions() -> Mapping[str, Callable[..., Any]]:
    """Each function's name, and what is called for it."""
    # The decorators leave builders behind; the platform indexes those, once.
    built = [builder._function for builder in function_app.app._function_builders]
    return {str(each.get_function_name()): each.get_user_function() for each in built}
