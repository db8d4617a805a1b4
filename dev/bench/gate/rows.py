"""All cells of the benchmark by name, in the order of its rows."""

from collections.abc import Mapping

from dev.bench.gate import (
    rows_assumptions,
    rows_beyond,
    rows_collected,
    rows_errors,
    rows_exact,
    rows_latency,
    rows_parts,
    rows_predictions,
    rows_predictions_exact,
    rows_rollouts,
    rows_traffic,
)
from dev.bench.gate.cells import Cell, Exact


def _by_name() -> Mapping[str, Cell | Exact]:
    cells: list[Cell | Exact] = [
        *rows_errors.cells(),
        *rows_latency.cells(),
        *rows_exact.cells(),
        *rows_rollouts.cells(),
        *rows_beyond.cells(),
        *rows_traffic.cells(),
        *rows_assumptions.cells(),
        *rows_predictions.cells(),
        *rows_predictions_exact.cells(),
        *rows_collected.cells(),
        *rows_parts.cells(),
    ]
    cells.sort(key=lambda cell: cell.row)
    found = {cell.name: cell for cell in cells}
    if len(found) < len(cells):
        raise ValueError("two cells have one name: seeds and rotation go by name")
    return found


CELLS = _by_name()
