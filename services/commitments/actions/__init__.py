"""What can be done to commitments: lock, decide, save, tell."""
