"""Keycloak on this machine without Docker, as an OpenID Connect provider for tests and trials: its distribution by Maven."""
