"""What a deployment serves with, as one digest: equal digests serve alike.

Left out is what changes how much is served, or what Azure changes by itself: capacity, scale,
probes, limits, tags, and the variables that the service sets while it creates a deployment.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

SERVICE_MADE = frozenset({"AML_APP_ROOT", "AZUREML_ENTRY_SCRIPT", "AZUREML_MODEL_DIR"})
"""Environment variables that Azure ML adds to those of the template."""


@dataclass(frozen=True)
class ServedWith:
    """The parts that are compared. Ids are compared without case, as Resource Manager does."""

    model: str = ""
    code: str = ""
    environment: str = ""
    script: str = ""
    instance_type: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)

    def digest(self) -> str:
        """Return the digest; its text means nothing beyond being equal or not."""
        ids = (self.model, self.code, self.environment, self.instance_type)
        own = {key: text for key, text in self.variables.items() if key not in SERVICE_MADE}
        parts = [*(each.lower() for each in ids), self.script, sorted(own.items())]
        return sha256(json.dumps(parts).encode()).hexdigest()


def spec_digest(properties: Mapping[str, Any]) -> str:
    """Return the digest of a deployment's ARM properties; "" where there are none."""
    if not properties:
        return ""
    code = properties.get("codeConfiguration") or {}
    return ServedWith(
        model=_text(properties.get("model")),
        code=_text(code.get("codeId")),
        environment=_text(properties.get("environmentId")),
        script=_text(code.get("scoringScript")),
        instance_type=_text(properties.get("instanceType")),
        variables={
            str(key): _text(value)
            for key, value in (properties.get("environmentVariables") or {}).items()
        },
    ).digest()


def _text(value: object) -> str:
    """A model may be an object, such as a path: any form that stays the same will do."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, sort_keys=True)
