"""Parity on one machine: PostgreSQL from a pip wheel and the four services in one process, their data in one folder."""
