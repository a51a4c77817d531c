"""A region of any size, made up by a seed: through the services' actions, or, where it is large, as events."""
