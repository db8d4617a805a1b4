"""`main.parameters.json`, which azd fills from its environment, against `main.bicep`."""

import json
from pathlib import Path

from infra_check.findings import Finding, Rule
from infra_check.program import Program
from infra_check.shapes import may_be_null
from infra_check.symbols import silent_types


def check_parameters_file(program: Program, path: Path) -> list[Finding]:
    """Return what does not match, or nothing if the template is not among the files."""
    template = program.files.get(path.with_name("main.bicep").resolve())
    if template is None or template.broken:
        return []
    try:
        given = json.loads(path.read_text(encoding="utf-8"))["parameters"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [Finding(path, 1, 1, Rule.PARAMETERS_FILE, f"It cannot be read: {error}")]
    types = silent_types(template)
    texts = [
        f"main.bicep has no parameter {name!r}." for name in given.keys() - template.parameters
    ]
    for name, node in template.parameters.items():
        needed = node.default is None and not may_be_null(types.of(node.type, node))
        if needed and name not in given:
            texts.append(f"main.bicep needs the parameter {name!r}.")
    return [Finding(path, 1, 1, Rule.PARAMETERS_FILE, text) for text in sorted(texts)]
