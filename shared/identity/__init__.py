"""People and their API keys, in a small database of its own: commitments writes it, every service reads it."""
