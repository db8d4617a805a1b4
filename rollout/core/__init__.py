"""The pure core: no clock, environment, log, network or SDK."""
