"""Every SQL statement of the commitments service."""
