"""A small Event Grid: a workspace's events delivered to a webhook or queue, and a custom topic."""
