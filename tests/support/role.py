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


REGISTRY_READER = (
    "Microsoft.MachineLearningServices/registries/assets/read",
    "Microsoft.MachineLearningServices/registries/read",
)
"""What a deployment needs of the built-in role Reader (it has `*/read`) on a private registry."""


@dataclass(frozen=True)
class Role:
    """`infra/role-actions.json`: what is always allowed, and what comes on top by parameter.

    `workspace` and `endpoint` are always there; where endpoints are named, the second holds on them
    alone, and `keys` with it (endpoints with keys). `templates`: services that create from
    `deployment.yml`. `dataAssets` and `datastores`: collected answers that are read; the first for
    templates with a collector, the second for those that build their environment. `secretStores`:
    endpoints that enforce access to them.
    """

    workspace: tuple[str, ...]
    endpoint: tuple[str, ...]
    keys: tuple[str, ...]
    templates: tuple[str, ...]
    dataAssets: tuple[str, ...]  # noqa: N815 - as the file has it
    datastores: tuple[str, ...]
    secretStores: tuple[str, ...]  # noqa: N815 - as the file has it

    @property
    def always(self) -> tuple[str, ...]:
        return (*self.workspace, *self.endpoint)

    @property
    def collected(self) -> tuple[str, ...]:
        return (*self.dataAssets, *self.datastores)

    @property
    def on_workspace(self) -> tuple[str, ...]:
        """All that the workspace's role has where endpoints are named."""
        return (*self.workspace, *self.templates, *self.collected, *self.secretStores)

    @property
    def on_endpoints(self) -> tuple[str, ...]:
        """All that the endpoints' role has where endpoints are named."""
        return (*self.endpoint, *self.keys)

    @property
    def everything(self) -> tuple[str, ...]:
        return (*self.on_workspace, *self.on_endpoints)


ROLE = Role(**{name: tuple(actions) for name, actions in json.loads(FILE.read_text()).items()})
GRANTED = (*ROLE.everything, *LOG_ANALYTICS_READER)
"""All that a deployment can give the app, but for what holds on other resources than its own."""
