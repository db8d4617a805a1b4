"""The files of a service's folder that its deployments are made of and tested with.

They are `deployment.yml`, `endpoint.yml`, every file or folder of the service that one of them
names, directly or through another YAML file, the sample requests and the golden set. A note beside
them may change without replacing a rollout. Azure ML reads relative paths from the folder of the
file that has them (its YAML schema reference for managed online deployments).
"""

import posixpath
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from rollout.adapters.templates.local_paths import FILE_SCHEME
from rollout.adapters.templates.plain_yaml import YamlFaultError
from rollout.adapters.templates.reading import ReadFile
from rollout.core.policy.consistency import DEPLOYMENT_TEMPLATE, ENDPOINT_TEMPLATE
from rollout.core.policy.parsing import POLICY_FILE

_YAML = (".yml", ".yaml")


def template_files(read: ReadFile, files: Collection[str], tests: Sequence[str]) -> set[str]:
    """Return those of `files` (relative, with forward slashes) that belong to the template.

    `read` reads YAML files of the service; `tests` are the files that the policy names to test a
    deployment with.
    """
    known = set(files) - {POLICY_FILE}
    counted = known & {posixpath.normpath(test) for test in tests}
    ahead = [DEPLOYMENT_TEMPLATE, ENDPOINT_TEMPLATE]
    seen: set[str] = set()
    while ahead:
        name = ahead.pop()
        if name in seen or name not in known:
            continue
        seen.add(name)
        counted.add(name)
        for text in _texts(_document(read, name)):
            found = _named(text, posixpath.dirname(name), known)
            counted |= found
            # A folder's files are taken as they are; only a file that is named may name others.
            ahead += [each for each in found if len(found) == 1 and each.endswith(_YAML)]
    return counted


def _named(text: str, folder: str, known: set[str]) -> set[str]:
    """The files that a value of a template names: one, or those of a folder, or none."""
    if not text or "\n" in text:
        return set()
    path = posixpath.normpath(posixpath.join(folder, text.removeprefix(FILE_SCHEME)))
    if path == ".":
        return set(known)
    return {name for name in known if name == path or name.startswith(f"{path}/")}


def _document(read: ReadFile, file: str) -> Any:
    try:
        # Only its texts are used; what is wrong with the file is a fault of the service elsewhere.
        return read(file).value
    except YamlFaultError:
        return None


def _texts(value: Any) -> Iterator[str]:
    ahead, seen = [value], set()
    while ahead:
        each = ahead.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict | list) and id(each) not in seen:
            # An alias may make a document contain itself.
            seen.add(id(each))
            ahead += each.values() if isinstance(each, dict) else each
