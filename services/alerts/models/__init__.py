"""What the alerts service knows, as frozen values."""
