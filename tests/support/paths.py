"""Where things are in this repository, from wherever a test is."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
