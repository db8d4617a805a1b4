"""A small Azure Monitor: per-minute metrics of the data plane, alert rules and action groups."""
