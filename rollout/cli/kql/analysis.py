"""Asks the language service about queries: one process of Node for all of them.

Node finds the package as it finds any: in `node_modules` of a folder above this file (a checkout
after `make setup`, or a virtual environment with a `node_modules`), then in `NODE_PATH`.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGE = "@kusto/language-service-next"
SCRIPT = Path(__file__).with_name("analyse.cjs")
TABLES = Path(__file__).with_name("tables.json")
ANALYSIS_SECONDS = 300
"""For all queries; one takes some hundredths of a second, and to start takes one."""
_NOT_INSTALLED = 3


class NotAnalysedError(Exception):
    """No query was analysed; the text says why, and fits behind a colon."""


class NotInstalledError(NotAnalysedError):
    """Node or the language service is not there."""


@dataclass(frozen=True)
class QueryFinding:
    """What the service says about a place of a query; line and column from 1.

    `code` is its own, such as KS142. `error`: Azure would refuse the query; else a warning.
    """

    line: int
    column: int
    code: str
    text: str
    error: bool = True


@dataclass(frozen=True)
class Analysis:
    """What the service says about one query.

    `columns` has the type of each column that it returns, by name; None: it has findings, or is no
    query. `more`: it may return others too. `unknown` are tables that are not in `tables.json`;
    they are read as if they had any column.
    """

    findings: tuple[QueryFinding, ...] = ()
    columns: Mapping[str, str] | None = None
    more: bool = False
    unknown: tuple[str, ...] = ()


def known_tables() -> Sequence[str]:
    """Return the tables whose columns are known here."""
    return sorted(json.loads(TABLES.read_text(encoding="utf-8"))["tables"])


def analyse(queries: Sequence[str]) -> list[Analysis]:
    """Return what the service says about each query, in order.

    Raises:
        NotInstalledError: Node or the package is not there.
        NotAnalysedError: The service failed.
    """
    if not queries:
        return []
    node = shutil.which("node")
    if node is None:
        raise NotInstalledError("Node is not installed")
    try:
        ended = subprocess.run(
            [node, str(SCRIPT)],
            input="".join(f"{json.dumps(query)}\n" for query in queries),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=ANALYSIS_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotAnalysedError(f"Node did not answer ({type(error).__name__})") from error
    if ended.returncode == _NOT_INSTALLED:
        raise NotInstalledError(f"Node does not find the package {PACKAGE}")
    answers = ended.stdout.splitlines()
    if ended.returncode or len(answers) != len(queries):
        errors = [line for line in ended.stderr.splitlines() if "Error" in line]
        raise NotAnalysedError(f"{PACKAGE} failed ({errors[0] if errors else ended.returncode})")
    return [_analysis(json.loads(answer)) for answer in answers]


def _analysis(answer: Mapping[str, Any]) -> Analysis:
    return Analysis(
        tuple(
            QueryFinding(
                each["line"],
                each["column"],
                each["code"],
                each["text"],
                error=each["severity"] == "Error",
            )
            for each in answer["findings"]
            # It also has suggestions about style.
            if each["severity"] in {"Error", "Warning"}
        ),
        answer["columns"],
        answer["open"],
        tuple(answer["unknown"]),
    )
