"""From features to probabilities."""
