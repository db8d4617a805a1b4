"""Doors: what arrives on the wire becomes a signal, or an error that says what to do."""
