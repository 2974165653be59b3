"""A page people can read: what the scores say, and the sentences behind it."""
