"""Imports one module with its bug in it. No file is changed, and no bytecode of it is kept."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

from dev.seeded_bugs.bug import PROJECT, SeededBug


class Breaker(MetaPathFinder):
    """Finds the module of one bug; `used` says that it was imported."""

    def __init__(self, bug: SeededBug) -> None:
        self._bug = bug
        self.used = False

    def install(self) -> None:
        """Break the module in this process from now on.

        Raises:
            RuntimeError: It was imported before, as it is.
        """
        if self._bug.module in sys.modules:
            raise RuntimeError(f"{self._bug.module} was imported before it could be broken")
        sys.meta_path.insert(0, self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._bug.module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        file = str(PROJECT / self._bug.file)
        if spec is None or spec.origin != file:
            raise ImportError(f"{fullname} is not imported from {file}")
        spec.loader = _BrokenLoader(fullname, file, self._bug)
        self.used = True
        return spec


class _BrokenLoader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, bug: SeededBug) -> None:
        super().__init__(fullname, path)
        self._bug = bug

    def get_code(self, fullname: str) -> CodeType:
        source = self._bug.broken(self.get_source(fullname) or "")
        code: CodeType = self.source_to_code(source.encode(), self.path)
        return code
