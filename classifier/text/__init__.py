"""From a file to sentences."""
