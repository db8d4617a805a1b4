"""The commands that ask a running app over its HTTP API, and the one for when it is dead."""
