"""Every SQL statement of the alerts service: facts, ratings, alerts, and who may see them."""
