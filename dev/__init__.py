"""Tools for developers and pipelines; none of them is deployed."""
