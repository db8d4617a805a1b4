"""What developers and pipelines run beside the product; none of it is deployed."""
