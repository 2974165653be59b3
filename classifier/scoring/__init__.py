"""From articles to scores."""
