"""Which names Azure ML accepts: checked before one gets into a URL, a key or a filter.

Endpoint rule: 3-32 characters, a letter first, letters, digits and single dashes
(learn.microsoft.com, "Manage and increase quotas", managed online endpoints). Asset rule: the
pattern of model and version names in the ARM description of `Microsoft.MachineLearningServices`,
with the length limit of 255 that the studio enforces.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class NameRule:
    """A name is `shortest` to `longest` characters and matches `pattern` as a whole.

    `pattern` is valid both for Python and for JSON Schema (ECMA-262); `text` completes the sentence
    "... is not a valid name: ".
    """

    pattern: str
    shortest: int
    longest: int
    text: str

    def accepts(self, name: str) -> bool:
        """Say whether `name` obeys the rule."""
        if not self.shortest <= len(name) <= self.longest:
            return False
        # `$` alone would let a trailing line feed through.
        return re.fullmatch(self.pattern.removeprefix("^").removesuffix("$"), name) is not None


ENDPOINT_NAME = NameRule(
    r"^[a-zA-Z](-?[a-zA-Z0-9])*$",
    3,
    32,
    "3 to 32 letters, digits and single dashes, a letter first",
)
DEPLOYMENT_NAME = NameRule(
    r"^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$",
    3,
    32,
    "3 to 32 letters, digits and dashes, a letter first and no dash last",
)
"""As azure-ai-ml 1.35.2 has it (`constants/_endpoint.py`)."""

MODEL_NAME = NameRule(
    r"^[a-zA-Z0-9][a-zA-Z0-9._-]*$",
    1,
    255,
    "1 to 255 letters, digits, dots, dashes and underscores, a letter or digit first",
)
MODEL_VERSION = NameRule(
    r"^[a-zA-Z0-9][a-zA-Z0-9._-]*$",
    1,
    255,
    "1 to 255 letters, digits, dots, dashes and underscores, a letter or digit first",
)
SERVICE_NAME = NameRule(
    r"^[a-z](-?[a-z0-9])*$",
    1,
    64,
    "1 to 64 lower-case letters, digits and single dashes, a letter first",
)
SUBSCRIPTION_ID = NameRule(
    r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", 36, 36, "a subscription id (a GUID)"
)
RESOURCE_GROUP_NAME = NameRule(
    r"^[a-zA-Z0-9._()-]*[a-zA-Z0-9_()-]$",
    1,
    90,
    "1 to 90 letters, digits, dots, dashes, underscores and parentheses, no dot at the end",
)
WORKSPACE_NAME = NameRule(
    r"^[a-zA-Z0-9][a-zA-Z0-9_-]*$",
    2,
    64,
    "2 to 64 letters, digits, dashes and underscores, a letter or digit first",
)
LOG_WORKSPACE_ID = NameRule(
    SUBSCRIPTION_ID.pattern, 36, 36, "a Log Analytics workspace's id (a GUID, not the ARM id)"
)
CHECK_NAME = NameRule(
    r"^[a-z](-?[a-z0-9])*$",
    1,
    25,
    "1 to 25 lower-case letters, digits and single dashes, a letter first",
)
CONTENT_TYPE = NameRule(
    r"^[a-zA-Z0-9!#$&^_.+-]+/[a-zA-Z0-9!#$&^_.+-]+(; ?[a-zA-Z0-9_-]+=[a-zA-Z0-9_.-]+)*$",
    3,
    127,
    'a content type such as "image/jpeg" or "text/csv; charset=utf-8"',
)
COLLECTION_NAME = NameRule(
    r"^[a-z0-9][a-z0-9_-]*$",
    1,
    64,
    "1 to 64 lower-case letters, digits, dashes and underscores, a letter or digit first",
)
"""Of azureml-ai-monitoring 1.0.0: it lower-cases the names that a deployment has, not the script's.
"""

DATASTORE_NAME = NameRule(
    r"^[a-zA-Z0-9][a-zA-Z0-9_]*$",
    1,
    255,
    "1 to 255 letters, digits and underscores, a letter or digit first",
)
