"""Units that every layer shares."""

from datetime import timedelta

AT_ONCE = timedelta(0)
"""The delay of a message that is not to wait."""

NO_TIME = timedelta(0)
"""A duration of nothing: what a sum of times starts from."""

MINUTE = timedelta(minutes=1)

FULL_WEIGHT = 100
"""All of an endpoint's traffic, in percent."""
