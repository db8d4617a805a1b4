"""What infrastructure gives the app's identity: a custom role, and a built-in one for logs."""

import json
from dataclasses import dataclass

from tests.support.paths import PROJECT

FILE = PROJECT / "infra" / "role-actions.json"

LOG_ANALYTICS_READER = ("Microsoft.OperationalInsights/workspaces/query/read",)
"""What queries need of that built-in role (it has `*/read`).

The role is assigned on Log Analytics workspaces of the user's that a deployment names, and there
alone; `localazure` knows no scopes, so the one action stands for it.
"""


@dataclass(frozen=True)
class Role:
    """`infra/role-actions.json`: what is always allowed, and what comes on top by parameter.

    `collected`: services whose collected answers are read. `keys`: endpoints with keys.
    `templates`: services that create from `deployment.yml`.
    """

    always: tuple[str, ...]
    collected: tuple[str, ...]
    keys: tuple[str, ...]
    templates: tuple[str, ...]

    @property
    def everything(self) -> tuple[str, ...]:
        return (*self.always, *self.collected, *self.keys, *self.templates)


ROLE = Role(**{name: tuple(actions) for name, actions in json.loads(FILE.read_text()).items()})
GRANTED = (*ROLE.everything, *LOG_ANALYTICS_READER)
"""All that a deployment can give the app."""
