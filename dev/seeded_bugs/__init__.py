"""Bugs that a tired engineer could make, and the test that catches each: `make seeded-bugs`."""
