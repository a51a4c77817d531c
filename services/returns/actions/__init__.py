"""What can be done to a return: lock, decide, save, tell; in the caller's transaction, at the time and by the person given."""
