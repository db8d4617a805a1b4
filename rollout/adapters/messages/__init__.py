"""Channels that people read: Teams, Slack, and any address that takes a CloudEvent.

`rollout.wiring` makes them of the settings. They decide nothing; the service says what goes where.
"""
