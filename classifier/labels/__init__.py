"""From a labelled file to a checked label set."""
