"""From sentences to features."""
