"""A policy file's bytes -> plain mappings, lists and scalars, without YAML's traps.

It refuses, with a sentence each: aliases (a few lines of them can unfold to gigabytes), a key given
twice (YAML would silently keep the last), tags that name types, several documents, and large files.
"""

from collections.abc import Hashable, Mapping
from typing import Any

import yaml

MAX_POLICY_BYTES = 64 * 1024
"""A policy file has a page or two; anything larger is something else."""


class PolicyYamlError(Exception):
    """The file is not a policy document; the message is a sentence that says what to change."""


class _StrictLoader(yaml.SafeLoader):
    def fetch_alias(self) -> None:
        raise PolicyYamlError(f"Line {self.line + 1} uses an alias (*): write the value out.")

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - the signature of PyYAML
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if not isinstance(key, str):
                raise PolicyYamlError(f"Line {line}: put the field name {key!r} in quotes.")
            if key in seen:
                raise PolicyYamlError(f'Line {line}: "{key}" is given twice.')
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def read_policy_yaml(content: bytes) -> Any:
    """Return the document as plain values.

    Raises:
        PolicyYamlError: It cannot be one policy document.
    """
    if len(content) > MAX_POLICY_BYTES:
        raise PolicyYamlError(f"The file is larger than {MAX_POLICY_BYTES // 1024} KiB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PolicyYamlError(f"The file is not UTF-8 text (byte {error.start}).") from error
    try:
        document = _document(text)
    except yaml.MarkedYAMLError as error:
        raise PolicyYamlError(_sentence(error)) from error
    except yaml.YAMLError as error:
        raise PolicyYamlError("The file holds characters that YAML does not allow.") from error
    except RecursionError as error:
        raise PolicyYamlError("The file is nested too deeply.") from error
    except ValueError as error:
        # PyYAML builds dates and numbers unchecked: 2026-02-31 ends up here.
        raise PolicyYamlError(f"The file holds an impossible value ({error}).") from error
    if not isinstance(document, Mapping):
        raise PolicyYamlError("The file must hold fields, such as `endpoint: my-endpoint`.")
    return document


def _document(text: str) -> Any:
    loader = _StrictLoader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _sentence(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    line = f"Line {mark.line + 1}: " if mark else ""
    return f"{line}this is not YAML as expected here ({error.problem or error.context})."
