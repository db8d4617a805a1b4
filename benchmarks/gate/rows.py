"""All cells of the benchmark by name, in the order of its rows."""

from collections.abc import Mapping

from benchmarks.gate import rows_errors
from benchmarks.gate.cells import Cell, Exact


def _by_name() -> Mapping[str, Cell | Exact]:
    found: dict[str, Cell | Exact] = {}
    for cell in sorted(
        [*rows_errors.cells()], key=lambda cell: cell.row
    ):
        if cell.name in found:
            raise ValueError(f"two cells are called {cell.name!r}: seeds and rotation go by name")
        found[cell.name] = cell
    return found


CELLS = _by_name()
