"""What the returns service knows, as frozen values."""
