"""The findings of `rollout lint` as text, JSON, SARIF, JUnit, or lines that a pipeline obeys.

Each report can be printed in a pipeline: `##` and control characters in other people's names are
replaced in text and XML, and written as escapes in JSON.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, tostring

from rollout.adapters.templates.faults import Fault
from rollout.cli.log_commands import Level, azure_annotation, github_annotation
from rollout.cli.safe_text import printable
from rollout.text.plain_text import visible_line

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LONGEST = 2000


@dataclass(frozen=True)
class Finding:
    """One fault or warning about a service; `path` leads to its file from where the command ran."""

    service: str
    path: str
    fault: Fault

    @property
    def severity(self) -> str:
        return "warning" if self.fault.warning else "fault"

    @property
    def text(self) -> str:
        """The field, where there is one, and the sentence."""
        field = f"{self.fault.field}: " if self.fault.field else ""
        return visible_line(f"{field}{self.fault.sentence}", _LONGEST)


def report(form: str, services: Sequence[str], findings: Sequence[Finding]) -> str:
    """Return the whole report in one of `FORMATS`, ending with a line break."""
    return FORMATS[form](services, findings)


def _as_text(services: Sequence[str], findings: Sequence[Finding]) -> str:
    lines = []
    for each in findings:
        line = f":{each.fault.line}" if each.fault.line else ""
        warning = "warning: " if each.fault.warning else ""
        lines.append(f"{each.path}{line}: {warning}{each.text}")
    faulty = {each.service for each in findings if not each.fault.warning}
    good = [name for name in services if name not in faulty]
    if good:
        lines.append(f"{len(good)} service(s) without a fault: {', '.join(good)}")
    return "".join(f"{printable(line)}\n" for line in lines)


def _as_json(services: Sequence[str], findings: Sequence[Finding]) -> str:
    document = {
        "services": list(services),
        "findings": [
            {
                "service": each.service,
                "file": each.path,
                "line": each.fault.line,
                "field": each.fault.field or None,
                "severity": each.severity,
                "text": visible_line(each.fault.sentence, _LONGEST),
            }
            for each in findings
        ],
    }
    return _json(document)


def _as_sarif(services: Sequence[str], findings: Sequence[Finding]) -> str:
    del services  # SARIF lists results only
    return _json(
        {
            "$schema": SARIF_SCHEMA,
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {"driver": {"name": "rollout lint", "rules": _RULES}},
                    "results": [_result(each) for each in findings],
                }
            ],
        }
    )


_RULES = [
    {"id": "fault", "shortDescription": {"text": "The service cannot be used."}},
    {"id": "warning", "shortDescription": {"text": "The service may not do what was meant."}},
]


def _result(finding: Finding) -> dict[str, object]:
    return {
        "ruleId": finding.severity,
        "level": "warning" if finding.fault.warning else "error",
        "message": {"text": finding.text},
        "locations": [
            {
                "physicalLocation": {
                    # A name may hold what no URI may; a lone byte of it is written as it stands.
                    "artifactLocation": {"uri": quote(finding.path, errors="surrogateescape")},
                    # A place without a line is the whole file; readers want a region all the same.
                    "region": {"startLine": finding.fault.line or 1},
                }
            }
        ],
    }


def _as_junit(services: Sequence[str], findings: Sequence[Finding]) -> str:
    faulty = {each.service for each in findings if not each.fault.warning}
    suite = Element(
        "testsuite", name="rollout lint", tests=str(len(services)), failures=str(len(faulty))
    )
    for name in services:
        case = SubElement(suite, "testcase", classname="rollout lint", name=printable(name))
        told = [each for each in findings if each.service == name]
        lines = [_as_text((), [each]).rstrip("\n") for each in told if not each.fault.warning]
        if lines:
            failure = SubElement(case, "failure", message=f"{len(lines)} fault(s)")
            failure.text = printable("\n".join(lines))
        warned = [_as_text((), [each]).rstrip("\n") for each in told if each.fault.warning]
        if warned:
            SubElement(case, "system-out").text = printable("\n".join(warned))
    body = tostring(suite, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _as_github(services: Sequence[str], findings: Sequence[Finding]) -> str:
    del services  # annotations are about files
    return "".join(
        f"{github_annotation(_level(each), each.text, each.path, each.fault.line)}\n"
        for each in findings
    )


def _as_azure(services: Sequence[str], findings: Sequence[Finding]) -> str:
    del services
    return "".join(
        f"{azure_annotation(_level(each), each.text, each.path, each.fault.line)}\n"
        for each in findings
    )


def _level(finding: Finding) -> Level:
    return Level.WARNING if finding.fault.warning else Level.ERROR


def _json(document: object) -> str:
    return json.dumps(document, indent=2).replace("##", "\\u0023#") + "\n"


FORMATS: dict[str, Callable[[Sequence[str], Sequence[Finding]], str]] = {
    "text": _as_text,
    "json": _as_json,
    "sarif": _as_sarif,
    "junit": _as_junit,
    "github": _as_github,
    "azure": _as_azure,
}

FOR_PIPELINES = frozenset({"github", "azure"})
"""Forms that a pipeline's log must get as they are; other people's text in them is harmless."""
