"""Pure decisions of the commitments service."""
