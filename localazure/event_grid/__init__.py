"""Event Grid, small: a workspace's events delivered to a webhook, and a custom topic."""
