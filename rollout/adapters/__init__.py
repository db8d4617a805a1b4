"""Adapters translate between the ports and a service. They decide nothing and retry nothing."""
