"""The demonstration: a small region's history, made by the services' own actions, and a clock that can be moved on."""
