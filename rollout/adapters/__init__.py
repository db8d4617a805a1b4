"""Adapters translate between our ports and a service. They decide nothing and retry nothing."""
