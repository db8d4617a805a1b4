"""The committed diagram is the one that the transition table gives."""

from pathlib import Path
from xml.etree import ElementTree as ET

from dev.make_states import PLACES, TARGET, edges, svg
from rollout.core.machine.transitions import TRANSITIONS
from rollout.core.records.phases import Phase


def test_the_committed_diagram_is_current() -> None:
    text = Path(TARGET).read_text(encoding="utf-8")
    assert text == svg(), "run: .venv/bin/python -m dev.make_states"


def test_every_phase_and_every_edge_is_drawn() -> None:
    root = ET.fromstring(svg())  # noqa: S314  # our own text
    drawn = [each for each in root.iter() if each.get("class") == "edge"]
    assert len(drawn) == len(edges())
    assert set(PLACES) == set(TRANSITIONS) == set(Phase) - {Phase.NONE}
