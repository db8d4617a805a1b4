"""Deployments as real processes, and the data plane that splits traffic between them."""
