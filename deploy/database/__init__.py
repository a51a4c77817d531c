"""One database and one role per service, each allowed what that service does and no more."""
