"""Reports people can read."""
