"""The values of the commitments service."""
