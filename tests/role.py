"""The role that infrastructure gives the app's identity: `infra/role-actions.json`."""

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "infra" / "role-actions.json"


@dataclass(frozen=True)
class Role:
    """What is always allowed, and what comes on top where a parameter of the deployment says so.

    `keys`: endpoints with keys. `templates`: services that create from `deployment.yml`.
    """

    always: tuple[str, ...]
    keys: tuple[str, ...]
    templates: tuple[str, ...]

    @property
    def everything(self) -> tuple[str, ...]:
        return (*self.always, *self.keys, *self.templates)


ROLE = Role(**{name: tuple(actions) for name, actions in json.loads(FILE.read_text()).items()})
