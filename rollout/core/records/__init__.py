"""Frozen data: what is stored, what was seen, what can arrive, what can be asked for.

Every other room of the core reads these records, and so do the service, the doors and the adapters.
This room may import `policy` only.
"""
