"""The four services of Parity. None imports another; they tell each other by events."""
