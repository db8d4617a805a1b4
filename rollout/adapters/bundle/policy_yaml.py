"""A policy file's bytes -> plain mappings, lists and scalars, without YAML's traps.

Stricter than a template's YAML: no aliases, no field name but text, and a page or two at most.
"""

from collections.abc import Mapping

from rollout.adapters.templates.plain_yaml import Document, YamlFaultError, read_yaml

MAX_POLICY_BYTES = 64 * 1024
"""A policy file has a page or two; anything larger is something else."""


def read_policy_yaml(content: bytes) -> Document:
    """Return the document, a mapping, as plain values.

    Raises:
        YamlFaultError: It cannot be one policy document.
    """
    document = read_yaml(content, most=MAX_POLICY_BYTES, aliases=False, text_keys=True)
    if not isinstance(document.value, Mapping):
        raise YamlFaultError("The file must hold fields, such as `endpoint: my-endpoint`.")
    return document
