"""Services of containers that answer at an endpoint."""
